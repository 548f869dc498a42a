"""Outliers over HTTP: what models see instead, what is at stake, why, in which order, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dp_assets.domain.access import NodeScope, Role
from serving.api.outliers.schemas import Outlier, Outliers
from tests.serving.access_makers import GROCERY, Place, shown
from tests.serving.makers import CYCLE
from tests.serving.table_makers import make_causes, make_classes, make_outliers

DAY = CYCLE.isoformat()
MANY = 24


class Asked:
    def __init__(self, place: Place, client: Any) -> None:
        self.place, self.client = place, client
        for name, scope in (("whole", NodeScope()), ("kept", GROCERY), ("nobody", NodeScope(()))):
            place.user(name, [Role.PLANNER], scope)
        self.keys = {name: place.key(name) for name in ("whole", "kept", "nobody")}

    def get(self, query: str = "", who: str = "whole", **headers: str) -> Any:
        return self.client.get(f"/v1/outliers{query}", headers={**shown(self.keys[who]), **headers})

    def page(self, query: str = "", who: str = "whole") -> Outliers:
        answer = self.get(query, who)
        assert answer.status_code == 200, answer.text
        return Outliers.model_validate_json(answer.content)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    place = Place(tmp_path_factory.mktemp("place"))
    place.put_bundle()
    place.lake.write("outlier_log", make_outliers(MANY), cycle=DAY)
    place.lake.write("outlier_causes", make_causes(MANY), cycle=DAY)
    place.lake.write("series_classes", make_classes(), cycle=DAY)
    with place.client() as client:
        yield Asked(place, client)


def money(one: Outlier) -> float:
    assert one.money is not None
    return one.money


def test_what_was_sold_stands_beside_what_models_see_and_what_is_at_stake(asked: Asked) -> None:
    found = asked.page()
    assert found.total == len(found.items) == MANY
    for one in found.items:
        assert one.excess == one.sold - one.capped
        assert one.money == one.excess * 2.0
    amounts = [money(one) for one in found.items]
    assert amounts == sorted(amounts, reverse=True)
    assert found.money == pytest.approx(sum(amounts))
    assert found.excess == pytest.approx(sum(one.excess for one in found.items))


def test_causes_stand_with_what_points_to_them_the_likeliest_first(asked: Asked) -> None:
    found = asked.page()
    assert found.causes == {"bulk_order": 12, "unknown": 8, "promotion": 4}
    told = {tuple(cause.cause for cause in one.causes or ()) for one in found.items}
    assert told == {("bulk_order",), ("bulk_order", "promotion"), ("promotion",), ("unknown",)}
    assert asked.page("?cause=promotion").total == 8
    assert asked.page("?cause=promotion").causes == found.causes
    assert asked.page("?cause=storm").total == 0


@pytest.mark.parametrize(
    ("query", "total"),
    [
        *(("?series=sku0003", 4), ("?series=0003", 4), ("?series=.", 0), ("?promoted=true", 8)),
        *(("?promoted=false", 16), (f"?since={CYCLE - timedelta(weeks=1)}", 6)),
        *(("?series=sku0003&promoted=true", 4), ("?since=2030-01-01", 0)),
    ],
)
def test_outliers_are_found_by_what_they_are(asked: Asked, query: str, total: int) -> None:
    assert asked.page(query).total == total


@pytest.mark.parametrize("order", ["money", "newest"])
def test_pages_hold_every_outlier_once_in_order(asked: Asked, order: str) -> None:
    whole = [(one.series_id, one.bucket_start) for one in asked.page(f"?order={order}").items]
    listed, cursor = [], ""
    while True:
        found = asked.page(f"?order={order}&limit=5{cursor}")
        listed += [(one.series_id, one.bucket_start) for one in found.items]
        if found.next is None:
            break
        cursor = f"&cursor={found.next}"
    assert listed == whole
    if order == "newest":
        days = [day for _, day in whole]
        assert days == sorted(days, reverse=True)


def test_nothing_tells_of_outliers_outside_of_somebodys_nodes(asked: Asked) -> None:
    inside = {"sku0000", "sku0001"}
    found, whole = asked.page(who="kept"), asked.page()
    own = [one for one in whole.items if one.series_id in inside]
    assert {one.series_id for one in found.items} == inside
    assert found.items == own
    assert found.total == len(own) == sum((found.causes or {}).values())
    assert found.money == sum(money(one) for one in own)
    nothing = asked.page(who="nobody")
    assert (nothing.total, nothing.money, nothing.causes) == (0, None, {})


def test_an_answer_that_stands_still_costs_nothing(asked: Asked) -> None:
    tag = asked.get("?limit=2").headers["etag"]
    assert asked.get("?limit=2", **{"If-None-Match": tag}).status_code == 304
    assert asked.get("?limit=2", "kept", **{"If-None-Match": tag}).status_code == 200
    assert asked.get("?order=sideways").status_code == asked.get("?cursor=x").status_code == 422


def test_without_causes_and_prices_the_rest_is_told_all_the_same(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.put_bundle()
    place.lake.write("outlier_log", make_outliers(4), cycle=DAY)
    with place.client() as client:
        found = Asked(place, client).page()
    assert (found.total, found.causes, found.money) == (4, None, None)
    assert [(one.causes, one.money) for one in found.items] == [(None, None)] * 4
