"""Which committed file versions are what they should be: a pure function of registrations, commits and configuration.

Belongs here: comparing commit records with what they would say if the files were read again.
Does not belong here: reading files (`dp_assets/ingestion.py`), asking for runs (`dp_assets/domain/plan.py`).

A commit record says by what it was made: the recipe, the version whose content it repeats, and the product masters that
its filters looked up. Whatever order files were registered and ingested in, ingesting the stale ones until there are
none leaves the same records: whether a file can be read depends on its bytes and its recipe alone, so after one round
quarantine is settled, after the next the duplicates, and then what was looked up in masters.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.ingest.filters import looked_up_columns
from dp_assets.domain.ingest.recipe import recipe, short_hash
from dp_assets.domain.ingest.registration import Registration, duplicates
from dp_assets.domain.restatement_config import restates

Commit = Mapping[str, Any]
Commits = Mapping[str, Commit]
Recipes = Callable[[Registration], str | None]


def recipes(config: DemandConfig) -> Recipes:
    """Registration → the recipe its commit should have; None when the configuration lacks its producer."""
    producers = {producer.name: producer for producer in config.producers}
    made: dict[tuple[str, str], str] = {}

    def of(one: Registration) -> str | None:
        producer = producers.get(one.producer)
        if producer is None:
            return None
        key = (one.producer, one.feed)
        if key not in made:
            made[key] = recipe(producer, one.feed, config)
        return made[key]

    return of


def quarantined(known: Iterable[Registration], commits: Commits, config: DemandConfig) -> frozenset[str]:
    """Versions that cannot be read as things stand. A verdict of another recipe says nothing: it is found again."""
    of = recipes(config)
    return frozenset(
        one.file_version_id
        for one in known
        if (commit := commits.get(one.file_version_id)) is not None
        and commit["status"] == "quarantined"
        and of(one) in (None, commit.get("recipe"))
    )


def stale_versions(
    known: Sequence[Registration], commits: Commits, recalled: Collection[str], config: DemandConfig
) -> tuple[str, ...]:
    """Versions to ingest, in the order of `known`: without a commit, or with one that no longer holds.

    Versions of a producer that the configuration lacks wait for it, and recalled ones for their undo.
    """
    of = recipes(config)
    # Records lie in memory in the order of their names, and are looked through in half the time in that order.
    in_order = sorted(known, key=lambda one: one.file_version_id)
    excluded = quarantined(in_order, commits, config) | frozenset(recalled)
    originals = duplicates(known, excluded, restates(config.producers))
    looked_up = lookups(known, commits, recalled, config)

    def is_stale(one: Registration) -> bool:
        commit, expected = commits.get(one.file_version_id), of(one)
        if expected is None or one.file_version_id in recalled:
            return False
        if commit is None or commit.get("recipe") != expected:
            return True
        if datetime.fromisoformat(str(commit["arrived_at"])) != one.arrived_at:
            return True  # somebody has backdated it, or undone that
        if commit["status"] == "quarantined":
            return False
        original = originals.get(one.file_version_id)
        return commit.get("duplicate_of") != (original.file_version_id if original else None) or looked_up(
            one, commit.get("masters")
        )

    stale = {one.file_version_id for one in in_order if is_stale(one)}
    return tuple(one.file_version_id for one in known if one.file_version_id in stale)


def waiting(known: Iterable[Registration], commits: Commits, config: DemandConfig) -> dict[str, int]:
    """Producer that the configuration lacks → its files that were never ingested and wait for it."""
    present = {producer.name for producer in config.producers}
    counted: dict[str, int] = {}
    for one in known:
        if one.producer not in present and one.file_version_id not in commits:
            counted[one.producer] = counted.get(one.producer, 0) + 1
    return counted


# -- product masters that filters look up -----------------------------------------------------------------------------


def master_fingerprint(masters: Iterable[tuple[str, str, int]]) -> str:
    """Hash of the masters that stood when a file arrived: (version, hash of its rows, rank), oldest first."""
    return short_hash(*(f"{version}:{digest}:{priority}" for version, digest, priority in masters))


def lookups(
    known: Iterable[Registration], commits: Commits, recalled: Collection[str], config: DemandConfig
) -> Callable[[Registration, str | None], bool]:
    """Whether a transactions file, ingested with masters of that fingerprint, would see others now.

    As long as a master that stood then is not ingested itself, there is nothing to compare with, and the answer is no.
    """
    standing = _standing_fingerprints(known, commits, recalled, config)
    arrivals = [arrived_at for arrived_at, _ in standing]

    def differ(one: Registration, used: str | None) -> bool:
        if one.feed != "transactions":
            return False
        place = bisect_right(arrivals, one.arrived_at)
        expected = standing[place - 1][1] if place else None
        return expected != "unsettled" and expected != used

    return differ


def _standing_fingerprints(
    known: Iterable[Registration], commits: Commits, recalled: Collection[str], config: DemandConfig
) -> list[tuple[datetime, str | None]]:
    """Arrival → fingerprint of the masters that stand from then on; empty when no filter looks any up."""
    if not looked_up_columns(config.filters, list(config.attributes)):
        return []
    ranks = {producer.name: producer.priority for producer in config.producers}
    masters = [
        one for one in known if one.feed == "products" and one.producer in ranks and one.file_version_id not in recalled
    ]
    standing: dict[str, tuple[str, str, int] | None] = {}
    found: list[tuple[datetime, str | None]] = []
    for one in sorted(masters, key=lambda one: one.order):
        commit = commits.get(one.file_version_id)
        if commit is not None and commit["status"] == "quarantined":
            continue
        standing.pop(one.uri, None)
        rows = None if commit is None else str(commit["tables"].get("product_master", ""))
        standing[one.uri] = None if rows is None else (one.file_version_id, rows, ranks[one.producer])
        settled = [master for master in standing.values() if master is not None]
        found.append((one.arrived_at, master_fingerprint(settled) if len(settled) == len(standing) else "unsettled"))
    return found
