from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ConfigError
from dp_assets.domain.forecasts import config_hash
from dp_assets.domain.overrides import publish
from dp_assets.domain.planning import Edit, EditRefusedError, numbers_of
from dp_assets.domain.rollups import last_year, roll_up
from dp_assets.domain.split_keys import key_weights, read_split_key, split, with_split_keys
from tests.domain.rollup_inputs import make_cycle, make_inputs, rollup_config
from tests.domain.test_planning import CUTOFF, EDIT, NOW

KEY = {"name": "space", "table": "space.csv", "reason": "shelf plan of 2018"}
SERIES = pl.DataFrame({"sku": ["sku0002", "sku0000", "sku0001"]})


def config(folder: Path, text: str, **reconciliation: object) -> DemandConfig:
    (folder / "space.csv").write_text(text)
    return with_split_keys(rollup_config(reconciliation={"keys": [KEY], **reconciliation}), folder)


amounts = st.floats(0, 1e6)


@settings(max_examples=60)
@given(st.lists(st.tuples(amounts, st.none() | amounts), min_size=1, max_size=8), amounts)
def test_a_split_adds_up_is_never_negative_and_gives_series_without_a_weight_their_share(
    rows: list[tuple[float, float | None]], total: float
) -> None:
    forecast = np.array([row[0] for row in rows])
    weight = np.array([np.nan if row[1] is None else row[1] for row in rows])
    found = split(total, forecast, weight)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(total, rel=1e-9)
    plain = split(total, forecast, None)
    assert np.allclose(found[np.isnan(weight)], plain[np.isnan(weight)], rtol=1e-12)


def test_weights_are_found_by_key_and_missing_where_the_table_does_not_name_a_series(tmp_path: Path) -> None:
    (key,) = config(tmp_path, "weight,sku,why\n3,sku0001,x\n 0.5 ,sku0002,\n").reconciliation.keys
    assert key_weights(key, SERIES).tolist()[::2] == [0.5, 3.0]
    assert np.isnan(key_weights(key, SERIES)[1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sku\na\n", r"expected the columns \['weight'\]"),
        ("sku,weight\na,much\n", "weights of at least 0, got 'much'"),
        ("sku,weight\na,-1\n", "weights of at least 0, got '-1'"),
        ("sku,weight\na,nan\n", "weights of at least 0, got 'nan'"),
        ("sku,weight\na,\n", "weights of at least 0, got None"),
        ("sku,weight\na,1\na,2\n", r"one line per series, got several of \('a',\)"),
    ],
)
def test_a_table_that_says_something_impossible_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "space.csv").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_split_key(tmp_path / "space.csv", ["sku"])


def test_a_change_in_the_table_is_another_configuration(tmp_path: Path) -> None:
    one, two = (config_hash(config(tmp_path, f"sku,weight\na,{weight}\n")) for weight in (1, 2))
    assert one != two


def test_top_down_by_a_key_splits_the_total_by_it(tmp_path: Path) -> None:
    lines = "".join(f"sku{number:04d},{number % 3}\n" for number in range(29))  # the last series has no weight
    made = config(tmp_path, "sku,weight\n" + lines, method="top_down_user_key", key="space")
    cycle = make_cycle(made)
    rollups = roll_up(**cycle, config=made)
    series = rollups.table.filter((pl.col("level") == "series") & (pl.col("hierarchy") == "pack"), lead=1)
    series = series.sort("node")
    total = rollups.table.filter((pl.col("level") == "total") & (pl.col("hierarchy") == "pack"), lead=1)
    assert total["forecast"][0] == pytest.approx(total["base_forecast"][0], rel=1e-9)
    own = cycle["forecasts"].filter(lead=1).sort("series_id")["forecast"].to_numpy()
    kept = total["forecast"][0] * own[29] / own.sum()
    assert series["forecast"][29] == pytest.approx(kept, rel=1e-9)
    weight = np.array([number % 3 for number in range(29)])
    expected = (total["forecast"][0] - kept) * weight / weight.sum()
    assert np.allclose(series["forecast"].to_numpy()[:29], expected, rtol=1e-9, atol=1e-12)


def test_an_override_is_shared_by_what_was_sold_or_by_a_key_and_a_lost_key_is_named(tmp_path: Path) -> None:
    made = config(tmp_path, "sku,weight\nsku0003,1\nsku0004,3\n")
    cycle = make_cycle(made)
    panel = cycle["panel"]
    rollups = roll_up(**cycle, config=made)

    def published(split: str) -> tuple[np.ndarray, tuple[str, ...]]:
        row = {"node": "total", "quantity": 900.0, "bucket_start": panel.cutoff, "locked": False, "split": split}
        inputs = make_inputs(made, row)
        frame, applied = publish(cycle["forecasts"], rollups.table, inputs, rollups.hierarchies, made, panel)
        return frame.filter(lead=1).sort("series_id")["final"].to_numpy(), applied.conflicts

    history, _ = published("history")
    sold = last_year(panel, rollups.hierarchies[0].series).sum(axis=1)
    by_forecast, _ = published("forecast")
    named = sold > 0
    assert np.allclose(history[named], by_forecast[named].sum() * sold[named] / sold[named].sum(), rtol=1e-9)
    assert np.allclose(history[~named], by_forecast[~named])
    by_key, _ = published("space")
    assert by_key[4] == pytest.approx(3 * by_key[3], rel=1e-9)
    assert by_key.sum() == pytest.approx(900.0, rel=1e-12)
    others = np.setdiff1d(np.arange(30), [3, 4])
    assert np.allclose(by_key[others], by_forecast[others])
    lost, conflicts = published("gone")
    assert np.allclose(lost, by_forecast)
    assert conflicts == ("no key 'gone' is configured any more: numbers set with it are shared by the forecast",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split": "spase", "locked": False}, "a split among forecast, history, space"),
        ({"split": "history", "locked": True}, "a lock is spread by reconciliation"),
    ],
)
def test_a_split_that_cannot_be_is_refused(change: dict[str, object], message: str) -> None:
    made = rollup_config(reconciliation={"keys": [KEY]}, horizon_weeks=3)
    edit = Edit(**{**vars(EDIT), **change})
    with pytest.raises(EditRefusedError, match=message):
        numbers_of(edit, NOW, CUTOFF, made)


def test_a_split_is_kept_with_the_number() -> None:
    made = rollup_config(reconciliation={"keys": [KEY]}, horizon_weeks=3)
    numbers = numbers_of(Edit(**{**vars(EDIT), "locked": False, "split": "space"}), NOW, CUTOFF, made)
    assert {one.split for one in numbers} == {"space"}


@pytest.mark.parametrize(
    ("reconciliation", "message"),
    [
        ({"keys": [{**KEY, "name": "history"}]}, "none of forecast, history"),
        ({"keys": [KEY, KEY]}, "names that differ"),
        ({"method": "top_down_user_key", "keys": [KEY]}, r"expected one of \['space'\], got None"),
    ],
)
def test_keys_that_cannot_be_told_apart_and_a_method_without_one_are_refused(
    reconciliation: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        rollup_config(reconciliation=reconciliation)
