"""Producers over HTTP: how fresh each is, and what became of its files and rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dp_assets.domain.access import Role
from serving.api.producers.schemas import Producer, Producers
from tests.landed import COLUMNS, encode, make_rows, shop_config
from tests.serving.access_makers import shown
from tests.serving.file_makers import Shop

PRODUCERS = [
    {"name": "shop", "files": ["shop/**"], "columns": COLUMNS, "arrival": "modified_at"},
    {"name": "kiosk", "files": ["kiosk/*.csv"], "columns": COLUMNS},
]


def told(shop: Shop) -> dict[str, Producer]:
    shop.user("vic", [Role.VIEWER])
    with shop.client() as client:
        answer = client.get("/v1/producers", headers=shown(shop.key("vic")))
    assert answer.status_code == 200, answer.text
    return {one.producer: one for one in Producers.model_validate_json(answer.content).producers}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    config = shop_config()
    return Shop(tmp_path, config.model_validate({**config.model_dump(exclude_none=True), "producers": PRODUCERS}))


def deliver(shop: Shop, weeks: int, last: datetime) -> None:
    for week in range(weeks):
        at = last - (weeks - 1 - week) * timedelta(weeks=1)
        shop.world.now = at
        shop.world.put(f"shop/week-{week}.csv", encode(make_rows(seed=week), "csv"), at)
        shop.world.register()
    shop.settle()


@pytest.mark.parametrize(("days", "freshness"), [(1, "on_time"), (10, "on_time"), (11, "late")])
def test_a_producer_is_late_when_its_next_file_is_long_overdue(shop: Shop, days: int, freshness: str) -> None:
    deliver(shop, 5, datetime.now(UTC) - timedelta(days=days))
    found = told(shop)["shop"]
    assert (found.freshness, found.usual_days) == (freshness, pytest.approx(7, abs=0.01))
    assert found.arrived_at is not None
    assert found.expected_by == found.arrived_at + timedelta(weeks=1)


def test_files_and_rows_are_counted_and_a_broken_file_is_no_delivery(shop: Shop) -> None:
    deliver(shop, 2, datetime(2017, 2, 1, 10, tzinfo=UTC))
    shop.put("shop/broken.csv", b"item;what\n1;2\n")
    shop.settle()
    found = told(shop)
    assert list(found) == ["shop", "kiosk"]
    one = found["shop"]
    assert (one.freshness, one.usual_days) == ("unknown", None)
    assert one.arrived_at == datetime(2017, 2, 1, 10, tzinfo=UTC)
    assert one.states == {"accepted": 2, "quarantined": 1}
    assert one.rows.read == one.rows.accepted == 40
    assert one.newest_bucket == date(2017, 1, 9)
    assert (found["kiosk"].freshness, found["kiosk"].states, found["kiosk"].newest_bucket) == ("nothing", {}, None)
    assert found["kiosk"].files == ["kiosk/*.csv"]


def test_a_producer_that_was_taken_out_of_the_configuration_shows_while_it_has_files(shop: Shop) -> None:
    deliver(shop, 1, datetime(2017, 2, 1, 10, tzinfo=UTC))
    config = shop.world.config
    shop.world.config = config.model_validate({**config.model_dump(exclude_none=True), "producers": PRODUCERS[1:]})
    shop.put_config()
    found = told(shop)
    assert [(one.producer, one.configured) for one in found.values()] == [("kiosk", True), ("shop", False)]
