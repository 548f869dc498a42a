"""Features of a cycle: from contributions, attributes and plans to the dense panel that everything later reads.

Belongs here: the leak rule applied to the inputs, densification with explicit zeros, and the order of the steps.
Does not belong here: each step's own logic (`cleaning.py`, `promotions.py`, `regressors.py`, `channels.py`,
`calendar.py`); scaling and vocabularies (`encoders.py`), which are fitted on what this module returns.

The lake's buckets hold no zeros. Here a series gets one for every bucket without sales from its first sale to the
cutoff.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.calendar import (
    EVENT_CHANNELS,
    calendar_channels,
    event_channels,
    known_events,
    left_out_of_network,
    place_channels,
)
from dp_assets.domain.channels import past_channels, past_names
from dp_assets.domain.cleaning import Capping, cap_outliers, judge_eligibility, outlier_log, row_blocks
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import EVENTS, PRODUCT_LIFE, PROMOTIONS, REGRESSORS, STOCK, STOCKOUTS, weekly_buckets
from dp_assets.domain.errors import NotEnoughHistoryError
from dp_assets.domain.groups import series_groups
from dp_assets.domain.panel import FloatArray, Panel
from dp_assets.domain.peers import peer_channels, peer_names
from dp_assets.domain.product_life import LAUNCH, known_life, launches, with_life
from dp_assets.domain.promotions import PROMO, known_promotions, promoted_buckets, promotion_channels
from dp_assets.domain.regressors import known_regressors, of_series, regressor_channels, unused_regressors
from dp_assets.domain.stockouts import find_stockouts, known_stock, mask_of, stockout_table
from dp_assets.domain.table import ascends

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
RESIDUE = 1e-9
"""Share of all that was added and taken back below which a bucket's sum is rounding error, not a quantity."""


@dataclass(frozen=True)
class FeatureSet:
    """What the stage `features` makes of one cycle.

    Attributes:
        panel: dense arrays of every active series.
        eligibility: every series seen, by the contract `eligibility`.
        outlier_log: every capped bucket, by the contract `outlier_log`.
        notes: what had to be shortened or left out for lack of history, in words.
        stockouts: every bucket out of stock, by the contract `stockouts`.
    """

    panel: Panel
    eligibility: pl.DataFrame
    outlier_log: pl.DataFrame
    notes: tuple[str, ...] = ()
    stockouts: pl.DataFrame = field(default_factory=STOCKOUTS.empty)


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


@dataclass(frozen=True)
class KnownAhead:
    """The channels of a panel that are known for leads as well; see the fields of `Panel` of the same names."""

    known: FloatArray
    known_names: tuple[str, ...]
    known_reach: tuple[int, ...]
    calendar: FloatArray
    calendar_names: tuple[str, ...]


@dataclass(frozen=True)
class _Sales:
    """Buckets with sales as known, sparse: parallel arrays, one entry per series and bucket, and their series.

    `row` points into `series`, which is sorted by series_id; `bucket` counts buckets from the grid's first.
    """

    series: pl.DataFrame
    row: IntArray
    bucket: IntArray
    quantity: npt.NDArray[np.float64]
    price: npt.NDArray[np.float64]

    @cached_property
    def first(self) -> IntArray:
        """(S,) bucket of each series' first sale."""
        return self._outermost(np.minimum, np.iinfo(self.bucket.dtype).max)

    @cached_property
    def last(self) -> IntArray:
        """(S,) bucket of each series' last sale."""
        return self._outermost(np.maximum, np.iinfo(self.bucket.dtype).min)

    def _outermost(self, choose: np.ufunc, start: int) -> IntArray:
        found = np.full(len(self.series), start, dtype=self.bucket.dtype)
        choose.at(found, self.row.astype(np.intp), self.bucket)  # many times faster where the types are the same
        return found.astype(np.int64)


def build_features(
    buckets: pl.DataFrame | Iterable[pl.DataFrame],
    attributes: pl.DataFrame,
    plans: Plans,
    config: DemandConfig,
    cutoff: date,
) -> FeatureSet:
    """The panel, the eligibility and the outlier log of a cycle.

    Args:
        buckets: contributions by the contract `weekly_buckets`, of any bucket and knowledge time; those of the cutoff
            and later, or known too late, are not looked at. Many are better given in parts, each with whole buckets, of
            which one at a time is held.
        attributes: the contract `sku_attributes` as of the cycle.
        plans: promotions, events, regressors and stock.
        config: the configuration.
        cutoff: first day of the first forecast bucket.

    Raises:
        ConfigError: no bucket starts on the cutoff.
        NotEnoughHistoryError: nothing was sold in the active window before the cutoff.
    """
    grid = BucketGrid.of(config)
    cutoff = grid.parse(cutoff.isoformat())
    sales = _known_sales(buckets, grid, cutoff, config)
    judged = _judge(sales, attributes, grid, cutoff, config)
    active = judged["active"].to_numpy()
    if not active.any():
        raise NotEnoughHistoryError(
            f"cycle {cutoff}: no series sold within {config.active_weeks} weeks before the cutoff, as known at "
            f"{grid.known_at(cutoff).isoformat()}; land files of that time first, or choose a later cycle"
        )
    rows = np.flatnonzero(active)
    origin = int(sales.first[rows].min())
    quantity, price = _dense(sales, rows, origin, grid.index_of(cutoff))
    known = plans.known(grid.known_at(cutoff))
    series = _series(judged.filter("active"), attributes, config)
    end = cutoff + config.horizon * grid.step
    ahead = launches(series, judged["sku"], known.product_life, config.series_key, cutoff, end)
    if len(ahead):
        unsold = ahead.with_columns(pl.lit(False).alias("eligible"), pl.lit(LAUNCH).alias("reason"))
        series, quantity, price = _with_unsold(series, _series(unsold, attributes, config), quantity, price)
    series = with_life(series, known.product_life, config.series_key)
    return _assemble(series, quantity, price, origin, judged, known, config, cutoff)


def _with_unsold(
    series: pl.DataFrame, unsold: pl.DataFrame, quantity: FloatArray, price: FloatArray
) -> tuple[pl.DataFrame, FloatArray, FloatArray]:
    """Series, quantities and prices with series that never sold among them, in the order of series_id."""
    both = pl.concat([series, unsold])
    order = both["series_id"].arg_sort().to_numpy()
    nothing = np.zeros((len(unsold), quantity.shape[1]), np.float32)
    return both[order.tolist()], *(np.concatenate([values, nothing])[order] for values in (quantity, price))


def _assemble(
    series: pl.DataFrame,
    quantity: FloatArray,
    price: FloatArray,
    origin: int,
    judged: pl.DataFrame,
    plans: Plans,
    config: DemandConfig,
    cutoff: date,
) -> FeatureSet:
    grid = BucketGrid.of(config)
    history = quantity.shape[1]
    starts = np.array([grid.start_at(origin + number) for number in range(history + config.horizon)], "datetime64[D]")
    sold = quantity > 0
    first = np.where(sold.any(axis=1), sold.argmax(axis=1), history).astype(np.int32)
    stockouts = find_stockouts(plans.stock, series, starts[:history], quantity, first, config)
    groups = series_groups(series, config, cutoff)
    planned, planned_names = promotion_channels(plans.promotions, groups, starts, config.bucket.weeks)
    values = of_series(plans.regressors, groups)
    outside, outside_names, reaches = regressor_channels(values, series["series_id"], starts, history, config)
    placed, placed_names, unseen = _seen(*place_channels(plans.events, groups, starts, config), history)
    calendar, calendar_names = calendar_channels(starts, config)
    events, event_names = event_channels(plans.events, starts, config.bucket.weeks)
    ahead = KnownAhead(
        known=np.concatenate([planned, outside, placed], axis=2),
        known_names=(*planned_names, *outside_names, *placed_names),
        known_reach=(*(config.horizon for _ in planned_names), *reaches, *(config.horizon for _ in placed_names)),
        calendar=np.concatenate([calendar, events], axis=1),
        calendar_names=(*calendar_names, *event_names),
    )
    masked = stockouts.mask
    panel, capping = assemble_panel(series, quantity, price, masked, first, starts, ahead, config, cutoff)
    promoted = promoted_buckets(ahead.known[:, :history], ahead.known_names)
    log = outlier_log(series["series_id"], starts, quantity, promoted, capping)
    notes = (*_notes(panel, config), *unseen, *unused_regressors(plans.regressors, config))
    return FeatureSet(panel, judged, log, notes, stockout_table(stockouts, series["series_id"], starts))


def _seen(
    values: FloatArray, names: tuple[str, ...], history: int
) -> tuple[FloatArray, tuple[str, ...], tuple[str, ...]]:
    """Channels by place without events that happen nowhere within history, and what was left out, in words."""
    left_out = [
        number
        for number, name in enumerate(names)
        if name.startswith(EVENT_CHANNELS) and (values[:, :history, number] == values[:1, :1, number]).all()
    ]
    kept = np.setdiff1d(np.arange(len(names)), left_out)
    notes = (f"{names[number]} stays out of the network: no such event within history" for number in left_out)
    return values[:, :, kept], tuple(names[number] for number in kept), tuple(notes)


def assemble_panel(
    series: pl.DataFrame,
    quantity: FloatArray,
    price: FloatArray,
    masked: BoolArray,
    first: npt.NDArray[np.int32],
    starts: npt.NDArray[np.datetime64],
    ahead: KnownAhead,
    config: DemandConfig,
    cutoff: date,
) -> tuple[Panel, Capping]:
    """A panel from what was sold and what is known ahead: caps and past channels follow from these.

    Args:
        series, quantity (S, T), price (S, T), first (S,), starts (T + M,): as in `Panel`.
        masked: (S, T) buckets that count as not observed, because they were out of stock.
        ahead: channels known for leads too.
        config: what caps and channels are computed by.
        cutoff: first day of the first forecast bucket.
    """
    observed = _observed(quantity, first, config)
    observed[masked] = 0
    promoted = promoted_buckets(ahead.known[:, : quantity.shape[1]], ahead.known_names)
    capping = cap_outliers(quantity, observed, promoted, config.outliers)
    peers = peer_names(config)
    past = past_channels(capping.capped, observed, price, promoted, first, config, len(peers))
    past[:, :, -len(peers) :] = peer_channels(capping.capped, observed, series, first, config)
    panel = Panel(
        cutoff=cutoff,
        bucket_weeks=config.bucket.weeks,
        horizon=config.horizon,
        starts=starts,
        series=series,
        quantity=quantity,
        capped=capping.capped,
        observed=observed,
        price=price,
        past=past,
        first=first,
        past_names=(*past_names(config), *peers),
        **vars(ahead),
    )
    return panel, capping


def masked_buckets(panel: Panel, config: DemandConfig) -> BoolArray:
    """(S, T) buckets that do not count as observed though they would without a stock-out."""
    return np.asarray((panel.observed == 0) & (_observed(panel.quantity, panel.first, config) > 0))


def without_masks(panel: Panel, stockouts: pl.DataFrame, rows: IntArray, config: DemandConfig) -> Panel:
    """The panel as if some series had never been out of stock: what they sold then counts as demand.

    Args:
        panel: a panel.
        stockouts: its table `stockouts`.
        rows: the series.
        config: the configuration of the panel.
    """
    mask = mask_of(stockouts, panel.series["series_id"], panel.starts[: panel.history])
    mask[np.setdiff1d(np.arange(len(panel)), rows)] = False
    observed = np.where(mask, _observed(panel.quantity, panel.first, config), panel.observed)
    promoted = promoted_buckets(panel.known[:, : panel.history], panel.known_names)
    capped = cap_outliers(np.asarray(panel.quantity), observed, promoted, config.outliers).capped
    past = np.array(panel.past)
    own = past_channels(
        capped[rows], observed[rows], np.asarray(panel.price)[rows], promoted[rows], panel.first[rows], config
    )
    past[rows, :, : own.shape[2]] = own
    return replace(panel, observed=observed, capped=capped, past=past)


def _known_sales(
    buckets: pl.DataFrame | Iterable[pl.DataFrame], grid: BucketGrid, cutoff: date, config: DemandConfig
) -> _Sales:
    """Sums the contributions the cycle knows; keeps buckets whose net quantity is above zero."""
    codes = pl.Series(dtype=pl.Categorical(pl.Categories.random()))  # a code lives as long as a series of its type does
    seen = np.zeros(0, dtype=np.bool_)
    table = weekly_buckets(config)
    met = [table.empty().select("series_id", *config.series_key)]
    met_codes = [np.zeros(0, dtype=np.uint32)]
    sold: list[tuple[npt.NDArray[Any], ...]] = [tuple(np.zeros(0, kind) for kind in ("u4", "i4", "f8", "f8"))]
    for part in [buckets] if isinstance(buckets, pl.DataFrame) else buckets:
        rows, sold_at, quantity, price = _net_sales(_known_rows(part, cutoff, grid.known_at(cutoff)), table.key)
        if not len(sold_at):
            continue
        code = rows["series_id"].gather(sold_at).cast(codes.dtype).to_physical().to_numpy()
        seen = np.pad(seen, (0, max(0, int(code.max()) + 1 - len(seen))))
        new = np.flatnonzero(~seen[code])
        new = new[np.unique(code[new], return_index=True)[1]]
        seen[code[new]] = True
        met.append(rows.select("series_id", *config.series_key)[sold_at[new]])
        met_codes.append(code[new])
        starts = rows["bucket_start"].to_numpy()[sold_at].astype("datetime64[D]")
        days = (starts - np.datetime64(grid.first)).astype(np.int64)
        sold.append((code, (days // (7 * grid.weeks)).astype(np.int32), quantity, price))
    series = pl.concat(met).with_columns(pl.Series("code", np.concatenate(met_codes))).sort("series_id")
    place = np.zeros(len(seen), dtype=np.int32)
    place[series["code"].to_numpy()] = np.arange(len(series), dtype=np.int32)
    code, bucket, quantity, price = (np.concatenate(arrays) for arrays in zip(*sold, strict=True))
    return _Sales(series.drop("code"), place[code], bucket, quantity, price)


def _net_sales(
    rows: pl.DataFrame, key: tuple[str, ...]
) -> tuple[pl.DataFrame, IntArray, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The rows in order; per series and bucket with sales: place of its first row, net quantity, mean price or 0."""
    # Sums of floats depend on their order, so the rows of a bucket are added in the order of the contract's key.
    rows = rows if ascends(rows, key) else rows.sort(key)
    same = [rows[name].slice(1) == rows[name].slice(0, max(0, len(rows) - 1)) for name in ("series_id", "bucket_start")]
    begins = np.flatnonzero(np.concatenate([np.ones(min(1, len(rows)), np.bool_), ~(same[0] & same[1]).to_numpy()]))
    quantity, revenue = (_net(rows[name].to_numpy(), begins) for name in ("quantity", "revenue"))
    sold = quantity > 0
    begins, quantity, revenue = begins[sold], quantity[sold], revenue[sold]
    price = np.divide(revenue, quantity, out=np.zeros_like(quantity), where=revenue > 0)
    return rows, begins, quantity, price


def columns_read(config: DemandConfig) -> tuple[str, ...]:
    """What is read of `weekly_buckets`: its key, when a row counts, and the two sums."""
    key = (*weekly_buckets(config).key, "known_from", "quantity", "revenue")
    return tuple(dict.fromkeys((*key, *config.series_key)))


def _known_rows(buckets: pl.DataFrame, cutoff: date, known_at: datetime) -> pl.DataFrame:
    known = (buckets["bucket_start"] < cutoff) & (buckets["known_from"] <= known_at)
    return buckets if known.all() else buckets.filter(known)


def _net(values: npt.NDArray[np.float64], begins: IntArray) -> npt.NDArray[np.float64]:
    """Sums of consecutive rows; what was taken back to the last unit is exactly 0, whatever the rounding."""
    if not len(begins):
        return np.zeros(0)
    total, moved = np.add.reduceat(values, begins), np.add.reduceat(np.abs(values), begins)
    return np.where(np.abs(total) <= RESIDUE * moved, 0.0, total)


def _judge(
    sales: _Sales, attributes: pl.DataFrame, grid: BucketGrid, cutoff: date, config: DemandConfig
) -> pl.DataFrame:
    end = grid.index_of(cutoff)
    count = len(sales.series)
    recent = sales.row[sales.bucket >= end - config.in_buckets(config.low_volume.window_weeks)]
    selling_ever = np.bincount(sales.row, minlength=count)
    history = sales.series.with_columns(
        first_bucket=_days(sales.first, grid),
        last_bucket=_days(sales.last, grid),
        selling_buckets=pl.Series(np.bincount(recent, minlength=count)),
        observed_buckets=pl.Series(selling_ever if config.zero_fill == "ignore" else end - sales.first),
        active=pl.Series(sales.last >= end - config.in_buckets(config.active_weeks)),
    )
    return judge_eligibility(history, attributes, config)


def _days(bucket: IntArray, grid: BucketGrid) -> pl.Series:
    return pl.Series((np.datetime64(grid.first) + bucket * 7 * grid.weeks).astype("datetime64[ms]")).cast(pl.Date)


def _series(judged: pl.DataFrame, attributes: pl.DataFrame, config: DemandConfig) -> pl.DataFrame:
    """The panel's series: key, eligibility and every configured attribute, null where unknown."""
    keyed = judged.select("series_id", *config.series_key, "eligible", "reason")
    return keyed.join(attributes.select("sku", *config.attributes), on="sku", how="left", maintain_order="left")


def _dense(sales: _Sales, rows: IntArray, origin: int, end: int) -> tuple[FloatArray, FloatArray]:
    """(len(rows), end - origin) quantity with explicit zeros and forward-filled price of the given series."""
    position = np.full(len(sales.series), -1, dtype=np.int32)
    position[rows] = np.arange(len(rows))
    kept = position[sales.row] >= 0
    row, bucket = position[sales.row[kept]], sales.bucket[kept] - origin
    quantity, price = (np.zeros((len(rows), end - origin), dtype=np.float32) for _ in range(2))
    quantity[row, bucket] = sales.quantity[kept]
    price[row, bucket] = sales.price[kept]
    for block in row_blocks(*price.shape):
        latest = np.maximum.accumulate(np.where(price[block] > 0, np.arange(end - origin, dtype=np.int32), 0), axis=1)
        price[block] = np.take_along_axis(price[block], latest, axis=1)
    return quantity, price


def _observed(quantity: FloatArray, first: npt.NDArray[np.int32], config: DemandConfig) -> FloatArray:
    seen = quantity > 0 if config.zero_fill == "ignore" else np.arange(quantity.shape[1]) >= first[:, None]
    return seen.astype(np.float32)


def _notes(panel: Panel, config: DemandConfig) -> tuple[str, ...]:
    """What lack of history changed, in words for the asset's metadata."""
    weeks = panel.history * panel.bucket_weeks
    notes = [
        f"{name} of {wanted} weeks is longer than the {weeks} weeks of history and works on what there is"
        for name, wanted in [
            ("lookback", config.lookback_weeks),
            *(("rolling window", window) for window in config.features.rolling_windows_weeks),
        ]
        if wanted > weeks
    ]
    left_out = left_out_of_network(panel.calendar[: panel.history], panel.calendar_names, panel.bucket_weeks)
    notes += [f"{name} stays out of the network: {reason}" for name, reason in left_out.items()]
    if any(name.startswith(PROMO) for name in panel.known_names):
        notes.append("promotions of past buckets are as recorded by the knowledge time, those of the leads as planned")
    if config.regressors:
        notes.append("regressors of past buckets are as recorded by the knowledge time, not as forecast before")
    return tuple(notes)


def audit_table(panel: Panel) -> pl.DataFrame:
    """The panel as rows, for people and BI: one per series × bucket from its first sale to the last lead.

    Columns: series_id, bucket_start, lead (null in history), quantity, quantity_capped, observed, price and the past
    channels (null in leads), then the known and the calendar channels.
    """
    total = len(panel.starts)
    row, bucket = np.nonzero(np.arange(total) >= panel.first[:, None])
    behind = bucket >= panel.history
    at = np.minimum(bucket, panel.history - 1)
    columns: dict[str, pl.Series] = {
        "series_id": panel.series["series_id"].gather(row),
        "bucket_start": pl.Series(panel.starts[bucket].astype("datetime64[ms]")).cast(pl.Date),
        "lead": pl.Series(bucket - panel.history + 1).cast(pl.Int64),
    }
    history = {"quantity": panel.quantity, "quantity_capped": panel.capped}
    history |= {"observed": panel.observed, "price": panel.price}
    columns |= {name: pl.Series(values[row, at]) for name, values in history.items()}
    columns |= {name: pl.Series(panel.past[row, at, number]) for number, name in enumerate(panel.past_names)}
    unknown_ahead = ["lead", *history, *panel.past_names]
    columns |= {name: pl.Series(panel.known[row, bucket, number]) for number, name in enumerate(panel.known_names)}
    columns |= {name: pl.Series(panel.calendar[bucket, number]) for number, name in enumerate(panel.calendar_names)}
    ahead = pl.Series(behind)
    return pl.DataFrame(columns).with_columns(
        pl.when(ahead if name == "lead" else ~ahead).then(pl.col(name)) for name in unknown_ahead
    )
