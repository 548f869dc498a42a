"""Drivers in words: their names, what each says of a bucket in figures, and the sentences that planners read.

Belongs here: words. Does not belong here: contributions (`feature_contributions.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from dp_assets.domain.panel import Panel
from dp_assets.domain.promotions import PROMO, PROMOTION_CHANNELS
from dp_assets.domain.windows import IndexArray, Inputs, mean_observed

RECENT, PRICE, PROMOTED, PROMOTION = "recent demand", "price", "past promotions", "promotion"
LAST_YEAR, SEASON, HOLIDAYS, PEERS = "last year", "time of year", "holidays", "peers"
REGRESSOR = "regressor_"
LAST = 8
"""Buckets that words compare with the whole window."""


def spoken(channel: str) -> str:
    """Name of a known channel as a driver: `regressor_store_visits` → `store visits`."""
    return channel.removeprefix(REGRESSOR).replace("_", " ")


def driver_details(driver: str, panel: Panel, rows: IndexArray, inputs: Inputs) -> list[str]:
    """B × M texts, lead by lead: what a driver says of each bucket, in figures."""
    leads = range(panel.history, panel.history + panel.horizon)
    at = panel.history - 1

    def each(say: Callable[[int, int], str]) -> list[str]:
        return [say(number, bucket) for number in range(len(rows)) for bucket in leads]

    if driver == RECENT:
        quantity, observed = inputs["quantity"], inputs["observed"]
        last = mean_observed(quantity[:, -LAST:], observed[:, -LAST:])
        whole = mean_observed(quantity, observed)
        return each(lambda b, _: f"{last[b]:.3g} a bucket of late, {whole[b]:.3g} over the whole window")
    if driver == PRICE and "relative_price" in panel.past_names:
        price = panel.past[rows, at, panel.past_names.index("relative_price")]
        return each(lambda b, _: f"price {_above(float(price[b]))} usual")
    if driver == PROMOTION:
        planned = [(k, name) for k, name in enumerate(panel.known_names) if name.startswith(PROMOTION_CHANNELS)]
        known = panel.known[rows]
        return each(
            lambda b, bucket: (
                ", ".join(
                    f"{name.removeprefix(PROMO).replace('_', ' ')} {known[b, bucket, k]:.0%}"
                    for k, name in planned
                    if known[b, bucket, k] > 0
                )
                or "none"
            )
        )
    if driver == PROMOTED:
        kinds = [k for k, name in enumerate(panel.known_names) if name.startswith(PROMOTION_CHANNELS)]
        before = np.asarray(panel.known[rows, max(0, panel.history - LAST) : panel.history][:, :, kinds] > 0).any(
            axis=2
        )
        often, of = before.sum(axis=1).tolist(), before.shape[1]
        return each(lambda b, _: f"promoted in {often[b]} of the last {of} buckets")
    if driver == LAST_YEAR:
        season = inputs["season"]
        return each(
            lambda b, bucket: (
                f"{season[b, bucket - panel.history, 0]:.3g} a bucket a year before"
                if season[b, bucket - panel.history, 1]
                else "not seen"
            )
        )
    if driver == HOLIDAYS and "holiday" in (*panel.calendar_names, *panel.known_names):
        holiday = panel.calendar_channel("holiday", rows)
        return each(lambda b, bucket: "public holiday" if holiday[b, bucket] else "none")
    if driver.startswith("attribute ") and (name := driver.removeprefix("attribute ")) in panel.series.columns:
        values = panel.series[name].gather(rows.tolist()).to_list()
        return each(lambda b, _: _label(values[b]))
    for k, name in enumerate(panel.known_names):
        if driver == spoken(name):
            return each(lambda b, bucket, k=k: f"{panel.known[rows[b], bucket, k]:.4g}")  # type: ignore[misc]
    return each(lambda *_: "")


def _above(ratio: float) -> str:
    change = round(100 * (ratio - 1))
    return f"{abs(change)} % {'above' if change > 0 else 'below'}" if change else "as"


def _label(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value if value is not None else "unknown")


def sentences(table: pl.DataFrame, most: int = 5, least: float = 0.02) -> list[str]:
    """What drives the forecast of one series, strongest first: "+34 units: promotion (display 100 %) in 2017-12-11".

    Args:
        table: rows of `feature_contributions` of one series.
        most: sentences at most.
        least: share of the forecast over the horizon below which a driver is not worth a sentence.
    """
    leads = table.filter(pl.col("driver") == table["driver"][0]) if len(table) else table
    whole = max(float(leads["forecast"].sum()), 1e-9)
    said = []
    for (driver,), rows in table.group_by("driver", maintain_order=True):
        total = float(rows["contribution"].sum())
        strongest = rows.sort(pl.col("contribution").abs(), descending=True).row(0, named=True)
        share_of_strongest = abs(strongest["contribution"]) / max(float(rows["contribution"].abs().sum()), 1e-9)
        where = f", most in {strongest['bucket_start']}" if share_of_strongest > 2 / len(rows) and len(rows) > 2 else ""
        detail = f" ({strongest['detail']})" if strongest["detail"] else ""
        if abs(total) >= least * whole:
            said.append((-abs(total), f"{total:+.3g} units: {driver}{detail}{where}"))
    return [sentence for _, sentence in sorted(said)[:most]]
