"""Keys that split a number among series: a user's weights, or what was sold.

Belongs here: the configured keys, reading their tables, and splitting by them. Does not belong here: which numbers are
split (`overrides.py`, `reconciliation.py`).

A key is a CSV with the key columns of series and `weight`. It speaks of the series it names and of no others: these
keep the share that their forecasts give them, and those it names share the rest by weight. So a new series that nobody
gave a weight is not forecast 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import PrivateAttr, SerializerFunctionWrapHandler, model_serializer

from dp_assets.domain.config_section import Section, Slug
from dp_assets.domain.errors import ConfigError

if TYPE_CHECKING:
    from dp_assets.domain.config import DemandConfig

Matrix = npt.NDArray[np.float64]
FORECAST, HISTORY = "forecast", "history"
"""Splits that need no table: in proportion to the forecast, or to the units of the last year."""


class SplitKeyConfig(Section):
    name: Slug
    """Name of the key."""
    table: str
    """CSV beside `demand.yaml`: the key columns of series, and `weight`, a number of at least 0."""
    reason: str
    """Why numbers are split by it, in words."""

    _weights: pl.DataFrame | None = PrivateAttr(None)

    @property
    def weights(self) -> pl.DataFrame:
        """Key columns and weight.

        Raises:
            ConfigError: its table was not read with the configuration.
        """
        if self._weights is None:
            raise ConfigError(f"the table of key {self.name!r} was not read; load it with the configuration")
        return self._weights

    def with_weights(self, weights: pl.DataFrame) -> Self:
        """The same key with its table read."""
        copy = self.model_copy()
        copy._weights = weights
        return copy

    @model_serializer(mode="wrap")
    def _with_digest(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The table is dumped as a hash of what it says, so that a change in it changes the dump."""
        dumped: dict[str, Any] = dump(self)
        if self._weights is None:
            return dumped
        return {**dumped, "table_digest": hashlib.sha256(self._weights.write_csv().encode()).hexdigest()[:16]}


def read_split_key(path: Path, series_key: Sequence[str]) -> pl.DataFrame:
    """Key columns and weight of a table, sorted.

    Raises:
        ConfigError: it cannot be read, lacks a column, has a weight that is none, or two lines for one series.
    """
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ConfigError(f"{path.name}: expected a CSV with a header, got: {error}") from error
    if missing := [name for name in (*series_key, "weight") if name not in frame.columns]:
        raise ConfigError(f"{path.name}: expected the columns {missing}, too; got {frame.columns}")
    rows = frame.select(pl.col(*series_key, "weight").str.strip_chars()).with_columns(
        number=pl.col("weight").cast(pl.Float64, strict=False)
    )
    wrong = rows.filter(~(pl.col("number").is_finite() & (pl.col("number") >= 0)).fill_null(False))
    if len(wrong):
        raise ConfigError(f"{path.name}: expected weights of at least 0, got {wrong['weight'][0]!r}")
    if len(repeated := rows.filter(pl.struct(*series_key).is_duplicated())):
        raise ConfigError(f"{path.name}: expected one line per series, got several of {repeated.row(0)[:-2]}")
    return rows.select(*series_key, pl.col("number").alias("weight")).sort(*series_key)


def with_split_keys(config: DemandConfig, folder: Path) -> DemandConfig:
    """The configuration with the tables of all keys read.

    Raises:
        ConfigError: see `read_split_key`.
    """
    keys = config.reconciliation.keys
    if not keys:
        return config
    read = tuple(key.with_weights(read_split_key(folder / key.table, config.series_key)) for key in keys)
    reconciliation = config.reconciliation.model_copy(update={"keys": read})
    return config.model_copy(update={"reconciliation": reconciliation})


def key_weights(key: SplitKeyConfig, series: pl.DataFrame) -> Matrix:
    """(S,) weights of series (their key columns, in any order of rows); NaN for those the key does not name."""
    keys = [name for name in key.weights.columns if name != "weight"]
    placed = series.select(keys).join(key.weights, on=keys, how="left", maintain_order="left")
    return placed["weight"].to_numpy().astype(np.float64)


def split(total: float, forecast: Matrix, weight: Matrix | None) -> Matrix:
    """(R,) a total split among R series.

    Args:
        total: at least 0.
        forecast: (R,) of the series, at least 0; by it series share that the key does not name, and all where there is
            no key or it weighs nothing. Where all are 0, series share alike.
        weight: (R,) of the key, NaN for a series it does not name; None for no key.

    >>> split(10.0, np.array([2.0, 2.0, 1.0]), np.array([3.0, 1.0, np.nan])).round(6).tolist()
    [6.0, 2.0, 2.0]
    """
    sums = float(forecast.sum())
    shares = forecast / sums if sums > 0 else np.full(len(forecast), 1 / len(forecast))
    if weight is not None:
        named = np.isfinite(weight)
        weighed = float(weight[named].sum())
        if weighed > 0:
            shares[named] = shares[named].sum() * (weight[named] / weighed)
    return np.asarray(total * shares)
