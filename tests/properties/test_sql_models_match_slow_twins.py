"""The SQL models give what their slow twins give, whatever arrives in whatever order.

dbt compiles each configuration once; the compiled statement then runs on random lakes in this process, so that hundreds
of examples cost no dbt process.
"""

from __future__ import annotations

import json
import subprocess
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dp_assets.dbt_manifest import dbt_command
from dp_assets.domain.attributes import (
    ATTRIBUTE_CONFLICTS,
    SKU_ATTRIBUTE_HISTORY,
    conflict_summary,
    known_at_moment,
)
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import FILE_LINES, sku_attributes, weekly_buckets
from dp_assets.domain.contributions import bucket_ends
from dp_assets.domain.ingest.events import version_spans
from dp_assets.domain.ingest.restatements import restatements
from dp_assets.domain.table import Table
from dp_resources.dbt import cycle_variables, model_variables
from tests.lake_makers import at, bucket_config, conformed, correction, restated
from tests.oracles.sku_attributes import Landed, attributes_as_of, conflicts_as_of, history_as_of
from tests.oracles.weekly_buckets import contributions

pytestmark = pytest.mark.slow

FIRST = date(2017, 1, 2)
CUTOFF = FIRST + timedelta(weeks=8)
EARLIER = FIRST + timedelta(weeks=4)
DAYS = st.integers(-6, 69).map(lambda days: FIRST + timedelta(days=days))
ARRIVALS = st.integers(0, 80).map(lambda days: at(FIRST + timedelta(days=days)))
SKUS = st.sampled_from(["milk", "bread", "salt"])
BRANDS = st.sampled_from([None, "own", "national"])
LABELS = st.none() | st.lists(st.sampled_from(["fat", "water", "sugar"]), min_size=1, max_size=3)
CENTS = st.integers(1, 900).map(lambda cents: cents / 100)
SALES = st.fixed_dictionaries(
    {
        "sku": SKUS,
        "sold_on": DAYS,
        "quantity": CENTS,
        "revenue": st.none() | CENTS,
        "location": st.sampled_from([None, "rome", "oslo"]),
        "brand": BRANDS,
        "composition": LABELS,
    }
)
PRODUCTS = st.fixed_dictionaries({"sku": SKUS, "brand": BRANDS, "composition": LABELS})
CORRECTIONS = st.builds(
    lambda sku, brand, labels: correction(sku, *(("composition", labels) if labels else ("brand", brand))),
    st.sampled_from(["milk", "bread", "misspelt"]),
    st.sampled_from([None, "own", "local"]),
    LABELS,
)
PLANS = st.builds(
    lambda sku, start, days: {"sku": sku, "starts_on": start, "ends_on": start + timedelta(days=days)},
    SKUS,
    DAYS,
    st.integers(0, 20),
)


def versions(producer: str, rows: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Versions of two files of one producer: the second and later ones of a file restate it."""
    one = st.builds(
        lambda file, arrived_at, lines: {"producer": producer, "uri": file, "arrived_at": arrived_at, "rows": lines},
        st.sampled_from([f"{producer}/a", f"{producer}/b"]),
        ARRIVALS,
        st.lists(rows, max_size=6),
    )
    return st.lists(one, max_size=4, unique_by=lambda version: (version["uri"], version["arrived_at"]))


LANDED = st.tuples(
    versions("shop", SALES),
    versions("web", SALES),
    versions("erp", PRODUCTS),
    versions("planner", CORRECTIONS),
    versions("marketing", PLANS),
).map(lambda groups: [version for group in groups for version in group])


@cache
def compiled(weeks: int, key: tuple[str, ...]) -> dict[str, str]:
    """The marts' statements for buckets of that length and that series key, upstream models included."""
    config = configured(weeks, key)
    cycles = cycle_variables(BucketGrid.of(config), [EARLIER.isoformat(), CUTOFF.isoformat()])
    variables = json.dumps({**model_variables(config), "cycles": cycles})
    with TemporaryDirectory() as folder:
        command = dbt_command("compile", "--select", "marts int_sku_values", "--vars", variables, folder=Path(folder))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        nodes = json.loads((Path(folder) / "manifest.json").read_text())["nodes"]
    return {node["name"]: node["compiled_code"] for node in nodes.values() if node["resource_type"] == "model"}


def configured(weeks: int, key: tuple[str, ...]) -> DemandConfig:
    return bucket_config(bucket={"weeks": weeks, "first": FIRST, "time_zone": "Europe/Rome"}, series_key=list(key))


class RandomLake:
    """Frames of what landed, and what the SQL models make of them."""

    def __init__(self, config: DemandConfig, landed: list[dict[str, Any]]) -> None:
        self.config = config
        self.made: dict[str, pl.DataFrame] = {}
        commits = [self.commit(number, version) for number, version in enumerate(landed)]
        self.spans = version_spans(commits)
        lines = pl.concat([FILE_LINES.empty(), *(one["lines"] for one in commits if one["tables"])])
        restated = restatements(commits, config, lambda _: lines)
        self.tables = {
            "restatements": restated.select("file_version_id", "row_number", "sold_on", "event", "known_from", "sign"),
            "unified_transactions": self.frame("transactions", landed),
            "product_master": self.frame("products", landed),
            "attribute_corrections": self.frame("attribute_corrections", landed),
            "promotions": self.frame("promotions", landed),
            "version_spans": self.spans,
            "bucket_ends": bucket_ends(commits, BucketGrid.of(config), CUTOFF),
        }

    def name(self, version: dict[str, Any]) -> str:
        moment: datetime = version["arrived_at"]
        return f"{version['uri']}@{moment:%m%d}"

    def commit(self, number: int, version: dict[str, Any]) -> dict[str, Any]:
        feed = self.config.producer(version["producer"]).feed
        name, arrived_at = self.name(version), version["arrived_at"]
        record = {"producer": version["producer"], "feed": feed, "uri": version["uri"], "status": "accepted"}
        grid, days = BucketGrid.of(self.config), [row["sold_on"] for row in version["rows"] if "sold_on" in row]
        record["buckets"] = [grid.start_of(day).isoformat() for day in days]
        record |= {"file_version_id": name, "arrived_at": arrived_at.isoformat(), "tables": {}}
        if feed == "transactions":
            frame = conformed(self.config, feed, name, version["producer"], arrived_at, version["rows"])
            record |= restated(self.config, version["producer"], name, frame)
            record["tables"] = {} if record["lines"] is None else {"file_lines": name}
        return record

    def frame(self, feed: str, landed: list[dict[str, Any]]) -> pl.DataFrame:
        parts = []
        for part in landed:
            if self.config.producer(part["producer"]).feed == feed:
                header = self.name(part), part["producer"], part["arrived_at"]
                frame = conformed(self.config, feed, *header, part["rows"])
                sold = feed == "transactions"
                parts.append(restated(self.config, part["producer"], header[0], frame)["rows"] if sold else frame)
        return pl.concat(parts or [conformed(self.config, feed, "none", "none", at(FIRST), [])])

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.tables[table].to_dicts()

    @property
    def landed(self) -> Landed:
        """What the slow twins of attributes read."""
        names = ("unified_transactions", "product_master", "attribute_corrections")
        return Landed(self.spans.to_dicts(), *(self.rows(name) for name in names))

    def of_cycle(self, table: Table, cutoff: date) -> pl.DataFrame:
        """One cycle's rows of a mart."""
        return table.conform(self.run(table.name).filter(pl.col("cycle") == cutoff))

    def run(self, model: str) -> pl.DataFrame:
        """All rows of a mart."""
        if model not in self.made:
            self.made[model] = pl.DataFrame(self.connection.sql(self.statements[model]).to_arrow_table())
        return self.made[model]

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(":memory:", config={"threads": 1})
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create schema lake")
        for name, frame in self.tables.items():
            connection.register("incoming", frame.to_arrow())
            connection.execute(f"create table lake.{name} as select * from incoming")
        connection.execute(f"create table int_sku_values as {self.statements['int_sku_values']}")
        return connection

    @property
    def statements(self) -> dict[str, str]:
        return compiled(self.config.bucket.weeks, tuple(self.config.series_key))


EXAMPLES = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.mark.parametrize(("weeks", "key"), [(1, ("sku",)), (2, ("sku",)), (4, ("sku", "location"))])
@given(landed=LANDED)
@EXAMPLES
def test_contributions_are_those_of_the_slow_twin(
    weeks: int, key: tuple[str, ...], landed: list[dict[str, Any]]
) -> None:
    lake = RandomLake(configured(weeks, key), landed)
    table = weekly_buckets(lake.config)
    expected = contributions(
        lake.config, lake.spans.to_dicts(), lake.rows("unified_transactions"), lake.rows("promotions")
    )
    frame = table.conform(lake.run("weekly_buckets"))
    as_text = frame.with_columns(pl.col("bucket_start").cast(pl.String), pl.col("transactions").cast(pl.Float64))
    assert as_text.to_dicts() == expected


@pytest.mark.parametrize("weeks", [1, 2, 4])
@given(landed=LANDED)
@EXAMPLES
def test_attributes_are_those_of_the_slow_twin(weeks: int, landed: list[dict[str, Any]]) -> None:
    lake = RandomLake(configured(weeks, ("sku",)), landed)
    for cutoff in (EARLIER, CUTOFF):
        expected = attributes_as_of(lake.config, cutoff, lake.landed)
        assert lake.of_cycle(sku_attributes(lake.config), cutoff).to_dicts() == expected


@pytest.mark.parametrize("weeks", [1, 4])
@given(landed=LANDED)
@EXAMPLES
def test_disagreements_are_kept_and_counted(weeks: int, landed: list[dict[str, Any]]) -> None:
    lake = RandomLake(configured(weeks, ("sku",)), landed)
    conflicts = lake.of_cycle(ATTRIBUTE_CONFLICTS, CUTOFF)
    assert conflicts.to_dicts() == conflicts_as_of(lake.config, CUTOFF, lake.landed)
    attributes = lake.of_cycle(sku_attributes(lake.config), CUTOFF)
    assert conflict_summary(conflicts)["skus"].sum() == attributes["conflicts"].list.len().sum()


@pytest.mark.parametrize("weeks", [1, 2, 4])
@given(landed=LANDED)
@EXAMPLES
def test_the_history_is_that_of_the_slow_twin(weeks: int, landed: list[dict[str, Any]]) -> None:
    lake = RandomLake(configured(weeks, ("sku",)), landed)
    for cutoff in (EARLIER, CUTOFF):
        history = lake.of_cycle(SKU_ATTRIBUTE_HISTORY, cutoff)
        expected = history_as_of(lake.config, cutoff, lake.landed)
        assert history.drop("file_version_id").to_dicts() == [
            {name: row[name] for name in history.columns if name != "file_version_id"} for row in expected
        ]
        producers = dict(lake.spans.select("file_version_id", "producer").iter_rows())
        assert [producers[version] for version in history["file_version_id"]] == history["producer"].to_list()


@pytest.mark.parametrize("weeks", [1, 2])
@given(landed=LANDED)
@EXAMPLES
def test_the_history_read_at_a_cycles_knowledge_time_is_what_the_cycle_knew(
    weeks: int, landed: list[dict[str, Any]]
) -> None:
    lake = RandomLake(configured(weeks, ("sku",)), landed)
    history = lake.of_cycle(SKU_ATTRIBUTE_HISTORY, CUTOFF)
    for cutoff in (EARLIER, CUTOFF):
        held = known_at_moment(history, BucketGrid.of(lake.config).known_at(cutoff)).to_dicts()
        known = {(row["sku"], row["attribute"]): row for row in held}
        assert len(known) == len(held)
        for sku in lake.of_cycle(sku_attributes(lake.config), cutoff).to_dicts():
            for name, attribute in lake.config.attributes.items():
                row = known.pop((sku["sku"], name), None)
                column = "labels" if attribute.kind == "multi" else "value"
                assert sku[name] == (row[column] if row else None)
                source = sku[f"{name}_source"]
                assert (source.split("/")[0] if source else None) == (row["producer"] if row else None)
        assert all(row["corrected"] for row in known.values())


@given(landed=LANDED, order=st.randoms(use_true_random=False))
@EXAMPLES
def test_the_order_of_files_changes_nothing(landed: list[dict[str, Any]], order: Any) -> None:
    config = configured(1, ("sku",))
    shuffled = list(landed)
    order.shuffle(shuffled)
    table = weekly_buckets(config)
    first, second = (RandomLake(config, files).run(table.name) for files in (landed, shuffled))
    assert table.conform(first).equals(table.conform(second))
    for table in (sku_attributes(config), ATTRIBUTE_CONFLICTS, SKU_ATTRIBUTE_HISTORY):
        first, second = (RandomLake(config, files).of_cycle(table, CUTOFF) for files in (landed, shuffled))
        assert first.equals(second)


@given(landed=LANDED, after=st.integers(0, 85))
@EXAMPLES
def test_a_bucket_as_known_at_a_moment_needs_only_what_had_arrived(landed: list[dict[str, Any]], after: int) -> None:
    config = configured(1, ("sku",))
    moment = at(FIRST + timedelta(days=after), hour=7)
    known = pl.col("known_from") <= moment
    table = weekly_buckets(config)
    everything = table.conform(RandomLake(config, landed).run("weekly_buckets")).filter(known)
    so_far = RandomLake(config, [version for version in landed if version["arrived_at"] <= moment])
    assert everything.equals(table.conform(so_far.run("weekly_buckets")))
