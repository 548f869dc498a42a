"""What `/metrics` tells, as Prometheus' own parser reads it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from dp_assets.domain.access import Role
from dp_resources.clock import SimulatedClock
from dp_resources.settings import Settings
from serving.api import create_app
from serving.api.meter import BOUNDS, OTHER, Meter
from serving.api.middleware import ACCESS_LOG
from tests.serving.access_makers import Place, shown
from tests.serving.makers import CYCLE

SKU = "/v1/forecast/skus/{sku}"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path, api_access="open")
    place.put_bundle()
    return place


@pytest.fixture
def client(place: Place) -> Iterator[TestClient]:
    with place.client() as client:
        yield client


def scraped(client: TestClient, headers: dict[str, str] | None = None) -> dict[tuple[str, ...], float]:
    """Name and values of the labels, by their names, → value of every sample."""
    answer = client.get("/metrics", headers=headers or {})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


class TestRequests:
    def test_they_are_counted_by_template_of_the_path_method_and_class_of_status(self, client: TestClient) -> None:
        for sku in ("sku0000", "sku0001", "sku0001", "nothing"):
            client.get(f"/v1/forecast/skus/{sku}")
        client.post("/v1/forecast/skus", json={"skus": ["sku0000"]})
        client.put("/v1/forecast/skus/sku0000")
        found = scraped(client)
        assert found["dp_api_requests_total", "GET", SKU, "2xx"] == 3
        assert found["dp_api_requests_total", "GET", SKU, "4xx"] == 1
        assert found["dp_api_requests_total", "PUT", SKU, "4xx"] == 1
        assert found["dp_api_requests_total", "POST", "/v1/forecast/skus", "2xx"] == 1
        assert found["dp_api_request_seconds_count", "GET", SKU] == 4
        assert found["dp_api_request_seconds_bucket", "+Inf", "GET", SKU] == 4
        assert 0 < found["dp_api_request_seconds_sum", "GET", SKU] < 4
        assert found["dp_api_requests_in_flight",] == 1

    def test_who_invents_paths_and_methods_makes_no_labels(self, client: TestClient) -> None:
        client.get("/metrics")
        before = len(client.get("/metrics").text.splitlines())
        for number in range(50):
            client.get(f"/v1/nothing/{number}")
            client.request(f"X{number}", f"/{number}")
        found = scraped(client)
        assert found["dp_api_requests_total", "GET", OTHER, "4xx"] == 50
        assert found["dp_api_requests_total", OTHER, OTHER, "4xx"] == 50
        assert len(client.get("/metrics").text.splitlines()) < before + 50

    def test_a_mistake_in_the_program_counts_as_one(self, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("serving.bundle.Bundle.rows", lambda self, sku: 1 / 0)
        client.get("/v1/forecast/skus/sku0001")
        assert scraped(client)["dp_api_requests_total", "GET", SKU, "5xx"] == 1

    def test_a_latency_falls_into_the_first_class_that_it_does_not_exceed(self) -> None:
        meter = Meter()
        for seconds in (0.0005, 0.00051, 0.2, 11.0):
            meter.done(None, "GET", 200, seconds)
        (tally,) = meter.tallies()
        assert [at for at, many in enumerate(tally.classes) if many] == [0, 1, BOUNDS.index(0.2), len(BOUNDS)]
        assert tally.seconds == pytest.approx(11.20101)


class TestServing:
    def test_the_cycle_its_age_and_what_is_kept_are_told(self, client: TestClient, place: Place) -> None:
        for _ in range(2):  # what is asked for once is not kept
            client.get("/v1/forecast/skus/sku0000")
        found = scraped(client)
        version = place.lake.manifest("serving_bundle", cycle=CYCLE.isoformat())["sha256"]
        assert found["dp_api_cycle_info", version[:12], CYCLE.isoformat()] == 1
        age = datetime.now(UTC) - datetime.combine(CYCLE, datetime.min.time(), UTC)
        assert found["dp_api_cycle_age_seconds",] == pytest.approx(age.total_seconds(), abs=60)
        assert (found["dp_api_ready",], found["dp_api_bundle_problem",]) == (1, 0)
        assert (found["dp_api_bundle_loads_total",], found["dp_api_bundle_refusals_total",]) == (1, 0)
        assert found["dp_api_answers_kept",] == 1
        assert found["dp_api_answers_kept_bytes",] > 1000
        assert found["process_resident_memory_bytes",] > 2**20

    def test_the_age_is_told_in_the_time_of_the_business(self, tmp_path: Path) -> None:
        place = Place(tmp_path, api_access="open", clock="simulated")
        place.put_bundle()
        moment = datetime.combine(CYCLE + timedelta(days=2), datetime.min.time(), UTC)
        SimulatedClock(place.settings.state_dir / "clock.json").set(moment)
        with place.client() as client:
            assert scraped(client)["dp_api_cycle_age_seconds",] == 2 * 86400

    def test_a_bundle_that_is_refused_shows(self, client: TestClient, place: Place) -> None:
        folder = place.lake.open_folder("serving_bundle", cycle=CYCLE.isoformat())
        place.put_bundle({"sku0009": "GROCERY/SOUP"})
        (place.lake.open_folder("serving_bundle", cycle=CYCLE.isoformat()) / "numbers.npy").write_bytes(b"x")
        library = client.app.state.library  # type: ignore[attr-defined]
        assert not library.refresh()
        found = scraped(client)
        assert (found["dp_api_bundle_problem",], found["dp_api_bundle_refusals_total",]) == (1, 1)
        assert found["dp_api_cycle_info", folder.name[:12], CYCLE.isoformat()] == 1

    def test_without_a_bundle_there_are_metrics_all_the_same(self, tmp_path: Path) -> None:
        with TestClient(create_app(Settings(lake_root=str(tmp_path)))) as client:
            found = scraped(client)
        assert found["dp_api_ready",] == 0
        assert not any(name == "dp_api_cycle_info" for name, *_ in found)


class TestWhoMayRead:
    def test_where_keys_are_asked_for_a_key_that_may_read_is_enough_and_refusals_are_counted(
        self, tmp_path: Path
    ) -> None:
        place = Place(tmp_path)
        place.put_bundle()
        place.user("prometheus", [Role.VIEWER])
        key = shown(place.key("prometheus"))
        with place.client() as client:
            assert client.get("/metrics").status_code == 401
            client.get("/metrics", headers=shown("dp_abcdefgh_" + "a" * 43))
            client.get("/metrics", headers=shown("a.b.c"))
            client.post("/v1/session", json={"user": "prometheus", "password": "wrong"})
            found = scraped(client, key)
        assert {name: found["dp_api_sign_in_refusals_total", name] for name in ("key", "token", "password")} == {
            **{"key": 1, "token": 1, "password": 1}
        }
        assert found["dp_api_requests_total", "GET", "/metrics", "4xx"] == 3


def test_the_log_says_which_sku_or_how_many(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, ACCESS_LOG):
        client.get("/v1/forecast/skus/sku0001?horizon=1")
        client.get("/v1/forecast/nodes/product/GROCERY%2FTEA")
        client.post("/v1/forecast/skus", json={"skus": ["sku0001", "sku0002"]})
    lines = [orjson.loads(record.message) for record in caplog.records if record.name == ACCESS_LOG]
    assert [one["path"] for one in lines] == [
        *("/v1/forecast/skus/sku0001", "/v1/forecast/nodes/product/GROCERY/TEA", "/v1/forecast/skus")
    ]
    assert [one.get("asked") for one in lines] == [None, None, "2 SKUs"]
    assert all({"at", "request", "who", "status", "ms"} <= set(one) for one in lines)
