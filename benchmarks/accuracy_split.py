"""A folder in the split format: sales per series and week, cutoffs, and what came after them.

Belongs here: reading such a folder, the configuration any customer could have written for it, and how forecasts of it
are scored. Does not belong here: making forecasts (`accuracy.py`).

    panel.parquet    unique_id, ds (first day of the week), y (units), weight_value (revenue), further channels
    actuals.parquet  unique_id, cutoff, ds, y, scale_mse, weight, demand_class: the rows to forecast
    static.parquet   unique_id and one column per attribute
    meta.json        lookback, horizon, cutoffs, futr_exog (channels known ahead), static (attributes), levels

A cutoff there is the first day of the last training week; this project's cycle is that day + 7.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.metrics import STANDARD_QUANTILES, row_losses, summarise

PROMOTED = "promo_"
"""Known-ahead channels that begin like this are promotions: the share of stores that take part."""
WEEK = timedelta(days=7)
ALL = "all"


@dataclass(frozen=True)
class Split:
    """One set."""

    name: str
    panel: pl.DataFrame
    actuals: pl.DataFrame
    static: pl.DataFrame
    meta: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Split:
        """Reads a folder; days become dates."""
        meta = json.loads((folder / "meta.json").read_text())
        panel, actuals, static = (
            pl.read_parquet(folder / f"{name}.parquet") for name in ("panel", "actuals", "static")
        )
        return cls(meta["name"], _dated(panel), _dated(actuals), static, meta)

    @property
    def cycles(self) -> list[date]:
        """First days of the first weeks to forecast, ascending."""
        return [cutoff + WEEK for cutoff in sorted(self.actuals["cutoff"].unique())]

    @property
    def promotions(self) -> list[str]:
        """Known-ahead channels that are promotions."""
        return [name for name in self.meta["futr_exog"] if name.startswith(PROMOTED)]

    @property
    def first(self) -> date:
        """First day of the first week."""
        found: date = self.panel["ds"].min()  # type: ignore[assignment]
        return found

    def configuration(self, **places: Any) -> DemandConfig:
        """What a customer would write for this set: columns, attributes, lengths. All else is the product's default."""
        sales = {"sku": "unique_id", "sold_at": "ds", "quantity": "y", "revenue": "weight_value"}
        producers: list[dict[str, Any]] = [
            {
                "name": "shop",
                "files": ["shop/*.parquet"],
                "format": "parquet",
                "columns": sales,
                "arrival": "modified_at",
            },
            {
                "name": "master",
                "feed": "products",
                "files": ["master/*.parquet"],
                "format": "parquet",
                "columns": {"sku": "unique_id", **{name: name for name in self.meta["static"]}},
                "arrival": "modified_at",
            },
        ]
        if self.promotions:
            columns = {name: name for name in ("sku", "starts_on", "ends_on", "kind", "share")}
            producers.append(
                {
                    "name": "marketing",
                    "feed": "promotions",
                    "files": ["marketing/*.parquet"],
                    "format": "parquet",
                    "columns": columns,
                    "arrival": "modified_at",
                }
            )
        return DemandConfig.model_validate(
            {
                "bucket": {"first": self.first.isoformat()},
                "producers": producers,
                "attributes": {name: {} for name in self.meta["static"]},
                "lookback_weeks": self.meta["lookback"],
                "horizon_weeks": self.meta["horizon"],
                "hierarchies": [{"name": "product", "levels": self.meta["levels"]}],
                **places,
            }
        )

    def sales(self) -> pl.DataFrame:
        """Weeks with sales as a till would export them: unique_id, ds, y, weight_value."""
        return self.panel.filter(pl.col("y") > 0).select("unique_id", "ds", "y", "weight_value")

    def promotion_lines(self) -> pl.DataFrame:
        """Promotion weeks as a marketing department would: sku, starts_on, ends_on, kind, share."""
        planned = self.panel.unpivot(
            self.promotions, index=["unique_id", "ds"], variable_name="kind", value_name="share"
        )
        return planned.filter(pl.col("share") > 0).select(
            pl.col("unique_id").alias("sku"),
            pl.col("ds").alias("starts_on"),
            (pl.col("ds") + WEEK - timedelta(days=1)).alias("ends_on"),
            pl.col("kind").str.strip_prefix(PROMOTED),
            pl.col("share").cast(pl.Float64),
        )

    def scored(self, forecasts: pl.DataFrame) -> pl.DataFrame:
        """Metrics overall and per demand class, one row each, by the product's own metrics.

        Args:
            forecasts: series_id, cycle, lead, forecast, naive and the quantile columns. A series without a forecast is
                one the product takes for inactive: it counts as a forecast of 0.
        """
        losses = self._losses(forecasts)
        whole = summarise(losses, by=()).with_columns(pl.lit(ALL).alias("demand_class"))
        classes = summarise(losses, by=("demand_class",))
        return pl.concat([whole.select(classes.columns), classes])

    def scored_by_category(self, forecasts: pl.DataFrame) -> pl.DataFrame:
        """The same metrics per value of the hierarchy's top level (`category`), those with most rows first."""
        level = self.meta["levels"][0]
        categories = self.static.select(
            pl.col("unique_id").alias("series_id"), pl.col(level).cast(pl.String).alias("category")
        )
        losses = self._losses(forecasts).join(categories, on="series_id", how="left", maintain_order="left")
        found = summarise(losses, by=("category",))
        return found.sort("observations", "category", descending=[True, False])

    def _losses(self, forecasts: pl.DataFrame) -> pl.DataFrame:
        """One row per row to forecast, with its losses."""
        rows = self.actuals.select(
            pl.col("unique_id").alias("series_id"),
            "cutoff",
            (pl.col("cutoff") + WEEK).alias("cycle"),
            ((pl.col("ds") - pl.col("cutoff")).dt.total_days() // 7).alias("lead"),
            pl.col("y").cast(pl.Float64).alias("actual"),
            pl.col("scale_mse").cast(pl.Float64).alias("scale_squared"),
            pl.col("weight").cast(pl.Float64),
            pl.col("demand_class").cast(pl.String),
        )
        numbers = ["forecast", "naive", *(f"q{level:g}" for level in STANDARD_QUANTILES)]
        joined = rows.join(
            forecasts.select("series_id", "cycle", "lead", *numbers),
            on=["series_id", "cycle", "lead"],
            how="left",
            maintain_order="left",
        ).with_columns(pl.col(numbers).fill_null(0.0))
        return row_losses(joined)


def _dated(frame: pl.DataFrame) -> pl.DataFrame:
    days = [name for name in ("ds", "cutoff") if name in frame.columns]
    return frame.with_columns(pl.col(days).cast(pl.Date))
