"""The asset forecasts in shards: steps of their own, the bytes of one step, and nothing half made to be seen."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from dp_assets.champions import open_champion, open_panel
from dp_assets.defs import forecasts
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.forecasts import model_forecasts, modelled_rows
from dp_assets.domain.inference import block_count, shard
from dp_assets.forecast_shards import read_shards, shard_name, write_shard
from tests.defs.forecast_stage import EARLY, Stage
from tests.e2e.lake_content import lake_content

pytestmark = pytest.mark.slow
TABLES = ("forecasts", "total_forecasts", "interval_contract")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A catalogue of three blocks, its model, and its forecasts by one step."""
    stage = Stage(tmp_path_factory.mktemp("stage"), series=1200, tuning={"trials": 0})
    stage.train()
    stage.run(forecasts, EARLY, "forecasts")
    return stage


def in_shards(stage: Stage, shards: int) -> Stage:
    """The same lake under a configuration with so many shards."""
    config = stage.project.config
    section = config.forecasting.model_copy(update={"shards": shards})
    other = Stage.__new__(Stage)
    vars(other).update(vars(stage))
    other.project = dataclasses.replace(stage.project, config=config.model_copy(update={"forecasting": section}))
    return other


def test_forecasts_in_shards_are_the_bytes_of_one_step_and_nothing_staged_is_left(stage: Stage) -> None:
    before = lake_content(stage.lake.root)
    for table in TABLES:
        stage.lake.remove(table, cycle=EARLY)
    shown = in_shards(stage, 5).run(forecasts, EARLY, "forecasts")
    assert shown["champion"].value.startswith(EARLY)
    assert lake_content(stage.lake.root) == before


def test_one_step_by_default_and_more_have_names_of_their_own(stage: Stage) -> None:
    def steps(project_stage: Stage) -> list[str]:
        (asset, *_) = forecasts.build(project_stage.project).assets or []
        return sorted(op.name for op in asset.node_def.iterate_op_defs())  # type: ignore[union-attr]

    assert steps(stage) == ["forecasts"]
    assert steps(in_shards(stage, 2)) == ["forecast_shard", "put_together", "share_out"]


def test_shards_of_a_receipt_count_whatever_their_number_and_one_that_is_missing_is_named(stage: Stage) -> None:
    lake, config = stage.lake, stage.project.config
    panel, champion = open_panel(lake, EARLY), open_champion(lake, EARLY, config)
    assert champion is not None
    rows = modelled_rows(panel, champion, config)
    assert block_count(rows) == 3

    def stage_shard(number: int, shards: int) -> None:
        part = shard(rows, number, shards)
        made = model_forecasts(panel, champion, config, part, champion.shares(panel))
        write_shard(lake, EARLY, "receipt", shard_name(number, shards), part, made)

    stage_shard(0, 2)
    stage_shard(1, 3)
    with pytest.raises(ArtefactError, match=re.escape(f"expected {len(rows)} series in the shards of the forecasts")):
        read_shards(lake, EARLY, "receipt", rows, config)
    with pytest.raises(ArtefactError, match="got 0"):
        read_shards(lake, EARLY, "another", rows, config)
    stage_shard(1, 2)
    found = read_shards(lake, EARLY, "receipt", rows, config)
    for part, whole in zip(found, model_forecasts(panel, champion, config, rows, champion.shares(panel)), strict=True):
        assert np.array_equal(part, whole)
