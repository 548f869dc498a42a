"""What `/v1/alerts` is asked and answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from dp_assets.domain.severity import SeverityName
from serving.api.schemas import CURSOR, LIMIT, Page, Schema


class AlertsQuery(Schema):
    """Which alerts are listed."""

    state: Literal["open", "past"] | None = Field(
        None, examples=["open"], description="Those that are open, or those that are over; all when left out."
    )
    severity: SeverityName | None = Field(None, examples=["error"], description="Exactly this bad.")
    owner: str | None = Field(None, max_length=200, examples=["demand-planning"], description="Who answers for it.")
    kind: str | None = Field(None, max_length=100, examples=["file_missing"], description="Kind of alert, exactly.")
    text: str | None = Field(
        None, min_length=1, max_length=200, examples=["north"], description="Part of its key or of what happened."
    )
    cursor: str | None = CURSOR
    limit: int = LIMIT


class ToldNotice(Schema):
    """A notice to one channel."""

    what: Literal["opened", "recovered"] = Field(description="That it began, or that it is over.")
    channel: str = Field(examples=["operators"], description="Name of the channel.")
    sent_at: datetime | None = Field(examples=["2017-12-05T12:00:01Z"], description="When; null while it waits.")
    attempts: int = Field(ge=0, examples=[1], description="How often it was tried.")
    error: str | None = Field(examples=["nobody answered"], description="Why the last try failed; null where none did.")


class AlertCard(Schema):
    """An alert."""

    number: int = Field(ge=1, examples=[12], description="Row of the ledger that opened it.")
    key: str = Field(examples=["file_missing:north"], description="The trouble; open once at most at any time.")
    kind: str = Field(examples=["file_missing"], description="Kind of alert.")
    severity: SeverityName = Field(examples=["warning"], description="How bad it is.")
    owner: str = Field(examples=["demand-planning"], description="Who answers for it.")
    happened: str = Field(examples=["No new file from north by Monday 2017-12-04 07:00."], description="What happened.")
    means: str = Field(examples=["What was sold is not known yet."], description="What that means.")
    do: str = Field(examples=["Ask the producer."], description="What to do.")
    link: str | None = Field(examples=["http://127.0.0.1:8000/data?producer=north"], description="Where to look.")
    runbook: str = Field(
        examples=["docs/runbooks/alert-file-missing.md"],
        description="What to do, step by step: a file of the repository, or its address.",
    )
    opened_at: datetime = Field(examples=["2017-12-04T12:00:00Z"], description="When it was opened.")
    closed_at: datetime | None = Field(
        examples=["2017-12-04T15:00:00Z"], description="When it ended; null: it is open."
    )
    ending: Literal["recovered", "replaced"] | None = Field(
        examples=["recovered"], description="How: it is over, or a graver alert of the same trouble took its place."
    )
    over_because: str | None = Field(examples=["It is no longer so."], description="Why it ended.")
    told: list[ToldNotice] = Field(description="Whom it was told to.")


class Alerts(Page):
    """Alerts, the last opened first."""

    open: int = Field(ge=0, examples=[1], description="How many are open in all, whatever is asked for.")
    alerts: list[AlertCard] = Field(description="Alerts of this page.")


ALERTS_EXAMPLE = {
    "version": "12",
    "total": 1,
    "changed": False,
    "next": "WyIuLi4iXQ",
    "open": 0,
    "alerts": [
        {
            "number": 12,
            "key": "file_missing:north",
            "kind": "file_missing",
            "severity": "warning",
            "owner": "demand-planning",
            "happened": "No new file from north by Monday 2017-12-04 07:00 (America/New_York).",
            "means": "What was sold is not known yet.",
            "do": "Ask the producer.",
            "link": "http://127.0.0.1:8000/data?producer=north",
            "runbook": "docs/runbooks/alert-file-missing.md",
            "opened_at": "2017-12-04T12:00:00Z",
            "closed_at": "2017-12-04T15:00:00Z",
            "ending": "recovered",
            "over_because": "It is no longer so.",
            "told": [
                {
                    **{"what": "opened", "channel": "operators", "sent_at": "2017-12-04T12:00:16Z", "attempts": 2},
                    "error": "nobody answered",
                },
            ],
        }
    ],
}
