"""The panel comes back from disk as it was saved, memory-mapped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.panel import ARRAYS, Panel
from tests.factories import make_panel


def test_a_saved_panel_loads_with_the_same_arrays(tmp_path: Path) -> None:
    panel = make_panel(seed=3)
    panel.save(tmp_path)
    loaded = Panel.load(tmp_path)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(loaded, name), getattr(panel, name), err_msg=name)
    assert loaded.series.equals(panel.series)
    assert (loaded.cutoff, loaded.horizon, loaded.known_names) == (panel.cutoff, panel.horizon, panel.known_names)
    assert isinstance(loaded.quantity, np.memmap)


def test_the_same_panel_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_panel(seed=3).save(tmp_path / name)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def test_taking_series_keeps_them_aligned() -> None:
    panel = make_panel(series=6)
    taken = panel.take(np.array([4, 1]))
    assert taken.series["series_id"].to_list() == ["sku0004", "sku0001"]
    np.testing.assert_array_equal(taken.quantity[0], panel.quantity[4])
    np.testing.assert_array_equal(taken.known[1], panel.known[1])


def test_a_missing_panel_names_the_asset_to_materialise(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="materialise the asset features"):
        Panel.load(tmp_path)


def test_memory_of_arrays_on_disk_is_let_go_and_they_read_the_same_afterwards(tmp_path: Path) -> None:
    make_panel(series=2000, history=600).save(tmp_path)
    panel = Panel.load(tmp_path)

    def mapped() -> int:
        return int(Path("/proc/self/statm").read_text().split()[2]) * 4096

    before = [float(panel.quantity.sum()), float(panel.capped.sum()), float(panel.past.sum())]
    held = mapped()
    panel.forget_pages()
    assert held - mapped() > 2 * panel.quantity.nbytes
    assert before == [float(panel.quantity.sum()), float(panel.capped.sum()), float(panel.past.sum())]
    make_panel().forget_pages()  # nothing on disk, nothing to let go
