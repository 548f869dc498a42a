"""Shards of a catalogue: whatever their number, together they are the forecasts of one process to the bit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dp_assets.domain.boosting import Boosting
from dp_assets.domain.forecasts import Champion, forecast_table, model_forecasts, modelled_rows
from dp_assets.domain.inference import block_count, filled_up, shard
from dp_assets.domain.intervals import ErrorDistributions
from dp_assets.domain.windows import BLOCK
from tests.factories import make_config, make_panel
from tests.serving.network_makers import Batch, make_batch

pytestmark = pytest.mark.slow
CONFIG = make_config(model={"hidden_size": 24, "layers": 2})


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """A catalogue of three blocks, the last one not full, of which one class is forecast by the theta method."""
    return make_batch(make_panel(series=1500), CONFIG, tmp_path_factory.mktemp("model") / "model")


@pytest.fixture(scope="module")
def champion(batch: Batch) -> Champion:
    errors = ErrorDistributions.of(batch.errors, CONFIG.quantile_levels)
    boosting = Boosting.load(batch.boosting_folder)
    return Champion("2017-07-31", batch.model_folder, batch.encoders, errors, "v1", batch.leaderboard, boosting)


@hypothesis_settings(max_examples=8)
@given(shards=st.integers(1, 8))
def test_any_number_of_shards_gives_the_same_bits(batch: Batch, champion: Champion, shards: int) -> None:
    rows = modelled_rows(batch.panel, champion, CONFIG)
    assert block_count(rows) == 3
    shares = champion.shares(batch.panel)
    parts = [
        model_forecasts(batch.panel, champion, CONFIG, part, shares)
        for number in range(shards)
        if len(part := shard(rows, number, shards))
    ]
    means, spans = (np.concatenate(each) for each in zip(*parts, strict=True))
    whole = forecast_table(batch.panel, champion, CONFIG, "receipt", contract=batch.contract)
    pieces = forecast_table(batch.panel, champion, CONFIG, "receipt", contract=batch.contract, modelled=(means, spans))
    assert whole.equals(pieces, null_equal=True)
    assert whole.equals(batch.forecasts.with_columns(model_version=whole["model_version"]))


@given(series=st.integers(0, 5000), shards=st.integers(1, 20))
def test_shards_are_whole_blocks_and_hold_every_series_once(series: int, shards: int) -> None:
    rows = np.arange(series, dtype=np.int64) * 3
    parts = [shard(rows, number, shards) for number in range(shards)]
    assert np.concatenate(parts).tolist() == rows.tolist()
    assert all(len(part) % BLOCK == 0 for part in parts[:-1] if part is not parts[-1] and len(part)) or series < BLOCK
    assert len(filled_up(rows)) == block_count(rows) * BLOCK


def test_a_shard_loads_neither_torch_nor_what_only_fitting_needs(batch: Batch, tmp_path: Path) -> None:
    batch.panel.save(tmp_path / "panel")
    code = f"""
import sys
from pathlib import Path
import numpy as np
from dp_assets.domain.boosting import Boosting
from dp_assets.domain.encoders import Encoders
from dp_assets.domain.inference import predict
from dp_assets.domain.panel import Panel

folder = Path({str(batch.model_folder)!r})
panel, rows = Panel.load(Path({str(tmp_path / "panel")!r})), np.arange(3)
encoders = Encoders.from_json((folder / "encoders.json").read_text(encoding="utf-8"))
trees = Boosting.load(Path({str(batch.boosting_folder)!r}))
predict(folder, panel, encoders, rows, 1, trees, np.full(3, 0.5))
print(*({{"torch", "lightgbm", "sklearn", "scipy", "pandas", "statsforecast", "dagster"}} & set(sys.modules)))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == []
