"""Scenarios over HTTP: kept, asked for, computed by the graph, compared, promoted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.access import Role
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.scenario_results import TABLE, made_of
from dp_resources.planning_requests import RUN_SCENARIO, newest_requests
from serving.api.scenarios import schemas
from tests.serving.access_makers import GROCERY_AND_A_LOOK
from tests.serving.makers import CYCLE
from tests.serving.planning_makers import FIRST, Planned, asking, edit, refused

Ask = Callable[..., Any]
GROWTH = {"changes": [{"kind": "growth", "node": "total", "first": FIRST, "last": FIRST, "percent": 10}]}


@pytest.fixture
def place(tmp_path: Path) -> Planned:
    place = Planned(tmp_path)
    place.user("ada", [Role.PLANNER])
    place.user("looks", [Role.PLANNER], GROCERY_AND_A_LOOK)
    return place


@pytest.fixture
def ada(place: Planned) -> Iterator[Ask]:
    with place.client() as client:
        yield asking(client, place.key("ada"))


def keep(ask: Ask, name: str = "more", **fields: Any) -> Any:
    return ask("POST", "/v1/scenarios", {"name": name, "definition": GROWTH, **fields})


def put_result(
    place: Planned, name: str, nodes: Collection[str] | None = None, kept: Collection[tuple[str, str]] = ()
) -> None:
    """What the graph would write: 10 % more in the first bucket, of every node and series, or of some of them."""
    scenario = place.accounts.database.scenario(name)
    rollups = place.lake.read("reconciled_rollups", cycle=FIRST)
    if nodes is not None:
        rollups = rollups.filter(pl.col("node").is_in(list(nodes)))
    names = ["forecast", *(quantile_name(level) for level in place.config.quantile_levels)]
    table = contracts.scenario_forecasts(place.config)
    base = {one: f"base_{one}" for one in table.schema if f"base_{one}" in table.schema}
    found = rollups.with_columns(*(pl.col(one).alias(to) for one, to in base.items()), held=pl.lit(False))
    found = found.with_columns(pl.col(one) * pl.when(pl.col("lead") == 1).then(1.1).otherwise(1.0) for one in base)
    assert set(names) <= set(base)
    place.lake.write(TABLE, table.conform(found), scenario=name)
    record = {"cycle": FIRST, "definition": scenario.sequence, "made_of": made_of(place.lake, CYCLE)}
    place.lake.commit(TABLE, name, {**record, "series": 4, "notes": ["noted"], "kept": kept})


def test_a_scenario_is_kept_replaced_by_who_saw_it_and_deleted(place: Planned, ada: Ask) -> None:
    answer = keep(ada, definition={**GROWTH, "description": "spring"})
    assert answer.status_code == 201, answer.text
    made = schemas.Scenario.model_validate_json(answer.content)
    assert (made.name, made.cycle, made.user, made.state, made.units) == (
        "more",
        CYCLE,
        "ada",
        "not computed yet",
        None,
    )
    assert made.definition["description"] == "spring"
    refused(keep(ada), 409, "already-decided")
    refused(keep(ada, replaces=made.number + 1), 409, "already-decided")
    assert keep(ada, replaces=made.number).json()["number"] == made.number + 1
    assert [one["name"] for one in ada("GET", "/v1/scenarios").json()["scenarios"]] == ["more"]
    number = ada("GET", "/v1/scenarios/more").json()["number"]
    refused(ada("DELETE", f"/v1/scenarios/more?number={number - 1}"), 409, "already-decided")
    assert ada("DELETE", f"/v1/scenarios/more?number={number}").json() == {"deleted": "more"}
    refused(ada("GET", "/v1/scenarios/more"), 404, "unknown-scenario")
    refused(ada("DELETE", "/v1/scenarios/more"), 404, "unknown-scenario")
    assert [row["action"] for row in place.accounts.database.ledger(3)] == ["scenario", "scenario", "delete scenario"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "base"},
        {"name": "Spring Sale"},
        {"definition": {}},
        {"definition": {"changes": [{"kind": "magic"}]}},
        {"definition": {**GROWTH, "cycle": "2001-01-01"}},
    ],
)
def test_what_is_no_scenario_is_refused(place: Planned, ada: Ask, body: dict[str, Any]) -> None:
    refused(keep(ada, **body), 422, "edit-refused")
    assert place.accounts.database.scenarios() == []


def test_running_it_is_asked_of_the_graph_once_per_request(place: Planned, ada: Ask) -> None:
    keep(ada)
    refused(ada("POST", "/v1/scenarios/less/run"), 404, "unknown-scenario")
    first = ada("POST", "/v1/scenarios/more/run", idempotency_key="r")
    assert first.status_code == 202
    assert ada("POST", "/v1/scenarios/more/run", idempotency_key="r").content == first.content
    assert newest_requests(place.accounts.database, RUN_SCENARIO) == {"more": first.json()["request"]}
    again = ada("POST", "/v1/scenarios/more/run").json()["request"]
    assert newest_requests(place.accounts.database, RUN_SCENARIO) == {"more": again}
    assert place.accounts.database.verify() == []


def test_who_asked_for_it_sees_that_it_waits_until_there_is_an_answer(place: Planned, ada: Ask) -> None:
    number = keep(ada).json()["number"]
    assert ada("GET", "/v1/scenarios/more").json()["waits_since"] is None
    request = ada("POST", "/v1/scenarios/more/run").json()["request"]
    waits = schemas.Scenario.model_validate_json(ada("GET", "/v1/scenarios/more").content)
    assert (waits.state, waits.waits_since is not None) == ("not computed yet", True)
    record = {"cycle": FIRST, "definition": number, "made_of": made_of(place.lake, CYCLE), "asked": request}
    place.lake.commit(TABLE, "more", {**record, "refused": "changes[0]: expected a node"})
    found = ada("GET", "/v1/scenarios/more").json()
    assert (found["state"], found["waits_since"]) == ("refused: changes[0]: expected a node", None)
    assert "expected a node" in refused(ada("GET", "/v1/scenarios/more/comparison"), 422, "edit-refused")
    ada("POST", "/v1/scenarios/more/run")
    assert ada("GET", "/v1/scenarios/more").json()["waits_since"] is not None


def test_what_it_came_to_is_compared_and_promoted(place: Planned, ada: Ask) -> None:
    keep(ada)
    refused(ada("GET", "/v1/scenarios/more/comparison"), 422, "edit-refused")
    put_result(place, "more")
    found = ada("GET", "/v1/scenarios/more").json()
    assert (found["state"], found["notes"], found["units"] > 0) == ("up to date", ["noted"], True)
    shown = schemas.Comparison.model_validate_json(ada("GET", "/v1/scenarios/more/comparison?level=department").content)
    assert shown.names == ["base", "more"]
    buckets = place.lake.read("reconciled_rollups", cycle=FIRST)["bucket_start"].n_unique()
    assert len(shown.rows) == shown.total == 2 * buckets
    for row in shown.rows:
        assert row["more:mean"] == pytest.approx(row["base:mean"] * (1.1 if row["lead"] == 1 else 1))
        assert row["more:lower"] < row["more:mean"] < row["more:upper"]
    refused(ada("GET", "/v1/scenarios/more/comparison?level=shelf"), 422, "edit-refused")
    refused(ada("GET", "/v1/scenarios/more/comparison?beside=less"), 404, "unknown-scenario")
    refused(ada("POST", "/v1/scenarios/more/promote", {"reason_code": "because"}), 422, "edit-refused")
    ada("POST", "/v1/overrides", edit("sku0001"))
    refused(ada("POST", "/v1/scenarios/more/promote", {"reason_code": "price"}), 428, "if-match-required")
    tag = ada("GET", "/v1/overrides").headers["etag"]
    answer = ada("POST", "/v1/scenarios/more/promote", {"reason_code": "price"}, if_match=tag)
    assert answer.status_code == 201, answer.text
    assert {one["node"] for one in answer.json()["overrides"]} == set(place.skus)
    assert {one["comment"] for one in answer.json()["overrides"]} == {"scenario more"}


def test_who_is_kept_to_nodes_promotes_nothing_outside(place: Planned, ada: Ask) -> None:
    keep(ada)
    put_result(place, "more")
    with place.client() as client:
        looks = asking(client, place.key("looks"))
        refused(looks("POST", "/v1/scenarios/more/promote", {"reason_code": "price"}), 403, "not-allowed")
    assert place.accounts.database.numbers() == []
