"""The product master that filters look at: attributes per SKU as they stood when a transactions file arrived.

Belongs here: which product files stood then, in the lake or not ingested yet, and how they are merged. Does not belong
here: reading a landed file (`ingestion.py`), which committed files saw another master than they should have
(`domain/ingest/freshness.py`), the attributes of a cycle (the SQL model `sku_attributes`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from dp_assets.content import Known, producer_of
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.ingest.filters import looked_up_columns
from dp_assets.domain.ingest.freshness import master_fingerprint
from dp_assets.domain.ingest.registration import Registration
from dp_resources.lake import Lake

Ingested = tuple[str, pl.DataFrame]
"""Content hash and rows of a product file's partition of `product_master`."""
AsIngested = Callable[[Registration], Ingested | None]
"""Reads a registered product file as it will be once it is ingested; None for one in quarantine."""

_merged: dict[tuple[str, tuple[str, ...], tuple[tuple[str, int], ...]], pl.DataFrame] = {}
"""The last merged master: neighbouring files mostly arrived under the same one."""
_read: dict[tuple[str, str, str | None, bool], Ingested | None] = {}
"""The last product file that was read before it was ingested: its neighbours look at it, too."""


def known_attributes(
    lake: Lake, config: DemandConfig, found: Registration, known: Known, as_ingested: AsIngested
) -> tuple[pl.DataFrame | None, str | None]:
    """Attributes per SKU as the product master stood when a transactions file arrived, and the masters' fingerprint.

    Both are None when no filter looks any up. Follows registrations, not commits, so that files may be ingested in any
    order: a master that is registered but not ingested yet is read by `as_ingested`.
    """
    columns = looked_up_columns(config.filters, list(config.attributes)) if found.feed == "transactions" else ()
    masters = _masters(lake, config, found, known, as_ingested) if columns else []
    if not masters:
        return None, None
    key = (lake.root, columns, tuple((one.digest, one.priority) for one in masters))
    if key not in _merged:
        _merged.clear()
        _merged[key] = _merge_masters(masters, columns)
    return _merged[key], master_fingerprint((one.version, one.digest, one.priority) for one in masters)


@dataclass(frozen=True)
class _Master:
    """One product file: version, rank, content hash of its rows, and how to get them."""

    version: str
    priority: int
    digest: str
    rows: Callable[[], pl.DataFrame]


def _merge_masters(masters: Sequence[_Master], columns: Sequence[str]) -> pl.DataFrame:
    parts = [one.rows().select("sku", *columns).with_columns(pl.lit(one.priority).alias("rank")) for one in masters]
    # Stable: among equals the newest master and its first line win.
    ordered = pl.concat(parts[::-1]).sort("rank", maintain_order=True)
    return ordered.group_by("sku", maintain_order=True).agg(pl.col(name).drop_nulls().first() for name in columns)


def _masters(
    lake: Lake, config: DemandConfig, found: Registration, known: Known, as_ingested: AsIngested
) -> list[_Master]:
    """Product files that stood at their paths when a file arrived, oldest first; removed producers have none."""
    present = {producer.name for producer in config.producers}
    masters = [
        one
        for one in known.registrations
        if one.feed == "products" and one.producer in present and one.file_version_id not in known.recalled
    ]
    arrived = [one for one in masters if one.arrived_at <= found.arrived_at]
    standing: dict[str, _Master] = {}
    for one in reversed(arrived):
        if one.uri not in standing and (master := _master(lake, config, one, known, as_ingested)) is not None:
            standing[one.uri] = master
    return list(standing.values())[::-1]


def _master(
    lake: Lake, config: DemandConfig, one: Registration, known: Known, as_ingested: AsIngested
) -> _Master | None:
    """A product file, None when it is in quarantine: then what stood there before it still holds."""
    version, priority = one.file_version_id, producer_of(config, one).priority
    commit = lake.commit_of("ingest", version)
    if commit is not None and commit.get("recipe") == known.recipe_of(one):
        if commit["status"] == "quarantined":
            return None
        digest = commit["tables"]["product_master"]
        return _Master(version, priority, digest, lambda: lake.read("product_master", file_version=version))
    key = (lake.root, version, known.recipe_of(one), version in known.originals)
    if key not in _read:
        _read.clear()
        _read[key] = as_ingested(one)
    found = _read[key]
    return None if found is None else _Master(version, priority, found[0], lambda: found[1])
