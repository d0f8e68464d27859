"""Webhook and mail against servers on the loopback: at least once, recorded, and not one secret in anything written."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import logging
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newslink.errors import SettingsError
from newslink.pipeline.alerts import Alert
from newslink.pipeline.deliver import Channels, Undelivered, body_of, deliver, delivery_record, send_mail, send_webhook
from newslink.store import Store, open_store

NOW = datetime(2022, 6, 24, 10, tzinfo=UTC)
SECRET = "s3cr3t-token-never-to-be-seen"
ALERT = Alert(
    "k1",
    "茅台",
    "watchlist",
    NOW.isoformat(),
    "贵州茅台：披露年报",
    "600519.SH",
    "2022-06-24",
    "t:1",
    "https://example.com/1",
    ("webhook",),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path}/a.db") as opened:
        yield opened


def put(store: Store, *alerts: Alert) -> None:
    store.append_inbox([(alert.key, asdict(alert)) for alert in alerts], NOW)


class Hook:
    """A webhook's receiver. statuses: what to answer, the last for ever."""

    def __init__(self, *statuses: int, answer: bytes = b"{}") -> None:
        self.got: list[tuple[dict, bytes]] = []
        statuses_left = list(statuses or (200,))
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append((dict(self.headers), body))
                status = statuses_left.pop(0) if len(statuses_left) > 1 else statuses_left[0]
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", hook.url)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *words: object) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/hook?key={SECRET}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Hook]]:
    monkeypatch.setenv("no_proxy", "*")
    made = []

    def start(*statuses: int, answer: bytes = b"{}") -> Hook:
        made.append(Hook(*statuses, answer=answer))
        return made[-1]

    yield start
    for each in made:
        each.close()


def test_an_alert_is_posted_signed_and_only_once(store: Store, hook: Callable[..., Hook]) -> None:
    receiver = hook()
    channels = Channels(webhook_url=receiver.url, webhook_secret="key of the hook")
    put(store, ALERT)
    assert [(a["channel"], a["done"]) for a in deliver(store, channels, NOW)] == [("webhook", True)]
    assert deliver(store, channels, NOW) == []
    ((headers, body),) = receiver.got
    assert headers["Idempotency-Key"] == "k1"
    assert headers["X-Newslink-Signature"] == "sha256=" + hmac.new(b"key of the hook", body, hashlib.sha256).hexdigest()
    assert json.loads(body)["security"] == "600519.SH"


def test_what_failed_is_tried_again_later_and_later_until_it_arrives(store: Store, hook: Callable[..., Hook]) -> None:
    receiver = hook(503, 500, 200)
    channels = Channels(webhook_url=receiver.url)
    put(store, ALERT)
    assert deliver(store, channels, NOW)[0]["error"] == "status 503"
    assert deliver(store, channels, NOW + timedelta(seconds=30)) == []  # a minute has not passed
    assert deliver(store, channels, NOW + timedelta(seconds=61))[0]["error"] == "status 500"
    assert deliver(store, channels, NOW + timedelta(seconds=150)) == []  # two more minutes have not passed
    assert deliver(store, channels, NOW + timedelta(seconds=182))[0]["done"]
    assert delivery_record(store)["k1/webhook"]["attempts"] == 3


def test_after_a_week_of_failures_it_is_recorded_as_given_up(store: Store, hook: Callable[..., Hook]) -> None:
    channels = Channels(webhook_url=hook(500).url)
    put(store, ALERT)
    deliver(store, channels, NOW)
    deliver(store, channels, NOW + timedelta(days=8))
    assert delivery_record(store)["k1/webhook"]["given_up"]
    assert deliver(store, channels, NOW + timedelta(days=9)) == []


def test_a_crash_between_sending_and_recording_sends_again_under_the_same_key(store: Store, hook: Callable[..., Hook]) -> None:
    receiver = hook()

    def dies(alert: Alert, channels: Channels) -> None:
        send_webhook(alert, channels)
        raise KeyboardInterrupt

    put(store, ALERT)
    channels = Channels(webhook_url=receiver.url)
    with pytest.raises(KeyboardInterrupt):
        deliver(store, channels, NOW, senders={"webhook": dies})
    assert deliver(store, channels, NOW)[0]["done"]
    assert [headers["Idempotency-Key"] for headers, _ in receiver.got] == ["k1", "k1"]


def test_a_dry_run_sends_and_records_nothing(store: Store, hook: Callable[..., Hook]) -> None:
    receiver = hook()
    put(store, ALERT)
    assert len(deliver(store, Channels(webhook_url=receiver.url), NOW, dry_run=True)) == 1
    assert receiver.got == []
    assert delivery_record(store) == {}


def test_a_channel_that_is_not_set_up_waits_and_is_served_once_it_is(store: Store, hook: Callable[..., Hook]) -> None:
    put(store, ALERT)
    assert deliver(store, Channels(), NOW) == []
    assert deliver(store, Channels(webhook_url=hook().url), NOW)[0]["done"]


def test_redirects_are_not_followed(store: Store, hook: Callable[..., Hook]) -> None:
    receiver = hook(302)
    put(store, ALERT)
    assert deliver(store, Channels(webhook_url=receiver.url), NOW)[0]["error"] == "status 302"
    assert len(receiver.got) == 1


@pytest.mark.parametrize(("kind", "field"), [("wecom", "msgtype"), ("dingtalk", "msgtype"), ("feishu", "msg_type")])
def test_chat_services_get_text_and_their_refusals_are_heard(store: Store, hook: Callable[..., Hook], kind: str, field: str) -> None:
    put(store, ALERT)
    refusing = hook(200, answer=b'{"errcode": 93000, "code": 19001}')
    assert "refused" in deliver(store, Channels(webhook_url=refusing.url, webhook_format=kind), NOW)[0]["error"]
    assert body_of(ALERT, kind)[field] == "text"
    assert "贵州茅台" in json.dumps(body_of(ALERT, kind), ensure_ascii=False)
    accepting = hook(200, answer=b'{"errcode": 0, "code": 0}')
    assert deliver(store, Channels(webhook_url=accepting.url, webhook_format=kind), NOW + timedelta(minutes=2))[0]["done"]


class Mailbox:
    """An SMTP server that takes mail and keeps it. refuse: answer to RCPT."""

    def __init__(self, refuse: bool = False) -> None:
        self.mails: list[str] = []
        self.words: list[str] = []
        box = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                def say(text: str) -> None:
                    self.wfile.write(text.encode() + b"\r\n")

                say("220 test")
                while line := self.rfile.readline():
                    word = line.decode("utf-8", "replace").strip()
                    box.words.append(word)
                    if word.upper().startswith(("EHLO", "HELO")):
                        say("250-test")
                        say("250 AUTH PLAIN LOGIN")
                    elif word.upper().startswith("RCPT") and refuse:
                        say("550 no such user at internal-host-7")
                    elif word.upper() == "DATA":
                        say("354 go on")
                        mail = []
                        while (part := self.rfile.readline()) not in (b".\r\n", b""):
                            mail.append(part.decode("utf-8", "replace"))
                        box.mails.append("".join(mail))
                        say("250 ok")
                    elif word.upper() == "QUIT":
                        say("221 bye")
                        return
                    else:
                        say("250 ok")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def channels(self, **more: str) -> Channels:
        return Channels(
            smtp_host="127.0.0.1", smtp_port=self.port, mail_from="a@example.com", mail_to=("b@example.com", "c@example.com"), **more
        )

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def mailbox() -> Iterator[Callable[..., Mailbox]]:
    made = []

    def start(refuse: bool = False) -> Mailbox:
        made.append(Mailbox(refuse))
        return made[-1]

    yield start
    for each in made:
        each.close()


def test_mail_arrives_with_a_subject_of_one_line_and_a_steady_id(store: Store, mailbox: Callable[..., Mailbox]) -> None:
    box = mailbox()
    hostile = replace(ALERT, channels=("email",), rule="茅台\r\nBcc: everyone@example.com", words="贵州茅台：披露年报")
    put(store, replace(ALERT, channels=("email",)))
    assert deliver(store, box.channels(), NOW)[0]["done"]
    assert "Message-ID: <k1@newslink>" in box.mails[0]
    assert "To: b@example.com, c@example.com" in box.mails[0]
    with pytest.raises((Undelivered, ValueError)):
        send_mail(hostile, box.channels())
    assert len(box.mails) == 1


def test_a_refused_receiver_is_a_failure_without_the_servers_words(store: Store, mailbox: Callable[..., Mailbox]) -> None:
    put(store, replace(ALERT, channels=("email",)))
    (attempt,) = deliver(store, mailbox(refuse=True).channels(), NOW)
    assert not attempt["done"]
    assert "internal-host" not in attempt["error"]


def test_a_password_is_not_sent_without_tls(store: Store, mailbox: Callable[..., Mailbox]) -> None:
    box = mailbox()
    put(store, replace(ALERT, channels=("email",)))
    (attempt,) = deliver(store, box.channels(smtp_user="user", smtp_password=SECRET), NOW)
    assert "no TLS" in attempt["error"]
    assert not any("AUTH" in word.upper() and "EHLO" not in word.upper() for word in box.words)


def test_no_secret_is_printed_logged_stored_or_raised(
    store: Store, hook: Callable[..., Hook], tmp_path: Path, capsys: pytest.CaptureFixture, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    environment = {
        "NEWSLINK_WEBHOOK_URL": hook(500).url, "NEWSLINK_WEBHOOK_SECRET": SECRET, "NEWSLINK_SMTP_HOST": "127.0.0.1",
        "NEWSLINK_SMTP_PORT": "9", "NEWSLINK_SMTP_USER": SECRET, "NEWSLINK_SMTP_PASSWORD": SECRET, "NEWSLINK_MAIL_FROM": "a@example.com",
        "NEWSLINK_MAIL_TO": "b@example.com",
    }  # fmt: skip
    channels = Channels.from_environment(environment)
    put(store, replace(ALERT, channels=("webhook", "email")))
    attempts = deliver(store, channels, NOW)
    unreachable = replace(channels, webhook_url=f"http://127.0.0.1:9/{SECRET}")
    attempts += deliver(store, unreachable, NOW + timedelta(hours=2))
    assert len(attempts) == 4
    assert not any(attempt["done"] for attempt in attempts)
    store.close()
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    said = capsys.readouterr()
    for place in (repr(channels), str(attempts), said.out, said.err, caplog.text):
        assert SECRET not in place
    assert SECRET.encode() not in written


@pytest.mark.parametrize(
    "environment",
    [
        {"NEWSLINK_WEBHOOK_URL": f"file:///{SECRET}"}, {"NEWSLINK_WEBHOOK_FORMAT": "pigeon"}, {"NEWSLINK_SMTP_PORT": "many"},
        {"NEWSLINK_SMTP_HOST": "x"}, {"NEWSLINK_SMTP_HOST": "x", "NEWSLINK_MAIL_TO": f"a@b\r\nBcc: {SECRET}", "NEWSLINK_MAIL_FROM": "a@b"},
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused_without_their_values(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as error:
        Channels.from_environment(environment)
    assert SECRET not in str(error.value)
