from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import polars as pl
import pytest
from fastapi.testclient import TestClient

import serving.library
from dp_resources.lake import Lake
from serving.api.forecasts.schemas import SkuForecast, SkuForecasts
from serving.api.problems import Problem
from tests.factories import make_config
from tests.serving.clients import client_over, problem
from tests.serving.makers import CYCLE, make_forecasts, make_overridden, make_published, put_bundle

PATH = "/v1/forecast/skus/sku0001"
EARLIER = CYCLE - timedelta(weeks=1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def client(lake: Lake, tmp_path: Path) -> Iterator[TestClient]:
    put_bundle(lake, tmp_path, make_forecasts())
    with client_over(lake) as client:
        yield client


class TestQuantiles:
    def test_a_published_quantile_is_answered_as_published_and_others_lie_between(self, client: TestClient) -> None:
        row = make_forecasts().filter(pl.col("sku") == "sku0001").sort("lead").to_dicts()[0]
        leads = SkuForecast.model_validate_json(client.get(f"{PATH}?quantiles=0.9,0.3,0.1").content).series[0].leads
        high, middle, low = leads[0].quantiles
        assert (high.level, high.value, high.basis) == (0.9, row["q0.9"], "published")
        assert (low.level, low.value, low.basis) == (0.1, row["q0.1"], "published")
        assert middle.basis == "interpolated"
        assert row["q0.25"] <= middle.value <= row["q0.5"]

    def test_they_never_cross(self, client: TestClient) -> None:
        asked = [number / 20 for number in range(1, 20)] + [0.001, 0.999]
        path = f"{PATH}?quantiles={','.join(map(str, asked[:19]))}"
        for query in (path, f"{PATH}?quantiles=0.999,0.001,0.5"):
            (series,) = SkuForecast.model_validate_json(client.get(query).content).series
            assert series.total is not None
            for quantiles in (*(lead.quantiles for lead in series.leads), series.total.quantiles):
                values = [one.value for one in sorted(quantiles, key=lambda one: one.level)]
                assert values == sorted(values)
                assert values[0] >= 0

    def test_an_interval_and_its_two_quantiles_are_the_same_numbers(self, client: TestClient) -> None:
        (series,) = SkuForecast.model_validate_json(client.get(f"{PATH}?levels=70&quantiles=0.15,0.85").content).series
        for lead in series.leads:
            assert [lead.intervals[0].lower, lead.intervals[0].upper] == pytest.approx(
                [one.value for one in lead.quantiles]
            )

    @pytest.mark.parametrize("quantiles", ["0", "1", "-0.1", "x", "", "0.1,,0.9", "nan", "inf", "٠.٥"])
    def test_a_level_that_is_no_probability_is_refused(self, client: TestClient, quantiles: str) -> None:
        assert "above 0 and below 1" in problem(client, f"{PATH}?quantiles={quantiles}", 422).detail

    def test_too_many_are_refused(self, client: TestClient) -> None:
        many = ",".join(str(number / 100) for number in range(1, 50))
        assert "at most 20" in problem(client, f"{PATH}?quantiles={many}", 422).detail


class TestLeads:
    """Of the three leads there are."""

    @pytest.mark.parametrize(
        ("query", "leads", "has_total"),
        [
            ("", [1, 2, 3], True),
            ("?leads=1,3", [1, 3], False),
            ("?leads=2-3", [2, 3], False),
            ("?leads=3&leads=1-2", [1, 2, 3], True),
            ("?leads=%201%20,%201-2", [1, 2], True),
            ("?leads=3", [3], False),
        ],
    )
    def test_those_asked_for_are_answered(
        self, lake: Lake, tmp_path: Path, query: str, leads: list[int], has_total: bool
    ) -> None:
        forecasts = make_forecasts()
        put_bundle(lake, tmp_path, forecasts)
        with client_over(lake) as client:
            every = SkuForecast.model_validate_json(client.get(PATH).content).series[0]
            found = SkuForecast.model_validate_json(client.get(PATH + query).content)
        assert found.series[0].leads == [every.leads[lead - 1] for lead in leads]
        assert found.horizon == leads[-1]
        assert (found.series[0].total is not None) == has_total

    @pytest.mark.parametrize("leads", ["0", "4", "2-4", "3-2", "x", "", "1,", "-1", "1-", "1-2-3", "٢", "9" * 5000])
    def test_what_the_cycle_does_not_have_is_refused(self, client: TestClient, leads: str) -> None:
        assert "expected numbers or ranges from 1 to 3" in problem(client, f"{PATH}?leads={leads}", 422).detail

    def test_either_they_or_a_horizon_are_asked_for(self, client: TestClient) -> None:
        assert "got both" in problem(client, f"{PATH}?leads=1&horizon=2", 422).detail

    def test_many_skus_nodes_and_the_catalogue_answer_the_same_leads(self, client: TestClient) -> None:
        many = client.post("/v1/forecast/skus", json={"skus": ["sku0001"], "leads": [3, 1]})
        assert many.json()["forecasts"] == [client.get(f"{PATH}?leads=1,3").json()]
        table = client.get("/v1/forecast/catalogue?format=ndjson&leads=1,3").text.splitlines()
        rows = [row for row in map(orjson.loads, table) if row["sku"] == "sku0001"]
        leads = many.json()["forecasts"][0]["series"][0]["leads"]
        names = ("lead", "bucket_start", "mean", "method")
        assert [[row[name] for name in names] for row in rows] == [[lead[name] for name in names] for lead in leads]


class TestOverrides:
    def test_they_say_who_and_why(self, lake: Lake, tmp_path: Path) -> None:
        forecasts = make_forecasts()
        published = make_overridden(make_published(forecasts), "sku0001", lead=2, quantity=40.0)
        put_bundle(lake, tmp_path, forecasts, published=published)
        with client_over(lake) as client:
            leads = SkuForecast.model_validate_json(client.get(PATH).content).series[0].leads
            untouched = SkuForecast.model_validate_json(client.get("/v1/forecast/skus/sku0002").content).series[0].leads
        assert [lead.overridden for lead in leads] == [False, True, False]
        assert leads[0].override is None
        assert leads[1].override is not None
        assert leads[1].override.model_dump() == {"user": "ann", "reason_code": "launch", "quantity": 40.0}
        assert leads[1].published == 40.0
        assert not any(lead.overridden for lead in untouched)

    def test_a_number_set_further_up_has_no_quantity_of_its_own(self, lake: Lake, tmp_path: Path) -> None:
        forecasts = make_forecasts()
        published = make_overridden(make_published(forecasts), "sku0001", lead=2, quantity=40.0)
        put_bundle(lake, tmp_path, forecasts, published=published.with_columns(override=pl.lit(None, pl.Float64)))
        with client_over(lake) as client:
            lead = SkuForecast.model_validate_json(client.get(PATH).content).series[0].leads[1]
        assert lead.override is not None
        assert lead.override.quantity is None


class TestManySkus:
    def ask(self, client: TestClient, **asked: object) -> SkuForecasts:
        answer = client.post("/v1/forecast/skus", json=asked)
        assert answer.status_code == 200, answer.text
        return SkuForecasts.model_validate_json(answer.content)

    def test_they_are_answered_in_order_and_the_unknown_are_named(self, client: TestClient) -> None:
        found = self.ask(client, skus=["sku0003", "nothing", "sku0001", "none", "sku0003"])
        assert [one.sku for one in found.forecasts] == ["sku0003", "sku0001"]
        assert found.unknown == ["nothing", "none"]

    def test_each_is_answered_as_alone(self, client: TestClient) -> None:
        found = client.post(
            "/v1/forecast/skus",
            json={"skus": ["sku0000", "sku0001"], "horizon": 2, "levels": [80, 30], "quantiles": [0.2, 1e-5]},
        ).json()
        for one in found["forecasts"]:
            alone = client.get(f"/v1/forecast/skus/{one['sku']}?horizon=2&levels=80,30&quantiles=0.2,0.00001").json()
            assert one == alone

    def test_a_thousand_are_answered_and_one_more_is_refused(self, client: TestClient) -> None:
        skus = [f"sku{number:04d}" for number in range(1001)]
        assert len(self.ask(client, skus=skus[:1000]).unknown) == 994
        answer = client.post("/v1/forecast/skus", json={"skus": skus})
        assert answer.status_code == 422
        found = Problem.model_validate_json(answer.content)
        assert found.detail.startswith("skus: ")
        assert len(found.detail) < 500

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b'{"skus": []}', b'{"skus": ["a"], "horizont": 3}', b'{"skus": ["a"], "levels": [0]}'],
    )
    def test_a_body_that_is_no_question_is_refused(self, client: TestClient, body: bytes) -> None:
        answer = client.post("/v1/forecast/skus", content=body)
        assert answer.status_code == 422
        assert Problem.model_validate_json(answer.content).type.endswith("bad-parameter")

    def test_no_more_of_a_body_is_read_than_a_question_needs(self, client: TestClient) -> None:
        answer = client.post("/v1/forecast/skus", content=orjson.dumps({"skus": ["x" * 2**21]}))
        assert answer.status_code == 413
        assert "at most 1048576 bytes" in Problem.model_validate_json(answer.content).detail

    def test_the_key_may_have_locations(self, lake: Lake, tmp_path: Path) -> None:
        config = make_config(series_key=["sku", "location"])
        put_bundle(lake, tmp_path, make_forecasts(config, ["A|north", "A|south", "B|north"]), config)
        with client_over(lake) as client:
            found = self.ask(client, skus=["B", "A"])
        assert [len(one.series) for one in found.forecasts] == [1, 2]


class TestConditionalRequests:
    def test_an_answer_that_is_known_is_not_sent_again(self, client: TestClient) -> None:
        tag = client.get(PATH).headers["etag"]
        for given in (tag, f"W/{tag}", f'"other", {tag}'):
            answer = client.get(PATH, headers={"If-None-Match": given})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)

    def test_another_question_or_answer_has_another_tag(self, client: TestClient) -> None:
        paths = [PATH, f"{PATH}?horizon=2", f"{PATH}?levels=80", f"{PATH}?quantiles=0.5", "/v1/forecast/skus/sku0002"]
        tags = [client.get(path).headers["etag"] for path in paths]
        assert len(set(tags)) == len(paths)
        assert client.get(PATH, headers={"If-None-Match": tags[1]}).status_code == 200

    def test_nothing_is_kept_from_a_client_once_anything_changed(
        self, lake: Lake, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = client.get(PATH)
        put_bundle(lake, tmp_path, make_forecasts(seed=2))
        client.app.state.library.refresh()  # type: ignore[attr-defined]
        after = client.get(PATH, headers={"If-None-Match": before.headers["etag"]})
        assert after.status_code == 200
        assert after.json() != before.json()

    def test_an_unknown_sku_is_told_whatever_the_client_has(self, client: TestClient) -> None:
        assert client.get("/v1/forecast/skus/nothing", headers={"If-None-Match": "*"}).status_code == 404

    def test_what_is_computed_now_has_no_tag(self, client: TestClient) -> None:
        assert "etag" not in client.get(f"{PATH}?compute=true").headers


class TestPastCycles:
    @pytest.fixture
    def cycles(self, lake: Lake, client: TestClient, tmp_path: Path) -> list[str]:
        """Three past cycles in the lake, the current one left out."""
        found = [CYCLE - timedelta(weeks=weeks) for weeks in (3, 2, 1)]
        for number, cycle in enumerate(found):
            put_bundle(lake, tmp_path, make_forecasts(cycle=cycle, seed=10 + number), cycle=cycle)
        return [cycle.isoformat() for cycle in found]

    def test_each_is_answered_with_its_own_numbers(self, client: TestClient, cycles: list[str]) -> None:
        for number, cycle in enumerate(cycles):
            found = SkuForecast.model_validate_json(client.get(f"{PATH}?cycle={cycle}").content)
            expected = make_forecasts(cycle=found.cycle, seed=10 + number).filter(pl.col("sku") == "sku0001")
            assert found.cycle.isoformat() == cycle
            assert [lead.mean for lead in found.series[0].leads] == expected.sort("lead")["forecast"].to_list()
        assert client.get(PATH).json() == client.get(f"{PATH}?cycle={CYCLE}").json()

    def test_one_past_bundle_is_held_and_loaded_once(
        self, client: TestClient, cycles: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loads: list[str] = []
        real = serving.library.Library._load
        monkeypatch.setattr(
            serving.library.Library, "_load", lambda self, cycle: loads.append(cycle) or real(self, cycle)
        )
        for cycle in (cycles[0], cycles[0], CYCLE.isoformat(), cycles[0], cycles[1], cycles[0]):
            assert client.get(f"{PATH}?cycle={cycle}").status_code == 200
        assert loads == [cycles[0], cycles[1], cycles[0]]

    def test_a_past_cycle_that_was_made_anew_is_answered_anew(
        self, lake: Lake, client: TestClient, cycles: list[str], tmp_path: Path
    ) -> None:
        before = client.get(f"{PATH}?cycle={EARLIER}")
        put_bundle(lake, tmp_path, make_forecasts(cycle=EARLIER, seed=99), cycle=EARLIER)
        client.app.state.library.refresh()  # type: ignore[attr-defined]
        after = client.get(f"{PATH}?cycle={EARLIER}", headers={"If-None-Match": before.headers["etag"]})
        assert after.status_code == 200
        assert after.json() != before.json()

    def test_a_cycle_without_a_bundle_says_how_to_make_one(self, client: TestClient) -> None:
        found = problem(client, f"{PATH}?cycle=2001-01-01", 404)
        assert found.type.endswith("unknown-cycle")
        assert "dp materialize weekly_cycle 2001-01-01" in found.detail

    @pytest.mark.parametrize("cycle", ["../../etc", "soon", "2017-13-01", ""])
    def test_what_is_no_date_is_refused(self, client: TestClient, cycle: str) -> None:
        assert problem(client, f"{PATH}?cycle={cycle}", 422).detail.startswith("cycle: ")

    def test_a_bundle_of_an_older_format_says_what_to_do(
        self, lake: Lake, client: TestClient, cycles: list[str]
    ) -> None:
        folder = lake.open_folder("serving_bundle", cycle=cycles[0])
        work = folder.parent / "old"
        work.mkdir()
        head = orjson.loads((folder / "head.json").read_bytes())
        (work / "head.json").write_bytes(orjson.dumps({**head, "format": 5}))
        lake.write_folder("serving_bundle", work, cycle=cycles[0])
        found = problem(client, f"{PATH}?cycle={cycles[0]}", 503)
        assert "materialise the asset serving_bundle with this version of the code" in found.detail
