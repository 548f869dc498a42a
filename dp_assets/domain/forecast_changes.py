"""Why a forecast changed: the difference between the published numbers of two cycles, shared among its causes.

Belongs here: what differs between two cycles, the panels in between, and the parts of each change. Does not belong
here: the sharing itself (`shapley.py`), what drives one forecast (`feature_contributions.py`).

Both cycles published a number for the buckets that both their horizons hold. From the earlier to the later number:

    code              what the present code makes of either cycle's inputs that its own code did not
    new_actuals       buckets that closed in between, and with them the shorter lead
    restated_history  sales, prices and stock of buckets that the earlier cycle knew otherwise
    attributes        of the SKUs, and what planners say of their lives
    plans             promotions, events, regressors, calendar
    configuration     what the business decided
    retraining        another champion
    reconciliation    what levels that must agree changed, without planners
    planner           overrides and locks

The first is the difference between what was stored and what is computed again. The next six are Shapley values over
forecasts computed from panels that take each of these from one cycle or the other. The last two are read off the
published numbers. So the parts add up exactly. Where the configuration changes which inputs the models read, plans and
retraining cannot be told from it and are counted as `configuration`; so is everything where it changes the horizon, the
quantile levels or the series.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import FORECAST_CHANGES
from dp_assets.domain.encoders import PLANNED
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.features import KnownAhead, assemble_panel, masked_buckets
from dp_assets.domain.forecasts import Champion, config_text, forecast_table
from dp_assets.domain.panel import FloatArray, Panel
from dp_assets.domain.shapley import shapley_values

Array = npt.NDArray[np.float64]
Cause = Literal["new_actuals", "restated_history", "attributes", "plans", "configuration", "retraining"]
CAUSES: tuple[Cause, ...] = (
    "new_actuals",
    "restated_history",
    "attributes",
    "plans",
    "configuration",
    "retraining",
)
PARTS = ("code", *CAUSES, "reconciliation", "planner")
SEED = 20170102
ORDERS = 4
"""Pairs of orders drawn where more than four causes differ."""
ROUNDING = 1e-5
"""Relative difference up to which a forecast computed again, with fewer series beside it, is the stored one."""
LIFE = "life_"
"""Columns of what planners say of a series' life begin like this."""
TOLD_APART_BY = ("horizon", "quantile_levels", "bucket", "series_key")
"""Settings that a panel, a model and its forecasts must share: where one changes, nothing can be told apart."""


@dataclass(frozen=True)
class CycleInputs:
    """What decided the numbers of a cycle, and the numbers.

    Attributes:
        panel: as of the cycle.
        champion: the model; None where there was none.
        config: the configuration of the time.
        published: series_id, bucket_start, statistical, reconciled, final; `reconciled` as it is without planners.
    """

    panel: Panel
    champion: Champion | None
    config: DemandConfig
    published: pl.DataFrame


@dataclass(frozen=True)
class _Between:
    """Two cycles and the causes that differ between them; a cause that is switched on is the later cycle's."""

    earlier: CycleInputs
    later: CycleInputs
    causes: tuple[tuple[Cause, ...], ...]

    def of(self, cause: Cause, switched: frozenset[Cause]) -> CycleInputs:
        return self.later if cause in switched else self.earlier

    def other(self, panel: Panel) -> Panel:
        return self.later.panel if panel is self.earlier.panel else self.earlier.panel

    def masks(self, panel: Panel) -> npt.NDArray[np.bool_]:
        side = self.earlier if panel is self.earlier.panel else self.later
        return masked_buckets(panel, side.config)


def change_table(earlier: CycleInputs, later: CycleInputs, series: Sequence[str], threads: int = 1) -> pl.DataFrame:
    """The `forecast_changes` table of some series: every part of every change, bucket by bucket.

    Args:
        earlier, later: the two cycles; the later's cutoff must lie in the earlier's horizon.
        series: ids; one that only one of the cycles knows was 0 in the other.
        threads: threads of torch.

    Raises:
        ArtefactError: the horizons do not overlap, or buckets have other lengths.
    """
    buckets = _shared_buckets(earlier, later)
    between = _Between(earlier, later, _differing(earlier, later))

    def forecast(switched: frozenset[int]) -> Array:
        names = frozenset(cause for number in switched for cause in between.causes[number])
        return _statistical(between, names, series, buckets, threads)

    shares = shapley_values(len(between.causes), forecast, ORDERS, SEED)
    everything = frozenset(range(len(between.causes)))
    stored = {
        side: _numbers(side_inputs.published, series, buckets)
        for side, side_inputs in (("before", earlier), ("after", later))
    }
    recomputed = {"before": forecast(frozenset()), "after": forecast(everything)}
    parts = {name: np.zeros((len(series), len(buckets))) for name in PARTS}
    for group, share in zip(between.causes, shares, strict=True):
        parts[group[0]] += share
    for sign, side in ((-1, "before"), (1, "after")):
        statistical, reconciled, final = stored[side]
        otherwise = statistical - recomputed[side]
        rounding = np.abs(otherwise) <= ROUNDING * np.maximum(1.0, statistical)
        parts["code"] += sign * np.where(rounding, 0.0, otherwise)
        parts["new_actuals"] += sign * np.where(rounding, otherwise, 0.0)
        parts["reconciliation"] += sign * (reconciled - statistical)
        parts["planner"] += sign * (final - reconciled)
    return _table(parts, stored["before"][2], stored["after"][2], series, buckets, earlier.panel.cutoff)


def _shared_buckets(earlier: CycleInputs, later: CycleInputs) -> list[date]:
    a, b = earlier.panel, later.panel
    if a.bucket_weeks != b.bucket_weeks or not a.cutoff < b.cutoff:
        raise ArtefactError(
            f"expected an earlier cycle with buckets of {b.bucket_weeks} weeks, got {a.cutoff} with {a.bucket_weeks}"
        )
    ahead = set(a.starts[a.history :].tolist()) & set(b.starts[b.history :].tolist())
    if not ahead:
        raise ArtefactError(f"cycles {a.cutoff} and {b.cutoff} forecast no bucket in common; compare closer ones")
    return sorted(ahead)


def _differing(earlier: CycleInputs, later: CycleInputs) -> tuple[tuple[Cause, ...], ...]:
    """Groups of causes that are switched on together; each is named after its first."""
    found: list[Cause] = ["new_actuals"]
    tests: dict[Cause, Callable[[CycleInputs, CycleInputs], bool]] = {
        "restated_history": _restated,
        "attributes": _described_otherwise,
        "plans": _planned_otherwise,
        "configuration": lambda a, b: config_text(a.config) != config_text(b.config),
        "retraining": lambda a, b: _version(a) != _version(b),
    }
    found += [cause for cause, differs in tests.items() if differs(earlier, later)]
    if any(getattr(earlier.config, name) != getattr(later.config, name) for name in TOLD_APART_BY):
        return (("configuration", *(cause for cause in CAUSES if cause != "configuration")),)
    if "configuration" in found and not _same_inputs(earlier, later):
        together: tuple[Cause, ...] = ("configuration", "plans", "retraining")
        return (*((cause,) for cause in found if cause not in together), together)
    return tuple((cause,) for cause in found)


def _version(side: CycleInputs) -> str:
    return side.champion.version if side.champion else ""


def _same_inputs(earlier: CycleInputs, later: CycleInputs) -> bool:
    a, b = earlier.panel, later.panel
    return a.past_names == b.past_names and _regular(a) == _regular(b)


def _regular(panel: Panel) -> set[str]:
    """Channels that stand in every panel of a configuration, whatever is planned."""
    names = (*panel.known_names, *panel.calendar_names)
    return {name for name in names if not name.startswith(PLANNED)}


def _restated(earlier: CycleInputs, later: CycleInputs) -> bool:
    between, own = _Between(earlier, later, ()), earlier.panel
    mixed = _sales(between, own)
    same = zip(mixed, (own.quantity, own.price, between.masks(own)), strict=True)
    return not all(np.array_equal(one, other) for one, other in same)


def _described_otherwise(earlier: CycleInputs, later: CycleInputs) -> bool:
    if set(earlier.config.attributes) != set(later.config.attributes):
        return True
    one, other = earlier.panel.series, later.panel.series
    common = one.filter(pl.col("series_id").is_in(other["series_id"].implode()))
    swapped = _described(common, other, earlier.config)
    return set(swapped.columns) != set(common.columns) or not swapped.select(common.columns).equals(common)


def _planned_otherwise(earlier: CycleInputs, later: CycleInputs) -> bool:
    a, b = earlier.panel, later.panel
    mixed, own = _known_of(b, a), _known_of(a, a)
    if (mixed.known_names, mixed.calendar_names) != (own.known_names, own.calendar_names):
        return True
    return not (np.array_equal(mixed.known, own.known) and np.array_equal(mixed.calendar, own.calendar))


# -- panels in between -------------------------------------------------------------------------------------------------


def _statistical(
    between: _Between, switched: frozenset[Cause], series: Sequence[str], buckets: Sequence[date], threads: int
) -> Array:
    """(series, buckets) statistical forecasts under some of the later cycle's inputs; 0 for series not there."""
    frame = between.of("new_actuals", switched).panel
    other = between.other(frame)
    config = between.of("configuration", switched).config
    champion = between.of("retraining", switched).champion
    quantity, price, masked = frame.quantity, frame.price, between.masks(frame)
    if between.of("restated_history", switched).panel is not frame:
        quantity, price, masked = _sales(between, frame)
    described = frame.series
    if between.of("attributes", switched).panel is not frame:
        described = _described(frame.series, other.series, config)
    ahead = _known_of(between.of("plans", switched).panel, frame)
    first = np.where((quantity > 0).any(axis=1), (quantity > 0).argmax(axis=1), frame.first).astype(np.int32)
    panel = assemble_panel(described, quantity, price, masked, first, frame.starts, ahead, config, frame.cutoff)
    place = {name: row for row, name in enumerate(panel.series["series_id"])}
    there = [number for number, name in enumerate(series) if name in place]
    made = np.zeros((len(series), len(buckets)))
    if there:
        rows = np.array([place[series[number]] for number in there], np.int64)
        table = forecast_table(panel, champion, config, "", rows, threads)
        at = [frame.starts.tolist().index(bucket) - frame.history for bucket in buckets]
        made[there] = table["forecast"].to_numpy().reshape(len(there), panel.horizon)[:, at]
    return made


def _sales(between: _Between, frame: Panel) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Quantity, price and masked buckets of one cycle's panel, with those of the other's in the buckets that both have
    and that were over in the earlier cycle."""
    other = between.other(frame)
    mixed = np.array(frame.quantity), np.array(frame.price), between.masks(frame)
    rows, other_rows = _common(frame, other)
    days = frame.starts[: frame.history]
    place = {day: at for at, day in enumerate(other.starts[: other.history].tolist())}
    here = [at for at, day in enumerate(days.tolist()) if day < between.earlier.panel.cutoff and day in place]
    there = [place[days[at].item()] for at in here]
    for mine, theirs in zip(mixed, (other.quantity, other.price, between.masks(other)), strict=True):
        mine[np.ix_(rows, here)] = theirs[np.ix_(other_rows, there)]
    return mixed


def _common(frame: Panel, other: Panel) -> tuple[list[int], list[int]]:
    """Rows of the series that both panels have."""
    joined = (
        frame.series.select("series_id")
        .with_row_index("here")
        .join(other.series.select("series_id").with_row_index("there"), on="series_id", maintain_order="left")
    )
    return joined["here"].to_list(), joined["there"].to_list()


def _described(series: pl.DataFrame, other: pl.DataFrame, config: DemandConfig) -> pl.DataFrame:
    """Series with the attributes, and what planners say of their lives, that another cycle knew; series that it did not
    know keep theirs."""
    lives = {name: other.schema[name] for name in other.columns if name.startswith(LIFE)}
    lives |= {name: series.schema[name] for name in series.columns if name.startswith(LIFE)}
    kinds = {**{name: other.schema[name] for name in config.attributes if name in other.columns}, **lives}

    def complete(frame: pl.DataFrame) -> pl.DataFrame:
        missing = (pl.lit(None, kind).alias(name) for name, kind in kinds.items() if name not in frame.columns)
        return frame.with_columns(missing)

    theirs = complete(other).select("series_id", *kinds, pl.lit(True).alias("found"))
    found = series.select("series_id").join(theirs, on="series_id", how="left", maintain_order="left")
    taken, own = found["found"].fill_null(False), complete(series)
    made = own.with_columns(pl.when(taken).then(found[name]).otherwise(own[name]).alias(name) for name in kinds)
    # A panel without a line about lives has no columns for them, and a column without a value says the same.
    return made.drop(name for name in lives if made[name].is_null().all() and name not in series.columns)


def _known_of(source: Panel, frame: Panel) -> KnownAhead:
    """The channels known ahead of one panel, on the series and buckets of another.

    Buckets and series that the source does not have are the frame's own, in the channels both have: such a bucket lies
    beyond the earlier horizon, and no forecast that is compared reads it.
    """
    own = {"known": np.array(frame.known), "calendar": np.array(frame.calendar)}
    if source is not frame:
        days = {day: at for at, day in enumerate(source.starts.tolist())}
        here = [at for at, day in enumerate(frame.starts.tolist()) if day in days]
        there = [days[frame.starts[at].item()] for at in here]
        rows, source_rows = _common(frame, source)
        known = _in_order(own["known"], frame.known_names, source.known_names)
        known[np.ix_(rows, here)] = source.known[np.ix_(source_rows, there)]
        calendar = _in_order(own["calendar"], frame.calendar_names, source.calendar_names)
        calendar[here] = source.calendar[there]
        own = {"known": known, "calendar": calendar}
    return KnownAhead(
        known=own["known"],
        known_names=source.known_names,
        known_reach=source.known_reach,
        calendar=own["calendar"],
        calendar_names=source.calendar_names,
    )


def _in_order(values: FloatArray, names: Sequence[str], wanted: Sequence[str]) -> FloatArray:
    """The channels in another order; one that is not there is 0."""
    ordered = np.zeros((*values.shape[:-1], len(wanted)), np.float32)
    for number, name in enumerate(wanted):
        if name in names:
            ordered[..., number] = values[..., names.index(name)]
    return ordered


# -- the table ---------------------------------------------------------------------------------------------------------


def _numbers(published: pl.DataFrame, series: Sequence[str], buckets: Sequence[date]) -> tuple[Array, Array, Array]:
    """(series, buckets) statistical, reconciled and final numbers; 0 where nothing was published."""
    grid = pl.DataFrame({"series_id": list(series)}, schema={"series_id": pl.String}).join(
        pl.DataFrame({"bucket_start": list(buckets)}, schema={"bucket_start": pl.Date}),
        how="cross",
        maintain_order="left_right",
    )
    found = grid.join(published, on=["series_id", "bucket_start"], how="left", maintain_order="left").fill_null(0.0)
    shape = (len(series), len(buckets))
    statistical, reconciled, final = (
        found[name].to_numpy().astype(np.float64).reshape(shape) for name in ("statistical", "reconciled", "final")
    )
    return statistical, reconciled, final


def _table(
    parts: dict[str, Array], before: Array, after: Array, series: Sequence[str], buckets: Sequence[date], since: date
) -> pl.DataFrame:
    count = len(series) * len(buckets)
    frame = pl.DataFrame(
        {
            "series_id": np.tile(np.repeat(np.array(series, dtype=object), len(buckets)), len(parts)),
            "bucket_start": np.tile(np.array(buckets, "datetime64[D]"), len(series) * len(parts)),
            "part": np.repeat(np.array(list(parts), dtype=object), count),
            "units": np.concatenate([part.ravel() for part in parts.values()]),
            "before": np.tile(before.ravel(), len(parts)),
            "after": np.tile(after.ravel(), len(parts)),
            "since": [since.isoformat()] * (count * len(parts)),
        },
        schema_overrides={"series_id": pl.String, "part": pl.String, "bucket_start": pl.Date},
    )
    return FORECAST_CHANGES.conform(frame)


def waterfall(changes: pl.DataFrame) -> pl.DataFrame:
    """part, units: the sum of each part over the rows given, in the order of PARTS, without those that changed nothing.

    Args:
        changes: rows of `forecast_changes`, of one series or of all below a node.
    """
    order = pl.DataFrame({"part": PARTS}).with_row_index("place")
    sums = changes.group_by("part").agg(pl.col("units").sum())
    return order.join(sums, on="part").filter(pl.col("units").abs() > 1e-9).sort("place").select("part", "units")
