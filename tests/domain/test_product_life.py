from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.fallback import PRIOR_BUCKETS, TWIN, analogue, fall_back, like_twin
from dp_assets.domain.features import build_features
from dp_assets.domain.forecasts import ENDING, forecast_table
from dp_assets.domain.panel import Panel
from dp_assets.domain.product_life import known_life, launches, share_alive, with_life
from dp_assets.domain.rollups import roll_up
from dp_assets.domain.statistical import IMAPA
from tests.domain.feature_inputs import life_lines, moment
from tests.domain.rollup_inputs import make_cycle, make_inputs, rollup_config
from tests.domain.test_features import SKUS, Plans, attributes, cutoff_of, full_config, random_contributions
from tests.factories import MONDAY, make_config, make_panel

CONFIG = make_config()


def test_of_several_lines_the_newest_counts_and_a_cycle_before_it_does_not_know_it() -> None:
    later = {"known_from": moment(MONDAY), "file_version_id": "life-0"}
    lines = life_lines(
        {"sku": "a", "like_sku": "b"}, {"sku": "a", "like_sku": "c"}, {"sku": "a", "ends_on": MONDAY, **later}
    )
    assert known_life(lines, moment(MONDAY - timedelta(days=1)))["like_sku"].to_list() == ["c"]
    assert known_life(lines, moment(MONDAY)).select("like_sku", "ends_on").rows() == [(None, MONDAY)]


def test_a_twin_is_the_series_of_that_sku_at_the_same_place() -> None:
    series = pl.DataFrame({"series_id": ["a|n", "a|s", "b|n"], "sku": ["a", "a", "b"], "location": ["n", "s", "n"]})
    lines = known_life(life_lines({"sku": "a", "like_sku": "b", "multiplier": 2.0}), moment(MONDAY))
    found = with_life(series, lines, ["sku", "location"])
    assert found["life_twin"].to_list() == ["b|n", None, None]
    assert found["life_multiplier"].to_list() == [2.0, 2.0, None]
    assert with_life(series, lines.clear(), ["sku", "location"]).equals(series)


def test_what_is_known_too_late_changes_no_byte_of_a_cycle_and_nothing_said_adds_no_column() -> None:
    config = full_config()
    buckets, known = random_contributions(config), attributes(config, SKUS)
    cutoff = cutoff_of(config)
    late = BucketGrid.of(config).known_at(cutoff) + timedelta(hours=1)
    lines = life_lines({"sku": "sku03", "ends_on": cutoff, "known_from": late})
    made = build_features(buckets, known, Plans(product_life=lines), config, cutoff).panel.series
    assert made.equals(build_features(buckets, known, Plans(), config, cutoff).panel.series)
    told = life_lines({"sku": "sku03", "ends_on": cutoff})
    assert "life_ends_on" in build_features(buckets, known, Plans(product_life=told), config, cutoff).panel.series


def living(panel: Panel, *rows: dict[str, Any]) -> Panel:
    """The panel with what is said of some of its SKUs."""
    return replace(panel, series=with_life(panel.series, known_life(life_lines(*rows), moment(MONDAY)), ["sku"]))


def test_a_product_is_forecast_up_to_its_last_day_and_nothing_after() -> None:
    panel = make_panel(series=12, history=30)
    last = panel.cutoff + timedelta(days=9)
    plain = forecast_table(panel, None, CONFIG, "receipt")
    ended = forecast_table(living(panel, {"sku": "sku0004", "ends_on": last}), None, CONFIG, "receipt")
    assert contracts.forecasts(CONFIG).violations(ended) == []
    others = pl.col("series_id") != "sku0004"
    assert ended.filter(others).equals(plain.filter(others))
    before, after = (table.filter(~others).sort("lead") for table in (plain, ended))
    assert np.allclose(after["forecast"], before["forecast"].to_numpy() * [1.0, 3 / 7, 0.0])
    assert np.allclose(after["q0.9"], before["q0.9"].to_numpy() * [1.0, 3 / 7, 0.0])
    assert set(after["method"]) == {ENDING}
    assert share_alive(panel.series, [panel.cutoff], 1) is None


def test_reconciliation_gives_an_ended_product_nothing_and_its_nodes_what_is_left() -> None:
    config = rollup_config(reconciliation={"method": "mint_wls_struct"})
    cycle = make_cycle(config)
    panel: Panel = cycle["panel"]
    ended = [f"sku{number:04d}" for number in range(0, 30, 3)]
    lines = [{"sku": sku, "ends_on": panel.cutoff - timedelta(days=1)} for sku in ended]
    forecasts = cycle["forecasts"].with_columns(
        forecast=pl.when(pl.col("sku").is_in(ended)).then(0.0).otherwise("forecast")
    )
    alive = {**cycle, "forecasts": forecasts}
    table = roll_up(**{**alive, "panel": living(panel, *lines)}, config=config).table
    unaware = roll_up(**alive, config=config).table
    gone = (pl.col("level") == "series") & pl.col("node").is_in(ended)
    assert (table.filter(gone)["forecast"] == 0).all()
    assert not table.filter(gone)["locked"].any()
    assert (unaware.filter(gone)["forecast"] > 0).any()  # nodes that do not know it would fill the gap
    total = pl.col("level") == "total"
    assert table.filter(total)["base_forecast"].sum() < unaware.filter(total)["base_forecast"].sum()
    followed = [{"sku": f"sku{number + 1:04d}", "predecessor": f"sku{number:04d}"} for number in range(0, 30, 3)]
    kept = roll_up(**{**alive, "panel": living(panel, *lines, *followed)}, config=config).table
    assert np.allclose(kept.filter(total)["base_forecast"], unaware.filter(total)["base_forecast"])


def test_a_planners_lock_goes_before_the_end_of_a_product() -> None:
    config = rollup_config()
    cycle = make_cycle(config)
    panel: Panel = cycle["panel"]
    every = [{"sku": f"sku{number:04d}", "ends_on": panel.cutoff - timedelta(days=1)} for number in range(30)]
    inputs = make_inputs(config, {"node": "department a", "quantity": 90.0, "bucket_start": panel.cutoff})
    table = roll_up(**{**cycle, "panel": living(panel, *every), "planner_inputs": inputs}, config=config).table
    first = table.filter(pl.col("lead") == 1)
    assert first.filter(node="department a")["forecast"][0] == pytest.approx(90.0, rel=1e-9)
    assert first.filter(level="total")["forecast"].to_list() == pytest.approx([90.0, 90.0], rel=1e-9)
    assert table.filter(pl.col("lead") > 1)["forecast"].sum() == 0


def newcomer(sold: list[float], *said: dict[str, Any]) -> tuple[Panel, np.ndarray, int]:
    """A panel whose first series has just begun to sell, means of all others, and the row of its twin."""
    panel = make_panel(series=8, history=30)
    quantity, observed, first = (np.array(each) for each in (panel.quantity, panel.observed, panel.first))
    quantity[0], observed[0] = 0, 0
    begin = 30 - len(sold)
    quantity[0, begin:], observed[0, begin:], first[0] = sold, 1, begin
    panel = replace(panel, quantity=quantity, capped=quantity.copy(), observed=observed, first=first)
    means = np.full((8, 3), np.nan)
    means[1:] = np.arange(7)[:, None] + np.array([[2.0, 4.0, 6.0]])
    return living(panel, *said), means, 3


def test_a_new_product_sells_like_its_named_twin_times_its_multiplier_and_ramp() -> None:
    begins = MONDAY + timedelta(weeks=29)
    said = {"sku": "sku0000", "like_sku": "sku0003", "multiplier": 0.5, "ramp_weeks": 4.0, "launch_on": begins}
    panel, means, twin = newcomer([3.0], said)
    found = like_twin(panel, np.array([0]), means)[0]
    assert found == pytest.approx(means[twin] * 0.5 * np.array([2, 3, 4]) / 4)


def test_what_a_new_product_has_sold_draws_it_away_from_its_twin() -> None:
    said = {"sku": "sku0000", "like_sku": "sku0003"}
    panel, means, twin = newcomer([9.0, 60.0, 60.0, 60.0], said)  # the first bucket does not count
    found = like_twin(panel, np.array([0]), means)[0]
    level = means[twin].mean()
    drawn = (180 + PRIOR_BUCKETS * level) / ((3 + PRIOR_BUCKETS) * level)
    assert found == pytest.approx(means[twin] * drawn)


def test_a_successor_takes_over_what_its_predecessor_sold_before_the_launch() -> None:
    begins = MONDAY + timedelta(weeks=28)
    said = {"sku": "sku0000", "predecessor": "sku0003", "launch_on": begins}
    panel, means, twin = newcomer([5.0], said)
    quantity = np.array(panel.capped)
    quantity[twin, 20:28], quantity[twin, 28:] = 12.0, 0.0
    panel = replace(panel, capped=quantity)
    assert like_twin(panel, np.array([0]), means)[0] == pytest.approx([12.0] * 3)


def test_a_twin_that_is_not_forecast_leaves_a_product_to_its_family() -> None:
    for twin in ("gone", "sku0000"):
        panel, means, _ = newcomer([5.0], {"sku": "sku0000", "like_sku": twin})
        assert np.isnan(like_twin(panel, np.array([0]), means)).all()
        found = fall_back(panel, means, CONFIG)
        assert found.method == ["analogue"]
        assert found.mean == pytest.approx(analogue(panel, np.array([0]), 30, CONFIG, means))


def test_the_method_says_that_a_forecast_comes_of_a_twin() -> None:
    panel, means, _ = newcomer([5.0], {"sku": "sku0000", "like_sku": "sku0003"})
    means[5] = np.nan
    assert fall_back(panel, means, CONFIG).method == [TWIN, IMAPA]
    table = forecast_table(panel, None, CONFIG, "receipt")
    assert contracts.forecasts(CONFIG).violations(table) == []
    own = table.filter(series_id="sku0000")
    assert set(own.select("method", "model_version").rows()) == {(TWIN, "named twin")}
    assert (own["q0.9"] >= own["q0.5"]).all()


def shop(*lines: dict[str, Any]) -> tuple[Panel, Panel]:
    """The panel of a small shop as it is, and with what is said of products."""
    buckets, known = random_contributions(CONFIG, series=6, buckets=30), attributes(CONFIG, ["sku03", "novel"])
    cutoff = cutoff_of(CONFIG, 30)
    made = [
        build_features(buckets, known, Plans(product_life=said), CONFIG, cutoff).panel
        for said in (life_lines(), life_lines(*lines))
    ]
    return made[0], made[1]


def announced(**said: Any) -> dict[str, Any]:
    """A product that nobody has bought, on sale from the second lead's Thursday on."""
    begins = MONDAY + timedelta(weeks=31, days=3)
    return {"sku": "novel", "like_sku": "sku03", "multiplier": 0.5, "launch_on": begins, **said}


def test_an_announced_product_is_forecast_from_its_launch_on_though_nobody_has_bought_it() -> None:
    plain, panel = shop(announced())
    assert panel.series.filter(pl.col("series_id") == "novel")["reason"].to_list() == ["launch"]
    table = forecast_table(panel, None, CONFIG, "receipt")
    assert contracts.forecasts(CONFIG).violations(table) == []
    twin, novel = (table.filter(pl.col("sku") == sku).sort("lead") for sku in ("sku03", "novel"))
    assert set(novel["method"]) == {"twin"}
    assert novel["q0.9"][0] == 0 < novel["q0.9"][1]
    assert novel["forecast"].to_list() == pytest.approx(twin["forecast"].to_numpy() * [0.0, 2 / 7, 0.5])
    assert (
        table.filter(pl.col("sku") != "novel")
        .drop("receipt")
        .equals(forecast_table(plain, None, CONFIG, "receipt").drop("receipt"))
    )


@pytest.mark.parametrize(
    "said",
    [
        {"launch_on": MONDAY + timedelta(weeks=33)},  # beyond the horizon
        {"launch_on": None},
        {"like_sku": "stranger"},
        {"like_sku": None},
        {"ends_on": MONDAY + timedelta(weeks=29)},
        {"sku": "sku02"},  # sold already
    ],
)
def test_what_is_not_announced_for_these_weeks_or_is_like_nothing_sold_is_not_forecast(said: dict[str, Any]) -> None:
    plain, panel = shop(announced(**said))
    assert panel.series["series_id"].to_list() == plain.series["series_id"].to_list()
    assert "launch" not in panel.series["reason"].to_list()


def test_at_more_places_a_launch_is_forecast_where_its_twin_is_sold() -> None:
    series = pl.DataFrame({"series_id": ["a|n", "a|s", "b|n"], "sku": ["a", "a", "b"], "location": ["n", "s", "n"]})
    lines = known_life(life_lines(announced(like_sku="a")), moment(MONDAY))
    begin = MONDAY + timedelta(weeks=30)
    found = launches(series, series["sku"], lines, ["sku", "location"], begin, begin + timedelta(weeks=3))
    assert found.rows() == [("novel|n", "novel", "n"), ("novel|s", "novel", "s")]


def test_reconciliation_leaves_a_launch_at_nothing_until_it_is_on_sale() -> None:
    config = rollup_config(reconciliation={"method": "mint_wls_struct"})
    cycle = make_cycle(config)
    panel: Panel = cycle["panel"]
    said = {"sku": "sku0005", "like_sku": "sku0006", "launch_on": panel.starts[panel.history + 1].item()}
    reason = pl.when(pl.col("sku") == "sku0005").then(pl.lit("launch")).otherwise("reason").alias("reason")
    panel = living(replace(panel, series=panel.series.with_columns(reason)), said)
    begun = (pl.col("sku") != "sku0005") | (pl.col("lead") > 1)
    forecasts = cycle["forecasts"].with_columns(pl.when(begun).then("forecast").otherwise(0.0).alias("forecast"))
    table = roll_up(**{**cycle, "forecasts": forecasts, "panel": panel}, config=config).table
    unaware = roll_up(**{**cycle, "forecasts": forecasts}, config=config).table
    own = (pl.col("level") == "series") & (pl.col("node") == "sku0005") & (pl.col("hierarchy") == "product")
    held, free = (one.filter(own).sort("lead")["forecast"].to_list() for one in (table, unaware))
    assert held[0] == 0 < free[0]  # nodes that expect more would give it some
    assert held[1:] == free[1:]
