"""Alerts over HTTP. Does not belong here: HTTP (`endpoints.py`), opening and closing (`dp_assets/alerting.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serving.api.alerts.schemas import AlertsQuery
from serving.api.cursors import page
from serving.api.questions import Answer
from serving.desk import Desk

if TYPE_CHECKING:
    from dp_resources.planning_alerts import KeptAlert


def search(desk: Desk, query: AlertsQuery) -> Answer:
    """The answer of `Alerts`.

    Raises:
        BadParameterError: the cursor is not one of this listing.
    """
    from dp_resources.planning_alerts import AlertSearch, alert_numbers, kept_alerts, last_alert_change, open_alerts

    database = desk.database
    wanted = AlertSearch(**query.model_dump(exclude={"cursor", "limit"}))
    numbers, version = alert_numbers(database, wanted), str(last_alert_change(database))
    part = page(range(len(numbers)), lambda row: [-numbers[row]], query.limit, query.cursor, version, wanted)
    found = kept_alerts(database, [numbers[row] for row in part.rows])
    return {
        "version": version,
        "total": len(numbers),
        "changed": part.changed,
        "next": part.next,
        "open": len(open_alerts(database)),
        "alerts": [_told(one) for one in found],
    }


def _told(one: KeptAlert) -> dict[str, Any]:
    return {
        "number": one.sequence,
        **vars(one.alert),
        "link": one.alert.link or None,
        "opened_at": one.opened_at,
        "closed_at": one.closed_at,
        "ending": one.ending,
        "over_because": one.said,
        "told": [vars(notice) for notice in one.notices],
    }
