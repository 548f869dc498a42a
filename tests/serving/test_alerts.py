"""Alerts over HTTP: what is found, page by page, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from dp_assets.domain.access import Role
from dp_assets.domain.alert_config import AlertConfig
from dp_assets.domain.alerts import Closing, Decision, make_alert
from dp_resources.planning_alerts import apply_decision, note_failed, waiting
from dp_resources.planning_db import PlanningDatabase
from serving.api.alerts.schemas import Alerts
from tests.serving.access_makers import GROCERY
from tests.serving.planning_makers import Planned, asking, refused

Ask = Callable[..., Any]
AT = datetime(2017, 8, 1, 12, tzinfo=UTC)
CONFIG = AlertConfig.model_validate({"channels": [{"kind": "email", "name": "mail", "to": ["a@example.com"]}]})
USERS = {"dee": (Role.DATA_ENGINEER, None), "pia": (Role.PLANNER, None), "kept": (Role.DATA_ENGINEER, GROCERY)}


@pytest.fixture(scope="module")
def asks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ask]]:
    place = Planned(tmp_path_factory.mktemp("place"))
    for name, (role, scope) in USERS.items():
        place.user(name, [role], *([scope] if scope else []))
    database = PlanningDatabase(place.settings.planning_url)
    north = make_alert(CONFIG, "file_missing", "north", "No new file from north.", "http://look", "shops")
    runs = [make_alert(CONFIG, "run_failed", f"job:{n}", f"run {n} failed", "") for n in range(4)]
    apply_decision(database, Decision(opened=(north, *runs)), CONFIG, AT, AT)
    over = Closing("file_missing:north", "recovered", "It came.")
    apply_decision(database, Decision(closed=(over,)), CONFIG, AT, AT)
    (first, *_) = waiting(database)
    note_failed(database, "mail", [first.notice], "nobody answered")
    database.close()
    with place.client() as client:
        yield {name: asking(client, place.key(name)) for name in USERS}


def found(answer: Any) -> Alerts:
    assert answer.status_code == 200, answer.text
    return Alerts.model_validate_json(answer.content)


def test_whoever_operates_sees_what_is_wrong_and_what_was_and_whom_it_was_told_to(asks: dict[str, Ask]) -> None:
    (past,) = found(asks["dee"]("GET", "/v1/alerts?state=past")).alerts
    assert (past.key, past.owner, past.ending, past.over_because) == (
        *("file_missing:north", "shops", "recovered"),
        "It came.",
    )
    assert past.do.startswith("Ask the producer")
    assert {(one.what, one.attempts, one.error) for one in past.told} == {
        ("opened", 1, "nobody answered"),
        ("recovered", 0, None),
    }
    everything = found(asks["dee"]("GET", "/v1/alerts"))
    assert (everything.total, everything.open) == (5, 4)
    assert [one.happened for one in found(asks["dee"]("GET", "/v1/alerts?severity=error&text=RUN%202")).alerts] == [
        "run 2 failed"
    ]
    assert found(asks["dee"]("GET", "/v1/alerts?kind=asset_stale")).total == 0
    refused(asks["dee"]("GET", "/v1/alerts?state=none"), 422, "bad-parameter")


def test_pages_of_alerts_follow_one_another(asks: dict[str, Ask]) -> None:
    whole = [one.number for one in found(asks["dee"]("GET", "/v1/alerts")).alerts]
    first = found(asks["dee"]("GET", "/v1/alerts?limit=2"))
    second = found(asks["dee"]("GET", f"/v1/alerts?limit=9&cursor={first.next}"))
    assert [one.number for one in (*first.alerts, *second.alerts)] == whole
    refused(asks["dee"]("GET", f"/v1/alerts?state=open&cursor={first.next}"), 422, "bad-parameter")


def test_who_is_kept_to_nodes_and_who_only_plans_sees_no_alerts(asks: dict[str, Ask]) -> None:
    refused(asks["kept"]("GET", "/v1/alerts"), 403, "not-allowed")
    refused(asks["pia"]("GET", "/v1/alerts"), 403, "not-allowed")
