"""Invariants of ingestion over arbitrary landings."""

from __future__ import annotations

import tempfile
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
from dp_assets.registry import registrations
from tests.factories import make_config
from tests.landed import COLUMNS, FORMATS, World, encode, landed_in_order, make_rows, put_in_any_order, shop_config

CONTENTS = [encode(make_rows(6, seed=seed), FORMATS[seed % len(FORMATS)]) for seed in range(5)]
UNITS = [float(make_rows(6, seed=seed)["qty"].sum()) for seed in range(5)]


def current_units(world: World) -> float:
    """Units of the versions that count now: of each path the newest."""
    current = version_spans(world.commits()).filter(pl.col("superseded_from").is_null())["file_version_id"]
    rows = world.lake.read_all("unified_transactions", current.to_list())
    return 0.0 if rows is None else float(rows["quantity"].sum())


def land_all(world: World, landings: list[tuple[str, bytes]]) -> None:
    for uri, data in landings:
        world.put(uri, data)
        for one in world.register():
            world.ingest(one.file_version_id)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.permutations(range(5)), st.lists(st.integers(0, 4), max_size=4))
def test_any_order_and_repetition_of_landing_counts_every_file_once(order: list[int], repeated: list[int]) -> None:
    landings = [(f"shop/{number}", CONTENTS[number]) for number in [*order, *repeated]]
    copies = [(f"shop/copy-{number}", CONTENTS[number]) for number in repeated]
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), shop_config())
        land_all(world, [*landings, *copies])
        assert current_units(world) == sum(UNITS)
        spans = version_spans(world.commits())
        assert sorted(spans["uri"]) == sorted({uri for uri, _ in [*landings, *copies]})


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), max_size=8))
def test_restated_paths_count_as_what_they_hold_last(landings: list[tuple[int, int]]) -> None:
    # Content 5 × path is distinct per path, so that no two paths ever hold the same bytes.
    distinct = [
        (f"shop/{path}", encode(make_rows(6, seed=path * 5 + content, first_sku=path * 100), "csv"), path * 5 + content)
        for path, content in landings
    ]
    last = {uri: seed for uri, _, seed in distinct}
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), shop_config())
        land_all(world, [(uri, data) for uri, data, _ in distinct])
        assert current_units(world) == sum(float(make_rows(6, seed=seed)["qty"].sum()) for seed in last.values())
        commits = world.commits()
        assert version_spans(commits).equals(version_spans(list(reversed(commits))))


LINES = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "", "abc"]),
        st.sampled_from(["2017-01-02", "2017-01-09 10:00", "soon", ""]),
        st.sampled_from(["1", "2.5", "-1", "0", "many", ""]),
        st.sampled_from(["1", "", "free", "2,x"]),
    ),
    max_size=15,
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(LINES, st.booleans())
def test_rows_read_are_rows_accepted_rejected_and_duplicate(lines: list[tuple[str, ...]], copied: bool) -> None:
    data = ("item,day,qty,money\n" + "".join(",".join(line) + "\n" for line in lines)).encode()
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), shop_config())
        land_all(world, [("shop/a.csv", data), ("shop/b.csv", data if copied else data + b"1,2017-01-02,1,1\n")])
        for commit in world.commits():
            rows, units = commit["rows"], commit["quantity"]
            assert rows["read"] == rows["accepted"] + rows["rejected"] + rows["duplicate"]
            assert units["read"] == units["accepted"] + units["rejected"] + units["duplicate"]
            assert rows["rejected"] == sum(commit["rejected_by"].values())
            key = {"file_version": commit["file_version_id"]}
            assert len(world.lake.read("rejected_rows", **key)) == rows["rejected"]
            assert len(world.lake.read("unified_transactions", **key)) == rows["accepted"]
            assert world.lake.read("file_buckets", **key)["rows"].sum() == rows["accepted"]
        read = {commit["rows"]["read"] for commit in world.commits() if commit["status"] != "quarantined"}
        assert read <= {len(lines), len(lines) + 1}


# -- verdicts do not depend on the order in which things happen --------------------------------------------------------

MASTER = b"item,dep\n1,DAIRY\n2,FUEL\n3,DAIRY\n"
OTHER_MASTER = b"item,dep\n1,FUEL\n2,DAIRY\n"
BROKEN = b"\x00\x01\x02"
SALES = [encode(make_rows(6, seed=seed), "csv") for seed in range(2)]
RENAMED = encode(make_rows(6, seed=3).rename({"qty": "pieces"}), "csv")
OTHER_COLUMNS = encode(make_rows(6, seed=4).drop("money").with_columns(colour=pl.lit("red")), "csv")
CONTENTS_OF = {
    "shop": [*SALES, OTHER_COLUMNS, RENAMED, BROKEN],
    "web": [*SALES, RENAMED],
    "master": [MASTER, OTHER_MASTER, BROKEN],
}
LANDINGS = st.lists(
    st.sampled_from(sorted(CONTENTS_OF)).flatmap(
        lambda name: st.tuples(
            st.sampled_from([f"{name}/1", f"{name}/2"]), st.sampled_from(CONTENTS_OF[name]), st.integers(0, 9)
        )
    ),
    min_size=1,
    max_size=7,
    unique_by=lambda landing: (landing[0], landing[2]),
)


def judged_config() -> DemandConfig:
    """Two shops that call units differently, so that one may read what the other cannot, judged by a master."""
    shops = [
        {"name": name, "files": [f"{name}/*"], "columns": {**COLUMNS, "quantity": unit}, "arrival": "modified_at"}
        for name, unit in (("shop", "qty"), ("web", "pieces"))
    ]
    master = {"name": "master", "files": ["master/*"], "feed": "products", "arrival": "modified_at"}
    return make_config(
        producers=[*shops, {**master, "columns": {"sku": "item", "department": "dep"}}],
        filters=[{"kind": "exclude_values", "column": "department", "values": ["FUEL"]}],
    )


def outcome(world: World) -> tuple[dict[str, bytes], list[Any], dict[str, Any]]:
    """Every current partition and commit record, the spans, and what buckets would be made of."""
    commits = world.commits()
    return world.bytes_of_tables(), version_spans(commits).rows(), bucket_inputs(commits, world.config)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LANDINGS, st.randoms(use_true_random=False))
def test_any_order_of_registering_and_ingesting_gives_the_same_tables_and_commit_records(
    landings: list[tuple[str, bytes, int]], chance: Random
) -> None:
    with tempfile.TemporaryDirectory() as calm, tempfile.TemporaryDirectory() as stormy:
        expected = outcome(landed_in_order(landings, judged_config(), calm))
        world = World(Path(stormy), judged_config())
        for uri, data in put_in_any_order(world, landings, chance):
            for one in world.register():
                if chance.random() < 0.5:
                    world.ingest(one.file_version_id)
            match chance.choice(["settle", "ingest something again", "land it again", "go on"]):
                case "settle":
                    world.settle()
                case "ingest something again" if known := registrations(world.lake):
                    world.ingest(chance.choice(known).file_version_id)
                case "land it again":
                    world.put(uri, data)
                    assert world.register() == []
        world.settle()
        assert outcome(world) == expected
        assert world.settle() == []
