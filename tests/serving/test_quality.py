"""Data quality over HTTP: what stands out in a file beside those that came before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from dp_assets.domain.access import Role
from serving.api.quality.schemas import QualityPage
from tests.landed import encode, make_rows, shop_config
from tests.serving.access_makers import shown
from tests.serving.file_makers import Shop

FILES = 9
LAST = datetime(2017, 3, 1, 10, tzinfo=UTC)


class Asked:
    def __init__(self, shop: Shop, client: Any) -> None:
        self.client, self.key = client, shop.key("vic")

    def get(self, query: str = "") -> Any:
        return self.client.get(f"/v1/quality{query}", headers=shown(self.key))

    def page(self, query: str = "") -> QualityPage:
        answer = self.get(query)
        assert answer.status_code == 200, answer.text
        return QualityPage.model_validate_json(answer.content)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    shop = Shop(tmp_path_factory.mktemp("shop"), shop_config(arrival="modified_at"))
    shop.user("vic", [Role.VIEWER])
    for week in range(FILES):
        at = LAST - (FILES - 1 - week) * timedelta(weeks=1)
        shop.world.now = at
        rows = make_rows(24, seed=week)
        if week == FILES - 1:  # twenty times the usual, each line ten times as big
            rows = pl.concat([rows.with_columns(pl.col("qty") * 10)] * 20)
        shop.world.put(f"shop/week-{week}.csv", encode(rows, "csv"), at)
        shop.world.register()
    shop.world.put("shop/broken.csv", b"item;what\n1;2\n", LAST - timedelta(days=3))
    shop.world.register()
    shop.settle()
    with shop.client() as client:
        yield Asked(shop, client)


def test_what_stands_out_in_a_file_is_told_with_what_is_usual(asked: Asked) -> None:
    newest = asked.page().reports[0]
    assert newest.uri == f"shop/week-{FILES - 1}.csv"
    assert newest.verdicts["warn"] == len(newest.findings)
    rows = next(one for one in newest.findings if one.measure == "rows")
    assert (rows.value, rows.expected, rows.verdict) == (480, 24, "warn")
    assert [one.file_version_id for one in asked.page().newest] == [newest.file_version_id]


def test_the_report_of_a_day_is_of_the_files_that_arrived_on_it(asked: Asked) -> None:
    found = asked.page(f"?day={LAST.date()}")
    assert [one.uri for one in found.reports] == [f"shop/week-{FILES - 1}.csv"]
    assert found.day == LAST.date()
    nothing = asked.page("?day=2030-01-01")
    assert (nothing.total, nothing.day, nothing.newest, nothing.reports) == (0, None, [], [])


def test_a_file_that_was_not_accepted_has_no_measures(asked: Asked) -> None:
    (broken,) = (one for one in asked.page().reports if one.state == "quarantined")
    assert (broken.verdicts, broken.findings) == ({}, [])


def test_pages_hold_every_report_once(asked: Asked) -> None:
    whole = [one.file_version_id for one in asked.page().reports]
    assert len(whole) == asked.page().total == FILES + 1
    listed, cursor = [], ""
    while True:
        found = asked.page(f"?producer=shop&limit=3{cursor}")
        listed += [one.file_version_id for one in found.reports]
        if found.next is None:
            break
        cursor = f"&cursor={found.next}"
    assert listed == whole
    assert asked.page("?producer=nobody").total == 0
    assert asked.get(f"?limit=3{cursor}").status_code == 422  # a cursor of other filters
