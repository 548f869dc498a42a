from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from fastapi.testclient import TestClient

import serving.library
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from serving.api import create_app, descriptions
from serving.api.catalogue import schemas as catalogue
from serving.api.cycles.schemas import Cycle
from serving.api.forecasts.schemas import SkuForecast
from serving.api.health.schemas import Health
from serving.api.problems import MEDIA_TYPE, Problem
from serving.bundle import write_bundle
from tests.factories import make_config
from tests.serving.makers import CYCLE, make_forecasts, make_head, make_published, make_totals, put_bundle


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def client_over(lake: Lake) -> TestClient:
    return TestClient(create_app(Settings(lake_root=lake.root)))


@pytest.fixture
def client(lake: Lake, tmp_path: Path) -> Iterator[TestClient]:
    put_bundle(lake, tmp_path, make_forecasts())
    with client_over(lake) as client:
        yield client


def problem(client: TestClient, path: str, status: int) -> Problem:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE), answer.text
    found = Problem.model_validate_json(answer.content)
    assert found.status == status
    return found


class TestForecastOfSku:
    def test_a_question_that_says_nothing_is_that_which_says_what_is_usual(self, client: TestClient) -> None:
        said = "?horizon=3&levels=50,80,95"
        for sku in ("sku0004", "sku0005"):
            usual, same = (client.get(f"/v1/forecast/skus/{sku}{end}") for end in ("", said))
            assert (usual.content, usual.headers["etag"]) == (same.content, same.headers["etag"])

    def test_it_answers_every_lead_as_the_batch_forecast_it(self, client: TestClient) -> None:
        answer = client.get("/v1/forecast/skus/sku0003")
        assert answer.status_code == 200
        found = SkuForecast.model_validate_json(answer.content)
        expected = make_forecasts().filter(pl.col("sku") == "sku0003").sort("lead").to_dicts()
        (series,) = found.series
        assert (found.sku, found.cycle, found.horizon, series.key) == ("sku0003", CYCLE, 3, {"sku": "sku0003"})
        for lead, row in zip(series.leads, expected, strict=True):
            assert (lead.lead, lead.bucket_start) == (row["lead"], row["bucket_start"])
            assert (lead.mean, lead.median, lead.naive) == (row["forecast"], row["q0.5"], row["naive"])
            assert (lead.method, lead.receipt) == (row["method"], row["receipt"])
            assert lead.model_version == row["model_version"]
            assert [(one.level, one.lower, one.upper, one.basis) for one in lead.intervals] == [
                (level, row[f"lower_{level}"], row[f"upper_{level}"], "published") for level in (50, 80, 95)
            ]

    def test_it_answers_every_series_of_a_sku(self, lake: Lake, tmp_path: Path) -> None:
        config = make_config(series_key=["sku", "location"])
        put_bundle(lake, tmp_path, make_forecasts(config, ["A|north", "A|south", "B|north"]), config)
        with client_over(lake) as client:
            found = SkuForecast.model_validate_json(client.get("/v1/forecast/skus/A").content)
        assert [one.key["location"] for one in found.series] == ["north", "south"]
        assert [one.series_id for one in found.series] == ["A|north", "A|south"]

    def test_a_shorter_horizon_is_a_prefix_of_the_whole(self, client: TestClient) -> None:
        whole = client.get("/v1/forecast/skus/sku0001").json()["series"][0]["leads"]
        short = client.get("/v1/forecast/skus/sku0001?horizon=2").json()["series"][0]["leads"]
        assert short == whole[:2]

    @pytest.mark.parametrize(
        "query", ["levels=80,30,99", "levels=80&levels=30&levels=99", "levels=80,%2030&levels=99,80"]
    )
    def test_any_levels_are_answered_in_the_order_asked_for(self, client: TestClient, query: str) -> None:
        leads = client.get(f"/v1/forecast/skus/sku0001?{query}").json()["series"][0]["leads"]
        for lead in leads:
            found = lead["intervals"]
            assert [(one["level"], one["basis"]) for one in found] == [
                (80, "published"),
                (30, "interpolated"),
                (99, "extrapolated"),
            ]
            lower, upper = [one["lower"] for one in found], [one["upper"] for one in found]
            assert 0 <= lower[2] <= lower[0] <= lower[1] <= upper[1] <= upper[0] <= upper[2]

    def test_the_leads_asked_for_are_answered_together_with_an_uncertainty_of_their_own(
        self, client: TestClient
    ) -> None:
        totals = make_totals(make_forecasts()).filter(pl.col("sku") == "sku0001").sort("lead").to_dicts()
        for horizon in (1, 3):
            answer = client.get(f"/v1/forecast/skus/sku0001?horizon={horizon}&levels=80")
            (series,) = SkuForecast.model_validate_json(answer.content).series
            expected = totals[horizon - 1]
            assert series.total is not None
            assert (series.total.mean, series.total.median) == (expected["forecast"], expected["q0.5"])
            (interval,) = series.total.intervals
            assert (interval.lower, interval.upper) == (expected["lower_80"], expected["upper_80"])
            assert series.total.mean == pytest.approx(sum(lead.mean for lead in series.leads))

    def test_without_errors_of_totals_there_is_no_total(self, lake: Lake, tmp_path: Path) -> None:
        forecasts = make_forecasts()
        write_bundle(tmp_path / "work", forecasts, make_published(forecasts), make_head(), None)
        lake.write_folder("serving_bundle", tmp_path / "work", cycle=CYCLE.isoformat())
        with client_over(lake) as client:
            (series,) = SkuForecast.model_validate_json(client.get("/v1/forecast/skus/sku0001").content).series
        assert series.total is None

    @pytest.mark.parametrize("sku", ["a/b", "ü 1", "100%", "x?y", "..", "a+b"])
    def test_a_sku_may_hold_any_character(self, lake: Lake, tmp_path: Path, sku: str) -> None:
        put_bundle(lake, tmp_path, make_forecasts(series=[sku]))
        with client_over(lake) as client:
            from urllib.parse import quote

            quoted = quote(sku, safe="").replace(".", "%2E")
            assert client.get(f"/v1/forecast/skus/{quoted}").json()["sku"] == sku

    def test_an_unknown_sku_says_what_to_do(self, client: TestClient) -> None:
        found = problem(client, "/v1/forecast/skus/nothing", 404)
        assert found.type.endswith("unknown-sku")
        assert "'nothing'" in found.detail
        assert "eligibility" in found.detail
        assert found.instance == "/v1/forecast/skus/nothing"

    @pytest.mark.parametrize("horizon", [0, 4, -1])
    def test_a_horizon_that_is_not_forecast_is_refused(self, client: TestClient, horizon: int) -> None:
        assert f"expected 1 to 3, the buckets that cycle {CYCLE} forecasts, got {horizon}" in (
            problem(client, f"/v1/forecast/skus/sku0001?horizon={horizon}", 422).detail
        )

    @pytest.mark.parametrize("levels", ["0", "100", "80,x", "", "50,,80", "8.5", "٣", "9" * 4301])
    def test_a_level_that_is_no_percentage_is_refused(self, client: TestClient, levels: str) -> None:
        assert "whole numbers from 1 to 99" in problem(client, f"/v1/forecast/skus/sku0001?levels={levels}", 422).detail

    def test_too_many_levels_are_refused(self, client: TestClient) -> None:
        levels = ",".join(str(level) for level in range(1, 50))
        assert "at most 20" in problem(client, f"/v1/forecast/skus/sku0001?levels={levels}", 422).detail

    def test_a_parameter_of_the_wrong_type_names_itself(self, client: TestClient) -> None:
        assert problem(client, "/v1/forecast/skus/sku0001?horizon=soon", 422).detail.startswith("horizon: ")

    def test_a_forward_pass_of_a_series_that_has_none_answers_from_the_batch(self, client: TestClient) -> None:
        batch = client.get("/v1/forecast/skus/sku0001").json()
        assert client.get("/v1/forecast/skus/sku0001?compute=true").json() == batch
        assert batch["series"][0]["computed"] is False


class TestNothingToServe:
    def test_every_question_but_health_is_answered_with_503(self, lake: Lake) -> None:
        with client_over(lake) as client:
            assert "there is none" in problem(client, "/v1/forecast/skus/1", 503).detail
            assert client.get("/v1/cycles/current").headers["retry-after"] == "5"
            health = Health.model_validate_json(client.get("/healthz").content)
        assert (health.ready, health.cycle, health.problem) == (False, None, None)

    def test_the_reason_is_told_when_the_only_bundle_is_damaged(self, lake: Lake, tmp_path: Path) -> None:
        version = put_bundle(lake, tmp_path, make_forecasts())
        (tmp_path / "lake" / "_versions" / "serving_bundle" / version / "numbers.npy").write_bytes(b"x")
        with client_over(lake) as client:
            assert "was altered" in problem(client, "/v1/cycles/current", 503).detail
            assert client.get("/healthz").json()["ready"] is False


class TestCurrentCycle:
    def test_it_says_what_is_served(self, client: TestClient) -> None:
        found = Cycle.model_validate_json(client.get("/v1/cycles/current").content)
        assert (found.cycle, found.horizon, found.series, found.skus) == (CYCLE, 3, 6, 6)
        assert found.methods == {"croston": 3, "lstm": 3}
        assert found.leads == [CYCLE + timedelta(weeks=lead) for lead in range(3)]

    def test_health_names_the_same_cycle(self, client: TestClient) -> None:
        health = Health.model_validate_json(client.get("/healthz").content)
        assert (health.ready, health.cycle) == (True, CYCLE.isoformat())


class TestNewerBundles:
    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(serving.library, "CHECK_SECONDS", 0.02)

    def wait_for(self, client: TestClient, **expected: object) -> dict[str, object]:
        deadline = time.monotonic() + 20
        while True:
            health: dict[str, object] = client.get("/healthz").json()
            if all(health[name] == value for name, value in expected.items()) or time.monotonic() > deadline:
                return health
            time.sleep(0.02)

    def test_the_next_cycle_is_served_without_a_restart(self, lake: Lake, client: TestClient, tmp_path: Path) -> None:
        later = CYCLE + timedelta(weeks=1)
        put_bundle(lake, tmp_path, make_forecasts(cycle=later, seed=2), cycle=later)
        assert self.wait_for(client, cycle=later.isoformat())["cycle"] == later.isoformat()
        assert client.get("/v1/forecast/skus/sku0001").json()["cycle"] == later.isoformat()

    def test_a_refresh_of_the_same_cycle_is_served(self, lake: Lake, client: TestClient, tmp_path: Path) -> None:
        before = client.get("/v1/forecast/skus/sku0001").json()
        version = put_bundle(lake, tmp_path, make_forecasts(seed=2))
        assert self.wait_for(client, bundle=version)["bundle"] == version
        assert client.get("/v1/forecast/skus/sku0001").json() != before

    def test_a_backfill_of_an_older_cycle_changes_nothing(self, lake: Lake, client: TestClient, tmp_path: Path) -> None:
        older = CYCLE - timedelta(weeks=1)
        put_bundle(lake, tmp_path, make_forecasts(cycle=older), cycle=older)
        time.sleep(0.2)
        assert client.get("/healthz").json()["cycle"] == CYCLE.isoformat()

    def test_a_damaged_one_leaves_the_last_good_one_in_service(
        self, lake: Lake, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        later = CYCLE + timedelta(weeks=1)
        with monkeypatch.context() as broken:
            broken.setattr(Lake, "open_folder", _refuse)
            put_bundle(lake, tmp_path, make_forecasts(cycle=later), cycle=later)
            deadline = time.monotonic() + 20
            while client.get("/healthz").json()["problem"] is None and time.monotonic() < deadline:
                time.sleep(0.02)
            health = client.get("/healthz").json()
        assert (health["ready"], health["cycle"], health["problem"]) == (True, CYCLE.isoformat(), "it was altered")

    def test_a_bundle_that_was_incomplete_is_tried_again(
        self, lake: Lake, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(serving.library, "RETRY_SECONDS", 0.0)
        later = CYCLE + timedelta(weeks=1)
        with monkeypatch.context() as broken:
            broken.setattr(Lake, "open_folder", _refuse)
            put_bundle(lake, tmp_path, make_forecasts(cycle=later), cycle=later)
            time.sleep(0.2)
        assert self.wait_for(client, cycle=later.isoformat(), problem=None)["problem"] is None


QUESTIONS = {
    "/v1/forecast/skus",
    "/v1/forecast/what-if",
    "/v1/forecast/newcomers",
}
SIGNING_IN = {"/v1/session", "/v1/session/password"}


def _contents_of_success(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, response in operation["responses"].items():
        if status < "300":
            yield from response.get("content", {}).items()


def _refusals(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Status and response of every refusal of every operation."""
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if status >= "400":
                    name = response.get("$ref", "").removeprefix("#/components/responses/")
                    yield status, document["components"]["responses"][name] if name else response


def _refuse(*args: object, **key: object) -> Path:
    from dp_assets.domain.errors import ArtefactError

    raise ArtefactError("it was altered")


class TestTheApiAsAWhole:
    @pytest.mark.golden
    def test_its_description_is_the_golden_one(self, golden: Callable[[Path | str, str], None]) -> None:
        found = orjson.dumps(create_app().openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        golden("openapi.json", found.decode() + "\n")

    def test_every_operation_and_parameter_is_described(self) -> None:
        for path in create_app().openapi()["paths"].values():
            for operation in path.values():
                assert operation["summary"]
                assert operation["description"]
                assert all(parameter["description"] for parameter in operation.get("parameters", []))

    def test_every_error_is_a_problem_document(self) -> None:
        refusals = list(_refusals(create_app().openapi()))
        assert len(refusals) > 400
        for _, response in refusals:
            assert list(response["content"]) == [MEDIA_TYPE]

    def test_what_changes_something_asks_for_more_than_reading(self) -> None:
        """Other methods than GET are questions too long for an address, ways to sign in, or need a permission."""
        allowed = dict.fromkeys(QUESTIONS, "read") | dict.fromkeys(SIGNING_IN)
        for path, operations in create_app().openapi()["paths"].items():
            for method, operation in operations.items():
                permission = operation.get("x-permission")
                if method == "get":
                    assert permission in {None, "read", "plan", "operate", "administer"}, path
                elif path in allowed:
                    assert (method, permission) == ("post", allowed[path])
                else:
                    assert permission in {"plan", "operate", "administer"}, path

    def test_every_schema_that_is_referred_to_is_there(self) -> None:
        document = create_app().openapi()
        assert document["openapi"].startswith("3.1")
        names = set(re.findall(r'"#/components/schemas/([^"]+)"', orjson.dumps(document).decode()))
        assert names == set(document["components"]["schemas"])
        shared = set(re.findall(r'"#/components/responses/([^"]+)"', orjson.dumps(document).decode()))
        assert shared == set(document["components"]["responses"])
        assert create_app().openapi() == document

    def test_every_answer_has_an_example_that_is_one(self) -> None:
        document, shown = create_app().openapi(), 0
        models = {model.__name__: model for model in descriptions._models}
        for path in document["paths"].values():
            for operation in path.values():
                for media_type, content in _contents_of_success(operation):
                    if media_type == "application/x-ndjson":
                        catalogue.CatalogueRow.model_validate_json(content["example"])
                    elif "$ref" in content["schema"]:
                        models[content["schema"]["$ref"].rsplit("/", 1)[1]].model_validate(content["example"])
                        shown += 1
        for status, response in _refusals(document):
            for example in response["content"][MEDIA_TYPE]["examples"].values():
                assert Problem.model_validate(example["value"]).status == int(status)
        assert shown > 40

    def test_a_mistake_in_the_program_is_a_problem_too_and_tells_no_details(
        self, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_bundle(lake, tmp_path, make_forecasts())
        monkeypatch.setattr("serving.bundle.Bundle.rows", lambda self, sku: 1 / 0)
        with TestClient(create_app(Settings(lake_root=lake.root)), raise_server_exceptions=False) as client:
            assert "ZeroDivision" not in problem(client, "/v1/forecast/skus/sku0001", 500).detail

    def test_storage_that_is_away_is_a_problem_and_the_api_starts_all_the_same(
        self, lake: Lake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(self: Lake, table: str) -> list[str]:
            raise PermissionError("the bucket refuses")

        monkeypatch.setattr(Lake, "partitions", refuse)
        with client_over(lake) as client:
            assert "the bucket refuses" in problem(client, "/v1/cycles/current", 503).detail

    def test_an_unknown_path_is_a_problem_too(self, client: TestClient) -> None:
        assert "/docs" in problem(client, "/v2/nothing", 404).detail

    def test_a_method_that_is_not_there_is_a_problem_too(self, client: TestClient) -> None:
        answer = client.post("/v1/forecast/skus/sku0001")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
        assert Problem.model_validate_json(answer.content).type.endswith("method-not-allowed")


def test_importing_the_api_loads_neither_torch_nor_dagster_nor_a_runtime_for_networks() -> None:
    code = (
        "import sys, serving.api, serving.__main__, serving.bundle; serving.api.create_app();"
        "found = {'torch', 'dagster', 'onnxruntime', 'optuna', 'sklearn', 'matplotlib'} & set(sys.modules);"
        "sys.exit(str(found) if found else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_command_explains_itself_and_listens_on_this_machine_only() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "serving", "--help"], check=True, capture_output=True, text=True
    ).stdout
    assert "127.0.0.1" in shown
    assert "DP_LAKE_ROOT" in shown


def test_the_command_names_a_missing_configuration(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DP_")}
    found = subprocess.run(
        [sys.executable, "-m", "serving"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert found.returncode == 2
    assert "demand.yaml" in found.stderr
