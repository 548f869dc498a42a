"""What masking stock-outs does to forecasts, computed when somebody asks.

Belongs here: forecasting some series with and without their masks. Does not belong here: the masks
(`domain/stockouts.py`), printing (`commands/inspect.py`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from dp_assets.champions import open_champion, open_contract, open_panel
from dp_assets.domain.features import without_masks
from dp_assets.domain.forecasts import forecast_table
from dp_assets.project import Project


def stockout_effect(project: Project, cycle: str, skus: list[str]) -> pl.DataFrame:
    """series_id, lead, bucket_start, `forecast` as it is, `as_sold` as if what was sold had been demand, and `effect`,
    their difference, of every series of some SKUs.

    Both are made by the cycle's champion, which learned under the masks. Only the series' own history differs: what
    peers sold stays as it is.
    """
    lake, config = project.lake(), project.config
    panel, stockouts = open_panel(lake, cycle), lake.read("stockouts", cycle=cycle)
    rows = np.flatnonzero(panel.series["sku"].is_in(skus).to_numpy()).astype(np.int64)
    champion, contract = open_champion(lake, cycle, config), open_contract(lake, cycle)
    threads = project.settings.threads
    masked, sold = (
        forecast_table(one, champion, config, "", rows, threads, contract)
        for one in (panel, without_masks(panel, stockouts, rows, config))
    )
    keys = ["series_id", "lead", "bucket_start"]
    both = masked.select(*keys, "forecast").join(sold.select(*keys, as_sold="forecast"), on=keys)
    return both.with_columns(effect=pl.col("forecast") - pl.col("as_sold")).sort("series_id", "lead")
