"""Features of a cycle: from contributions, attributes and plans to the dense panel that everything later reads.

Belongs here: the arrays of a panel, and the order of the steps. Does not belong here: which series a panel has
(`outline.py`); each step's own logic (`known_sales.py`, `cleaning.py`, `promotions.py`, `regressors.py`, `channels.py`,
`peers.py`, `calendar.py`); scaling and vocabularies (`encoders.py`), which are fitted on what this module returns.

A panel is made of some series at a time, so that memory does not grow with all of them. Three passes, because some
numbers come of all series:

    outline_of   who the series are, and what they have in common: the first bucket, names of channels, sums of peers
    observe      of some series: sales, stock-outs, channels known ahead, what each says of its own caps
    compare      of all series, in order: the usual uplift of promotions, whether any bucket is missing, sums of peers
    derive       of some series: caps, past channels

`observe` and `derive` may work anywhere on any part of an outline, see `feature_shards.py`; what they say of a series
does not depend on the series beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.calendar import (
    place_channels,
)
from dp_assets.domain.channels import has_gaps, past_channels, past_names
from dp_assets.domain.cleaning import cap_at, cap_outliers, outlier_log, own_limits, usual_uplift
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import OUTLIER_LOG, STOCKOUTS
from dp_assets.domain.groups import series_groups
from dp_assets.domain.known_sales import Sold, between, dense
from dp_assets.domain.outline import Outline, Plans, known_channels, outline_of, shared_calendar
from dp_assets.domain.panel import ARRAYS, FloatArray, Panel, forget_pages
from dp_assets.domain.peers import add_sales, channels_of_sums, peer_count, peer_momentum, peer_names, peers_of
from dp_assets.domain.promotions import (
    promoted_buckets,
    promotion_channels,
)
from dp_assets.domain.regressors import (
    of_series,
    regressor_channels,
)
from dp_assets.domain.stockouts import find_stockouts, mask_of, stockout_table

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Arrays = Mapping[str, npt.NDArray[Any]]
"""Name → array of S series. Those of a panel, and two that are needed on the way: `promoted` (S, T), whether a bucket
lies under a promotion, and `limits` (S, 3), see `cleaning.own_limits`."""
OBSERVED = ("quantity", "price", "observed", "first", "known", "promoted", "limits")
"""What `observe` fills."""
DERIVED = ("capped", "past")
"""What `derive` fills."""
SLICE_CELLS = 1 << 20
"""Series × buckets that a pass holds at once."""


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
class KnownAhead:
    """The channels of a panel that are known for leads as well; see the fields of `Panel` of the same names."""

    known: FloatArray
    known_names: tuple[str, ...]
    known_reach: tuple[int, ...]
    calendar: FloatArray
    calendar_names: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """What all series together say to each.

    Attributes:
        usual: see `cleaning.usual_uplift`.
        gaps: see `channels.has_gaps`.
        momentum: (2, N, T) see `peers.peer_momentum`.
    """

    usual: float
    gaps: bool
    momentum: FloatArray


def build_features(
    buckets: pl.DataFrame | Iterable[pl.DataFrame],
    attributes: pl.DataFrame,
    plans: Plans,
    config: DemandConfig,
    cutoff: date,
    folder: Path | None = None,
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
        folder: an empty folder that is the panel's afterwards, as `Panel.save` makes one; its arrays are mapped, and
            memory holds some series at a time. Without one they are all in memory.

    Raises:
        ConfigError: no bucket starts on the cutoff.
        NotEnoughHistoryError: nothing was sold in the active window before the cutoff.
    """
    found = outline_of(buckets, attributes, plans, config, cutoff)
    outline = found.outline
    made = allocate(outline, config, (*OBSERVED, *DERIVED), folder)
    stockouts = observe(outline, found.sold, made, config)
    compared = compare([(outline.peers, made)], config)
    log = derive(outline.series["series_id"], outline.starts, outline.peers, compared, made, config)
    panel = panel_of(outline, made, config)
    if folder is not None:
        panel.save_around(folder)
    return FeatureSet(panel, found.eligibility, log, found.notes, stockouts)


def allocate(
    outline: Outline, config: DemandConfig, names: Sequence[str], folder: Path | None = None
) -> dict[str, npt.NDArray[Any]]:
    """Arrays full of zeros for the series of an outline; those of a panel as `.npy` files of a folder, if one is given.

    Such a file has the bytes of `np.save`.
    """
    series, buckets, history = len(outline.series), len(outline.starts), len(outline.starts) - config.horizon
    past, known = (*past_names(config), *peer_names(config)), known_channels(outline, config)[0]
    flat = ("quantity", "price", "observed", "capped", "promoted")
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(flat, (series, history))
    shapes |= {"past": (series, history, len(past)), "known": (series, buckets, len(known))}
    shapes |= {"first": (series,), "limits": (series, 3)}
    kinds: dict[str, type] = {"first": np.int32, "promoted": np.bool_, "limits": np.float64}
    made: dict[str, npt.NDArray[Any]] = {}
    for name in names:
        shape, kind = shapes[name], np.dtype(kinds.get(name, np.float32))
        if folder is None or name not in ARRAYS:
            made[name] = np.zeros(shape, kind)
        elif 0 in shape:  # nothing cannot be mapped
            made[name] = np.zeros(shape, kind)
            np.save(folder / f"{name}.npy", made[name])
        else:
            made[name] = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", kind, shape)
    return made


def slices(series: int, buckets: int, times: int = 1) -> list[slice]:
    """Slices of series that hold about SLICE_CELLS cells each, or so many times as many."""
    step = max(1, SLICE_CELLS // max(1, buckets)) * times
    return [slice(start, min(start + step, series)) for start in range(0, series, step)]


def observe(outline: Outline, sold: Sequence[Sold], made: Arrays, config: DemandConfig) -> pl.DataFrame:
    """Fills the arrays OBSERVED of an outline's series.

    Args:
        outline: the series.
        sold: what they have sold; rows point into `outline.series`.
        made: arrays of these series.
        config: the configuration.

    Returns:
        Their table `stockouts`.
    """
    series, history = len(outline.series), len(outline.starts) - config.horizon
    tables = [STOCKOUTS.empty()]
    # Every slice looks through the plans: those that speak of it are found among those that speak of the series around.
    for wide in slices(series, history, ceil(sqrt(len(slices(series, history))))):
        many = outline.part(wide)
        many = replace(many, plans=many.plans.about(many.series["sku"]))
        for rows in slices(len(many.series), history):
            part, at = many.part(rows), slice(wide.start + rows.start, wide.start + rows.stop)
            quantity, price = dense(
                between(sold, at.start, at.stop), len(part.series), outline.origin, outline.origin + history
            )
            happened = quantity > 0
            first = np.where(happened.any(axis=1), happened.argmax(axis=1), history).astype(np.int32)
            starts = outline.starts[:history]
            stockouts = find_stockouts(outline.plans.stock, part.series, starts, quantity, first, config)
            observed = _observed(quantity, first, config)
            observed[stockouts.mask] = 0
            known = _known(part, config)
            promoted = promoted_buckets(known[:, :history], known_channels(outline, config)[0])
            limits = own_limits(quantity, observed, promoted, config.outliers)
            for name, values in zip(OBSERVED, (quantity, price, observed, first, known, promoted, limits), strict=True):
                made[name][at] = values
            tables.append(stockout_table(stockouts, part.series["series_id"], starts))
            forget_pages(made.values())
    return pl.concat(tables, rechunk=True)


def compare(parts: Sequence[tuple[IntArray, Arrays]], config: DemandConfig) -> Comparison:
    """What all series together say to each.

    Args:
        parts: (G, R) `Outline.peers` and arrays OBSERVED of R series; of all series in their order, in any parts.
        config: the configuration.
    """
    usual = usual_uplift(np.concatenate([made["limits"] for _, made in parts]))
    sums = np.zeros((parts[0][1]["quantity"].shape[1], max(peer_count(peers) for peers, _ in parts)))
    gaps = False
    for peers, made in parts:
        for rows in slices(*made["quantity"].shape):
            observed = made["observed"][rows]
            capped = cap_at(made["quantity"][rows], made["promoted"][rows], made["limits"][rows], usual).capped
            add_sales(sums, peers[:, rows], capped, observed)
            gaps = gaps or has_gaps(observed, made["first"][rows], config)
            forget_pages(made.values())
    return Comparison(usual, gaps, peer_momentum(sums, config))


def derive(
    series_id: pl.Series,
    starts: npt.NDArray[np.datetime64],
    peers: IntArray,
    compared: Comparison,
    made: Arrays,
    config: DemandConfig,
) -> pl.DataFrame:
    """Fills the arrays DERIVED of some series, from those of OBSERVED.

    Args:
        series_id: (S,).
        starts: (T + M,) bucket starts.
        peers: (G, S) as in `Outline`.
        compared: what all series together say.
        made: arrays of these series.
        config: the configuration.

    Returns:
        Their outlier log.
    """
    logs, beside = [OUTLIER_LOG.empty()], len(peer_names(config))
    for rows in slices(*made["quantity"].shape):
        quantity, price, observed, promoted = (
            np.asarray(made[name][rows]) for name in ("quantity", "price", "observed", "promoted")
        )
        first = np.asarray(made["first"][rows])
        capping = cap_at(quantity, promoted, made["limits"][rows], compared.usual)
        past = past_channels(capping.capped, observed, price, promoted, first, config, beside, compared.gaps)
        past[:, :, -beside:] = channels_of_sums(compared.momentum, peers[:, rows], first)
        made["capped"][rows], made["past"][rows] = capping.capped, past
        logs.append(outlier_log(series_id[rows], starts, quantity, promoted, capping))
        forget_pages(made.values())
    return pl.concat(logs, rechunk=True)


def panel_of(outline: Outline, made: Arrays, config: DemandConfig) -> Panel:
    """The panel of an outline's series, whose arrays are filled."""
    known_names, known_reach = known_channels(outline, config)
    calendar, calendar_names = shared_calendar(outline, config)
    return Panel(
        cutoff=outline.starts[-config.horizon].astype(date),
        bucket_weeks=config.bucket.weeks,
        horizon=config.horizon,
        starts=outline.starts,
        series=outline.series,
        calendar=calendar,
        past_names=(*past_names(config), *peer_names(config)),
        known_names=known_names,
        calendar_names=calendar_names,
        known_reach=known_reach,
        **{name: made[name] for name in ARRAYS if name != "calendar"},
    )


def _known(outline: Outline, config: DemandConfig) -> FloatArray:
    """(S, T + M, K) channels of a series that are known ahead, in the order of their names."""
    plans, starts, history = outline.plans, outline.starts, len(outline.starts) - config.horizon
    groups = series_groups(outline.series, config, starts[history].astype(date))
    planned, _ = promotion_channels(plans.promotions, groups, starts, config.bucket.weeks, outline.promotions)
    values = of_series(plans.regressors, groups)
    outside, *_ = regressor_channels(values, outline.series["series_id"], starts, history, config)
    placed, names = place_channels(plans.events, groups, starts, config)
    return np.concatenate([planned, outside, placed[:, :, [names.index(name) for name in outline.placed]]], axis=2)


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
) -> Panel:
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
    peers = peers_of(series, config)
    names = (*past_names(config), *peer_names(config))
    made: dict[str, npt.NDArray[Any]] = {
        "quantity": quantity,
        "price": price,
        "observed": observed,
        "first": first,
        "promoted": promoted,
        "limits": own_limits(quantity, observed, promoted, config.outliers),
        "capped": np.zeros_like(quantity),
        "past": np.zeros((*quantity.shape, len(names)), np.float32),
    }
    derive(series["series_id"], starts, peers, compare([(peers, made)], config), made, config)
    return Panel(
        cutoff=cutoff,
        bucket_weeks=config.bucket.weeks,
        horizon=config.horizon,
        starts=starts,
        series=series,
        quantity=quantity,
        capped=made["capped"],
        observed=observed,
        price=price,
        past=made["past"],
        first=first,
        past_names=names,
        **vars(ahead),
    )


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


def _observed(quantity: FloatArray, first: npt.NDArray[np.int32], config: DemandConfig) -> FloatArray:
    seen = quantity > 0 if config.zero_fill == "ignore" else np.arange(quantity.shape[1]) >= first[:, None]
    return seen.astype(np.float32)
