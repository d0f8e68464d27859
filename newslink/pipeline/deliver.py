"""Alerts in the inbox → a webhook and e-mail: at least once each, recorded, with a dry run.

Where to and with which secret comes from ``Channels``, built at the rim from the environment. No secret is printed, stored or put into an
error: what is recorded of a failure is its kind, never the address or the other side's words.

An alert is marked as delivered after the other side said yes. A crash in between sends it again under the same id (``Idempotency-Key``,
``Message-ID``), by which the receiver can tell.
"""

from __future__ import annotations

import email.message
import email.policy
import hashlib
import hmac
import http.client
import json
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from newslink.errors import SettingsError
from newslink.pipeline.alert_words import worded
from newslink.pipeline.alerts import Alert, alert_of
from newslink.pipeline.linking import universe_of
from newslink.store import Store

FORMATS = ("json", "wecom", "dingtalk", "feishu")
SECONDS = 15.0
AT_ONCE = 50  # deliveries of one pass
LOOKED_AT = 1000  # newest inbox entries
GIVEN_UP = timedelta(days=7)
LONGEST_WAIT = timedelta(hours=1)
_RECORD = "alerts/deliveries"


@dataclass(frozen=True, slots=True)
class Channels:
    """Where alerts go. Secrets are kept out of every printed form."""

    webhook_url: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)
    webhook_format: str = "json"
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = field(default="", repr=False)
    smtp_password: str = field(default="", repr=False)
    mail_from: str = ""
    mail_to: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Channels:
        """NEWSLINK_WEBHOOK_URL, _SECRET (signs the body), _FORMAT (json, wecom, dingtalk, feishu); NEWSLINK_SMTP_HOST, _PORT (587 starts
        TLS, 465 is TLS from the start), _USER, _PASSWORD; NEWSLINK_MAIL_FROM, NEWSLINK_MAIL_TO (commas). Raises SettingsError, naming
        the variable and never its value."""
        url, kind = environment.get("NEWSLINK_WEBHOOK_URL", ""), environment.get("NEWSLINK_WEBHOOK_FORMAT", "json") or "json"
        if url and urlsplit(url).scheme not in {"http", "https"}:
            raise SettingsError("NEWSLINK_WEBHOOK_URL", "…", "an http or https address")
        if kind not in FORMATS:
            raise SettingsError("NEWSLINK_WEBHOOK_FORMAT", kind, " or ".join(FORMATS))
        port = environment.get("NEWSLINK_SMTP_PORT", "587") or "587"
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise SettingsError("NEWSLINK_SMTP_PORT", port, "a port number")
        host, to = environment.get("NEWSLINK_SMTP_HOST", ""), environment.get("NEWSLINK_MAIL_TO", "")
        receivers = tuple(address.strip() for address in to.split(",") if address.strip())
        sender = environment.get("NEWSLINK_MAIL_FROM", "") or environment.get("NEWSLINK_SMTP_USER", "")
        if any(any(letter in address for letter in "\r\n<>") for address in (*receivers, sender)):
            raise SettingsError("NEWSLINK_MAIL_TO", "…", "plain addresses separated by commas")
        if host and not (receivers and sender):
            raise SettingsError("NEWSLINK_MAIL_TO", to and "…", "NEWSLINK_MAIL_FROM and NEWSLINK_MAIL_TO beside NEWSLINK_SMTP_HOST")
        return cls(
            webhook_url=url,
            webhook_secret=environment.get("NEWSLINK_WEBHOOK_SECRET", ""),
            webhook_format=kind,
            smtp_host=host,
            smtp_port=int(port),
            smtp_user=environment.get("NEWSLINK_SMTP_USER", ""),
            smtp_password=environment.get("NEWSLINK_SMTP_PASSWORD", ""),
            mail_from=sender,
            mail_to=receivers,
        )

    def ready(self) -> frozenset[str]:
        """The channels that are set up."""
        return frozenset(name for name, there in (("webhook", self.webhook_url), ("email", self.smtp_host)) if there)


class Undelivered(Exception):
    """The other side did not say yes. Its text is safe to record."""


Send = Callable[[Alert, Channels], None]


def deliver(
    store: Store, channels: Channels, now: datetime | None = None, dry_run: bool = False, senders: Mapping[str, Send] | None = None
) -> list[dict[str, Any]]:
    """Deliver what is due, oldest first; one record an attempt: key, channel, done, error, words. dry_run sends and records nothing.

    A failure is tried again after 1, 2, 4 … minutes, at most an hour apart, for seven days; then it is recorded as given up.
    """
    now = now or datetime.now(UTC)
    senders = senders or {"webhook": send_webhook, "email": send_mail}
    ready = channels.ready()
    kept = store.state(_RECORD)
    record: dict[str, dict[str, Any]] = kept if isinstance(kept, dict) else {}
    attempts, alive = [], set()
    for payload in reversed(store.inbox(limit=LOOKED_AT)):
        alert = alert_of(payload)
        if alert is None:
            continue
        for channel in alert.channels:
            name = f"{alert.key}/{channel}"
            alive.add(name)
            entry = record.get(name, {})
            if channel not in ready or entry.get("done") or entry.get("given_up") or not _due(entry, now) or len(attempts) >= AT_ONCE:
                continue
            if dry_run:
                attempts.append({"key": alert.key, "channel": channel, "done": False, "error": "", "words": _words(store, alert)})
                continue
            alert = replace(alert, words=_words(store, alert))
            error = _attempt(senders[channel], alert, channels)
            entry = _entry(entry, alert, error, now)
            record[name] = entry
            # Written after every attempt: what was sent and is not written down would be sent again.
            store.set_state(_RECORD, record)
            attempts.append({"key": alert.key, "channel": channel, "done": not error, "error": error, "words": alert.words})
    gone = [name for name in record if name not in alive]
    if gone and not dry_run:
        store.set_state(_RECORD, {name: entry for name, entry in record.items() if name in alive})
    return attempts


def _words(store: Store, alert: Alert) -> str:
    """As it is sent: in Chinese, whoever reads it."""
    return worded(alert, universe_of(store).name_on)


def delivery_record(store: Store) -> dict[str, dict[str, Any]]:
    """``key/channel`` → attempts, done, error, last_at, next_at, given_up."""
    kept = store.state(_RECORD)
    return kept if isinstance(kept, dict) else {}


def _attempt(send: Send, alert: Alert, channels: Channels) -> str:
    try:
        send(alert, channels)
    except Undelivered as error:
        return str(error)
    except Exception as error:  # noqa: BLE001  whatever a library raises: its name is safe, its text may hold the address
        return type(error).__name__
    return ""


def _due(entry: Mapping[str, Any], now: datetime) -> bool:
    return not entry.get("next_at") or datetime.fromisoformat(entry["next_at"]) <= now


def _entry(entry: Mapping[str, Any], alert: Alert, error: str, now: datetime) -> dict[str, Any]:
    attempts = int(entry.get("attempts", 0)) + 1
    wait = min(timedelta(minutes=2 ** min(attempts - 1, 10)), LONGEST_WAIT)
    first = entry.get("first_at") or now.isoformat(timespec="seconds")
    given_up = bool(error) and now - datetime.fromisoformat(first) > GIVEN_UP
    return {
        "attempts": attempts, "done": not error, "error": error[:200], "first_at": first, "last_at": now.isoformat(timespec="seconds"),
        "next_at": "" if not error else (now + wait).isoformat(timespec="seconds"), "given_up": given_up,
    }  # fmt: skip


def body_of(alert: Alert, kind: str) -> dict[str, Any]:
    """The JSON sent, in the form the receiver expects. The chat services take text only."""
    text = "\n".join(part for part in (f"【{alert.rule}】{alert.words}", alert.url) if part)
    if kind in {"wecom", "dingtalk"}:
        return {"msgtype": "text", "text": {"content": text}}
    if kind == "feishu":
        return {"msg_type": "text", "content": {"text": text}}
    return {"newslink": 1, **{name: value for name, value in asdict(alert).items() if name != "channels"}}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def send_webhook(alert: Alert, channels: Channels) -> None:
    """POST as JSON, no redirect followed. Signed with HMAC-SHA256 of the body in ``X-Newslink-Signature`` when there is a secret."""
    body = json.dumps(body_of(alert, channels.webhook_format), ensure_ascii=False).encode("utf-8", "replace")
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "newslink", "Idempotency-Key": alert.key}
    if channels.webhook_secret:
        headers["X-Newslink-Signature"] = "sha256=" + hmac.new(channels.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
    request = urllib.request.Request(channels.webhook_url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=SECONDS) as answer:
            said = answer.read(65536)
    except urllib.error.HTTPError as error:
        raise Undelivered(f"status {error.code}") from None
    except (urllib.error.URLError, OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise Undelivered(type(reason).__name__ if isinstance(reason, BaseException) else type(error).__name__) from None
    if channels.webhook_format != "json":
        # The chat services say no with status 200 and a number that is not zero.
        try:
            code = next((value for key in ("errcode", "code", "StatusCode") if (value := json.loads(said).get(key)) is not None), 0)
        except (ValueError, AttributeError):
            raise Undelivered("an answer that is no JSON") from None
        if code:
            raise Undelivered(f"refused with code {str(code)[:20]}")


def send_mail(alert: Alert, channels: Channels) -> None:
    """One message to all receivers, over TLS with a verified certificate. A receiver refused is a failure of the whole."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["Subject"] = f"【{alert.rule}】{alert.words}"[:200]
    message["From"], message["To"] = channels.mail_from, ", ".join(channels.mail_to)
    message["Date"] = format_datetime(datetime.fromisoformat(alert.at))
    message["Message-ID"] = f"<{alert.key}@newslink>"
    lines = [alert.words, alert.url, "", f"{alert.kind} {alert.security} {alert.session}".strip(), alert.at]
    message.set_content("\n".join(lines), charset="utf-8")
    context = ssl.create_default_context()
    try:
        if channels.smtp_port == 465:
            server: smtplib.SMTP = smtplib.SMTP_SSL(channels.smtp_host, channels.smtp_port, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(channels.smtp_host, channels.smtp_port, timeout=SECONDS)
        with server:
            if channels.smtp_port != 465:
                server.ehlo()
                if server.has_extn("starttls"):
                    server.starttls(context=context)
                    server.ehlo()
                elif channels.smtp_user:
                    raise Undelivered("the mail server offers no TLS, so the password is not sent")
            if channels.smtp_user:
                server.login(channels.smtp_user, channels.smtp_password)
            if server.send_message(message):
                raise Undelivered("a receiver was refused")
    except smtplib.SMTPResponseException as error:
        raise Undelivered(f"{type(error).__name__} {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise Undelivered(type(error).__name__) from None
