from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.errors import ArtefactError, ContractError
from dp_resources.lake import Lake
from serving.bundle import Bundle, write_bundle
from tests.factories import make_config
from tests.serving.makers import (
    CYCLE,
    make_attributes,
    make_forecasts,
    make_head,
    make_hierarchies,
    make_history,
    make_overridden,
    make_published,
    make_rollups,
    put_bundle,
)


def test_every_number_and_word_of_the_forecasts_comes_back(tmp_path: Path) -> None:
    config = make_config()
    forecasts = make_forecasts(config)
    write_bundle(tmp_path, forecasts, make_published(forecasts, config), make_head(config), None)
    bundle = Bundle(tmp_path)
    for sku in forecasts["sku"].unique():
        (row,) = bundle.rows(sku)
        expected = forecasts.filter(pl.col("sku") == sku).sort("lead")
        assert bundle.mean[row].tolist() == expected["forecast"].to_list()
        assert bundle.naive[row].tolist() == expected["naive"].to_list()
        assert bundle.published[row].tolist() == (expected["forecast"] * 1.1).to_list()
        columns = [quantile_name(level) for level in config.quantile_levels]
        assert np.array_equal(bundle.quantiles[row], expected.select(columns).to_numpy())
        for name in ("method", "model_version", "receipt"):
            assert bundle.words(name, row) == expected[name].to_list()


def test_a_sku_has_one_row_per_location_and_none_of_a_sku_with_a_longer_name(tmp_path: Path) -> None:
    config = make_config(series_key=["sku", "location"])
    forecasts = make_forecasts(config, ["A-1|north", "A|south", "A|north", "B|north"])
    write_bundle(tmp_path, forecasts, make_published(forecasts, config), make_head(config), None)
    bundle = Bundle(tmp_path)
    assert [bundle.keys[row] for row in bundle.rows("A")] == [
        {"sku": "A", "location": "north"},
        {"sku": "A", "location": "south"},
    ]
    assert [bundle.series_ids[row] for row in bundle.rows("A-1")] == ["A-1|north"]
    assert not bundle.rows("C")
    assert (len(bundle), bundle.skus) == (4, 3)


def test_the_same_forecasts_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    forecasts = make_forecasts()
    attributes = make_attributes(forecasts)
    rollups = make_rollups(forecasts, attributes)
    for name, frame, nodes in (
        ("one", forecasts, rollups),
        ("two", forecasts.sample(fraction=1, shuffle=True, seed=3), rollups.sample(fraction=1, shuffle=True, seed=3)),
    ):
        head = make_head(hierarchies=make_hierarchies())
        panel = make_history(forecasts)
        write_bundle(
            tmp_path / name, frame, make_published(frame), head, None, None, nodes, attributes.reverse(), panel
        )
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "two").iterdir())
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in files)


def test_arrays_are_memory_mapped_and_read_only(tmp_path: Path) -> None:
    forecasts = make_forecasts()
    write_bundle(tmp_path, forecasts, make_published(forecasts), make_head(), None)
    bundle = Bundle(tmp_path)
    assert isinstance(bundle.numbers.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        bundle.mean[0, 0] = 1


def test_a_series_without_every_lead_is_refused(tmp_path: Path) -> None:
    forecasts = make_forecasts()
    short = forecasts.filter(~((pl.col("sku") == "sku0001") & (pl.col("lead") == 2)))
    with pytest.raises(ContractError, match=r"expected leads 1 to 3 .* 1 series have others"):
        write_bundle(tmp_path, short, make_published(forecasts), make_head(), None)


def test_a_forecast_that_was_not_published_is_refused(tmp_path: Path) -> None:
    forecasts = make_forecasts()
    published = make_published(forecasts).filter(pl.col("sku") != "sku0001")
    with pytest.raises(ContractError, match=r"3 rows of forecasts .* have no published number"):
        write_bundle(tmp_path, forecasts, published, make_head(), None)


def test_no_forecasts_at_all_make_an_empty_bundle(tmp_path: Path) -> None:
    forecasts = make_forecasts(series=["a"]).clear()
    write_bundle(tmp_path, forecasts, make_published(forecasts), make_head(), None)
    assert len(Bundle(tmp_path)) == 0


def test_a_tampered_file_is_refused(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    version = put_bundle(lake, tmp_path, make_forecasts())
    path = tmp_path / "lake" / "_versions" / "serving_bundle" / version / "numbers.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ArtefactError, match=r"numbers\.npy was altered"):
        lake.open_folder("serving_bundle", cycle=CYCLE.isoformat())


@pytest.mark.parametrize(
    ("name", "content"),
    [("numbers.npy", None), ("head.json", None), ("head.json", b'{"format": 99}'), ("numbers.npy", b"no")],
)
def test_a_bundle_that_is_incomplete_or_of_another_format_is_refused(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    forecasts = make_forecasts()
    write_bundle(tmp_path, forecasts, make_published(forecasts), make_head(), None)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ArtefactError, match="serving_bundle"):
        Bundle(tmp_path)


def test_an_array_of_another_cycle_is_refused(tmp_path: Path) -> None:
    forecasts = make_forecasts()
    write_bundle(tmp_path, forecasts, make_published(forecasts), make_head(), None)
    np.save(tmp_path / "numbers.npy", np.zeros((2, 3)))
    with pytest.raises(ArtefactError, match="numbers has shape"):
        Bundle(tmp_path)


def test_pickled_arrays_are_never_loaded(tmp_path: Path) -> None:
    forecasts = make_forecasts()
    write_bundle(tmp_path, forecasts, make_published(forecasts), make_head(), None)
    np.save(tmp_path / "numbers.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ArtefactError):
        Bundle(tmp_path)


def test_planners_numbers_come_back_with_who_and_why(tmp_path: Path) -> None:
    forecasts = make_forecasts()
    published = make_overridden(make_published(forecasts), "sku0001", lead=2, quantity=40.0)
    write_bundle(tmp_path, forecasts, published, make_head(), None)
    bundle = Bundle(tmp_path)
    (row,) = bundle.rows("sku0001")
    assert bundle.words("user", row) == [None, "ann", None]
    assert bundle.words("reason_code", row) == [None, "launch", None]
    assert np.array_equal(bundle.override[row], [np.nan, 40.0, np.nan], equal_nan=True)
    assert bundle.published[row, 1] == 40.0
    assert bundle.overridden.tolist() == [at == row for at in range(6)]


def test_history_is_that_of_the_panel_up_to_the_cutoff_and_nothing_where_the_panel_knows_nothing(
    tmp_path: Path,
) -> None:
    forecasts = make_forecasts()
    panel = make_history(forecasts, buckets=120)
    write_bundle(tmp_path, forecasts, make_published(forecasts), make_head(), None, panel=panel)
    bundle = Bundle(tmp_path)
    assert len(bundle.head.history) == 104
    assert bundle.head.history[-1] == (CYCLE - timedelta(weeks=1)).isoformat()
    for row, name in enumerate(bundle.series_ids[:-1]):
        at = panel.series["series_id"].to_list().index(name)
        assert np.array_equal(bundle.units[row], panel.quantity[at, -104:])
        assert np.array_equal(bundle.capped[row], panel.capped[at, -104:])
        assert np.array_equal(bundle.observed[row], panel.observed[at, -104:] > 0)
    assert not bundle.observed[-1].any()


def test_attributes_stand_beside_their_series(tmp_path: Path) -> None:
    forecasts = make_forecasts()
    attributes = make_attributes(forecasts).filter(pl.col("sku") != "sku0002")
    write_bundle(tmp_path, forecasts, make_published(forecasts), make_head(), None, attributes=attributes)
    bundle = Bundle(tmp_path)
    assert bundle.attributes["department"].to_list() == [
        "dairy", "bakery/bread", None, "dairy", "bakery/bread", "frozen"
    ]  # fmt: skip
