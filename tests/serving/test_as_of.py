"""`as_of`: the newest cycle known when a day began, and history as it was known then."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import polars as pl
import pytest
from fastapi.testclient import TestClient

from dp_assets.domain.contracts import weekly_buckets
from dp_assets.domain.forecasts import config_text, receipt_of
from dp_resources.lake import Lake
from serving.library import Library
from tests.factories import make_config
from tests.serving.clients import client_over, problem
from tests.serving.makers import CYCLE, make_forecasts, put_bundle

CONFIG = make_config(arrival_grace_days=1)
CYCLES = [CYCLE - timedelta(weeks=weeks) for weeks in (3, 2, 0)]
"""One week has no cycle."""
PARTS = {"table": "forecasts", "cycle": str(CYCLE), "network": "none"}
BUCKET = CYCLE - timedelta(weeks=4)
ARRIVALS = [(0, 5.0, "landed"), (9, 2.0, "landed"), (16, -5.0, "superseded"), (16, 4.0, "landed")]
"""Days after the bucket's end, units, and what happened."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("as_of")
    lake, receipt = Lake(folder / "lake"), receipt_of(**PARTS)
    lake.commit("receipts", receipt, {"parts": PARTS, "configuration": config_text(CONFIG), "hashes": {}})
    for cycle in CYCLES:
        forecasts = make_forecasts(CONFIG, cycle=cycle).with_columns(receipt=pl.lit(receipt))
        (folder / str(cycle)).mkdir()
        put_bundle(lake, folder / str(cycle), forecasts, CONFIG, cycle=cycle)
    end = datetime.combine(BUCKET + timedelta(weeks=1), datetime.min.time(), UTC)
    rows = [
        {
            **{"series_id": "sku0000", "sku": "sku0000", "bucket_start": BUCKET, "event": event, "quantity": units},
            **{"file_version_id": f"shop-{days}-{units}", "known_from": end + timedelta(days=days)},
            **{"revenue": 0.0, "transactions": 1, "promoted_quantity": 0.0},
        }
        for days, units, event in ARRIVALS
    ]
    table = weekly_buckets(CONFIG)
    lake.write("weekly_buckets", table.conform(pl.DataFrame(rows)), bucket=str(BUCKET))
    with client_over(lake) as found:
        yield found


@pytest.mark.parametrize(
    ("days", "cycle"),
    [(1, CYCLES[2]), (0, CYCLES[1]), (-6, CYCLES[1]), (-13, CYCLES[1]), (-14, CYCLES[0]), (99, CYCLES[2])],
)
def test_the_newest_cycle_that_was_known_when_the_day_began_answers(client: TestClient, days: int, cycle: date) -> None:
    """A cycle is known a day after its cutoff."""
    day = CYCLE + timedelta(days=days)
    for path in ("forecast/skus/sku0001", "forecast/nodes/product/total", "history/sku0001"):
        answer = client.get(f"/v1/{path}?as_of={day}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["cycle"] == str(cycle)
    many = client.post("/v1/forecast/skus", json={"skus": ["sku0001"], "as_of": str(day)})
    assert many.json()["cycle"] == str(cycle)
    same = client.get(f"/v1/forecast/skus/sku0001?cycle={cycle}")
    assert client.get(f"/v1/forecast/skus/sku0001?as_of={day}").json() == same.json()


def test_before_the_first_cycle_nothing_was_known(client: TestClient) -> None:
    found = problem(client, f"/v1/forecast/skus/sku0001?as_of={CYCLES[0]}", 404)
    assert found.type.endswith("unknown-cycle")
    assert f"the first of them is {CYCLES[0]}" in found.detail


@pytest.mark.parametrize(("day", "status"), [("0001-01-01", 404), ("9999-12-31", 200)])
def test_any_day_can_be_asked_about(client: TestClient, day: str, status: int) -> None:
    for path in ("forecast/skus/sku0001", "history/sku0001"):
        assert client.get(f"/v1/{path}?as_of={day}").status_code == status


def test_a_cycle_and_a_day_are_not_both_named(client: TestClient) -> None:
    assert "got both" in problem(client, f"/v1/history/sku0001?as_of={CYCLE}&cycle={CYCLE}", 422).detail


@pytest.mark.parametrize(("days", "units"), [(8, 5.0), (15, 5.0), (16, 7.0), (22, 7.0), (23, 6.0), (99, 6.0)])
def test_history_is_what_had_arrived_by_then(client: TestClient, days: int, units: float) -> None:
    day = max(BUCKET + timedelta(days=days), CYCLES[0] + timedelta(days=1))
    answer = client.get(f"/v1/history/sku0000?as_of={day}")
    assert answer.status_code == 200, answer.text
    (series,) = answer.json()["series"]
    assert series["buckets"] == [{"bucket_start": str(BUCKET), "units": units, "capped": None, "observed": None}]
    again = client.get(f"/v1/history/sku0000?as_of={day}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_no_more_buckets_than_had_begun(client: TestClient) -> None:
    assert "expected at most 1" in problem(client, f"/v1/history/sku0000?as_of={CYCLE}&buckets=2", 422).detail


def test_a_series_that_sold_nothing_then_has_none(client: TestClient) -> None:
    (series,) = client.get(f"/v1/history/sku0001?as_of={CYCLE}").json()["series"]
    assert [one["units"] for one in series["buckets"]] == [0.0]


def test_equal_questions_at_one_moment_take_the_space_of_one_answer(client: TestClient) -> None:
    library: Library = client.app.state.library  # type: ignore[attr-defined]
    assert library.current is not None
    answers, together, day = library.current.answers, Barrier(12), CYCLE + timedelta(days=50)
    before, path = answers.bytes, "/v1/forecast/skus/sku0002"

    def ask(_: int) -> int:
        together.wait()
        return client.get(f"{path}?as_of={day}").status_code

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(ask, range(12))) == {200}
    kept = answers.find((path, f"as_of={day}".encode()))
    assert kept is not None
    assert answers.bytes - before == kept.size


def test_without_a_receipt_nobody_can_say_what_was_known(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    put_bundle(lake, tmp_path, make_forecasts())
    with client_over(lake) as client:
        assert "has no receipt" in problem(client, f"/v1/forecast/skus/sku0001?as_of={CYCLE}", 404).detail


def test_each_cycle_is_judged_by_its_own_grace_of_arrival(tmp_path: Path) -> None:
    """What knew files until a week after its cutoff was not known two days after it, whatever holds by now."""
    lake = Lake(tmp_path / "lake")
    for cycle, days in ((CYCLES[0], 1), (CYCLES[1], 7), (CYCLES[2], 1)):
        config = make_config(arrival_grace_days=days)
        parts = {**PARTS, "cycle": str(cycle)}
        receipt = receipt_of(**parts)
        lake.commit("receipts", receipt, {"parts": parts, "configuration": config_text(config), "hashes": {}})
        forecasts = make_forecasts(config, cycle=cycle).with_columns(receipt=pl.lit(receipt))
        lake.write("forecasts", forecasts, cycle=str(cycle))
        (tmp_path / str(cycle)).mkdir()
        put_bundle(lake, tmp_path / str(cycle), forecasts, config, cycle=cycle)
    with client_over(lake) as client:
        for days, expected in ((2, CYCLES[0]), (6, CYCLES[0]), (7, CYCLES[1])):
            day = CYCLES[1] + timedelta(days=days)
            assert client.get(f"/v1/forecast/skus/sku0001?as_of={day}").json()["cycle"] == str(expected), days
