"""features: densification, the leak rule, and what the panel promises to everything behind it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import OUTLIER_LOG, eligibility, sku_attributes, weekly_buckets
from dp_assets.domain.errors import ConfigError, NotEnoughHistoryError
from dp_assets.domain.features import FeatureSet, build_features, without_masks
from dp_assets.domain.features_audit import audit_table
from dp_assets.domain.known_sales import columns_read
from dp_assets.domain.outline import Plans
from dp_assets.domain.panel import ARRAYS, Panel
from dp_assets.domain.peers import peer_names
from tests.domain.feature_inputs import (
    attributes,
    contribution,
    contributions,
    moment,
    promotion,
    promotions,
    random_contributions,
    random_events,
    random_promotions,
    random_regressors,
    random_stock,
    some_of_groups,
    stock,
    stock_line,
)
from tests.factories import MONDAY, make_config

SKUS = [f"sku{number:02d}" for number in range(12)]


def cutoff_of(config: DemandConfig, bucket: int = 36) -> date:
    return BucketGrid.of(config).start_at(bucket)


def made_from(config: DemandConfig, buckets: pl.DataFrame, bucket: int = 36, **inputs: pl.DataFrame) -> FeatureSet:
    skus = buckets["sku"].unique().sort().to_list()
    return build_features(
        buckets,
        inputs.get("attributes", attributes(config, skus)),
        Plans(
            **{
                name: inputs[name]
                for name in ("promotions", "events", "regressors", "stock", "product_life")
                if name in inputs
            }
        ),
        config,
        cutoff_of(config, bucket),
    )


def contents(made: FeatureSet, folder: Path) -> dict[str, bytes]:
    """Everything a cycle publishes, as bytes."""
    made.panel.save(folder)
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    tables = {"eligibility": made.eligibility, "log": made.outlier_log, "stockouts": made.stockouts}
    return found | {name: table.serialize() for name, table in tables.items()}


def full_config(**overrides: Any) -> DemandConfig:
    return make_config(
        features={"rolling_windows_weeks": [4, 12], "holidays": "US"},
        regressors={"temperature": {"known_ahead_weeks": 1}, "spend": {"aggregate": "sum", "missing": "zero"}},
        **overrides,
    )


def test_a_series_gets_explicit_zeros_from_its_first_sale_to_the_cutoff() -> None:
    config = make_config()
    rows = [contribution(config, "a", 2, 5), contribution(config, "b", 4, 1), contribution(config, "b", 8, 3)]
    panel = made_from(config, contributions(config, rows), bucket=10).panel
    assert panel.series["series_id"].to_list() == ["a", "b"]
    assert panel.starts[0] == np.datetime64(MONDAY + timedelta(weeks=2))
    assert panel.quantity.tolist() == [[5, 0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0, 3, 0]]
    assert panel.observed.tolist() == [[1] * 8, [0, 0, 1, 1, 1, 1, 1, 1]]
    assert panel.first.tolist() == [0, 2]
    assert (panel.history, len(panel.starts), panel.known.shape[1]) == (8, 11, 11)


def test_the_price_is_the_mean_of_a_bucket_and_holds_until_the_next_sale() -> None:
    config = make_config()
    rows = [
        contribution(config, "a", 0, 2, revenue=3.0),
        contribution(config, "a", 0, 2, revenue=5.0, file_version_id="other"),
        contribution(config, "a", 3, 1, revenue=0.0),
        contribution(config, "a", 4, 1, revenue=9.0),
    ]
    assert made_from(config, contributions(config, rows), bucket=6).panel.price.tolist() == [[2, 2, 2, 2, 9, 9]]


def test_with_zero_fill_ignore_buckets_without_sales_are_not_observed() -> None:
    config = make_config(zero_fill="ignore")
    rows = [contribution(config, "a", 0, 5), contribution(config, "a", 3, 7)]
    made = made_from(config, contributions(config, rows), bucket=5)
    assert made.panel.observed.tolist() == [[1, 0, 0, 1, 0]]
    mean = made.panel.past[0, :, made.panel.past_names.index("rolling_mean_4w")]
    assert mean.tolist() == [5, 5, 5, 6, 7]


def test_what_is_taken_back_is_gone_and_never_leaves_less_than_nothing() -> None:
    config = make_config()
    taken = {"event": "superseded", "transactions": -1}
    rows = [
        contribution(config, "a", 0, 0.1, file_version_id="1"),
        contribution(config, "a", 0, 0.2, file_version_id="2"),
        contribution(config, "a", 0, -0.1, file_version_id="1", **taken),
        contribution(config, "a", 0, -0.2, file_version_id="2", **taken),
        contribution(config, "a", 1, 4),
        contribution(config, "a", 2, 1, file_version_id="1"),
        contribution(config, "a", 2, -3, file_version_id="2"),
        contribution(config, "gone", 1, 2, file_version_id="1"),
        contribution(config, "gone", 1, -2, file_version_id="1", **taken),
    ]
    made = made_from(config, contributions(config, rows), bucket=4)
    assert made.eligibility["series_id"].to_list() == ["a"]
    assert made.panel.quantity.tolist() == [[4, 0, 0]]


def test_a_restated_file_counts_only_in_cycles_that_know_it() -> None:
    config = make_config()
    late = {"known_from": moment(MONDAY + timedelta(weeks=9))}
    rows = [
        contribution(config, "a", 0, 5, file_version_id="1"),
        contribution(config, "a", 0, -5, file_version_id="1", event="superseded", **late),
        contribution(config, "a", 0, 8, file_version_id="2", **late),
    ]
    buckets = contributions(config, rows)
    assert made_from(config, buckets, bucket=8).panel.quantity[0, 0] == 5
    assert made_from(config, buckets, bucket=9).panel.quantity[0, 0] == 8


@pytest.mark.parametrize("key", [["sku"], ["sku", "location"]])
def test_nothing_after_the_cutoff_or_the_knowledge_time_changes_a_byte(tmp_path: Path, key: list[str]) -> None:
    config = full_config(series_key=key)
    rng = np.random.default_rng(0)
    buckets = random_contributions(config)
    plans = random_promotions(SKUS, weeks=44)
    cutoff = cutoff_of(config)
    known_at = BucketGrid.of(config).known_at(cutoff)
    future = [
        contribution(config, str(rng.choice([*SKUS, "new"])), int(rng.integers(36, 45)), int(rng.integers(1, 999)))
        for _ in range(80)
    ]
    late = [
        contribution(
            config,
            str(rng.choice([*SKUS, "new"])),
            int(rng.integers(0, 36)),
            int(rng.integers(-50, 999)),
            known_from=known_at + timedelta(microseconds=1 + int(rng.integers(0, 10**12))),
            file_version_id="late",
        )
        for _ in range(80)
    ]
    noise = contributions(config, list({(r["series_id"], r["bucket_start"]): r for r in future + late}.values()))
    late_plans = random_promotions(SKUS, weeks=44, seed=9).with_columns(
        known_from=pl.lit(known_at + timedelta(hours=1)), kind=pl.lit("surprise")
    )
    late_plans = some_of_groups(late_plans, "brand")
    unchanged = pl.col("bucket_start") < cutoff
    inputs = {"attributes": attributes(config, SKUS)}
    values, calendar = random_regressors(SKUS, weeks=44), random_events(weeks=44)
    late = pl.lit(known_at + timedelta(hours=1))
    plans, values, calendar = (some_of_groups(lines, "brand") for lines in (plans, values, calendar))
    late_values = some_of_groups(random_regressors(SKUS, weeks=44, seed=8).with_columns(known_from=late), "brand")
    late_events = random_events(weeks=44, seed=8).with_columns(known_from=late, name=pl.lit("surprise"))
    late_events = some_of_groups(late_events, "brand")
    stock = random_stock(SKUS, weeks=44)
    late_stock = random_stock(SKUS, weeks=44, seed=8).with_columns(known_from=late, file_version_id=pl.lit("late"))
    clean = made_from(
        config,
        buckets.filter(unchanged),
        promotions=plans,
        events=calendar,
        regressors=values,
        stock=stock,
        **inputs,
    )
    assert len(clean.stockouts) > 10
    assert {"promo_display", "event_school_holidays"} <= set(clean.panel.known_names)
    noisy = made_from(
        config,
        pl.concat([buckets.filter(unchanged), noise]),
        promotions=pl.concat([late_plans, plans]),
        events=pl.concat([late_events, calendar]),
        regressors=pl.concat([late_values, values]),
        stock=pl.concat([late_stock, stock]),
        **inputs,
    )
    assert contents(noisy, tmp_path / "noisy") == contents(clean, tmp_path / "clean")


def test_a_bucket_out_of_stock_is_not_observed_and_channels_pass_over_it() -> None:
    config = make_config(features={"rolling_windows_weeks": [4]}, outliers={"enabled": False})
    sales = [6, 2, 4, 0, 0, 8, 10, 2, 0, 6]
    rows = [contribution(config, "a", bucket, units) for bucket, units in enumerate(sales) if units]
    lines = stock([stock_line("a", MONDAY + timedelta(weeks=3), MONDAY + timedelta(weeks=5, days=-1))])
    plain = made_from(config, contributions(config, rows), bucket=10)
    made = made_from(config, contributions(config, rows), bucket=10, stock=lines)
    panel = made.panel
    assert panel.observed.tolist() == [[1, 1, 1, 0, 0, 1, 1, 1, 1, 1]]
    assert panel.quantity.tolist() == plain.panel.quantity.tolist() == [sales]  # what was sold stays as it is
    assert made.stockouts.select("kind", "share").rows() == [("stated", 1.0)] * 2
    names = dict(zip(panel.past_names, panel.past[0].T, strict=True))
    for bucket in range(10):
        window = [sales[at] for at in range(max(0, bucket - 3), bucket + 1) if panel.observed[0, at]]
        assert names["rolling_mean_4w"][bucket] == pytest.approx(np.mean(window), rel=1e-5)
        assert names["rolling_max_4w"][bucket] == max(window)
    assert names["zero_run"].tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 1, 0]
    back = without_masks(panel, made.stockouts, np.array([0]), config)
    own = len(panel.past_names) - len(peer_names(config))
    assert back.observed.tolist() == plain.panel.observed.tolist()
    assert np.allclose(back.past[:, :, :own], plain.panel.past[:, :, :own], rtol=1e-6)
    assert np.array_equal(back.capped, plain.panel.capped)


def test_series_beside_one_out_of_stock_keep_their_channels() -> None:
    config = full_config()
    buckets = random_contributions(config)
    lines = stock([stock_line("sku03", MONDAY + timedelta(weeks=20), MONDAY + timedelta(weeks=24, days=-1))])
    plain, made = made_from(config, buckets).panel, made_from(config, buckets, stock=lines).panel
    others = np.flatnonzero(plain.series["sku"].to_numpy() != "sku03")
    own = len(plain.past_names) - len(peer_names(config))
    assert np.allclose(made.past[others][:, :, :own], plain.past[others][:, :, :own], rtol=1e-5, atol=1e-5)
    assert np.array_equal(made.observed[others], plain.observed[others])
    assert made.observed.sum() == plain.observed.sum() - 4


def test_inferred_buckets_are_marked_as_such() -> None:
    config = make_config(stockouts={"infer": True})
    rows = [contribution(config, "a", bucket, 20 + bucket % 3) for bucket in range(30) if bucket not in (14, 15)]
    made = made_from(config, contributions(config, rows), bucket=30)
    assert made.stockouts["kind"].to_list() == ["inferred"] * 2
    assert made.panel.observed[0, 12:18].tolist() == [1, 1, 0, 0, 1, 1]


def test_the_order_of_input_rows_does_not_matter(tmp_path: Path) -> None:
    config = full_config()
    buckets, plans, known = random_contributions(config), random_promotions(SKUS, weeks=44), attributes(config, SKUS)
    values, calendar = random_regressors(SKUS, weeks=44), random_events(weeks=44)
    plans, values, calendar = (some_of_groups(lines, "brand") for lines in (plans, values, calendar))
    mixed = [frame.sample(fraction=1.0, shuffle=True, seed=2) for frame in (buckets, known, plans, calendar, values)]
    straight = build_features(buckets, known, Plans(plans, calendar, values), config, cutoff_of(config))
    shuffled = build_features(*mixed[:2], Plans(*mixed[2:]), config, cutoff_of(config))
    assert contents(straight, tmp_path / "straight") == contents(shuffled, tmp_path / "shuffled")


@pytest.mark.parametrize("key", [["sku"], ["sku", "location"]])
def test_buckets_given_in_parts_make_what_they_make_as_a_whole(tmp_path: Path, key: list[str]) -> None:
    config = full_config(series_key=key)
    buckets = random_contributions(config)
    parts = buckets.sample(fraction=1.0, shuffle=True, seed=3).partition_by("bucket_start")
    made = [
        build_features(given, attributes(config, SKUS), Plans(), config, cutoff_of(config))
        for given in (buckets, iter([weekly_buckets(config).empty(), *parts]))
    ]
    assert contents(made[0], tmp_path / "whole") == contents(made[1], tmp_path / "parts")


def test_only_named_columns_of_the_buckets_are_read() -> None:
    config = full_config()
    buckets = random_contributions(config)
    whole, some = (
        made_from(config, given, attributes=attributes(config, SKUS))
        for given in (buckets, buckets.select(columns_read(config)))
    )
    assert np.array_equal(whole.panel.quantity, some.panel.quantity)


@pytest.mark.parametrize("weeks", [1, 2, 4])
def test_buckets_of_any_length_give_a_whole_panel(weeks: int) -> None:
    config = full_config(bucket={"weeks": weeks}, lookback_weeks=16, horizon_weeks=13)
    made = made_from(config, random_contributions(config), promotions=random_promotions(SKUS, weeks=44 * weeks))
    panel = made.panel
    assert panel.horizon == {1: 13, 2: 7, 4: 4}[weeks]
    assert panel.cutoff == MONDAY + timedelta(weeks=36 * weeks)
    assert set(np.diff(panel.starts).astype(int)) == {7 * weeks}
    assert panel.past.shape == (len(panel), panel.history, 13 + len(peer_names(config)))
    for name in ARRAYS:
        assert np.isfinite(getattr(panel, name)).all(), name
        assert getattr(panel, name).dtype == (np.int32 if name == "first" else np.float32), name


def test_a_series_is_a_sku_at_a_location_when_the_key_says_so() -> None:
    config = full_config(series_key=["sku", "location"])
    buckets = random_contributions(config, series=3, locations=("north", "south"))
    plans = promotions([promotion("sku00", MONDAY, MONDAY + timedelta(weeks=60))])
    panel = made_from(config, buckets, promotions=plans).panel
    assert panel.series["series_id"].to_list() == [f"sku0{n}|{place}" for n in range(3) for place in ("north", "south")]
    assert panel.series["location"].to_list() == ["north", "south"] * 3
    assert panel.known[:, :, 0].min(axis=1).tolist() == [1, 1, 0, 0, 0, 0]
    for row, (sku, place) in enumerate(panel.series.select("sku", "location").iter_rows()):
        sold = buckets.filter(sku=sku, location=place).filter(pl.col("bucket_start") < panel.cutoff)
        assert panel.quantity[row].sum() == sold["quantity"].sum()


def test_the_business_time_zone_and_its_clock_changes_leave_the_grid_alone(tmp_path: Path) -> None:
    there, here = (full_config(bucket={"time_zone": zone}) for zone in ("Europe/Rome", "UTC"))
    one, other = (made_from(config, random_contributions(config)) for config in (there, here))
    assert contents(one, tmp_path / "there") == contents(other, tmp_path / "here")


def test_series_without_recent_sales_are_judged_but_not_in_the_panel() -> None:
    config = make_config(active_weeks=10)
    rows = [contribution(config, "old", 3, 5), contribution(config, "edge", 26, 1), contribution(config, "new", 30, 5)]
    made = made_from(config, contributions(config, rows))
    assert made.panel.series["sku"].to_list() == ["edge", "new"]
    assert made.eligibility.select("series_id", "active").rows() == [("edge", True), ("new", True), ("old", False)]
    assert made.panel.starts[0] == np.datetime64(MONDAY + timedelta(weeks=26))


def test_every_configured_attribute_stands_with_the_series_and_is_null_where_unknown() -> None:
    config = make_config(attributes={"department": {}, "composition": {}}, hierarchies=[])
    rows = [contribution(config, sku, bucket, 1) for sku in ("a", "b", "c") for bucket in range(36)]
    known = attributes(config, ["a", "b"], department=["dairy", None], composition=[["milk", "salt"], None])
    made = made_from(config, contributions(config, rows), attributes=known)
    columns = ["series_id", "sku", "eligible", "reason", "department", "composition"]
    assert made.panel.series.columns == columns
    assert made.panel.series["department"].to_list() == ["dairy", None, None]
    assert made.panel.series["composition"].to_list() == [["milk", "salt"], None, None]
    assert made.panel.series["reason"].to_list() == ["eligible", "no_attributes", "no_attributes"]


def test_what_is_published_keeps_its_contracts_and_survives_the_disk(tmp_path: Path) -> None:
    config = full_config()
    made = made_from(config, random_contributions(config), promotions=random_promotions(SKUS, weeks=44))
    assert eligibility(config).violations(made.eligibility) == []
    assert OUTLIER_LOG.violations(made.outlier_log) == []
    made.panel.save(tmp_path)
    loaded = Panel.load(tmp_path)
    for name in ARRAYS:
        assert np.array_equal(getattr(loaded, name), getattr(made.panel, name))
    assert loaded.series.equals(made.panel.series)
    assert (loaded.past_names, loaded.known_names) == (made.panel.past_names, made.panel.known_names)


def test_a_panel_without_promotions_or_calendar_survives_the_disk(tmp_path: Path) -> None:
    config = make_config(features={"seasonalities": []})
    panel = made_from(config, random_contributions(config)).panel
    panel.save(tmp_path)
    loaded = Panel.load(tmp_path)
    assert loaded.known.shape == (len(panel), len(panel.starts), 0)
    assert loaded.calendar.shape == (len(panel.starts), 0)


def test_the_outlier_log_says_exactly_what_was_taken_off() -> None:
    config = full_config()
    made = made_from(config, random_contributions(config, seed=8), promotions=random_promotions(SKUS, weeks=44))
    assert len(made.outlier_log) > 0
    off = made.panel.quantity.astype(float) - made.panel.capped.astype(float)
    assert (made.outlier_log["original"] - made.outlier_log["capped"]).sum() == off.sum()
    assert len(made.outlier_log) == np.count_nonzero(off)


def test_the_audit_table_holds_every_bucket_from_first_sale_to_last_lead() -> None:
    config = full_config()
    panel = made_from(config, random_contributions(config), promotions=random_promotions(SKUS, weeks=44)).panel
    audit = audit_table(panel)
    assert len(audit) == (len(panel.starts) - panel.first).sum()
    history, leads = audit.filter(pl.col("lead").is_null()), audit.filter(pl.col("lead").is_not_null())
    assert leads["lead"].to_list() == [1, 2, 3] * len(panel)
    assert leads["quantity"].null_count() == leads["zero_run"].null_count() == len(leads)
    assert history.null_count().sum_horizontal().item() == len(history)
    assert history["quantity"].sum() == panel.quantity.sum()
    assert leads["yearly_sin"].null_count() == leads["promo_display"].null_count() == 0
    row = audit.filter(series_id="sku03", bucket_start=panel.cutoff - timedelta(weeks=1))
    assert row["rolling_mean_4w"].item() == panel.past[3, -1, 0]


def test_a_cycle_without_any_known_sale_says_what_to_do() -> None:
    config = make_config()
    empty = weekly_buckets(config).empty()
    with pytest.raises(NotEnoughHistoryError, match=r"no series sold within 52 weeks before the cutoff.*land files"):
        build_features(empty, sku_attributes(config).empty(), Plans(), config, cutoff_of(config))


def test_a_cutoff_inside_a_bucket_is_refused() -> None:
    config = make_config(bucket={"weeks": 2})
    with pytest.raises(ConfigError, match="not the first day of a bucket"):
        build_features(
            random_contributions(config),
            attributes(config, SKUS),
            Plans(),
            config,
            MONDAY + timedelta(weeks=3),
        )


def test_shortened_windows_and_seasons_left_out_are_noted() -> None:
    made = made_from(make_config(lookback_weeks=52), random_contributions(make_config()), bucket=20)
    weeks = made.panel.history
    assert any(note.startswith(f"lookback of 52 weeks is longer than the {weeks} weeks") for note in made.notes)
    assert any(note.startswith("yearly_sin stays out of the network") for note in made.notes)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.integers(-3, 9), st.integers(0, 12)),
        min_size=1,
        max_size=40,
    )
)
def test_the_panel_is_the_sum_of_what_was_known(rows: list[tuple[str, int, int, int]]) -> None:
    config = make_config()
    grid = BucketGrid.of(config)
    made = [
        contribution(config, sku, bucket, units, file_version_id=str(number), known_from=moment(grid.start_at(known)))
        for number, (sku, bucket, units, known) in enumerate(rows)
    ]
    expected: dict[tuple[str, int], int] = {}
    for sku, bucket, units, known in rows:
        if bucket < 8 and known <= 8:
            expected[sku, bucket] = expected.get((sku, bucket), 0) + units
    sold = {key: units for key, units in expected.items() if units > 0}
    if not sold:
        with pytest.raises(NotEnoughHistoryError):
            made_from(config, contributions(config, made), bucket=8)
        return
    panel = made_from(config, contributions(config, made), bucket=8).panel
    origin = (panel.starts[0].astype(date) - MONDAY).days // 7
    where = {
        (panel.series["sku"][int(row)], int(bucket) + origin): panel.quantity[row, bucket]
        for row, bucket in zip(*np.nonzero(panel.quantity), strict=True)
    }
    assert where == sold
