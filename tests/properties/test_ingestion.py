"""Invariants of ingestion over arbitrary landings."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_assets.domain.ingest.events import version_spans
from tests.landed import FORMATS, World, encode, make_rows, shop_config

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
        assert {commit["rows"]["read"] for commit in world.commits()} <= {len(lines), len(lines) + 1}
