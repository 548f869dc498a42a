"""File versions: names, owners, arrivals, duplicates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.ingest.registration import (
    LandedObject,
    Registration,
    duplicate_of,
    identify,
    matches,
    newest_by_uri,
    owner,
)
from tests.factories import make_config
from tests.landed import COLUMNS

NOW = datetime(2017, 2, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def make_object(uri: str, etag: str = "1", modified_at: datetime = NOW - DAY) -> LandedObject:
    return LandedObject(uri, etag, 100, modified_at)


def config_with(*producers: dict[str, Any]) -> DemandConfig:
    return make_config(producers=[{"columns": COLUMNS, **producer} for producer in producers])


SHOP = config_with({"name": "shop", "files": ["shop/*.csv"]})


def register(
    uri: str, content: str, known: list[Registration], now: datetime, config: DemandConfig = SHOP, **options: Any
) -> list[Registration]:
    found = identify([make_object(uri)], config, known, now, {uri: content}, **options)
    known.extend(found)
    return found


@pytest.mark.parametrize(
    ("uri", "glob", "expected"),
    [
        ("shop/a.csv", "shop/*.csv", True),
        ("shop/x/a.csv", "shop/*.csv", False),
        ("shop/x/y/a.csv", "shop/**/*.csv", True),
        ("shop/a.csv", "shop/**", True),
        ("shop/a1.csv", "shop/a[0-9].csv", True),
        ("shop/ab.csv", "shop/a[!0-9].csv", True),
        ("shop/a.csvx", "shop/*.csv", False),
        ("shop/a+b.csv", "shop/a+b.csv", True),
        ("shop/a.csv", "shop/?.csv", True),
    ],
)
def test_globs_are_matched_below_the_landing_root(uri: str, glob: str, expected: bool) -> None:
    assert matches(uri, glob) is expected


def test_the_first_producer_whose_glob_matches_owns_a_file() -> None:
    config = config_with({"name": "special", "files": ["shop/x*"]}, {"name": "shop", "files": ["shop/*"]})
    assert [
        one.name if one else None for one in (owner(uri, config.producers) for uri in ("shop/x1", "shop/y", "z"))
    ] == [
        "special",
        "shop",
        None,
    ]
    assert identify([make_object("z")], config, [], NOW, {"z": "c"}) == []


def test_the_same_file_has_the_same_name_on_every_machine() -> None:
    (first,), (again,) = register("shop/a.csv", "c1", [], NOW), register("shop/a.csv", "c1", [], NOW + DAY)
    assert first.file_version_id == again.file_version_id
    assert first.file_version_id.startswith("shop-")
    assert Registration.from_record(first.to_record()) == first


def test_a_touched_file_is_no_new_version_and_a_changed_one_supersedes() -> None:
    known: list[Registration] = []
    register("shop/a.csv", "c1", known, NOW)
    assert register("shop/a.csv", "c1", known, NOW + DAY) == []
    (changed,) = register("shop/a.csv", "c2", known, NOW + DAY)
    (returned,) = register("shop/a.csv", "c1", known, NOW + 2 * DAY)
    assert [one.supersedes for one in known] == [None, known[0].file_version_id, changed.file_version_id]
    assert len({one.file_version_id for one in known}) == 3
    assert newest_by_uri(known) == {"shop/a.csv": returned}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("manifest", NOW - 3 * DAY),
        ("modified_at", NOW - DAY),
        ("first_seen", NOW),
        ("initial_load", NOW - 5 * DAY),
    ],
)
def test_arrival_follows_the_producers_rule(rule: str, expected: datetime) -> None:
    config = config_with({"name": "shop", "files": ["shop/*"], "arrival": rule})
    options = {"manifests": {"shop/a": NOW - 3 * DAY}, "last_sold_at": {"shop/a": NOW - 5 * DAY}}
    (found,) = register("shop/a", "c", [], NOW, config, **options)
    assert found.arrived_at == expected
    (bare,) = register("shop/a", "c", [], NOW, config)
    assert bare.arrived_at == (NOW - DAY if rule == "modified_at" else NOW)


def test_an_initial_load_does_not_arrive_in_the_future() -> None:
    config = config_with({"name": "shop", "files": ["shop/*"], "arrival": "initial_load"})
    (found,) = register("shop/a", "c", [], NOW, config, last_sold_at={"shop/a": NOW + 99 * DAY})
    assert found.arrived_at == NOW


def test_a_restated_file_cannot_arrive_before_what_it_restates() -> None:
    config = config_with({"name": "shop", "files": ["shop/*"], "arrival": "manifest"})
    known: list[Registration] = []
    stale = {"manifests": {"shop/a": NOW - 3 * DAY}}
    register("shop/a", "c1", known, NOW, config, **stale)
    (restated,) = register("shop/a", "c2", known, NOW + DAY, config, **stale)
    assert restated.arrived_at == NOW + DAY
    (at_once,) = register("shop/a", "c3", known, NOW + DAY, config, **stale)
    assert at_once.arrived_at > restated.arrived_at


def test_reference_data_comes_before_transactions_that_arrived_with_it() -> None:
    config = config_with(
        {"name": "shop", "files": ["a/*"]},
        {"name": "master", "files": ["z/*"], "feed": "products", "columns": {"sku": "item"}},
    )
    landed = [make_object("a/1"), make_object("z/1")]
    assert [one.uri for one in identify(landed, config, [], NOW, {"a/1": "x", "z/1": "y"})] == ["z/1", "a/1"]


def test_a_copy_at_another_path_is_a_duplicate_of_what_stands() -> None:
    known: list[Registration] = []
    (first,) = register("shop/a.csv", "c1", known, NOW)
    (copy,) = register("shop/b.csv", "c1", known, NOW + DAY)
    (third,) = register("shop/c.csv", "c1", known, NOW + 2 * DAY)
    assert duplicate_of(first, known) is None
    assert duplicate_of(copy, known) == duplicate_of(third, known) == first
    assert duplicate_of(copy, list(reversed(known))) == first


def test_content_that_no_longer_stands_anywhere_is_no_duplicate() -> None:
    known: list[Registration] = []
    register("shop/a.csv", "c1", known, NOW)
    register("shop/b.csv", "c1", known, NOW + DAY)
    register("shop/a.csv", "c2", known, NOW + 2 * DAY)
    (again,) = register("shop/d.csv", "c1", known, NOW + 3 * DAY)
    assert duplicate_of(again, known) is None


def test_quarantined_versions_and_other_feeds_are_not_repeated() -> None:
    known: list[Registration] = []
    (first,) = register("shop/a.csv", "c1", known, NOW)
    (copy,) = register("shop/b.csv", "c1", known, NOW + DAY)
    assert duplicate_of(copy, known, {first.file_version_id}) is None
    assert duplicate_of(copy, [replace(first, feed="products"), copy]) is None


def test_a_path_never_duplicates_itself() -> None:
    known: list[Registration] = []
    register("shop/a.csv", "c1", known, NOW)
    (broken,) = register("shop/a.csv", "c2", known, NOW + DAY)
    (restored,) = register("shop/a.csv", "c1", known, NOW + 2 * DAY)
    assert duplicate_of(restored, known, {broken.file_version_id}) is None
