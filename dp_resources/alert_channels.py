"""Channels that alerts go out by: Slack, e-mail, webhooks.

Belongs here: handing one message to one channel, within bounds of time and attempts. Does not belong here: what is said
(`dp_assets/domain/alert_messages.py`), what waits and was sent (`planning_alerts.py`).

A webhook is signed: header `X-Demand-Planner-Signature: t=<seconds>,v1=<hex>`, where hex is the HMAC-SHA256, keyed with
`DP_ALERT_WEBHOOK_SECRET`, of the seconds, a dot and the body. Whoever receives it computes the same, and refuses what
is old. Messages carry an id that is the same when they are sent again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Protocol

from pydantic import SecretStr

from dp_assets.domain.alert_config import AlertConfig, EmailChannel, SlackChannel, WebhookChannel
from dp_assets.domain.alert_messages import message_id, payload, plain_text, slack_text, subject
from dp_assets.domain.alerts import Notice
from dp_assets.domain.errors import ConfigError, DemandPlannerError
from dp_resources.settings import Settings

TIMEOUT = 8.0
"""Seconds that a server may take for one answer."""
ATTEMPTS = 2
PAUSE = 1.0
SIGNATURE = "X-Demand-Planner-Signature"


class ChannelError(DemandPlannerError):
    """A channel did not take a message; the message says why, and holds no secret."""


class PassingChannelError(ChannelError):
    """The same, where trying again may help: nobody answered, or the server said that it is busy."""


class Channel(Protocol):
    """One way to somebody."""

    def send(self, notices: Sequence[Notice]) -> None:
        """Hands over one message about all of them; raises ChannelError."""


@dataclass(frozen=True)
class Slack:
    """Slack, by a token to a named channel or by an incoming webhook to its own."""

    config: SlackChannel
    token: SecretStr | None
    webhook_url: SecretStr | None
    api_url: str

    def send(self, notices: Sequence[Notice]) -> None:
        """Posts one message."""
        from slack_sdk.errors import SlackApiError

        try:
            self._post(slack_text(notices))
        except SlackApiError as error:
            said = str(error.response.get("error", "no reason"))
            kind = PassingChannelError if said in {"ratelimited", "internal_error", "fatal_error"} else ChannelError
            raise kind(f"Slack refused the message: {said}") from None
        except OSError as error:
            raise PassingChannelError(f"Slack did not answer: {type(error).__name__}") from None

    def _post(self, text: str) -> None:
        from slack_sdk import WebClient
        from slack_sdk.webhook import WebhookClient

        if self.config.channel:
            token = _needed(self.token, "DP_ALERT_SLACK_TOKEN", self.config.name)
            client = WebClient(token=token, base_url=self.api_url, timeout=int(TIMEOUT))
            client.chat_postMessage(channel=self.config.channel, text=text, unfurl_links=False, unfurl_media=False)
            return
        url = _needed(self.webhook_url, "DP_ALERT_SLACK_WEBHOOK_URL", self.config.name)
        answer = WebhookClient(url, timeout=int(TIMEOUT)).send(text=text, unfurl_links=False)
        _refuse(answer.status_code, "Slack")


@dataclass(frozen=True)
class Email:
    """E-mail through one server."""

    config: EmailChannel
    settings: Settings

    def send(self, notices: Sequence[Notice]) -> None:
        """Sends one message to all addresses."""
        message = EmailMessage()
        message["Subject"] = subject(notices)
        message["From"] = self.settings.alert_from
        message["To"] = ", ".join(self.config.to)
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{message_id(notices)}@{self.settings.alert_from.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(plain_text(notices))
        try:
            with self._connected() as server:
                server.send_message(message)
        except smtplib.SMTPResponseException as error:
            kind = PassingChannelError if 400 <= error.smtp_code < 500 else ChannelError
            raise kind(f"the mail server answered {error.smtp_code}: {_said(error.smtp_error)}") from None
        except ssl.SSLCertVerificationError as error:
            raise ChannelError(f"the mail server's certificate is not trusted: {error.verify_message}") from None
        except smtplib.SMTPRecipientsRefused as error:
            raise ChannelError(f"the mail server refused {', '.join(sorted(error.recipients))}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise PassingChannelError(f"the mail server did not answer as expected: {error}") from None

    def _connected(self) -> smtplib.SMTP:
        settings = self.settings
        host = _needed(settings.alert_smtp_host, "DP_ALERT_SMTP_HOST", self.config.name)
        trust = ssl.create_default_context(cafile=settings.alert_smtp_ca_file)
        if settings.alert_smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, settings.alert_smtp_port, timeout=TIMEOUT, context=trust)
        else:
            server = smtplib.SMTP(host, settings.alert_smtp_port, timeout=TIMEOUT)
        try:
            if settings.alert_smtp_security == "starttls":
                server.starttls(context=trust)
            if settings.alert_smtp_user:
                password = _needed(settings.alert_smtp_password, "DP_ALERT_SMTP_PASSWORD", self.config.name)
                server.login(settings.alert_smtp_user, password)
        except BaseException:
            server.close()
            raise
        return server


@dataclass(frozen=True)
class Webhook:
    """A signed POST."""

    config: WebhookChannel
    secret: SecretStr | None
    url: SecretStr | None

    def send(self, notices: Sequence[Notice]) -> None:
        """Posts one message; any answer of the 200s counts as taken."""
        import httpx

        url = self.config.url or _needed(self.url, "DP_ALERT_WEBHOOK_URL", self.config.name)
        secret = _needed(self.secret, "DP_ALERT_WEBHOOK_SECRET", self.config.name)
        body = json.dumps(payload(notices), ensure_ascii=False, sort_keys=True).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message_id(notices),
            SIGNATURE: signature(secret, body, int(time.time())),
        }
        try:
            answer = httpx.post(url, content=body, headers=headers, timeout=TIMEOUT)
        except httpx.HTTPError as error:
            raise PassingChannelError(f"nobody answered: {type(error).__name__}") from None
        except httpx.InvalidURL:
            raise ChannelError("the address of the webhook is none") from None
        _refuse(answer.status_code, "the webhook")


def signature(secret: str, body: bytes, at: int) -> str:
    """What proves who sent a body, and when (seconds since 1970)."""
    made = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={made}"


def channels_of(config: AlertConfig, settings: Settings) -> dict[str, Channel]:
    """Every channel of the configuration by its name; what it lacks of secrets shows when something is sent."""
    return {one.name: _channel(one, settings) for one in config.channels}


def _channel(one: SlackChannel | EmailChannel | WebhookChannel, settings: Settings) -> Channel:
    if isinstance(one, SlackChannel):
        token, url = settings.alert_slack_token, settings.alert_slack_webhook_url
        return Slack(one, token, url, settings.alert_slack_api_url)
    if isinstance(one, EmailChannel):
        return Email(one, settings)
    return Webhook(one, settings.alert_webhook_secret, settings.alert_webhook_url)


def send_all(
    channels: dict[str, Channel],
    messages: dict[str, Sequence[Notice]],
    done: Callable[[str, ChannelError | None], None],
) -> None:
    """Sends a message on each channel, all at once, so that one that is down holds up no other.

    Args:
        channels: by name.
        messages: channel → what to tell on it.
        done: called in this thread for each channel as soon as it is known how it went.
    """
    from concurrent.futures import as_completed

    if not messages:
        return
    with ThreadPoolExecutor(max_workers=min(8, len(messages))) as pool:
        going = {pool.submit(send_patiently, channels[name], notices): name for name, notices in messages.items()}
        for future in as_completed(going):
            done(going[future], future.result())


def send_patiently(channel: Channel, notices: Sequence[Notice]) -> ChannelError | None:
    """Sends one message, again after a pause where that may help; what went wrong, None where it was taken."""
    for attempt in range(ATTEMPTS):
        try:
            channel.send(notices)
        except PassingChannelError as error:
            if attempt + 1 == ATTEMPTS:
                return error
            time.sleep(PAUSE)
        except ChannelError as error:
            return error
        except ConfigError as error:
            return ChannelError(str(error))
        else:
            return None
    return None


def _needed(value: SecretStr | str | None, setting: str, channel: str) -> str:
    if not value:
        raise ConfigError(f"channel {channel} needs the setting {setting}, which is not set")
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _refuse(status: int, who: str) -> None:
    if 200 <= status < 300:
        return
    kind = PassingChannelError if status == 429 or status >= 500 else ChannelError
    raise kind(f"{who} answered {status}")


def _said(error: bytes | str) -> str:
    return error.decode(errors="replace") if isinstance(error, bytes) else error
