"""Scenarios through the model: promotions and regressors changed ahead of the cutoff, and what the model makes of them.

Belongs here: known channels as they would be, and new forecasts of the series whose channels differ. Does not belong
here: changes that the model does not see (price, growth), planners' numbers (`scenarios.py`).

Channels are made from changed lines of the calendar by the very function that made the cycle's features, and only
buckets from the cutoff on are replaced. Only series whose channels differ are forecast again, by the model that made
the base, and once more under the old ones: what a batch of other series does to the last digits is no effect of a
change. Statistical methods read no channels: the forecast of a series that they make stays, and a note says so. That
holds for a new series as well, which is forecast to grow like its family, whatever the scenario makes of the family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import polars as pl

from dp_assets.domain.config_errors import did_you_mean
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.forecasts import model_forecasts, widening
from dp_assets.domain.groups import GROUP, lines_of_series, series_groups
from dp_assets.domain.hierarchy import Matrix
from dp_assets.domain.inference import network_rows
from dp_assets.domain.intervals import widened
from dp_assets.domain.panel import FloatArray, Panel
from dp_assets.domain.promotions import DISCOUNT, PROMO, channel_name, promotion_channels
from dp_assets.domain.regressors import PREFIX
from dp_assets.domain.scenario_base import Base, Flags, Rows
from dp_assets.domain.scenario_definition import (
    Change,
    PromotionAdded,
    PromotionMoved,
    PromotionRemoved,
    RegressorChange,
    ScenarioRefusedError,
)

Promotion = PromotionAdded | PromotionMoved | PromotionRemoved
LINE = ("sku", "kind", "starts_on", "ends_on", "share", DISCOUNT)
SAME = 1e-5
"""Difference of a channel from that in the features that adding up lines in another order may make."""


@dataclass(frozen=True)
class Reforecast:
    """What the model says of R series under changed channels.

    Attributes:
        rows: (R,) rows of the panel, ascending.
        mean, quantiles: (R, M) and (R, M, Q).
        before: (R, M) mean under the channels of the base.
        differs: (R, M) whether mean or quantiles differ from those under the channels of the base.
        discounted: (R, M) whether the price there is part of a changed promotion, which the model has seen.
        notes: what had no effect, in words.
    """

    rows: Rows
    mean: Matrix
    quantiles: Matrix
    before: Matrix
    differs: Flags
    discounted: Flags
    notes: tuple[str, ...] = ()


def reforecast(base: Base, changes: Sequence[tuple[str, Change]]) -> Reforecast:
    """Forecasts of the series whose channels the changes of promotions and regressors alter.

    Args:
        base: the base.
        changes: (where it stands, the change); those of other kinds are passed over.

    Raises:
        ScenarioRefusedError: the model cannot answer a change, or a change has nothing to change.
        ArtefactError: promotions are no longer those that the cycle was computed from.
    """
    promotions = [(where, one) for where, one in changes if isinstance(one, Promotion)]
    outside = [(where, one) for where, one in changes if isinstance(one, RegressorChange)]
    for where, one in [*promotions, *outside]:
        base.period(one.first, one.last, where)
    rows, known, notes = _changed_channels(base, promotions, outside)
    before = base.panel.known[rows, base.panel.history :]
    altered = (known != before).any(axis=(1, 2))
    rows, known, before = rows[altered], known[altered], before[altered]
    panel = base.panel.take(rows)
    reads = _reads_channels(base, rows, panel)
    if silent := int((~reads).sum()):
        notes.append(
            f"{silent} of {len(rows)} series with changed channels are forecast by statistical methods, which read no "
            "channels: their forecasts stay"
        )
    rows, known, before, panel = rows[reads], known[reads], before[reads], panel.take(np.flatnonzero(reads))
    names = base.panel.known_names
    discounted = np.zeros(known.shape[:2], np.bool_)
    if DISCOUNT in names:
        discounted = known[:, :, names.index(DISCOUNT)] != before[:, :, names.index(DISCOUNT)]
    (mean, quantiles), (old_mean, old_quantiles) = (_forecasts(base, panel, each) for each in (known, before))
    differs = (mean != old_mean) | (quantiles != old_quantiles).any(axis=2)
    return Reforecast(rows, mean, quantiles, old_mean, differs, discounted, tuple(notes))


def _reads_channels(base: Base, rows: Rows, panel: Panel) -> Flags:
    """(R,) whether the model forecasts a series; `panel` has these rows of the base's."""
    reads = np.zeros(len(panel), np.bool_)
    if base.inputs.champion is not None and len(panel):
        reads[network_rows(panel)] = True
        reads &= base.methods[rows] == ""
    return reads


def _forecasts(base: Base, panel: Panel, known: FloatArray) -> tuple[Matrix, Matrix]:
    """(R, M) means and (R, M, Q) quantiles of a panel of series that the model forecasts, under channels ahead."""
    champion, config = base.inputs.champion, base.config
    if champion is None or not len(panel):
        return np.zeros((0, panel.horizon)), np.zeros((0, panel.horizon, len(config.quantile_levels)))
    whole = np.array(panel.known)
    whole[:, panel.history :] = known
    changed = replace(panel, known=whole)
    rows = np.arange(len(panel), dtype=np.int64)
    mean, quantiles = model_forecasts(changed, champion, config, rows, champion.shares(changed), base.threads)
    shifts = widening(base.inputs.contract, changed, config)
    return mean, widened(quantiles, mean, shifts, champion.errors.whole)


def _changed_channels(
    base: Base, promotions: Sequence[tuple[str, Promotion]], outside: Sequence[tuple[str, RegressorChange]]
) -> tuple[Rows, FloatArray, list[str]]:
    """Rows that changes speak of, ascending, their known channels (R, M, K) ahead of the cutoff, and notes."""
    panel = base.panel
    places = {where: base.rows_of(one.node, one.hierarchy, where) for where, one in [*promotions, *outside]}
    rows = np.unique(np.concatenate([np.zeros(0, np.intp), *places.values()]))
    known = np.array(panel.known[rows, panel.history :])
    notes: list[str] = []
    if promotions:
        planned = np.unique(np.concatenate([places[where] for where, _ in promotions]))
        at = np.searchsorted(rows, planned)
        known[at] = _planned(base, planned, promotions, places, known[at], notes)
    for where, one in outside:
        at = np.searchsorted(rows, places[where])
        number, reach = _regressor(base, one, where)
        share = base.period(one.first, one.last, where).astype(np.float32)
        old = known[at, :, number]
        wanted = np.float32(one.value) if one.value is not None else old * np.float32(1 + (one.percent or 0.0) / 100)
        new = old + share * (wanted - old)
        new[:, reach:] = new[:, [reach - 1]]
        known[at, :, number] = new
    return rows, known, notes


def _regressor(base: Base, one: RegressorChange, where: str) -> tuple[int, int]:
    """Number of a regressor's channel, and how many leads it is known for."""
    if one.name not in base.config.regressors:
        hint = did_you_mean(one.name, base.config.regressors) or "; demand.yaml has none"
        raise ScenarioRefusedError(f"{where}: {one.name!r} is not a regressor{hint}")
    name = PREFIX + one.name
    _refuse_unseen(base, name, f"{where}: regressor {one.name!r}")
    number = base.panel.known_names.index(name)
    reach = base.panel.known_reach[number]
    if reach == 0:
        raise ScenarioRefusedError(
            f"{where}: regressor {one.name!r} is past-only, the model does not look at its future; give it "
            "known_ahead_weeks in demand.yaml and train again"
        )
    last = base.forecasts.starts[reach - 1] + timedelta(days=7 * base.panel.bucket_weeks - 1)
    if one.last > last:
        raise ScenarioRefusedError(
            f"{where}: regressor {one.name!r} is known {reach} bucket(s) ahead, the model looks no further: expected a "
            f"last day up to {last}, got {one.last}"
        )
    return number, reach


def _refuse_unseen(base: Base, channel: str, what: str) -> None:
    """Raises where the model does not read a channel."""
    champion = base.inputs.champion
    if champion is None:
        raise ScenarioRefusedError(
            f"{what} needs a model, and cycle {base.cutoff} was forecast without one; train first"
        )
    if channel not in champion.encoders.known or channel not in base.panel.known_names:
        known = ", ".join(name for name in champion.encoders.known if name in base.panel.known_names) or "none"
        raise ScenarioRefusedError(
            f"{what} is unknown to the model of cycle {champion.cycle}, which reads the channels {known}"
        )


# -- promotions -------------------------------------------------------------------------------------------------------


def _planned(
    base: Base,
    rows: Rows,
    promotions: Sequence[tuple[str, Promotion]],
    places: dict[str, Rows],
    before: FloatArray,
    notes: list[str],
) -> FloatArray:
    """(R, M, K) channels of rows with the changed calendar; K as in the panel, other channels as before."""
    panel = base.panel
    # A promotion is a SKU's, a change may be of one of its stores: from here on a line belongs to a series.
    series = panel.series[rows.tolist()]
    lines = lines_of_series(base.inputs.promotions, series_groups(series, base.config, base.cutoff))
    lines = lines.select(pl.col("series_id").alias("sku"), *LINE[1:])
    now, changed = _channels(base, series["series_id"], lines), lines
    own = [number for number, name in enumerate(panel.known_names) if name.startswith(PROMO) or name == DISCOUNT]
    if not np.allclose(now[:, :, own], before[:, :, own], rtol=0, atol=SAME):
        raise ArtefactError(
            f"the promotions in the lake are not those that the features of cycle {base.cutoff} were computed from; "
            "`dp run` computes them again"
        )
    names = panel.series["series_id"].to_numpy()
    for where, one in promotions:
        if isinstance(one, PromotionAdded):
            _refuse_unseen(base, channel_name(one.promotion), f"{where}: promotion {one.promotion!r}")
            if one.discount and DISCOUNT not in _read(base):
                notes.append(f"{where}: the model has seen no discounts, so this one has no effect of its own")
        changed = _edited(base, changed, names[places[where]].tolist(), one, where)
    found = before.copy()
    after = _channels(base, series["series_id"], changed)
    found[:, :, own] = np.where(after == now, before, after)[:, :, own]
    return found


def _read(base: Base) -> tuple[str, ...]:
    return base.inputs.champion.encoders.known if base.inputs.champion is not None else ()


def _channels(base: Base, series: pl.Series, lines: pl.DataFrame) -> FloatArray:
    """(R, M, K) channels of lines whose `sku` is a series, in the panel's order."""
    panel = base.panel
    ungrouped = lines.with_columns(pl.lit(None, pl.String).alias(name) for name in GROUP)
    own = pl.DataFrame({"series_id": series, "sku": series})
    made, names = promotion_channels(ungrouped, own, panel.starts[panel.history :], panel.bucket_weeks)
    channels = np.zeros((len(series), panel.horizon, len(panel.known_names)), np.float32)
    for number, name in enumerate(names):
        if name in panel.known_names:
            channels[:, :, panel.known_names.index(name)] = made[:, :, number]
    return channels


def _edited(base: Base, lines: pl.DataFrame, names: list[str], one: Promotion, where: str) -> pl.DataFrame:
    """Lines of the calendar after one change of some series."""
    if isinstance(one, PromotionAdded):
        new = {"kind": one.promotion, "starts_on": one.first, "ends_on": one.last}
        added = pl.DataFrame({"sku": names}).with_columns(
            **{name: pl.lit(value) for name, value in new.items()},
            share=pl.lit(one.share),
            discount=pl.lit(one.discount, pl.Float64),
        )
        return pl.concat([lines, added.select(LINE).cast(lines.schema)])
    mine = pl.col("sku").is_in(names)
    if one.promotion is not None:
        wanted = channel_name(one.promotion)
        kinds = [kind for kind in lines["kind"].unique().sort() if channel_name(kind) == wanted]
        mine = mine & pl.col("kind").is_in(kinds)
    if isinstance(one, PromotionMoved):
        mine = mine & pl.col("starts_on").is_between(one.first, one.last)
        moved = lines.filter(mine).with_columns(pl.col("starts_on", "ends_on") + pl.duration(days=one.days))
        _refuse_nothing(base, lines, names, moved, one, where, "begins")
        if early := [day for day in moved["starts_on"] if day < base.cutoff]:
            raise ScenarioRefusedError(
                f"{where}: {one.days} days would let a promotion begin on {min(early)}, before the cutoff "
                f"{base.cutoff}: the past is not changed"
            )
        return pl.concat([lines.filter(~mine), moved])
    mine = mine & (pl.col("starts_on") <= one.last) & (pl.col("ends_on") >= one.first)
    met = lines.filter(mine)
    _refuse_nothing(base, lines, names, met, one, where, "lies")
    day = timedelta(days=1)
    before = met.filter(pl.col("starts_on") < one.first).with_columns(ends_on=pl.lit(one.first - day))
    after = met.filter(pl.col("ends_on") > one.last).with_columns(starts_on=pl.lit(one.last + day))
    return pl.concat([lines.filter(~mine), before, after])


def _refuse_nothing(
    base: Base, lines: pl.DataFrame, names: list[str], found: pl.DataFrame, one: Promotion, where: str, verb: str
) -> None:
    """Raises where a change finds no promotion that it could be about."""
    if len(found):
        return
    ahead = lines.filter(pl.col("sku").is_in(names) & (pl.col("ends_on") >= base.cutoff))
    rows = ahead.select("starts_on", "ends_on", "kind").unique().sort("starts_on", "ends_on", "kind").iter_rows()
    shown = [f"{kind} {first} to {last}" for first, last, kind in rows]
    planned = ", ".join(shown[:5]) or "nothing"
    kind = "" if one.promotion is None else f" {one.promotion!r}"
    raise ScenarioRefusedError(
        f"{where}: no promotion{kind} of {one.node!r} {verb} between {one.first} and {one.last}; planned is {planned}"
    )
