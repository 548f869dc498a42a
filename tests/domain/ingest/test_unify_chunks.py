"""However a file is cut into chunks, the same tables and the same findings come out of it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.filter_config import PluginFilter
from dp_assets.domain.ingest.mapping import useful_columns
from dp_assets.domain.ingest.sources import ROW, SURPLUS, Reading
from dp_assets.domain.ingest.unified import FileHeader
from dp_assets.domain.ingest.unify import unify
from dp_assets.domain.ingest.unify_chunks import Totals, are_separable, unify_chunks
from dp_resources.table_files import TableFile
from tests.landed import World, make_rows, shop_config

HEADER = FileHeader("shop-1", "shop", datetime(2017, 2, 1, tzinfo=UTC))
SKUS = st.sampled_from(["A1", "B2", " C3", "", None])
DAYS = st.sampled_from(["2017-01-02", "2017-01-03 10:00", "2017-02-30", "soon", None])
NUMBERS = st.sampled_from(["1", "2", "-1", "x", "y", "", None])
ROWS = st.lists(st.tuples(st.sampled_from([None, None, None, "more"]), SKUS, DAYS, NUMBERS, NUMBERS), max_size=30)


def in_chunks(frame: pl.DataFrame, cuts: list[int], config: DemandConfig) -> tuple[Any, pl.DataFrame, pl.DataFrame]:
    """Totals or the reason of a rejection, accepted rows, rejected rows."""
    places = [0, *sorted({cut for cut in cuts if cut < len(frame)}), len(frame)]
    frames = [frame[start:end] for start, end in itertools.pairwise(places)]
    columns = dict.fromkeys(("item", "day", "qty", "money"), "text")
    reading = Reading(columns, "csv", {}, False, iter(frames))
    producer = config.producers[0]
    parts: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    found: Any
    try:
        found = unify_chunks(
            reading, useful_columns(producer, config), producer, config, HEADER, lambda *done: parts.append(done)
        )
    except FileRejectedError as error:
        found = str(error)
    rows, rejected = (pl.concat(tables) for tables in zip(*parts, strict=True))
    return found, rows, rejected


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(rows=ROWS, cuts=st.lists(st.integers(1, 29), max_size=4))
def test_any_cut_gives_the_tables_of_the_whole_file(rows: list[tuple[str | None, ...]], cuts: list[int]) -> None:
    schema = dict.fromkeys((SURPLUS, "item", "day", "qty", "money"), pl.String)
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_row_index(ROW, offset=1)
    frame = frame.with_columns(pl.col(ROW).cast(pl.Int64))
    config = shop_config()
    whole, expected_rows, expected_rejected = in_chunks(frame, [], config)
    found, found_rows, found_rejected = in_chunks(frame, cuts, config)
    assert_frame_equal(found_rows, expected_rows)
    assert_frame_equal(found_rejected, expected_rejected)
    assert isinstance(found, Totals) == isinstance(whole, Totals)
    if not isinstance(whole, Totals):
        assert found == whole
        return
    assert_frame_equal(found.buckets, whole.buckets)
    for name in ("accepted", "rejected_by", "quantity_accepted", "quantity_rejected", "schema_drift"):
        assert getattr(found, name) == getattr(whole, name)
    assert_frame_equal(found.rows, expected_rows.head(10))
    assert_frame_equal(found.rejected, expected_rejected.head(10))


def test_a_file_of_many_slices_is_written_as_the_sum_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = make_rows(200).write_csv().encode()
    world = World(tmp_path / "one", shop_config())
    expected = world.land("shop/a.csv", data)
    monkeypatch.setattr("dp_assets.domain.ingest.plain_csv.slices.__defaults__", (500,))
    cut = World(tmp_path / "two", shop_config())
    found = cut.land("shop/a.csv", data)
    assert {**found.record, "tables": None} == {**expected.record, "tables": None}
    for table in found.record["tables"]:
        key = {"file_version": found.record["file_version_id"]}
        assert_frame_equal(cut.lake.read(table, **key), world.lake.read(table, **key))
    (file,) = (cut.folder / "lake/unified_transactions").rglob("*.parquet")
    import pyarrow.parquet as pq

    assert pq.ParquetFile(file).num_row_groups > 5
    assert cut.ingest(found.record["file_version_id"]).record == found.record


def test_filters_that_look_at_other_rows_see_the_whole_file() -> None:
    assert are_separable([])
    assert not are_separable([PluginFilter(kind="plugin", name="odd_rows")])


def test_a_table_file_reads_back_as_it_was_and_twice_the_same(tmp_path: Path) -> None:
    config = shop_config()
    rows = [unify_rows(config, number) for number in (5, 0, 7)]
    hashes = []
    for name in ("a", "b"):
        file = TableFile(tmp_path / name, rows[0].schema)
        for one in rows:
            file.append(one)
        hashes.append(file.close())
        assert (file.rows, file.close()) == (12, hashes[0])
    assert hashes[0] == hashes[1]
    assert_frame_equal(pl.read_parquet(tmp_path / "a"), pl.concat(rows))
    with pytest.raises(ValueError, match="expected one file_version_id in a file"):
        TableFile(tmp_path / "c", rows[0].schema).append(
            pl.concat([rows[0], rows[2].with_columns(pl.lit("other").alias("file_version_id"))])
        )


def unify_rows(config: DemandConfig, number: int) -> pl.DataFrame:
    columns = {"item": "text", "day": "text", "qty": "text", "money": "text"}
    row = {ROW: 1, SURPLUS: None, "item": "A1", "day": "2017-01-02", "qty": "1", "money": "2.5"}
    frame = pl.DataFrame(
        [row] * number, schema={ROW: pl.Int64, SURPLUS: pl.String, **dict.fromkeys(columns, pl.String)}
    )
    source = Reading(
        columns, "csv", {}, False, iter([frame.with_columns(pl.int_range(1, number + 1).alias(ROW))])
    ).whole()
    producer = config.producers[0]
    return unify(source, useful_columns(producer, config), producer, config, HEADER).rows
