"""Price elasticity per series: by how many percent demand changes where the price changes by one.

Belongs here: estimates from a cycle's panel, pooled over families, with intervals. Does not belong here: what a changed
price does to a forecast (`scenarios.py`).

Within each series demand is exp(a + e × log price + promotion + trend + season): a log-log regression, fitted by
Poisson pseudo-maximum likelihood, which is right for any demand with that mean and needs no logarithm of weeks without
sales (Santos Silva, Tenreyro (2006), "The log of gravity", Rev. Econ. Stat. 88). Its variance is the larger of the
quasi-likelihood's and that of Newey, West (1987), as prices and errors both last for weeks.

One year of one SKU says little, so estimates are shrunk (empirical Bayes): the elasticities of a family spread normally
around its own, those of families around the catalogue's; both spreads are those of Paule, Mandel (1982). A series with
a clear estimate keeps it, one whose price never moved has that of its family. The family is the deepest level of the
first hierarchy.

What it is not: prices are not set by chance. Where shops cut prices because a product sells badly, or together with
displays that no plan mentions, the estimate carries that too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.cleaning import row_blocks
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import price_elasticity
from dp_assets.domain.contracts.columns import key_columns
from dp_assets.domain.panel import Panel
from dp_assets.domain.promotions import PROMO
from dp_assets.domain.series_classes import last_price

Array = npt.NDArray[np.float64]
OWN, FAMILY, CATALOGUE, UNKNOWN = "own", "family", "catalogue", "unknown"
WINDOW_WEEKS = 156
"""Weeks before the cutoff that are looked at: what a price did longer ago says little of today."""
MIN_SALES, MIN_VARIATION = 8, 0.02
"""Selling buckets, and standard deviation of log price, below which a series has no estimate of its own."""
LARGEST_ERROR = 10.0
"""Standard error beyond which an estimate says nothing."""
PRICE, CONTROLS = 1, 5
"""Column of log price, and columns beside the intercept."""
PRIOR = np.array([0.0, 1e-3, 0.25, 0.25, 0.25, 0.25])
"""Precision with which each coefficient is held at 0, so that none runs away where data do not say: intercept, price,
promotion, trend, sine, cosine."""
ROUNDS, SETTLED = 30, 1e-5
"""Newton steps at most, and the change of every coefficient below which the next one would change nothing."""
LAGS = 4
FEW, SPREAD = 10, 0.5
"""Degrees of freedom below which elasticities of a family spread by at least so much."""
INTERVAL, SCORE = 80, 1.2815515655446004
"""The interval in percent, and how many standard deviations it reaches to each side."""


@dataclass(frozen=True)
class Estimates:
    """Estimates of S series each on its own, NaN where there is none.

    Attributes:
        value: (S,) elasticity.
        variance: (S,) of the estimate.
        sales: (S,) buckets with sales that it was made of.
        variation: (S,) standard deviation of log price over them.
    """

    value: Array
    variance: Array
    sales: npt.NDArray[np.int64]
    variation: Array


@dataclass(frozen=True)
class Pooled:
    """Elasticities of S series after pooling: mean and standard deviation (S,), and what each rests on."""

    mean: Array
    deviation: Array
    basis: list[str]


def elasticity_table(panel: Panel, config: DemandConfig) -> pl.DataFrame:
    """The `price_elasticity` table of a cycle: one row per series of its panel.

    Nothing at or after the cutoff is read: quantities, prices and promotions of past buckets only.
    """
    own = own_estimates(panel)
    family, code = families(panel, config)
    pooled = pool(own, code)
    with_own = np.isfinite(own.value)
    frame = panel.series.select(column.name for column in key_columns(config)).with_columns(
        family,
        pl.Series("elasticity", pooled.mean),
        pl.Series(f"lower_{INTERVAL}", pooled.mean - SCORE * pooled.deviation),
        pl.Series(f"upper_{INTERVAL}", pooled.mean + SCORE * pooled.deviation),
        pl.Series("deviation", pooled.deviation),
        pl.Series("basis", pooled.basis),
        pl.Series("own_estimate", own.value),
        pl.Series("own_error", np.sqrt(np.where(with_own, own.variance, np.nan))),
        pl.Series("sales", own.sales),
        pl.Series("price_variation", own.variation),
        pl.Series("price", last_price(panel)),
    )
    numbers = ("elasticity", f"lower_{INTERVAL}", f"upper_{INTERVAL}", "deviation", "own_estimate", "own_error")
    return price_elasticity(config).conform(frame.with_columns(pl.col(numbers).fill_nan(None)))


def families(panel: Panel, config: DemandConfig) -> tuple[pl.Series, npt.NDArray[np.int64]]:
    """(S,) path of each series' family, null where one of its levels is missing, and (S,) its number, −1 for none."""
    levels = config.hierarchies[0].levels if config.hierarchies else ()
    usable = [name for name in levels if name in panel.series.columns and panel.series[name].dtype == pl.String]
    if not usable:
        return pl.Series("family", [None] * len(panel), dtype=pl.String), np.full(len(panel), -1, np.int64)
    path = panel.series.select(pl.concat_str(usable, separator="/").alias("family"))["family"]
    code = path.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    return path, code


def own_estimates(panel: Panel) -> Estimates:
    """Each series' elasticity from its own history alone."""
    recent = slice(max(0, panel.history - max(1, WINDOW_WEEKS // panel.bucket_weeks)), panel.history)
    kinds = [number for number, name in enumerate(panel.known_names) if name.startswith(PROMO)]
    count = len(panel)
    value, variance, variation = np.full(count, np.nan), np.full(count, np.nan), np.zeros(count)
    sales = np.zeros(count, np.int64)
    for rows in row_blocks(count, 8 * (recent.stop - recent.start)):
        quantity = np.asarray(panel.capped[rows, recent], np.float64)
        price = np.asarray(panel.price[rows, recent], np.float64)
        seen = (np.asarray(panel.observed[rows, recent]) > 0) & (price > 0)
        sold = seen & (quantity > 0)
        log_price = np.log(np.where(seen, price, 1.0))
        sales[rows] = sold.sum(axis=1)
        variation[rows] = _deviation(log_price, sold)
        chosen = np.flatnonzero((sales[rows] >= MIN_SALES) & (variation[rows] >= MIN_VARIATION))
        if not len(chosen):
            continue
        promoted = np.asarray(panel.known[rows, recent], np.float64)[chosen][:, :, kinds].max(axis=2, initial=0.0)
        design = _design(log_price[chosen], promoted, seen[chosen], panel.bucket_weeks)
        found, spread = _regressions(design, quantity[chosen], seen[chosen])
        usable = np.isfinite(found) & np.isfinite(spread) & (spread > 0) & (spread <= LARGEST_ERROR**2)
        at = np.arange(count)[rows][chosen[usable]]
        value[at], variance[at] = found[usable], spread[usable]
    return Estimates(value, variance, sales, variation)


def _deviation(values: Array, mask: npt.NDArray[np.bool_]) -> Array:
    """(R,) standard deviation of values (R, T) where the mask is set; 0 where nothing is."""
    count = np.maximum(mask.sum(axis=1), 1)
    mean = (values * mask).sum(axis=1) / count
    found: Array = np.sqrt((((values - mean[:, None]) ** 2) * mask).sum(axis=1) / count)
    return found


def _design(log_price: Array, promoted: Array, seen: npt.NDArray[np.bool_], bucket_weeks: int) -> Array:
    """(R, T, 6): 1, log price around its mean, promoted share, trend from −1 to 1, sine and cosine of a year."""
    series, buckets = log_price.shape
    mean = (log_price * seen).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    phase = 2 * np.pi * np.arange(buckets) * bucket_weeks / 52
    columns = np.empty((series, buckets, 1 + CONTROLS))
    columns[:, :, 0] = 1.0
    columns[:, :, PRICE] = np.where(seen, log_price - mean[:, None], 0.0)
    columns[:, :, 2] = promoted
    columns[:, :, 3] = np.linspace(-1, 1, buckets)
    columns[:, :, 4], columns[:, :, 5] = np.sin(phase), np.cos(phase)
    return columns


def _regressions(design: Array, quantity: Array, seen: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """(R,) coefficients of log price and their variances, by iteratively reweighted least squares.

    Args:
        design: (R, T, K) regressors.
        quantity: (R, T) demand.
        seen: (R, T) buckets that count.
    """
    count = np.maximum(seen.sum(axis=1), 1)
    level = (quantity * seen).sum(axis=1) / count
    coefficients = np.zeros((len(design), design.shape[2]))
    coefficients[:, 0] = np.log(np.maximum(level, 1e-9))
    ridge = np.diag(PRIOR)
    rows, left = np.arange(len(design)), (design, quantity, seen)
    for _ in range(ROUNDS):
        inputs, wanted, counts = left
        now = coefficients[rows]
        mean = _mean(inputs, now) * counts
        across = inputs.transpose(0, 2, 1)
        matrix = (across * mean[:, None, :]) @ inputs + ridge
        score = (across @ ((wanted - mean) * counts)[:, :, None])[:, :, 0] - now * PRIOR
        step = np.clip(np.linalg.solve(matrix, score[:, :, None])[:, :, 0], -2.0, 2.0)
        coefficients[rows] = now + step
        moves = np.abs(step).max(axis=1) >= SETTLED
        if not moves.any():
            break
        if not moves.all():
            rows, left = rows[moves], (inputs[moves], wanted[moves], counts[moves])
    mean = _mean(design, coefficients) * seen
    inverse = np.linalg.inv((design.transpose(0, 2, 1) * mean[:, None, :]) @ design + ridge)
    error = (quantity - mean) * seen
    freedom = np.maximum(count - design.shape[2], 1)
    dispersion = (error**2 / np.maximum(mean, 1e-9)).sum(axis=1) / freedom
    influence = (design @ inverse[:, :, [PRICE]])[:, :, 0] * error
    lasting = (influence**2).sum(axis=1)
    for lag in range(1, min(LAGS, influence.shape[1] - 1) + 1):
        lasting += 2 * (1 - lag / (LAGS + 1)) * (influence[:, lag:] * influence[:, :-lag]).sum(axis=1)
    variance = np.maximum(dispersion * inverse[:, PRICE, PRICE], lasting * count / freedom)
    return coefficients[:, PRICE], variance


def _mean(design: Array, coefficients: Array) -> Array:
    logarithm = (design @ coefficients[:, :, None])[:, :, 0]
    found: Array = np.exp(np.clip(logarithm, -30.0, 30.0))
    return found


def pool(own: Estimates, family: npt.NDArray[np.int64]) -> Pooled:
    """Shrinks every estimate to its family's, and families to the catalogue, each by its own variance.

    Args:
        own: the series' own estimates.
        family: (S,) number of the family, −1 where a series has none.
    """
    count, known = len(own.value), np.isfinite(own.value)
    if not known.any():
        return Pooled(np.full(count, np.nan), np.full(count, np.nan), [UNKNOWN] * count)
    value, variance = own.value[known], own.variance[known]
    names, group = np.unique(family[known], return_inverse=True)
    within = between_variance(value, variance, group)
    if len(value) - len(names) < FEW:
        within = max(within, SPREAD**2)
    centre, error = _centres(value, variance + within, group, len(names))
    alone = np.zeros(len(names), np.intp)
    among = between_variance(centre, error, alone) if len(names) > 1 else 0.0
    overall, overall_error = _centres(centre, error + among, alone, 1)
    trust = among / (among + error)
    of_family = trust * centre + (1 - trust) * overall[0]
    family_error = trust * error + (1 - trust) ** 2 * overall_error[0]

    place = np.searchsorted(names, family)
    place = np.where(place < len(names), place, 0)
    has_family = (names[place] == family) & (family >= 0)
    prior = np.where(has_family, of_family[place], overall[0])
    prior_error = np.where(has_family, family_error[place], overall_error[0] + among)
    mean, spread = prior.copy(), prior_error + within
    share = within / (within + variance)
    mean[known] = share * value + (1 - share) * prior[known]
    spread[known] = share * variance + (1 - share) ** 2 * prior_error[known]
    basis = np.where(known, OWN, np.where(has_family, FAMILY, CATALOGUE))
    return Pooled(mean, np.sqrt(spread), basis.tolist())


def between_variance(value: Array, variance: Array, group: npt.NDArray[np.intp]) -> float:
    """Variance of the true values around their groups' centres, by Paule and Mandel's equation; 0 where errors of the
    estimates alone spread them as far.

    Args:
        value: (n,) estimates.
        variance: (n,) of each.
        group: (n,) numbers from 0 on.
    """
    count = int(group.max(initial=-1)) + 1
    freedom = len(value) - count
    if freedom < 1:
        return 0.0

    def excess(between: float) -> float:
        total = variance + between
        centre, _ = _centres(value, total, group, count)
        return float(((value - centre[group]) ** 2 / total).sum()) - freedom

    if excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, float(((value - value.mean()) ** 2).sum()) + 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high


def _centres(value: Array, variance: Array, group: npt.NDArray[np.intp], count: int) -> tuple[Array, Array]:
    """(count,) precision-weighted means of groups, and their variances."""
    weight = np.bincount(group, 1 / variance, count)
    return np.bincount(group, value / variance, count) / weight, 1 / weight
