"""Promotion channels: what is planned for a series in a bucket, for the past and for every lead.

Belongs here: which promotion lines a cycle knows, and their share-weighted coverage of buckets.
Does not belong here: reading the calendar files (ingest), the effect of a promotion (the network's).

Past buckets see promotions as recorded by the cycle's knowledge time, leads as planned by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.groups import GROUP, Rows, rows_of
from dp_assets.domain.known_lines import known_lines, slug
from dp_assets.domain.panel import FloatArray

IntArray = npt.NDArray[np.int64]
MIN_PROMOTED = 0.02
"""Coverage from which a bucket counts as promoted: a display in one store of a hundred does not move a series' demand.
On completejourney caps then take the fewest units off promotion buckets (0.35 %; 0.48 % with any coverage at all)."""
PROMO, DISCOUNT = "promo_", "discount"
"""How channels of promotion kinds begin, and the channel of the deepest discount."""
PROMOTION_CHANNELS = (PROMO, DISCOUNT)
LINE = ("producer", "sku", *GROUP, "kind", "starts_on", "ends_on")
TARGET = "target"


def known_promotions(promotions: pl.DataFrame, known_at: datetime) -> pl.DataFrame:
    """Promotion lines known at a moment, in a fixed order.

    A promotion is a producer's (SKU or group, kind, first day, last day). Calendars are sent again and again, so of the
    files that name one the newest speaks for it; lines of the same file add up, they are groups of stores.
    """
    return known_lines(promotions.filter(pl.col("ends_on") >= pl.col("starts_on")), LINE, known_at)


def channel_name(kind: str) -> str:
    """Channel of a promotion kind: `Front page` → `promo_front_page`."""
    return PROMO + (slug(kind) or "other")


def promotion_names(
    promotions: pl.DataFrame, groups: pl.DataFrame, starts: npt.NDArray[np.datetime64], bucket_weeks: int
) -> tuple[str, ...]:
    """Names of the channels that `promotion_channels` has for these series: of the promotions that touch a bucket."""
    own, grouped, _ = _about(promotions, groups)
    lines = pl.concat([own, grouped.select(own.columns)])
    line, _, coverage = _coverage(lines, starts, bucket_weeks)
    names = sorted({channel_name(kind) for kind in lines["kind"].gather(np.unique(line).tolist()).unique()})
    discounted = (lines["discount"].fill_null(0.0).to_numpy()[line] * coverage).any()
    return (*names, DISCOUNT) if discounted else tuple(names)


def promotion_channels(
    promotions: pl.DataFrame,
    groups: pl.DataFrame,
    starts: npt.NDArray[np.datetime64],
    bucket_weeks: int,
    names: tuple[str, ...] | None = None,
) -> tuple[FloatArray, tuple[str, ...]]:
    """Known-future channels of every series.

    Args:
        promotions: what `known_promotions` returned.
        groups: (S rows) what `groups.series_groups` returned: a promotion holds for all series of its SKU, of its
            group, or of the SKU there.
        starts: (B,) bucket starts without gaps, history and leads.
        bucket_weeks: N.
        names: what `promotion_names` said of these series and others beside them; of these alone when left out.

    Returns:
        (S, B, K) float32 and the K names: one `promo_<kind>` per kind, sorted, in [0, 1]: the sum over promotions of
        share of stores × days in the bucket ÷ days of the bucket, at most 1; then, when any of them has a discount,
        `discount`: the largest of discount × share of stores × days in the bucket ÷ days of the bucket.
    """
    names = promotion_names(promotions, groups, starts, bucket_weeks) if names is None else names
    own, grouped, members = _about(promotions, groups)
    of_skus, of_groups = (_layers(lines, by, starts, bucket_weeks) for lines, by in ((own, "sku"), (grouped, TARGET)))
    channels = np.zeros((len(groups), len(starts), len(names)), dtype=np.float32)
    place = _positions(of_skus.targets, groups["sku"])
    for number, name in enumerate(names):
        if name in of_skus.values:
            channels[place >= 0, :, number] = of_skus.values[name][place[place >= 0]]
        if name in of_groups.values:
            for target, layer in zip(of_groups.targets.to_list(), of_groups.values[name], strict=True):
                before = channels[members[target], :, number]
                both = np.maximum(before, layer) if name == DISCOUNT else np.minimum(before + layer, 1.0)
                channels[members[target], :, number] = both
    return channels, names


def _about(promotions: pl.DataFrame, groups: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, list[Rows]]:
    """Lines about a SKU of these series; lines about a group that some belong to, with `target`, its number; and per
    number the rows of those that do."""
    own = promotions.filter(pl.col("level").is_null() & pl.col("sku").is_in(groups["sku"].unique().implode()))
    grouped = promotions.filter(pl.col("level").is_not_null())
    targets = grouped.select("sku", *GROUP).unique().sort("sku", *GROUP).with_row_index(TARGET)
    members = [rows_of(groups, level, member, sku) for _, sku, level, member in targets.iter_rows()]
    met = targets.filter(pl.Series([len(rows) > 0 for rows in members], dtype=pl.Boolean))
    lines = grouped.join(met, on=["sku", *GROUP], how="inner", nulls_equal=True, maintain_order="left")
    return own, lines, members


@dataclass(frozen=True)
class _Layers:
    """Channels of T targets, SKUs or groups: name → (T, B)."""

    targets: pl.Series
    values: dict[str, npt.NDArray[np.float64]]


def _layers(lines: pl.DataFrame, target: str, starts: npt.NDArray[np.datetime64], bucket_weeks: int) -> _Layers:
    """The channels of everything that lines are about, of those that touch a bucket."""
    channel = lines["kind"].replace_strict(
        {kind: channel_name(kind) for kind in lines["kind"].unique()}, return_dtype=pl.String
    )
    line, bucket, coverage = _coverage(lines, starts, bucket_weeks)
    touched = np.unique(line).tolist()
    targets = lines[target].gather(touched).unique().sort()
    shape = len(targets), len(starts)
    cell = _positions(targets, lines[target])[line] * len(starts) + bucket
    values = {
        name: _sum_by_cell(cell, coverage, (channel == name).to_numpy()[line], *shape)
        for name in channel.gather(touched).unique().sort()
    }
    discount = lines["discount"].fill_null(0.0).to_numpy()[line] * coverage
    if discount.any():
        deepest = np.zeros(len(targets) * len(starts))
        np.maximum.at(deepest, cell, discount)
        values[DISCOUNT] = deepest.reshape(shape)
    return _Layers(targets, values)


def promoted_buckets(known: FloatArray, names: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """(S, B) whether a bucket lies under a promotion: some kind covers at least MIN_PROMOTED of its store-days."""
    kinds = [number for number, name in enumerate(names) if name.startswith(PROMO)]
    return np.asarray((known[:, :, kinds] >= MIN_PROMOTED).any(axis=2))


def _coverage(
    promotions: pl.DataFrame, starts: npt.NDArray[np.datetime64], bucket_weeks: int
) -> tuple[IntArray, IntArray, npt.NDArray[np.float64]]:
    """One entry per promotion line × bucket it touches: line, bucket, share of stores × share of the bucket's days."""
    days = 7 * bucket_weeks
    first = (promotions["starts_on"].to_numpy().astype("datetime64[D]") - starts[0]).astype(np.int64)
    last = (promotions["ends_on"].to_numpy().astype("datetime64[D]") - starts[0]).astype(np.int64)
    low = np.maximum(first // days, 0)
    count = np.maximum(np.minimum(last // days, len(starts) - 1) - low + 1, 0)
    line = np.repeat(np.arange(len(promotions)), count)
    bucket = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count) + low[line]
    overlap = np.minimum(last[line] + 1, (bucket + 1) * days) - np.maximum(first[line], bucket * days)
    share = np.minimum(promotions["share"].to_numpy(), 1.0)[line]
    return line, bucket, share * overlap / days


def _positions(sorted_values: pl.Series, values: pl.Series) -> IntArray:
    """Position of each value among sorted ones; -1 where it is not among them."""
    table = pl.DataFrame({"value": sorted_values, "position": np.arange(len(sorted_values))})
    found = values.to_frame("value").join(table, on="value", how="left", maintain_order="left")
    return found["position"].cast(pl.Int64).fill_null(-1).to_numpy()


def _sum_by_cell(
    cell: IntArray, weight: npt.NDArray[np.float64], chosen: npt.NDArray[np.bool_], rows: int, buckets: int
) -> npt.NDArray[np.float64]:
    total = np.bincount(cell[chosen], weights=weight[chosen], minlength=rows * buckets)
    return np.minimum(total, 1.0).reshape(rows, buckets)
