"""Worklist, accuracy, contributions and changes: tables of the lake that are answered from memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from fastapi.testclient import TestClient

import serving.tables
from dp_assets.domain.contracts import ACCURACY, EXCEPTIONS, FEATURE_CONTRIBUTIONS, FORECAST_CHANGES
from dp_assets.domain.contracts.monitoring import ACCURACY_METRICS
from dp_resources.lake import Lake
from serving.api.accuracy.schemas import Accuracy, Score
from serving.api.changes.schemas import ChangedBucket, Changes, Part
from serving.api.classes.schemas import ClassesPage, SeriesClass
from serving.api.contributions.schemas import Contributions, Driver, ExplainedLead
from serving.api.drift.schemas import Drift, DriftCycles
from serving.api.value_added.schemas import ValueAdded
from serving.api.worklist.schemas import Worklist, WorklistItem
from serving.tables import Kept, Tables
from tests.serving.clients import client_over, problem
from tests.serving.makers import CYCLE, make_forecasts, put_bundle
from tests.serving.table_makers import (
    SCORED,
    SERIES,
    make_accuracy,
    make_changes,
    make_classes,
    make_contributions,
    make_drift,
    make_exceptions,
    make_value_added,
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder = tmp_path_factory.mktemp("tables")
    lake = Lake(folder / "lake")
    put_bundle(lake, folder, make_forecasts())
    lake.write("exceptions", make_exceptions(), cycle=CYCLE.isoformat())
    lake.write("series_classes", make_classes(), cycle=CYCLE.isoformat())
    lake.write("accuracy", make_accuracy(), cycle=SCORED.isoformat())
    lake.write("forecast_value_added", make_value_added(), cycle=SCORED.isoformat())
    lake.write("feature_contributions", make_contributions(), cycle=CYCLE.isoformat())
    lake.write("forecast_changes", make_changes(), cycle=CYCLE.isoformat())
    lake.write("drift", make_drift(), cycle=CYCLE.isoformat())
    return lake


@pytest.fixture(scope="module")
def client(lake: Lake) -> Iterator[TestClient]:
    with client_over(lake) as client:
        yield client


class TestClasses:
    def test_they_are_the_table_by_series(self, client: TestClient) -> None:
        found = ClassesPage.model_validate_json(client.get("/v1/classes").content)
        assert [one.model_dump() for one in found.series] == make_classes().drop(
            "sku", "location", strict=False
        ).select(list(SeriesClass.model_fields)).to_dicts()
        assert (found.cycle, found.total, found.next) == (CYCLE, 6, None)

    def test_series_of_some_classes_are_listed_alone_page_by_page(self, client: TestClient) -> None:
        first = ClassesPage.model_validate_json(client.get("/v1/classes?abc=A&limit=2").content)
        second = ClassesPage.model_validate_json(client.get(f"/v1/classes?abc=A&limit=2&cursor={first.next}").content)
        assert [one.series_id for one in (*first.series, *second.series)] == ["sku0000", "sku0002", "sku0004"]
        both = ClassesPage.model_validate_json(client.get("/v1/classes?abc=A&demand_class=lumpy").content)
        assert [one.series_id for one in both.series] == ["sku0000"]
        assert "other filters" in problem(client, f"/v1/classes?abc=B&cursor={first.next}", 422).detail


class TestWorklist:
    def test_it_is_the_table_by_rank(self, client: TestClient) -> None:
        found = Worklist.model_validate_json(client.get("/v1/worklist").content)
        beside = {"sold", "published", "mark", "inside"}
        assert [one.model_dump(exclude=beside) for one in found.items] == make_exceptions().to_dicts()
        assert (found.cycle, found.total, found.next) == (CYCLE, 12, None)

    def test_rules_are_listed_alone_page_by_page(self, client: TestClient) -> None:
        first = Worklist.model_validate_json(client.get("/v1/worklist?rule=biased&limit=3").content)
        answer = client.get(f"/v1/worklist?rule=biased&limit=3&cursor={first.next}")
        second = Worklist.model_validate_json(answer.content)
        ranks = make_exceptions().filter(rule="biased")["rank"].to_list()
        assert [one.rank for one in (*first.items, *second.items)] == ranks
        assert (first.total, second.next) == (len(ranks), None)

    def test_recent_numbers_stand_beside_each_item_where_they_are_asked_for(self, client: TestClient) -> None:
        item = client.get("/v1/worklist?recent=4").json()["items"][0]
        (history,) = client.get(f"/v1/history/{item['node']}?buckets=4").json()["series"]
        (forecast,) = client.get(f"/v1/forecast/skus/{item['node']}").json()["series"]
        assert item["sold"] == pytest.approx([one["units"] for one in history["buckets"]], abs=1e-3)
        assert item["published"] == pytest.approx([one["published"] for one in forecast["leads"]], abs=1e-3)
        assert client.get("/v1/worklist").json()["items"][0]["sold"] is None


class TestAccuracy:
    def test_it_is_that_of_the_newest_cycle_scored(self, client: TestClient) -> None:
        found = Accuracy.model_validate_json(client.get("/v1/accuracy").content)
        assert found.cycle == SCORED
        flat = [{**one.model_dump(exclude={"metrics"}), **one.metrics} for one in found.scores]
        assert flat == make_accuracy().to_dicts()

    @pytest.mark.parametrize(
        ("query", "kept"),
        [
            ("level=department", {"level": "department"}),
            ("lead=0", {"lead": 0}),
            ("hierarchy=product&node=dairy&lead=2", {"hierarchy": "product", "node": "dairy", "lead": 2}),
        ],
    )
    def test_it_is_listed_by_level_node_and_lead(
        self, client: TestClient, query: str, kept: dict[str, str | int]
    ) -> None:
        found = Accuracy.model_validate_json(client.get(f"/v1/accuracy?{query}").content)
        expected = make_accuracy().filter(**kept)
        assert [(one.node, one.lead) for one in found.scores] == expected.select("node", "lead").rows()

    def test_pages_hold_every_score_once(self, client: TestClient) -> None:
        cursor, found = "", []
        while cursor is not None:
            page = client.get(f"/v1/accuracy?limit=5{cursor and f'&cursor={cursor}'}").json()
            found += [(one["hierarchy"], one["level"], one["node"], one["lead"]) for one in page["scores"]]
            cursor = page["next"]
        assert found == make_accuracy().select("hierarchy", "level", "node", "lead").rows()


class TestValueAdded:
    def test_it_is_the_table_with_what_each_step_saved(self, client: TestClient) -> None:
        found = ValueAdded.model_validate_json(client.get("/v1/value-added").content)
        assert found.cycle == SCORED
        flat = [
            {
                **one.model_dump(exclude={"errors", "added"}),
                **{f"error_{step}": value for step, value in one.errors.model_dump().items()},
                **{f"added_by_{step}": value for step, value in one.added.model_dump().items()},
            }
            for one in found.groups
        ]
        assert flat == make_value_added().to_dicts()

    def test_planners_are_listed_alone_page_by_page(self, client: TestClient) -> None:
        first = client.get("/v1/value-added?grouping=product.department&lead=0&limit=1").json()
        path = f"/v1/value-added?grouping=product.department&lead=0&limit=1&cursor={first['next']}"
        second = client.get(path).json()
        assert [one["groups"][0]["name"] for one in (first, second)] == ["dairy", "frozen"]
        assert second["next"] is None
        assert client.get("/v1/value-added?grouping=user&name=ada&lead=0").json()["total"] == 1


class TestDrift:
    def test_it_is_the_table_of_the_cycle_in_service(self, client: TestClient) -> None:
        found = Drift.model_validate_json(client.get("/v1/drift").content)
        assert found.cycle == CYCLE
        assert [one.model_dump() for one in found.compared] == make_drift().to_dicts()

    def test_what_drifted_is_listed_alone(self, client: TestClient) -> None:
        found = client.get("/v1/drift?verdict=drift").json()["compared"]
        assert [(one["kind"], one["words"]) for one in found] == [
            ("channels", "price: psi 0.4"),
            ("metric", "wape: 0.7 against 0.5"),
        ]
        assert client.get("/v1/drift?verdict=drift&kind=coverage").json()["compared"] == []
        assert "kind" in problem(client, "/v1/drift?kind=weather", 422).detail

    def test_verdicts_over_cycles_come_with_errors_and_what_became_of_retrainings(self, tmp_path: Path) -> None:
        lake, (before, after) = Lake(tmp_path / "lake"), ("2017-07-24", "2017-07-31")
        put_bundle(lake, tmp_path, make_forecasts())
        lake.write("drift", make_drift(), cycle=after)
        for cycle, verdict, cause in ((before, "unjudged", ""), (after, "drift", "wape: 0.7 against 0.5")):
            record = {"cycle": cycle, "champion": "2017-06-05+a", "verdict": verdict, "cause": cause, "kinds": []}
            lake.commit("drift", cycle, record)
        lost = {"accepted": False, "verdict": "lost", "against": "2017-06-05", "reason": "the retrained model lost"}
        lake.commit("champion_verdict", after, {"cycle": after, **lost})
        with client_over(lake) as client:
            found = DriftCycles.model_validate_json(client.get("/v1/drift/cycles").content)
            assert [(one.cycle.isoformat(), one.verdict) for one in found.cycles] == [
                (after, "drift"),
                (before, "unjudged"),
            ]
            newest = found.cycles[0]
            assert (newest.error, newest.backtest, newest.naive, newest.limit) == (0.7, 0.5, 0.9, 0.575)
            assert found.cycles[1].error is None
            assert [(one.verdict, one.accepted) for one in found.retrainings] == [("lost", False)]
            assert len(client.get("/v1/drift/cycles?limit=1").json()["cycles"]) == 1
            assert "limit" in problem(client, "/v1/drift/cycles?limit=0", 422).detail


class TestReasons:
    @pytest.mark.parametrize("name", SERIES)
    def test_contributions_of_a_series_sum_to_its_forecast(self, client: TestClient, name: str) -> None:
        found = Contributions.model_validate_json(client.get(f"/v1/contributions/{name}").content)
        assert [lead.lead for lead in found.leads] == [1, 2]
        for lead in found.leads:
            assert lead.baseline + sum(one.contribution for one in lead.drivers) == pytest.approx(lead.forecast)
            assert [one.detail for one in lead.drivers] == [f"{one.driver} in figures" for one in lead.drivers]
        (alone,) = client.get(f"/v1/contributions/{name}?lead=2").json()["leads"]
        assert ExplainedLead.model_validate(alone) == found.leads[1]

    @pytest.mark.parametrize("name", SERIES)
    def test_changes_of_a_series_lead_from_one_number_to_the_other(self, client: TestClient, name: str) -> None:
        found = Changes.model_validate_json(client.get(f"/v1/changes/{name}").content)
        assert found.since == CYCLE - timedelta(weeks=1)
        assert len(found.buckets) == 2
        for bucket in found.buckets:
            assert bucket.before + sum(part.units for part in bucket.parts) == pytest.approx(bucket.after)

    @pytest.mark.parametrize("path", ["contributions", "changes"])
    def test_a_series_that_is_not_in_the_table_is_unknown(self, client: TestClient, path: str) -> None:
        assert problem(client, f"/v1/{path}/nothing", 404).type.endswith("unknown-series")
        assert problem(client, f"/v1/{path}/sku0001", 404).type.endswith("unknown-series")

    def test_a_lead_that_is_not_explained_is_refused(self, client: TestClient) -> None:
        assert "expected one of [1, 2]" in problem(client, "/v1/contributions/sku0000?lead=3", 422).detail


@pytest.mark.parametrize(
    ("path", "job"),
    [
        ("/v1/worklist", "weekly_cycle"),
        ("/v1/drift", "weekly_cycle"),
        ("/v1/accuracy", "score_cycles"),
        ("/v1/value-added", "score_cycles"),
        ("/v1/contributions/a", "explain"),
        ("/v1/changes/a", "explain"),
    ],
)
def test_a_table_that_was_never_made_names_the_command_that_makes_it(client: TestClient, path: str, job: str) -> None:
    found = problem(client, f"{path}?cycle=2001-01-01", 404)
    assert found.type.endswith("not-made")
    assert f"dp materialize {job} 2001-01-01" in found.detail


def test_where_nothing_was_ever_scored_that_is_said(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    put_bundle(lake, tmp_path, make_forecasts())
    with client_over(lake) as client:
        for path in ("/v1/accuracy", "/v1/value-added"):
            assert "no cycle was scored yet" in problem(client, path, 404).detail


def test_the_commands_named_are_jobs_that_make_these_tables() -> None:
    from dp_assets.defs.automation.jobs import SELECTIONS
    from dp_assets.defs.checks import ASSET_OF_TABLE
    from serving.api.state import MADE_BY

    for table, job in MADE_BY.items():
        assert ASSET_OF_TABLE.get(table, table) in SELECTIONS[job][0]


def test_answers_have_the_columns_of_their_tables() -> None:
    lead, bucket = set(ExplainedLead.model_fields) - {"drivers"}, set(ChangedBucket.model_fields) - {"parts"}
    beside = {"sold", "published", "mark", "inside"}
    assert set(WorklistItem.model_fields) - beside == {one.name for one in EXCEPTIONS.columns}
    assert (set(Score.model_fields) - {"metrics"}) | set(ACCURACY_METRICS) == {one.name for one in ACCURACY.columns}
    assert {"series_id"} | lead | set(Driver.model_fields) == {one.name for one in FEATURE_CONTRIBUTIONS.columns}
    assert {"series_id", "since"} | bucket | set(Part.model_fields) == {one.name for one in FORECAST_CHANGES.columns}


def test_what_did_not_change_is_not_sent_again(client: TestClient) -> None:
    paths = [
        "/v1/classes",
        "/v1/worklist",
        "/v1/accuracy",
        "/v1/value-added",
        "/v1/drift",
        f"/v1/contributions/{SERIES[0]}",
        f"/v1/changes/{SERIES[0]}",
    ]
    for path in paths:
        tag = client.get(path).headers["etag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


class TestTables:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(serving.tables, "CHECK_SECONDS", 0.0)

    def test_one_is_read_once_however_often_it_is_asked_for(self, tmp_path: Path) -> None:
        lake = Lake(tmp_path)
        lake.write("exceptions", make_exceptions(), cycle="2017-01-02")
        tables = Tables(lake)

        async def ask() -> None:
            found = await asyncio.gather(*(tables.get("exceptions", "2017-01-02") for _ in range(5)))
            assert len({id(one) for one in found}) == 1

        asyncio.run(ask())
        assert tables.reads == 1

    def test_one_that_was_written_anew_is_read_anew(self, tmp_path: Path) -> None:
        lake, tables = Lake(tmp_path), Tables(Lake(tmp_path))

        async def rows() -> int | None:
            found = await tables.get("exceptions", "2017-01-02")
            return None if found is None else len(found.frame)

        assert asyncio.run(rows()) is None
        for many in (12, 5):
            lake.write("exceptions", make_exceptions(many), cycle="2017-01-02")
            assert asyncio.run(rows()) == many
        assert tables.reads == 2

    def test_memory_is_bounded_and_what_was_asked_for_last_stays(self, tmp_path: Path) -> None:
        lake = Lake(tmp_path)
        cycles = [(date(2017, 1, 2) + timedelta(weeks=week)).isoformat() for week in range(4)]
        for cycle in cycles:
            lake.write("exceptions", make_exceptions(), cycle=cycle)
        size = int(make_exceptions().estimated_size())
        tables = Tables(lake, limit=2 * size)

        async def ask() -> None:
            for cycle in (cycles[0], cycles[1], cycles[0], cycles[2], cycles[0], cycles[3]):
                await tables.get("exceptions", cycle)
                assert tables.bytes <= 2 * size

        asyncio.run(ask())
        assert tables.reads == 4

    def test_one_larger_than_the_bound_is_answered_all_the_same(self, tmp_path: Path) -> None:
        lake = Lake(tmp_path)
        lake.write("exceptions", make_exceptions(), cycle="2017-01-02")
        found = asyncio.run(Tables(lake, limit=1).get("exceptions", "2017-01-02"))
        assert found is not None

    def test_absent_ones_do_not_pile_up(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(serving.tables, "KEPT", 64)
        tables = Tables(Lake(tmp_path))

        async def ask() -> None:
            for day in range(200):
                assert await tables.get("exceptions", (date(2017, 1, 2) + timedelta(days=day)).isoformat()) is None

        asyncio.run(ask())
        assert len(tables._seen) == serving.tables.KEPT


@pytest.mark.parametrize("wanted", [[], ["b"], ["d", "a"], ["aa", "b", "zz"], ["", "a", "b", "c", "d", "e"]])
def test_rows_of_some_series_are_found_by_searching(wanted: list[str]) -> None:
    frame = pl.DataFrame({"series_id": ["a", "b", "b", "b", "d", "d"], "value": [1, 2, 3, 4, 5, 6]})
    found = Kept("table", "", frame, "").of_each(wanted)
    one_by_one = [frame.filter(pl.col("series_id") == one) for one in wanted]
    assert found.equals(pl.concat([frame.clear(), *one_by_one]))
