"""The outline of a panel: who its series are, and what is the same for all of them, before any array is made.

Belongs here: which series a cycle has, when its history begins, what its channels are called. Does not belong here:
what a cycle knows of sales (`known_sales.py`), filling the arrays (`features.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.calendar import (
    calendar_channels,
    event_channels,
    known_events,
    left_out_of_network,
    placed_names,
)
from dp_assets.domain.cleaning import judge_eligibility
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import EVENTS, PRODUCT_LIFE, PROMOTIONS, REGRESSORS, STOCK
from dp_assets.domain.errors import NotEnoughHistoryError
from dp_assets.domain.groups import series_groups
from dp_assets.domain.known_sales import NEVER, KnownSales, Sold, known_sales
from dp_assets.domain.panel import FloatArray
from dp_assets.domain.peers import peers_of
from dp_assets.domain.product_life import LAUNCH, known_life, launches, with_life
from dp_assets.domain.promotions import (
    PROMO,
    known_promotions,
    promotion_names,
)
from dp_assets.domain.regressors import (
    known_regressors,
    regressor_names,
    unused_regressors,
)
from dp_assets.domain.stockouts import known_stock

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Plans:
    """What producers said about the future, outside influences, stock and products, by the contracts of those names.

    Lines of superseded files are left out; those known too late for a cycle are not looked at.
    """

    promotions: pl.DataFrame = field(default_factory=PROMOTIONS.empty)
    events: pl.DataFrame = field(default_factory=EVENTS.empty)
    regressors: pl.DataFrame = field(default_factory=REGRESSORS.empty)
    stock: pl.DataFrame = field(default_factory=STOCK.empty)
    product_life: pl.DataFrame = field(default_factory=PRODUCT_LIFE.empty)

    def known(self, known_at: datetime) -> Plans:
        """The lines that count at a moment."""
        return Plans(
            known_promotions(self.promotions, known_at),
            known_events(self.events, known_at),
            known_regressors(self.regressors, known_at),
            known_stock(self.stock, known_at),
            known_life(self.product_life, known_at),
        )

    def about(self, skus: pl.Series) -> Plans:
        """The lines that speak of some SKUs, or of no SKU in particular."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        some = pl.col("sku").is_null() | pl.col("sku").is_in(skus.unique().implode())
        return Plans(**{name: lines.filter(some) if "sku" in lines.columns else lines for name, lines in found.items()})


@dataclass(frozen=True)
class Outline:
    """The series of a panel, or some of them, and what is the same for all.

    Attributes:
        series: S rows as in `Panel.series`.
        starts: (T + M,) bucket starts.
        origin: number of the first of them in the grid.
        plans: the lines that are known.
        promotions: names of the channels of promotions.
        placed: names of the channels of the calendar that differ from series to series.
        peers: (G, S) see `peers.peers_of`.
    """

    series: pl.DataFrame
    starts: npt.NDArray[np.datetime64]
    origin: int
    plans: Plans
    promotions: tuple[str, ...]
    placed: tuple[str, ...]
    peers: IntArray

    def part(self, rows: slice) -> Outline:
        """Some of the series."""
        return replace(self, series=self.series[rows], peers=self.peers[:, rows])


@dataclass(frozen=True)
class Outlined:
    """An outline of all series, with what else follows from them at once.

    Attributes:
        outline: the outline.
        sold: what the series have sold; rows point into `outline.series`.
        eligibility, notes: as in `FeatureSet`.
    """

    outline: Outline
    sold: tuple[Sold, ...]
    eligibility: pl.DataFrame
    notes: tuple[str, ...]


def outline_of(
    buckets: pl.DataFrame | Iterable[pl.DataFrame],
    attributes: pl.DataFrame,
    plans: Plans,
    config: DemandConfig,
    cutoff: date,
) -> Outlined:
    """Who the series of a cycle are; arguments and errors as of `build_features`."""
    grid = BucketGrid.of(config)
    cutoff = grid.parse(cutoff.isoformat())
    sales = known_sales(buckets, grid, cutoff, config)
    judged = _judge(sales, attributes, grid, cutoff, config)
    active = judged["active"].to_numpy()
    if not active.any():
        raise NotEnoughHistoryError(
            f"cycle {cutoff}: no series sold within {config.active_weeks} weeks before the cutoff, as known at "
            f"{grid.known_at(cutoff).isoformat()}; land files of that time first, or choose a later cycle"
        )
    rows = np.flatnonzero(active)
    origin, end = int(sales.first[rows].min()), grid.index_of(cutoff)
    starts = np.array([grid.start_at(number) for number in range(origin, end + config.horizon)], "datetime64[D]")
    known = plans.known(grid.known_at(cutoff))
    series = _series(judged.filter("active"), attributes, config)
    until = cutoff + config.horizon * grid.step
    ahead = launches(series, judged["sku"], known.product_life, config.series_key, cutoff, until)
    place = np.full(len(sales.series), NEVER, np.int32)
    place[rows] = np.arange(len(rows))
    if len(ahead):
        unsold = ahead.with_columns(pl.lit(False).alias("eligible"), pl.lit(LAUNCH).alias("reason"))
        both = pl.concat([series, _series(unsold, attributes, config)])
        order = both["series_id"].arg_sort().to_numpy()
        series = both[order.tolist()]
        place[rows] = np.argsort(order)[: len(rows)]
    series = with_life(series, known.product_life, config.series_key)
    groups = series_groups(series, config, cutoff)
    placed, unseen = placed_names(known.events, groups, starts, end - origin, config)
    outline = Outline(
        series=series,
        starts=starts,
        origin=origin,
        plans=known,
        promotions=promotion_names(known.promotions, groups, starts, config.bucket.weeks),
        placed=placed,
        peers=peers_of(series, config),
    )
    notes = (*_notes(outline, config), *unseen, *unused_regressors(known.regressors, config))
    return Outlined(outline, sales.placed(place), judged, notes)


def known_channels(outline: Outline, config: DemandConfig) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names of the channels of a series that are known ahead, and their reach."""
    outside, reaches = regressor_names(config)
    names = (*outline.promotions, *outside, *outline.placed)
    return names, (*(config.horizon for _ in outline.promotions), *reaches, *(config.horizon for _ in outline.placed))


def shared_calendar(outline: Outline, config: DemandConfig) -> tuple[FloatArray, tuple[str, ...]]:
    """(T + M, C) channels of the calendar that are the same for all series, and their names."""
    calendar, calendar_names = calendar_channels(outline.starts, config)
    events, event_names = event_channels(outline.plans.events, outline.starts, config.bucket.weeks)
    return np.concatenate([calendar, events], axis=1), (*calendar_names, *event_names)


def _judge(
    sales: KnownSales, attributes: pl.DataFrame, grid: BucketGrid, cutoff: date, config: DemandConfig
) -> pl.DataFrame:
    end = grid.index_of(cutoff)
    recent = end - config.in_buckets(config.low_volume.window_weeks)
    history = sales.series.with_columns(
        first_bucket=_days(sales.first, grid),
        last_bucket=_days(sales.last, grid),
        selling_buckets=pl.Series(sales.selling_buckets(recent)),
        observed_buckets=pl.Series(sales.selling_buckets() if config.zero_fill == "ignore" else end - sales.first),
        active=pl.Series(sales.last >= end - config.in_buckets(config.active_weeks)),
    )
    return judge_eligibility(history, attributes, config)


def _days(bucket: IntArray, grid: BucketGrid) -> pl.Series:
    return pl.Series((np.datetime64(grid.first) + bucket * 7 * grid.weeks).astype("datetime64[ms]")).cast(pl.Date)


def _series(judged: pl.DataFrame, attributes: pl.DataFrame, config: DemandConfig) -> pl.DataFrame:
    """The panel's series: key, eligibility and every configured attribute, null where unknown."""
    keyed = judged.select("series_id", *config.series_key, "eligible", "reason")
    return keyed.join(attributes.select("sku", *config.attributes), on="sku", how="left", maintain_order="left")


def _notes(outline: Outline, config: DemandConfig) -> tuple[str, ...]:
    """What lack of history changed, in words for the asset's metadata."""
    history = len(outline.starts) - config.horizon
    weeks = history * config.bucket.weeks
    notes = [
        f"{name} of {wanted} weeks is longer than the {weeks} weeks of history and works on what there is"
        for name, wanted in [
            ("lookback", config.lookback_weeks),
            *(("rolling window", window) for window in config.features.rolling_windows_weeks),
        ]
        if wanted > weeks
    ]
    calendar, names = shared_calendar(outline, config)
    left_out = left_out_of_network(calendar[:history], names, config.bucket.weeks)
    notes += [f"{name} stays out of the network: {reason}" for name, reason in left_out.items()]
    if any(name.startswith(PROMO) for name in outline.promotions):
        notes.append("promotions of past buckets are as recorded by the knowledge time, those of the leads as planned")
    if config.regressors:
        notes.append("regressors of past buckets are as recorded by the knowledge time, not as forecast before")
    return tuple(notes)
