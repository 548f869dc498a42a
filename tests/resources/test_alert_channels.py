"""Channels of alerts, over a real mail server and real HTTP servers on loopback."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from dp_assets.alerting import look_and_tell, send_tests
from dp_assets.domain.alert_config import AlertConfig
from dp_assets.domain.alert_messages import message_id
from dp_assets.domain.alerts import Notice, Sighting, make_alert
from dp_resources import alert_channels
from dp_resources.alert_channels import SIGNATURE, Channel, channels_of, send_patiently
from dp_resources.planning_alerts import open_alerts, waiting
from dp_resources.planning_db import PlanningDatabase
from dp_resources.settings import Settings

AT = datetime(2017, 12, 5, 12, tzinfo=UTC)
SECRET = "a secret of the tests"


@dataclass
class Http:
    """A server that keeps what it is sent, and answers what it is told to."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def http() -> Iterator[Http]:
    kept = Http()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append((self.path, dict(self.headers.items()), body))
            status = kept.answers.pop(0) if kept.answers else 200
            said = b'{"ok": true, "ts": "1", "channel": "C1"}' if self.path.startswith("/api/") else b"ok"
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_port}"
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A key and a certificate for localhost that vouches for itself."""
    folder, key = tmp_path_factory.mktemp("tls"), ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(*pem))
    return folder / "cert.pem", folder / "key.pem"


@dataclass
class Mail:
    """A mail server that insists on TLS and a password, and keeps what it is sent."""

    settings: dict[str, Any]
    messages: list[EmailMessage] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refusals:
            return self.refusals.pop(0)
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 taken"


@pytest.fixture
def mail(certificate: tuple[Path, Path]) -> Iterator[Mail]:
    trusted, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, key)
    kept = Mail({})

    def proven(_server: Any, _session: Any, _envelope: Any, _how: str, shown: Any) -> AuthResult:
        return AuthResult(success=(shown.login, shown.password) == (b"planner", SECRET.encode()), handled=False)

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        kept,
        hostname="127.0.0.1",
        port=port,
        require_starttls=True,
        tls_context=context,
        authenticator=proven,
        auth_required=True,
    )
    controller.start()
    kept.settings = {
        "alert_smtp_host": "localhost",
        "alert_smtp_port": port,
        "alert_smtp_ca_file": trusted,
        "alert_smtp_user": "planner",
        "alert_smtp_password": SECRET,
        "alert_from": "planner@example.com",
    }
    yield kept
    controller.stop()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_channels, "PAUSE", 0.01)


def config(*channels: dict[str, Any], **said: Any) -> AlertConfig:
    return AlertConfig.model_validate({"channels": list(channels), **said})


MAIL = {"kind": "email", "name": "mail", "to": ["ops@example.com", "planning@example.com"]}
PAGER = {"kind": "webhook", "name": "pager"}
NAMED = {"kind": "slack", "name": "planners", "channel": "#planning"}
HOOKED = {"kind": "slack", "name": "hooked"}


def one(which: dict[str, Any], **settings: Any) -> Channel:
    return channels_of(config(which), Settings(**settings))[which["name"]]


def notice(number: int = 1, kind: str = "run_failed") -> Notice:
    said = "weekly_cycle für 2017-12-04 failed"
    return Notice(number, "opened", make_alert(config(), kind, "x", said, "http://look"), "", AT)


def test_a_mail_goes_out_encrypted_and_signed_in_and_says_everything(mail: Mail) -> None:
    assert send_patiently(one(MAIL, **mail.settings), [notice()]) is None
    (got,) = mail.messages
    assert (got["To"], got["From"]) == ("ops@example.com, planning@example.com", "planner@example.com")
    assert got["Subject"] == "[ERROR] weekly_cycle für 2017-12-04 failed"
    assert got["Message-ID"] == f"<{message_id([notice()])}@example.com>"
    assert "What to do" in got.get_content()
    assert "http://look" in got.get_content()


def test_a_mail_server_that_nobody_vouches_for_gets_neither_password_nor_mail(mail: Mail) -> None:
    error = send_patiently(one(MAIL, **{**mail.settings, "alert_smtp_ca_file": None}), [notice()])
    assert "certificate is not trusted" in str(error)
    assert mail.messages == []


def test_a_mail_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not(mail: Mail) -> None:
    mail.refusals = ["451 later"]
    assert send_patiently(one(MAIL, **mail.settings), [notice()]) is None
    mail.refusals = ["550 no such user", "550 no such user"]
    assert "answered 550: no such user" in str(send_patiently(one(MAIL, **mail.settings), [notice()]))
    assert len(mail.refusals) == 1
    wrong = send_patiently(one(MAIL, **{**mail.settings, "alert_smtp_password": "another"}), [notice()])
    assert "answered 535" in str(wrong)
    assert "another" not in str(wrong)


def test_a_webhook_is_signed_so_that_whoever_has_the_secret_can_check_it(http: Http) -> None:
    to = {**PAGER, "url": f"{http.url}/in"}
    assert send_patiently(one(to, alert_webhook_secret=SECRET), [notice(1), notice(2)]) is None
    ((path, headers, body),) = http.got
    at, mac = (part.partition("=")[2] for part in headers[SIGNATURE].split(","))
    assert mac == hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert abs(time.time() - int(at)) < 60
    assert (path, headers["Idempotency-Key"]) == ("/in", message_id([notice(2), notice(1)]))
    assert [told["id"] for told in json.loads(body)["alerts"]] == ["1-opened", "2-opened"]


def test_slack_is_told_by_token_or_by_its_incoming_webhook(http: Http) -> None:
    by_token = one(NAMED, alert_slack_token="xoxb-1", alert_slack_api_url=f"{http.url}/api/")
    assert send_patiently(by_token, [notice()]) is None
    assert send_patiently(one(HOOKED, alert_slack_webhook_url=f"{http.url}/services/T/B/x"), [notice()]) is None
    (path, headers, body), (hook, _, hooked) = http.got
    assert (path, headers["Authorization"]) == ("/api/chat.postMessage", "Bearer xoxb-1")
    said = json.loads(body) if body.startswith(b"{") else {k: v[0] for k, v in parse_qs(body.decode()).items()}
    assert said["channel"] == "#planning"
    assert "*What to do:*" in said["text"]
    assert hook == "/services/T/B/x"
    assert "weekly_cycle für 2017-12-04 failed" in json.loads(hooked)["text"]


@pytest.mark.parametrize(("answers", "times"), [([503, 200], 2), ([503, 503], 2), ([404], 1)])
def test_who_is_busy_is_asked_again_within_bounds(http: Http, answers: list[int], times: int) -> None:
    http.answers = list(answers)
    error = send_patiently(one({**PAGER, "url": http.url}, alert_webhook_secret=SECRET), [notice()])
    assert (error is None) is (answers[-1] == 200)
    assert len(http.got) == times


def test_what_is_not_set_is_named_and_nothing_is_sent() -> None:
    for channel, setting in (
        (MAIL, "DP_ALERT_SMTP_HOST"),
        (NAMED, "DP_ALERT_SLACK_TOKEN"),
        (HOOKED, "DP_ALERT_SLACK_WEBHOOK_URL"),
        (PAGER, "DP_ALERT_WEBHOOK_URL"),
        ({**PAGER, "url": "http://127.0.0.1:9"}, "DP_ALERT_WEBHOOK_SECRET"),
    ):
        assert setting in str(send_patiently(one(channel), [notice()]))


def test_secrets_are_real_in_production_and_never_sent_in_the_open() -> None:
    for name in ("alert_slack_token", "alert_slack_webhook_url", "alert_webhook_secret", "alert_smtp_password"):
        with pytest.raises(ValidationError, match=f"DP_{name.upper()} is a placeholder"):
            Settings(environment="production", **{name: "changeme"})  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="would be sent in the open"):
        Settings(alert_smtp_password=SECRET, alert_smtp_security="none")  # type: ignore[arg-type]


def test_a_channel_that_is_down_holds_up_no_other_and_is_told_at_the_next_look(
    mail: Mail, http: Http, tmp_path: Path
) -> None:
    database = PlanningDatabase(f"sqlite:///{tmp_path / 'planning.db'}")
    told = config(MAIL, {**PAGER, "url": http.url})
    channels = channels_of(told, Settings(**mail.settings, alert_webhook_secret=SECRET))
    looks = [(("run_failed",), lambda: [Sighting(make_alert(told, "run_failed", "j:1", "it failed", ""))])]
    http.answers = [503, 503]
    first = look_and_tell(database, told, looks, channels, AT, AT)
    assert (first.opened, first.sent, list(first.failed)) == (1, {"mail": 1}, ["pager"])
    second = look_and_tell(database, told, looks, channels, AT, AT)
    assert (second.opened, second.sent, second.failed) == (0, {"pager": 1}, {})
    over = look_and_tell(database, told, [(("run_failed",), list)], channels, AT, AT + timedelta(seconds=1))
    assert (over.closed, over.sent) == (1, {})  # it waits for others to go with
    later = look_and_tell(database, told, [(("run_failed",), list)], channels, AT, AT + timedelta(minutes=11))
    assert later.sent == {"mail": 1, "pager": 1}
    assert [message["Subject"][:7] for message in mail.messages] == ["[ERROR]", "[OVER] "]
    assert waiting(database) == []
    database.close()


class KilledError(BaseException):
    """As if the process was killed there."""


def test_a_kill_before_sending_loses_nothing_and_one_after_it_sends_the_same_id_again(
    http: Http, tmp_path: Path
) -> None:
    database = PlanningDatabase(f"sqlite:///{tmp_path / 'planning.db'}")
    told = config({**PAGER, "url": http.url})
    channels = channels_of(told, Settings(alert_webhook_secret=SECRET))  # type: ignore[arg-type]
    looks = [(("run_failed",), lambda: [Sighting(make_alert(told, "run_failed", "j:1", "it failed", ""))])]
    pager = channels["pager"]

    class Killed:
        def __init__(self, sends: bool) -> None:
            self.sends = sends

        def send(self, notices: Any) -> None:
            if self.sends:
                pager.send(notices)
            raise KilledError

    for sends in (False, True):
        with pytest.raises(KilledError):
            look_and_tell(database, told, looks, {"pager": Killed(sends)}, AT, AT)
        assert list(open_alerts(database)) == ["run_failed:j:1"]
        assert len(waiting(database)) == 1
    assert look_and_tell(database, told, looks, channels, AT, AT).sent == {"pager": 1}
    ids = [headers["Idempotency-Key"] for _, headers, _ in http.got]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    database.close()


def test_one_look_that_fails_silences_no_other_and_closes_nothing(tmp_path: Path) -> None:
    database = PlanningDatabase(f"sqlite:///{tmp_path / 'planning.db'}")

    def broken() -> list[Sighting]:
        raise ValueError("this table cannot be read")

    looks = [(("asset_stale",), lambda: [Sighting(make_alert(config(), "asset_stale", "x", "late", ""))])]
    look_and_tell(database, config(), looks, {}, AT, AT)
    late = [(("asset_stale",), broken), (("file_missing",), list)]
    report = look_and_tell(database, config(), late, {}, AT, AT)  # type: ignore[arg-type]
    assert (report.open, report.closed) == (1, 0)
    assert "cannot look for asset_stale: this table cannot be read" in str(report)
    database.close()


def test_a_test_alert_goes_to_each_channel_and_says_what_happened(mail: Mail) -> None:
    told = config(MAIL, {**PAGER, "url": "http://127.0.0.1:9"})
    channels = channels_of(told, Settings(**mail.settings, alert_webhook_secret=SECRET))
    found = send_tests(told, channels, "http://look", AT)
    assert found["mail"] is None
    assert "nobody answered" in str(found["pager"])
    assert mail.messages[0]["Subject"] == "[WARNING] This is a test of alerts; nothing is wrong."
