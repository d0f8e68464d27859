#!/bin/sh
# What the tests need from Debian: a browser, CJK fonts for its pictures, and PostgreSQL's server programs. Installs only what is missing.
set -eu
wanted=""
command -v chromium >/dev/null 2>&1 || wanted="$wanted chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || wanted="$wanted postgresql"
fc-list :lang=zh 2>/dev/null | grep -q . || wanted="$wanted fontconfig fonts-noto-cjk"
command -v git >/dev/null 2>&1 || wanted="$wanted git"
[ -n "$wanted" ] || exit 0
echo "installing for the tests:$wanted" >&2
root=""
[ "$(id -u)" = 0 ] || root="sudo -n"
export DEBIAN_FRONTEND=noninteractive
$root apt-get update -q >/dev/null
# shellcheck disable=SC2086
$root apt-get install -y -q --no-install-recommends $wanted >/dev/null
