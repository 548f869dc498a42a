"""Files that restate rows or dates: in whatever order things happen, tables are the same and each line counts once."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contributions import bucket_inputs
from dp_assets.domain.ingest.events import version_spans
from dp_assets.domain.ingest.restatements import restatements
from dp_assets.domain.ledger import imbalances
from dp_assets.lake_state import committed_ledger
from dp_assets.recalls import write_event
from dp_assets.registry import counting_commits, file_lines_of, recalled_versions, registrations
from tests.factories import make_config
from tests.landed import World, landed_in_order, put_in_any_order

pytestmark = pytest.mark.slow

COLUMNS = {"sku": "item", "sold_at": "day", "quantity": "qty", "transaction_id": "id"}
ROWS = {"by": "rows"}
NAMED = {"by": "dates", "range": "name", "pattern": r"(?P<first>\d{4}-\d{2})"}


def restating_config() -> DemandConfig:
    """Tills corrected by each other and by an office, replaced by months of a ledger; a branch that delivers days."""
    rules: dict[str, dict[str, Any]] = {
        "till": ROWS,
        "office": {**ROWS, "of": "till"},
        "ledger": {**NAMED, "of": "till"},
        "branch": {"by": "dates"},
    }
    producers = [
        {"name": name, "files": [f"{name}/*"], "columns": COLUMNS, "arrival": "modified_at", "restatement": rule}
        for name, rule in rules.items()
    ]
    return make_config(producers=producers, filters=[{"kind": "positive_quantity"}])


PATHS = ("till/1", "till/2", "office/1", "office/2", "ledger/2017-01", "ledger/2017-02", "branch/1", "branch/2")
LINE = st.tuples(
    st.sampled_from(["milk", "salt"]),
    st.sampled_from(["2017-01-02", "2017-01-31", "2017-02-01"]),
    st.integers(-1, 3),
    st.sampled_from(["t1", "t2", ""]),
)
CONTENTS = st.lists(LINE, max_size=3).map(lambda lines: encoded(lines)) | st.just(b"\x00\x01\x02")
LANDINGS = st.lists(
    st.tuples(st.sampled_from(PATHS), CONTENTS, st.integers(0, 6)),
    min_size=1,
    max_size=8,
    unique_by=lambda landing: (landing[0], landing[2]),
)


def encoded(lines: list[tuple[str, str, int, str]]) -> bytes:
    return ("item,day,qty,id\n" + "".join(",".join(map(str, line)) + "\n" for line in lines)).encode()


def made(world: World) -> tuple[dict[str, bytes], list[Any], dict[str, Any], list[Any]]:
    """Every current partition of a version that counts, the spans, what buckets are made of, what is taken back."""
    commits, reader = list(counting_commits(world.lake).values()), file_lines_of(world.lake)
    counting = {f"file_version={commit['file_version_id']}" for commit in commits}
    tables = {path: data for path, data in world.bytes_of_tables().items() if path.split("/")[1] in counting}
    restated = restatements(commits, world.config, reader)
    return tables, version_spans(commits).rows(), bucket_inputs(commits, world.config, reader), restated.rows()


def recall(world: World, version: str, undo: bool = False) -> None:
    write_event(world.lake, version, undo, "ann", "wrong", world.now)
    world.now += timedelta(hours=1)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LANDINGS, st.randoms(use_true_random=False))
def test_any_order_of_registering_ingesting_and_recalling_gives_the_same_tables(
    landings: list[tuple[str, bytes, int]], chance: Random
) -> None:
    with tempfile.TemporaryDirectory() as calm, tempfile.TemporaryDirectory() as stormy:
        expected = landed_in_order(landings, restating_config(), calm)
        world = World(Path(stormy), restating_config())
        for uri, data in put_in_any_order(world, landings, chance):
            for one in world.register():
                if chance.random() < 0.5:
                    world.ingest(one.file_version_id)
            known = [one.file_version_id for one in registrations(world.lake)]
            match chance.choice(["settle", "ingest again", "land again", "recall", "go on"]):
                case "settle":
                    world.settle()
                case "ingest again" if known:
                    world.ingest(chance.choice(known))
                case "land again":
                    world.put(uri, data)
                    assert world.register() == []
                case "recall" if known:
                    version = chance.choice(known)
                    recall(world, version, undo=version in recalled_versions(world.lake))
        for version in sorted(recalled_versions(world.lake)):
            if chance.random() < 0.5:
                recall(world, version, undo=True)
            else:
                recall(expected, version)
        for one in (world, expected):
            one.settle()
            assert one.settle() == []
        assert made(world) == made(expected)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LANDINGS, st.integers(0, 99))
def test_a_recall_and_its_undo_leave_what_was_there_and_the_ledger_balances(
    landings: list[tuple[str, bytes, int]], number: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = landed_in_order(landings, restating_config(), folder)
        before = made(world)
        known = [one.file_version_id for one in registrations(world.lake)]
        version = known[number % len(known)]
        recall(world, version)
        world.settle()
        assert imbalances(committed_ledger(world.lake, world.config)) == []
        assert version not in {row[0] for row in made(world)[1]}
        recall(world, version, undo=True)
        world.settle()
        assert made(world) == before
        assert imbalances(committed_ledger(world.lake, world.config)) == []


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PATHS[:4]), st.lists(LINE, max_size=3)), min_size=1, max_size=7))
def test_every_line_counts_once_as_the_file_that_landed_last_says(landings: list[tuple[str, list[Any]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        in_turn = [(uri, encoded(lines), hour) for hour, (uri, lines) in enumerate(landings)]
        world = landed_in_order(in_turn, restating_config(), folder)
        standing: dict[str, tuple[int, list[Any]]] = {}
        for hour, (uri, lines) in enumerate(landings):
            if uri not in standing or standing[uri][1] != lines:  # otherwise it is no new version
                standing[uri] = (hour, lines)
        said: dict[tuple[str, str], list[int]] = {}
        for _, lines in sorted(standing.values(), key=lambda one: one[0]):
            told = [line for line in lines if line[3]]
            said |= {(sku, id_): [] for sku, _, _, id_ in told}
            for sku, _, quantity, id_ in told:
                said[sku, id_] += [quantity] if quantity > 0 else []
        assert sorted(current_rows(world)) == sorted((*key, float(one)) for key, units in said.items() for one in units)


def current_rows(world: World) -> list[tuple[str, str, float]]:
    """SKU, transaction and units of every line that counts now."""
    commits = counting_commits(world.lake).values()
    standing = version_spans(commits).filter(pl.col("superseded_from").is_null())["file_version_id"]
    rows = world.lake.read_all("unified_transactions", standing.to_list())
    restated = restatements(commits, world.config, file_lines_of(world.lake))
    gone = restated.group_by("file_version_id", "row_number").agg(pl.col("sign").sum()).filter(pl.col("sign") < 0)
    assert rows is not None
    left = rows.join(gone, on=["file_version_id", "row_number"], how="anti")
    return left.select("sku", "transaction_id", "quantity").rows()
