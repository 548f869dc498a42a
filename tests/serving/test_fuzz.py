"""Every operation of the API asked at random, with and without credentials: nothing breaks, nothing is undocumented."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dp_assets.domain.access import Role
from dp_assets.domain.forecasts import receipt_of
from dp_assets.domain.ingest.registration import Registration
from dp_assets.registry import write_registration
from serving.api import create_app
from tests.serving.access_makers import GROCERY, shown
from tests.serving.makers import CYCLE
from tests.serving.planning_makers import Planned
from tests.serving.table_makers import (
    SCORED,
    make_accuracy,
    make_causes,
    make_changes,
    make_classes,
    make_conflicts,
    make_contributions,
    make_drift,
    make_exceptions,
    make_outliers,
    make_value_added,
)

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PARTS = {"table": "forecasts", "cycle": CYCLE.isoformat(), "network": "none", "configuration": "none"}
LANDED = Registration(
    **{"file_version_id": "shop-1", "producer": "shop", "feed": "transactions", "uri": "shop/1.csv", "etag": "1"},
    **{"content_sha256": "0" * 64, "bytes": 9, "supersedes": None},
    modified_at=datetime(2017, 2, 1, tzinfo=UTC),
    arrived_at=datetime(2017, 2, 1, tzinfo=UTC),
)
KNOWN = {
    "sku": ["sku0000", "sku0002"],
    "series_id": ["sku0000", "sku0002/x"],
    "hierarchy": ["product"],
    "name": ["product"],
    "node": ["total", "GROCERY", "GROCERY/SOUP"],
    "bucket": [CYCLE.isoformat()],
    "to": [CYCLE.isoformat()],
    "cycle": [CYCLE.isoformat()],
    "id": [receipt_of(**PARTS)],
    "file_version_id": ["shop-1"],
}
"""What there is; a name made up at random is answered with 404 and tries nothing else."""
SLOW = {"POST /v1/session", "POST /v1/session/password"}
"""Each of them hashes a password."""
ANSWERED = 15
"""Operations that something is found by at least; no password is guessed, and a trace needs the lake of a whole run."""
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


class World:
    """An API with something behind every path, and somebody of each kind who asks it."""

    def __init__(self, folder: Path) -> None:
        self.place = Planned(folder, api_requests_per_second=1e6)
        lake, cycle = self.place.lake, CYCLE.isoformat()
        lake.write("series_classes", make_classes(), cycle=cycle)
        lake.commit("receipts", receipt_of(**PARTS), {"parts": PARTS, "configuration": "{}", "hashes": {}})
        write_registration(lake, LANDED)
        lake.write("exceptions", make_exceptions(), cycle=cycle)
        lake.write("feature_contributions", make_contributions(), cycle=cycle)
        lake.write("forecast_changes", make_changes(), cycle=cycle)
        lake.write("accuracy", make_accuracy(), cycle=SCORED.isoformat())
        lake.write("forecast_value_added", make_value_added(), cycle=SCORED.isoformat())
        lake.write("drift", make_drift(), cycle=cycle)
        lake.write("outlier_log", make_outliers(), cycle=cycle)
        lake.write("outlier_causes", make_causes(), cycle=cycle)
        lake.write("attribute_conflicts", make_conflicts(), cycle=cycle)
        self.place.user("admin", [Role.ADMIN])
        self.place.user("ada", [Role.PLANNER], GROCERY)
        self.callers: dict[str, dict[str, str] | None] = {
            "an administrator": shown(self.place.key("admin")),
            "a planner of one department": shown(self.place.key("ada")),
            "nobody": {},
            "whoever makes credentials up": None,
        }
        self.app = create_app(self.place.settings)
        gate = self.app.state.gate
        gate._failures.burst = gate._guesses.burst = 1e9  # who is slowed down tries nothing else
        self.schema = schemathesis.openapi.from_asgi("/openapi.json", self.app)

    def operations(self) -> Iterator[APIOperation[Any, Any, Any]]:
        for found in self.schema.get_all_operations():
            yield found.ok()


def fuzz(world: World, requests: int, number: int = 1) -> Counter[tuple[str, int]]:
    """Asks every operation, so many times in all or more; returns the answers by operation and status.

    Operations that take nothing are asked once by each caller, those that hash passwords a tenth as often as others.
    """
    found: Counter[tuple[str, int]] = Counter()
    operations = list(world.operations())
    quick = [one for one in operations if varies(one) and one.label not in SLOW]
    each = 1 + requests // (len(quick) * len(MODES))
    for operation in operations:
        if not varies(operation):
            for caller in world.callers.values():
                ask(operation, MODES[0], [caller], 1, number, found)
            continue
        for mode in MODES:
            many = each // 10 + 1 if operation.label in SLOW else each
            ask(operation, mode, list(world.callers.values()), many, number, found)
    return found


def varies(operation: APIOperation[Any, Any, Any]) -> bool:
    """Whether an operation takes anything."""
    return bool(list(operation.iter_parameters()) or operation.body)


def ask(
    operation: APIOperation[Any, Any, Any],
    mode: GenerationMode,
    callers: list[dict[str, str] | None],
    many: int,
    number: int,
    found: Counter[tuple[str, int]],
) -> None:
    """Asks one operation so many times, each time as one of the callers."""
    chance = random.Random(number)

    @seed(number)
    @settings(
        max_examples=many,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def one(case: Case) -> None:
        for parts in (case.path_parameters, case.body):
            for name in set(parts) & set(KNOWN) if isinstance(parts, dict) else ():
                if chance.random() < 0.7:
                    parts[name] = chance.choice(KNOWN[name])
        caller = chance.choice(callers)
        if caller is not None:
            case.headers.pop("Authorization", None)
            case.headers.update(caller)
        answer = case.call()
        found[operation.label, answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    check: Callable[[], None] = one
    check()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.slow
def test_two_thousand_requests_find_neither_a_mistake_nor_an_answer_that_is_not_documented(world: World) -> None:
    found = fuzz(world, 2_000)
    assert sum(found.values()) >= 2_000
    answered = {operation for operation, status in found if status == 200}
    assert len(answered) >= ANSWERED, answered


@pytest.mark.long
def test_twenty_thousand_do_not_either(world: World) -> None:
    assert sum(fuzz(world, 20_000, number=2).values()) >= 20_000
