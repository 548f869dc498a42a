"""Peer channels: sums of families, by hand and by a slow twin; nothing ahead, nothing before the first sale."""

from __future__ import annotations

import numpy as np
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.panel import Panel
from dp_assets.domain.peers import LARGEST, OFFSET, SPANS, peer_channels, peer_groups, peer_names
from tests.domain.engine_inputs import noisy
from tests.factories import make_config, make_panel

LEVELS = [{"name": "product", "levels": ["department", "brand"]}, {"name": "other", "levels": ["brand"]}]


def configured(**overrides: object) -> DemandConfig:
    return make_config(hierarchies=LEVELS, **overrides)


def channels(panel: Panel, config: DemandConfig) -> dict[str, np.ndarray]:
    found = peer_channels(panel.capped, panel.observed, panel.series, panel.first, config)
    assert found.dtype == np.float32
    return dict(zip(peer_names(config), np.moveaxis(found, 2, 0), strict=True))


def test_every_level_is_a_group_once_and_all_series_are_one() -> None:
    assert peer_groups(configured()) == ("total", "department", "brand")
    assert peer_names(configured())[:3] == ("peers_total_1w", "peers_total_4w", "peers_department_1w")
    assert peer_groups(make_config(hierarchies=[])) == ("total",)


def test_momentum_is_that_of_the_sum_of_all_series_with_the_same_value() -> None:
    panel, config = make_panel(series=15), configured()
    found = channels(panel, config)
    for group in peer_groups(config):
        for newest, span in SPANS:
            for row in (0, 7, 14):
                value = None if group == "total" else panel.series[group][row]
                peers = [at for at in range(15) if value is None or panel.series[group][at] == value]
                for bucket in (panel.first[row], 20, 29):
                    units = panel.capped[peers, : bucket + 1].astype(float).sum(axis=0)
                    expected = units[-newest:].mean() / (units[-span:].mean() + OFFSET)
                    seen = found[f"peers_{group}_{newest}w"][row, bucket]
                    np.testing.assert_allclose(seen, min(expected, LARGEST), rtol=1e-5)


def test_buckets_of_four_weeks_compare_what_comes_nearest() -> None:
    panel = make_panel(series=6, bucket_weeks=4)
    found = channels(panel, configured(bucket={"weeks": 4}, lookback_weeks=104, horizon_weeks=12))
    units = panel.capped.astype(float).sum(axis=0)
    expected = units[-1] / (units[-4:].mean() + OFFSET)
    np.testing.assert_allclose(found["peers_total_4w"][:, -1], min(expected, LARGEST), rtol=1e-5)


def test_what_comes_after_a_bucket_changes_nothing_up_to_it_and_before_the_first_sale_there_is_nothing() -> None:
    panel, config = make_panel(series=15), configured()
    other = noisy(panel, 20)
    for name, values in channels(other, config).items():
        np.testing.assert_array_equal(values[:, :20], channels(panel, config)[name][:, :20])
        assert not values[np.arange(30) < panel.first[:, None]].any()


def test_series_without_a_value_are_peers_and_a_level_with_labels_or_none_groups_all() -> None:
    panel, config = make_panel(series=10, department=["dairy"], brand=["own"]), configured()
    missing = panel.series.with_columns(
        pl.when(pl.int_range(pl.len()) < 4).then(None).otherwise("department").alias("department")
    ).drop("brand")
    found = peer_channels(panel.capped, panel.observed, missing, panel.first, config)
    names = peer_names(config)
    total, brand, department = (
        found[:, -1, names.index(f"peers_{group}_4w")] for group in ("total", "brand", "department")
    )
    np.testing.assert_array_equal(brand, total)
    assert len(np.unique(department)) == 2
    assert len(np.unique(department[:4])) == 1
