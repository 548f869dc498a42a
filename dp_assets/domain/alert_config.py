"""Who is told of what, as `demand.yaml` describes it.

Belongs here: the section `alerts`, and when a producer's file is due. Does not belong here: what is wrong and what is
said of it (`alerts.py`), tokens, passwords and servers (`DP_ALERT_*` in `dp_resources/settings.py`).
"""

from __future__ import annotations

from datetime import time as time_of_day
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from dp_assets.domain.config_section import WEEKDAYS, MisplacedValueError, Section, Slug, Weekday, check_time_zone
from dp_assets.domain.severity import SeverityName

KindName = Literal[
    "run_failed",
    "retries_exhausted",
    "cycle_too_long",
    "file_quarantined",
    "file_blocked",
    "file_missing",
    "asset_stale",
    "check_failed",
    "accuracy_dropped",
    "model_drifted",
]


class DueConfig(Section):
    """When a new file of a producer must have arrived."""

    time: str = "07:00"
    """Local time, `HH:MM`. A file counts if it arrived since the time before."""
    weekdays: tuple[Weekday, ...] = Field(WEEKDAYS, min_length=1)
    """Days on which one is expected; every day when left out."""
    time_zone: str | None = None
    """Zone of `time`; the business time zone when left out."""

    @field_validator("time", mode="before")
    @classmethod
    def _minutes_are_a_time(cls, value: Any) -> Any:
        """YAML reads 17:00 without quotes as 1,020, a number in base 60."""
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
            return f"{value // 60:02d}:{value % 60:02d}"
        return value

    @field_validator("time")
    @classmethod
    def _is_a_time(cls, value: str) -> str:
        try:
            return time_of_day.fromisoformat(value).strftime("%H:%M")
        except ValueError:
            raise ValueError(f"expected a time of day as HH:MM, such as 07:00, got {value!r}") from None

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        return None if value is None else check_time_zone(value)

    @property
    def moment(self) -> time_of_day:
        """The time of day."""
        return time_of_day.fromisoformat(self.time)


class SlackChannel(Section):
    """Slack, through a token (`DP_ALERT_SLACK_TOKEN`) or an incoming webhook (`DP_ALERT_SLACK_WEBHOOK_URL`)."""

    kind: Literal["slack"]
    """What it is."""
    name: Slug
    """Name for `routes`."""
    channel: str | None = None
    """Channel such as `#planning`, written to with the token; left out, the incoming webhook, which knows its own."""


class EmailChannel(Section):
    """E-mail, through the server that `DP_ALERT_SMTP_HOST` names."""

    kind: Literal["email"]
    """What it is."""
    name: Slug
    """Name for `routes`."""
    to: tuple[str, ...] = Field(min_length=1)
    """Addresses."""

    @field_validator("to")
    @classmethod
    def _are_addresses(cls, to: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [one for one in to if "@" not in one[1:-1] or any(sign in one for sign in "\r\n,; ")]:
            raise ValueError(f"expected addresses such as team@example.com, got {wrong[0]!r}")
        return to


class WebhookChannel(Section):
    """A POST of JSON, signed with `DP_ALERT_WEBHOOK_SECRET`."""

    kind: Literal["webhook"]
    """What it is."""
    name: Slug
    """Name for `routes`."""
    url: str | None = Field(None, pattern=r"^https?://")
    """Where to; left out, the address in `DP_ALERT_WEBHOOK_URL`, where it belongs if it holds a secret."""


AlertChannel = Annotated[SlackChannel | EmailChannel | WebhookChannel, Field(discriminator="kind")]


class AlertRoute(Section):
    """Which alerts go to which channels; an alert goes to all channels of all routes that it matches."""

    channels: tuple[str, ...] = Field(min_length=1)
    """Names out of `alerts.channels`."""
    severity: SeverityName = "warning"
    """At least this bad."""
    owners: tuple[str, ...] = ()
    """Only what one of these answers for; everybody's when left out."""
    kinds: tuple[KindName, ...] = ()
    """Only these kinds; all when left out."""


class AlertConfig(Section):
    """What is told to whom. Alerts are kept and shown whether or not there are channels."""

    channels: tuple[AlertChannel, ...] = ()
    """Where alerts go."""
    routes: tuple[AlertRoute, ...] = ()
    """Which go where; all to every channel when left out."""
    owner: str = "demand-planning"
    """Who answers for what nobody else is named for."""
    owners: dict[KindName, str] = Field({})
    """Kind of alert → who answers for it; of files the producer's own `owner` comes first."""
    group_minutes: float = Field(10, ge=0)
    """Warnings, and notices that something is over, wait that long for others to go with. Errors go at once, and take
    along what waits."""
    cycle_hours: float = Field(4, gt=0)
    """Hours that the weekly work, from reading files to publishing, may take without a pause."""
    cycle_warning_share: float = Field(0.75, gt=0, le=1)
    """Share of `cycle_hours` after which there is an alert while the work goes on; earlier, if what remains usually
    takes longer than the time left."""
    late_days: float = Field(1, ge=0)
    """Days after a cycle's knowledge time by which it must be published and bundled."""
    runbooks_url: str = ""
    """Address under which `docs/runbooks` can be read, such as https://wiki.example.com/runbooks/, for links; left
    out, alerts name the file."""


def alert_mistake(config: AlertConfig) -> MisplacedValueError | None:
    """What is wrong between channels and routes; None where nothing is."""
    names = [one.name for one in config.channels]
    for number, name in enumerate(names):
        if name in names[:number]:
            return MisplacedValueError(f"names of channels must differ, got {name!r} twice", "channels", number, "name")
    for number, route in enumerate(config.routes):
        if unknown := [name for name in route.channels if name not in names]:
            message = f"expected one of the channels {names}, got {unknown[0]!r}"
            return MisplacedValueError(message, "routes", number, "channels")
    return None
