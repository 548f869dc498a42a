"""Producers' files over HTTP: their states, and what became of the rows of each."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest
from fastapi.testclient import TestClient

import serving.tables
from dp_assets.recalls import write_event
from dp_assets.registry import registrations
from serving.api.file_versions.schemas import FileCard, FilesPage
from tests.landed import START, World, encode, make_rows, shop_config
from tests.serving.clients import client_over, problem


@dataclass
class Shop:
    """A client over a lake with a file in every state, and file versions by name."""

    client: TestClient
    world: World
    version: dict[str, str]

    def page(self, query: str = "") -> FilesPage:
        answer = self.client.get(f"/v1/files{query}")
        assert answer.status_code == 200, answer.text
        return FilesPage.model_validate_json(answer.content)

    def card(self, name: str, query: str = "") -> FileCard:
        answer = self.client.get(f"/v1/files/{self.version[name]}{query}")
        assert answer.status_code == 200, answer.text
        return FileCard.model_validate_json(answer.content)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    world = World(tmp_path_factory.mktemp("world"), shop_config())
    version: dict[str, str] = {}

    def put(name: str, uri: str, data: bytes) -> None:
        world.put(uri, data)
        (version[name],) = (one.file_version_id for one in world.register())

    refused = make_rows(20, seed=1).with_columns(qty=pl.when(pl.col("item") == 1).then(-1.0).otherwise("qty"))
    put("replaced", "shop/week.csv", encode(make_rows(20), "csv"))
    put("newer", "shop/week.csv", encode(make_rows(24), "csv"))
    put("refused", "shop/refused.csv", encode(refused, "csv"))
    put("same", "shop/copy.csv", encode(make_rows(24), "csv"))
    put("broken", "shop/broken.csv", b"item;what\n1;2\n")
    put("recalled", "shop/twice.parquet", encode(make_rows(20, seed=3), "parquet"))
    world.settle()
    write_event(world.lake, version["recalled"], False, "ann", "sent twice", START)
    world.settle()
    world.finish()
    put("waiting", "shop/late.csv", encode(make_rows(9, seed=4), "csv"))
    with client_over(world.lake) as client:
        yield Shop(client, world, version)


def test_every_version_of_every_file_has_a_state_and_the_last_to_arrive_comes_first(shop: Shop) -> None:
    found = shop.page()
    states = {one.file_version_id: one.state for one in found.files}
    assert states == {
        shop.version[name]: state
        for name, state in (
            ("replaced", "superseded"),
            ("newer", "accepted"),
            ("refused", "accepted"),
            ("same", "duplicate"),
            ("broken", "quarantined"),
            ("recalled", "recalled"),
            ("waiting", "waiting"),
        )
    }
    arrivals = [one.arrived_at for one in found.files]
    assert arrivals == sorted(arrivals, reverse=True)
    assert sum(found.producers["shop"].values()) == found.total == len(registrations(shop.world.lake))
    reasons = {one.state: one.reason for one in found.files}
    assert reasons["recalled"] == "ann: sent twice"
    assert "same content as" in str(reasons["duplicate"])
    assert "dp run" in str(reasons["waiting"])
    assert reasons["quarantined"]
    assert reasons["accepted"] is None


def test_rows_add_up(shop: Shop) -> None:
    for one in shop.page().files:
        if one.rows is not None:
            assert one.rows.read == one.rows.accepted + one.rows.rejected + one.rows.duplicate


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?state=quarantined", {"broken"}),
        ("?state=waiting", {"waiting"}),
        ("?uri=week", {"replaced", "newer"}),
        ("?producer=shop&uri=refused", {"refused"}),
        ("?producer=nobody", set()),
        ("?feed=promotions", set()),
    ],
)
def test_files_are_found_by_what_they_are(shop: Shop, query: str, names: set[str]) -> None:
    found = shop.page(query)
    assert {one.file_version_id for one in found.files} == {shop.version[name] for name in names}
    assert found.total == len(names)
    assert found.producers == shop.page().producers


def test_pages_hold_every_file_once(shop: Shop) -> None:
    listed, cursor = [], ""
    while True:
        found = shop.page(f"?limit=2{cursor}")
        listed += [one.file_version_id for one in found.files]
        if found.next is None:
            break
        cursor = f"&cursor={found.next}"
    assert listed == [one.file_version_id for one in shop.page().files]
    assert "other filters" in problem(shop.client, f"/v1/files?state=waiting{cursor}", 422).detail
    assert "expected one of waiting" in problem(shop.client, "/v1/files?state=lost", 422).detail


def test_a_version_shows_what_each_rule_rejected_and_the_text_that_came(shop: Shop) -> None:
    found = shop.card("refused", "?rejected=2")
    assert found.ledger is not None
    assert found.rows is not None
    rejected = shop.world.lake.read("rejected_rows", file_version=found.file_version_id)
    assert found.rejected_total == found.rows.rejected == len(rejected) > 2
    assert {one.rule: one.rows for one in found.ledger.rejected_by} == dict(
        rejected["reason"].value_counts().iter_rows()
    )
    assert len(found.rejected_rows) == 2
    first = found.rejected_rows[0]
    lines = (shop.world.folder / "landing/shop/refused.csv").read_text().splitlines()
    assert lines[first.row_number].split(",")[0] == first.original["item"] == "1"
    assert first.original["qty"] == "-1.0"
    assert shop.card("refused", "?rule=nothing").rejected_total == 0
    assert shop.card("refused", "?rejected=0").rejected_rows == []


def test_a_version_shows_its_report_of_quality_and_how_it_was_read(shop: Shop) -> None:
    found = shop.card("newer")
    report = shop.world.lake.read("data_quality", file_version=found.file_version_id)
    assert len(found.quality) == len(report)
    assert found.read_as is not None
    assert (found.read_as.format, found.read_as.rows) == ("csv", 24)
    assert found.supersedes == shop.version["replaced"]
    assert shop.card("replaced").superseded_by == shop.version["newer"]
    assert found.archived
    assert found.tables["unified_transactions"] == shop.world.lake.digest(
        "unified_transactions", file_version=found.file_version_id
    )


def test_what_people_did_to_a_version_shows(shop: Shop) -> None:
    (told,) = shop.card("recalled").events
    assert (told.event, told.by, told.reason) == ("recall", "ann", "sent twice")
    waiting = shop.card("waiting")
    assert waiting.state == "waiting"
    assert waiting.rows is waiting.ledger is waiting.read_as is None
    assert waiting.archived


@pytest.mark.parametrize("version", ["shop-1234", "..", "%2e%2e", "a%20b", "x" * 300])
def test_a_version_that_is_not_there_is_unknown(shop: Shop, version: str) -> None:
    answer: Any = shop.client.get(f"/v1/files/{version}")
    assert answer.status_code == 404


def test_more_questions_at_once_than_there_are_threads_are_all_answered(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers in threads wait for tables that are read in a thread: it must be none of theirs."""
    monkeypatch.setattr(serving.tables, "CHECK_SECONDS", 0.0)
    with ThreadPoolExecutor(40) as many:
        asked = [many.submit(shop.client.get, "/v1/files") for _ in range(40)]
        assert {one.result(30).status_code for one in asked} == {200}
