"""What docs/deploy.md has people run: the compose file, the units, the proxy's settings, against the program as it is."""

from __future__ import annotations

import argparse
import configparser
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from newslink.cli import COMMANDS
from newslink.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*"))
# https://github.com/compose-spec/compose-spec: what a service may say of what we use
SERVICE_KEYS = {
    "build", "image", "env_file", "restart", "depends_on", "volumes", "read_only", "tmpfs", "cap_drop", "security_opt", "command", "mem_limit",
    "healthcheck", "environment", "shm_size", "ports", "profiles", "deploy", "stop_grace_period",
}  # fmt: skip
UNIT_KEYS = {
    "Unit": {"Description", "After", "Wants"},
    "Service": {
        "Type", "User", "Group", "WorkingDirectory", "EnvironmentFile", "ExecStart", "ExecStartPost", "Restart", "RestartSec", "TimeoutStopSec",
        "MemoryMax", "NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp", "StateDirectory", "StateDirectoryMode",
    },
    "Timer": {"OnCalendar", "Persistent", "RandomizedDelaySec"},
    "Install": {"WantedBy"},
}  # fmt: skip


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def runs(words: list[str]) -> None:
    """Fails unless the command line is one that the program would take."""
    assert words[0].endswith("python") or words[0] in ("streamlit", "postgres"), words
    words = words[2:] if words[1:2] == ["-m"] else words
    if words[0] == "newslink":
        module, _ = COMMANDS[words[1]]
        parser = argparse.ArgumentParser(exit_on_error=False)
        import_module(f"newslink.commands.{module}").add(parser)
        parser.parse_args(words[2:])
    elif words[0] == "streamlit":
        from streamlit.config import _config_options_template as options

        assert words[1] == "run" and (ROOT / words[2]).is_file()
        flags = [word.removeprefix("--") for word in words[3:] if word.startswith("--")]
        assert flags and all(flag in options for flag in flags), flags
    elif words[0].startswith("distributed.cli."):
        command = import_module(words[0]).main
        known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
        assert {word for word in words[1:] if word.startswith("--")} <= known
    else:
        assert words[0] == "postgres"
        assert all(flag == "-c" and "=" in value for flag, value in zip(words[1::2], words[2::2], strict=True))


def test_every_service_of_the_compose_file_is_one(compose: dict) -> None:
    services = compose["services"]
    assert {"database", "dashboard-1", "dashboard-2", "watch", "api", "proxy", "scheduler", "worker"} == set(services)
    for name, service in services.items():
        assert service.keys() <= SERVICE_KEYS, name
        assert {"image", "build"} & service.keys(), name
        assert set(service.get("depends_on", ())) <= set(services)
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source.startswith(".") or source in compose["volumes"], volume
        if "command" in service:
            runs(service["command"])


def test_only_the_proxy_can_be_reached_from_outside(compose: dict) -> None:
    assert [name for name, service in compose["services"].items() if service.get("ports")] == ["proxy"]
    for name, service in compose["services"].items():
        if service["image"] == "newslink:local":
            assert service["read_only"] and service["cap_drop"] == ["ALL"], name


def test_the_proxy_speaks_to_services_that_are_there_and_passes_websockets(compose: dict) -> None:
    settings = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert settings.count("{") == settings.count("}")
    targets = set(re.findall(r"server ([\w-]+):(\d+)", settings)) | set(re.findall(r"proxy_pass http://([\w-]+):(\d+)", settings))
    ports = {name: str(service.get("command")) for name, service in compose["services"].items()}
    assert {name for name, _ in targets} == {"dashboard-1", "dashboard-2", "api"}
    assert all(f"'{port}'" in ports[name] for name, port in targets)
    for needed in ("ip_hash", "Upgrade $http_upgrade", 'Connection "upgrade"', "Host $host", "ssl_certificate"):
        assert needed in settings


def test_the_environment_is_one_that_settings_take() -> None:
    lines = (DEPLOY / "newslink.env.example").read_text(encoding="utf-8").splitlines()
    found = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    settings = Settings.from_environment(found)
    assert settings.store_url.startswith("postgresql+psycopg://")
    assert settings.home == Path("/var/lib/newslink")
    assert not found["POSTGRES_PASSWORD"] and not found["NEWSLINK_API_TOKEN"], "an example holds no secret"


def test_the_login_of_the_example_is_what_streamlit_wants() -> None:
    auth = tomllib.loads((DEPLOY / "secrets.toml.example").read_text(encoding="utf-8"))["auth"]
    assert {"redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url"} == set(auth)
    assert auth["redirect_uri"].endswith("/oauth2callback")


def test_secrets_stay_out_of_the_repository_and_the_image() -> None:
    for ignored in (".gitignore", ".dockerignore"):
        words = (ROOT / ignored).read_text(encoding="utf-8").split()
        assert {"deploy/newslink.env", "deploy/secrets.toml"} <= set(words), ignored


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_every_unit_says_only_what_units_may_and_starts_what_there_is(path: Path) -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",), comment_prefixes=("#",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(path, encoding="utf-8")
    for section in unit.sections():
        assert set(unit[section]) <= UNIT_KEYS[section], section
    if path.suffix == ".timer":
        assert (path.with_suffix(".service")).is_file()
        return
    service = unit["Service"]
    assert service["User"] == "newslink" and service["NoNewPrivileges"] == "true" and service["ProtectSystem"] == "strict"
    for key in ("ExecStart", "ExecStartPost"):
        if key in service:
            runs(shlex.split(service[key].replace("%i", "8501")))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_systemd_itself_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for path in UNITS:
        # The program is not installed where the units say.
        text = path.read_text(encoding="utf-8").replace("/opt/newslink/.venv/bin/python", sys.executable)
        (tmp_path / path.name.replace("@.", "@8501.")).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(f"./{path.name}" for path in sorted(tmp_path.iterdir()))],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    if "Failed to" in done.stderr and "bus" in done.stderr:
        pytest.skip(f"systemd cannot verify here: {done.stderr.strip()[:200]}")
    mine = [line for line in done.stderr.splitlines() if "newslink" in line]
    assert done.returncode == 0 and not mine, done.stderr
