"""Forecasts of a cycle: every active series × lead with mean, quantiles, method and receipt.

Belongs here: putting the network's forecasts and the fallbacks together into the table `forecasts`, the receipt, and
the choice of series that a refresh designates. Does not belong here: how each forecast is made (`inference.py`,
`fallback.py`, `statistical.py`), which model is the champion (`champion.py`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.config import BatchInferenceConfig, DemandConfig
from dp_assets.domain.contracts.columns import key_columns, quantile_name
from dp_assets.domain.demand_classes import demand_classes
from dp_assets.domain.fallback import ANALOGUE, TWIN, fall_back
from dp_assets.domain.inference import BLEND, LSTM, network_rows, predict
from dp_assets.domain.interval_contract import class_shifts
from dp_assets.domain.intervals import ErrorDistributions, published_quantiles, widened
from dp_assets.domain.leaderboard import shares_of
from dp_assets.domain.panel import Panel
from dp_assets.domain.policies import methods_of
from dp_assets.domain.product_life import not_begun, share_alive
from dp_assets.domain.statistical import NAIVE_BUCKETS, library, naive, statistical_forecast
from dp_assets.domain.windows import IndexArray

if TYPE_CHECKING:
    from dp_assets.domain.boosting import Boosting
    from dp_assets.domain.encoders import Encoders

Array = npt.NDArray[np.float64]
Modelled = tuple[Array, Array]
"""(R, M) means and (R, M, Q) quantiles of series that the model forecasts, before any widening."""
ENDING = "ending"
"""Method of a forecast in which a product ends, whatever made what comes before."""
RECENT_WEEKS = 13
"""Weeks whose units rank the biggest SKUs of a refresh."""


@dataclass(frozen=True)
class Champion:
    """A model with everything that belongs to it.

    Attributes:
        cycle: cutoff of the cycle it was trained in.
        folder: its artefact folder.
        encoders: the encoders it was trained with.
        errors: distributions of its backtest errors.
        version: cycle and hashes of its weights.
        leaderboard: its table `leaderboard`, which says how much boosting counts for.
        boosting: gradient boosting trained beside it, None where there is none.
        total_errors: distributions of its backtest errors of totals, None where they were not computed.
    """

    cycle: str
    folder: Path
    encoders: Encoders
    errors: ErrorDistributions
    version: str
    leaderboard: pl.DataFrame = field(default_factory=contracts.LEADERBOARD.empty)
    boosting: Boosting | None = None
    total_errors: ErrorDistributions | None = None

    def shares(self, panel: Panel) -> Array:
        """(S,) what boosting counts for in the forecast of every series of a panel."""
        return shares_of(self.leaderboard, panel) if self.boosting is not None else np.zeros(len(panel))


def receipt_of(**parts: str) -> str:
    """SHA-256 over named parts: hashes of inputs, model, encoders and configuration, and the code revision.

    >>> receipt_of(features="a", model="b") == receipt_of(model="b", features="a")
    True
    """
    text = "\n".join(f"{name}={parts[name]}" for name in sorted(parts))
    return hashlib.sha256(text.encode()).hexdigest()


def config_hash(config: DemandConfig) -> str:
    """SHA-256 of what the business decided; where files lie does not count, so another machine has the same hash."""
    return hashlib.sha256(config_text(config).encode()).hexdigest()


def config_text(config: DemandConfig) -> str:
    """What the business decided, without places, as JSON in the order it was written: that of attributes counts.

    Whom alerts are told to, when files are due, and in how many shards features and forecasts are made, changes no
    forecast.
    """
    told = {"__all__": {"due_by", "owner"}}
    sections = dict.fromkeys(("landing", "lake", "exports", "alerts", "forecasting"), True)
    some = {"retention": {"archive": True}, "features": {"shards": True}}
    return config.model_dump_json(exclude={**sections, **some, "producers": told})


def forecast_table(
    panel: Panel,
    champion: Champion | None,
    config: DemandConfig,
    receipt: str,
    rows: IndexArray | None = None,
    threads: int = 1,
    contract: pl.DataFrame | None = None,
    modelled: Modelled | None = None,
) -> pl.DataFrame:
    """Rows of the table `forecasts`: every series of the panel × every lead.

    Args:
        panel: the cycle's panel.
        champion: the model; None forecasts every series by the statistical methods.
        config: quantile levels, interval method, hierarchies, policies.
        receipt: stands in every row.
        rows: series wanted (default: all). Their forecasts are those they have among all the others.
        threads: threads of the network.
        contract: the cycle's table `interval_contract`, by which intervals may be widened; None widens none.
        modelled: what `model_forecasts` says of all `modelled_rows`, where that was computed already, e.g. in shards.
    """
    winners, made, others = _shared_out(panel, champion, config)
    asked = np.arange(len(panel), dtype=np.int64) if rows is None else rows
    by_network = np.isin(asked, made).all()
    computed = np.intersect1d(made, asked) if by_network else made
    means = np.full((len(panel), panel.horizon), np.nan)
    spans = np.empty((*means.shape, len(config.quantile_levels)))
    method = np.full(len(panel), LSTM, dtype=object)
    version = np.full(len(panel), champion.version if champion else "", dtype=object)
    if champion is not None and len(computed):
        shares = champion.shares(panel)
        method[shares > 0] = BLEND
        found = modelled or model_forecasts(panel, champion, config, computed, shares, threads)
        means[computed], spans[computed] = found
    if not by_network:
        for name in np.unique(winners[others]).tolist():
            here = others[winners[others] == name]
            means[here], spans[here] = statistical_forecast(name, panel, here, panel.history, config)
            method[here], version[here] = name, library()
        # A new series grows like its family, so the others' forecasts are needed even where they are not asked for.
        other = fall_back(panel, means, config)
        means[other.rows], spans[other.rows], method[other.rows] = other.mean, other.quantiles, other.method
        made_by = {ANALOGUE: "family analogue", TWIN: "named twin"}
        version[other.rows] = [made_by.get(name) or library() for name in other.method]
    if contract is not None:
        spans = widened(spans, means, widening(contract, panel, config), champion is not None and champion.errors.whole)
    _leave_off_sale(panel, means, spans, method)
    recent = panel.tail(NAIVE_BUCKETS).take(asked)
    return _table(recent, means[asked], spans[asked], method[asked], version[asked], config, receipt)


def modelled_rows(panel: Panel, champion: Champion | None, config: DemandConfig) -> IndexArray:
    """Rows of a panel that the model forecasts: those of the network, but for classes that a statistical method won."""
    return _shared_out(panel, champion, config)[1]


def _shared_out(
    panel: Panel, champion: Champion | None, config: DemandConfig
) -> tuple[npt.NDArray[np.str_], IndexArray, IndexArray]:
    """(S,) statistical methods that won the class of each series, "" for none; rows that the model forecasts; rows that
    it could, but that such a method does."""
    if champion is None:
        return np.full(len(panel), ""), np.zeros(0, np.int64), np.zeros(0, np.int64)
    winners, known = methods_of(champion.leaderboard, panel, config), network_rows(panel)
    taken_over = np.flatnonzero(winners != "")
    by_model = np.isin(known, taken_over, invert=True)
    return winners, known[by_model], known[~by_model]


def model_forecasts(
    panel: Panel, champion: Champion, config: DemandConfig, rows: IndexArray, shares: Array, threads: int = 1
) -> Modelled:
    """(R, M) means and (R, M, Q) quantiles of series that the model forecasts, before any widening.

    Args:
        panel: the cycle's panel.
        champion: the model.
        config: quantile levels, interval method.
        rows: (R,) rows of the panel.
        shares: (S,) what boosting counts for in each series of the panel.
        threads: threads of the network.
    """
    means, own = predict(champion.folder, panel, champion.encoders, rows, threads, champion.boosting, shares[rows])
    names = panel.series["series_id"].to_numpy()[rows].tolist()
    return means, published_quantiles(config.intervals.method, means, own, names, champion.errors)


def _leave_off_sale(panel: Panel, means: Array, spans: Array, method: npt.NDArray[np.object_]) -> None:
    """Takes the days after each product's end out of its means (S, M) and quantiles (S, M, Q), and says so; and what is
    known for certain of buckets before a launch."""
    leads = panel.starts[panel.history :].astype("datetime64[D]").tolist()
    alive = share_alive(panel.series, leads, panel.bucket_weeks)
    if alive is not None:
        means *= alive
        spans *= alive[:, :, None]
        method[(alive < 1).any(axis=1)] = ENDING
    idle = not_begun(panel.series, leads, panel.bucket_weeks)
    if idle is not None:
        means[idle], spans[idle] = 0.0, 0.0


def widening(contract: pl.DataFrame, panel: Panel, config: DemandConfig) -> Array:
    """(S, Q) shifts of every series of a panel, by its demand class; see `intervals.widened`."""
    return class_shifts(contract, demand_classes(panel), len(config.quantile_levels))


def _table(
    panel: Panel,
    means: Array,
    spans: Array,
    method: npt.NDArray[np.object_],
    version: npt.NDArray[np.object_],
    config: DemandConfig,
    receipt: str,
) -> pl.DataFrame:
    """The rows of a panel's series, from (S, M) means and (S, M, Q) quantiles."""
    series, horizon = means.shape
    keys = panel.series.select(column.name for column in key_columns(config))
    per_series = keys.with_columns(
        pl.Series("method", method.tolist(), dtype=pl.String),
        pl.Series("model_version", version.tolist(), dtype=pl.String),
        pl.Series("naive", naive(panel)),
        pl.lit(receipt).alias("receipt"),
    )
    repeated = per_series[np.repeat(np.arange(series), horizon)]
    flat = spans.reshape(series * horizon, -1)
    frame = repeated.with_columns(
        pl.Series("lead", np.tile(np.arange(1, horizon + 1), series)),
        pl.Series("bucket_start", np.tile(panel.starts[panel.history :].astype("datetime64[D]"), series)),
        pl.Series("forecast", means.reshape(-1)),
        *quantile_series(flat, config),
    )
    return contracts.forecasts(config).conform(frame)


def quantile_series(values: Array, config: DemandConfig) -> list[pl.Series]:
    """The columns of quantiles (R, Q): one per level, and the ends of configured intervals, which are among them."""
    levels = config.quantile_levels
    names = {quantile_name(level): at for at, level in enumerate(levels)} | {
        f"{side}_{level}": levels.index(round(0.5 + sign * level / 200, 4))
        for level in config.intervals.levels
        for side, sign in (("lower", -1), ("upper", 1))
    }
    return [pl.Series(name, values[:, at]) for name, at in names.items()]


def designated_rows(panel: Panel, chosen: BatchInferenceConfig) -> IndexArray:
    """Rows of the SKUs a refresh designates, ascending: the listed ones, of them those with the wanted attribute
    values, of them the biggest by units of the last 13 weeks. A choice left empty lets all through."""
    wanted = pl.lit(True)
    if chosen.skus:
        wanted = wanted & pl.col("sku").is_in(chosen.skus)
    for name, value in chosen.attribute_filter.items():
        column = pl.col(name)
        is_list = isinstance(panel.series.schema[name], pl.List)
        wanted = wanted & (column.list.contains(value) if is_list else column == value)
    kept = panel.series.select("sku").with_row_index("row").filter(panel.series.select(keep=wanted)["keep"])
    if chosen.top_n is not None:
        buckets = max(1, RECENT_WEEKS // panel.bucket_weeks)
        units = panel.quantity[:, -buckets:].sum(axis=1).astype(np.float64)
        sizes = kept.with_columns(pl.Series("units", units[kept["row"].to_numpy()]))
        biggest = sizes.group_by("sku").agg(pl.col("units").sum()).sort("units", "sku", descending=[True, False])
        kept = kept.filter(pl.col("sku").is_in(biggest["sku"].head(chosen.top_n)))
    return kept["row"].to_numpy().astype(np.int64)
