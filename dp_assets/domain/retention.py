"""Retention: what of the lake is archived, kept where it is, or removed, and why.

Belongs here: kinds of files, the decision about each, what a plan is and when it still holds. Does not belong here:
listing files and what refers to them (`dp_assets/archiving.py`), moving them (`dp_resources/archive.py`).

A file is due once the years of its kind are over, counted from the later of what it is about and when it was written.
What is due is archived: it stays readable, by the same hash. It is kept where the next cycle still reads it. It is
removed only where it is a replaced content that no record of the lake, no receipt and no row of the ledger names.
Records (commits, registrations, manifests, events) are small and say where everything is: they are never touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple

from dp_assets.domain.config import RetentionConfig

Kind = Literal["raw", "processed", "forecasts"]
Fate = Literal["keep", "archive", "remove", "archived"]
LANDED, VERSIONS, PART = "_landed", "_versions", "part.parquet"

FORECAST_TABLES = frozenset(
    {
        *("exceptions", "feature_contributions", "feature_importance", "forecast_changes", "forecasts", "lost_sales"),
        *("node_forecasts", "outlier_causes", "planner_inputs", "price_elasticity", "promotion_side_effects"),
        *("promotion_uplift", "published_forecasts", "reconciled_rollups", "refreshed_forecasts", "replenishment"),
        *("scenario_forecasts", "series_classes", "temporal_rollups", "total_forecasts"),
        *("accuracy", "champion_verdict", "drift", "error_distributions", "forecast_value_added", "interval_contract"),
        *("leaderboard", "level_accuracy", "residuals", "total_error_distributions", "serving_bundle"),
    }
)
"""Tables and artefacts whose period is that of forecasts; every other one is processed data."""
EVERY_CYCLE_READS = frozenset(
    {
        *("weekly_buckets", "unified_transactions", "product_master", "attribute_corrections", "promotions", "events"),
        *("regressors", "stock", "product_life", "file_lines", "file_buckets", "raw_files", "data_quality"),
    }
)
"""Tables of which every cycle, a training too, reads all partitions: history begins with the first sale, and attributes
are inherited across all files."""


class Place(NamedTuple):
    """What a path of the lake means.

    Attributes:
        kind: whose period counts.
        table: table or artefact; empty for landed bytes.
        partition: value of the partition key; empty for contents that are named by their hash.
        content: hash by which records name it; empty for current partitions.
    """

    kind: Kind
    table: str
    partition: str
    content: str


def place_of(path: str) -> Place | None:
    """What a path below the lake's root means; None for records and tables without partitions, which always stay.

    >>> place_of("_versions/forecasts/ab12/part.parquet")
    Place(kind='forecasts', table='forecasts', partition='', content='ab12')
    >>> place_of("features_audit/cycle=2017-10-02/part.parquet").partition
    '2017-10-02'
    >>> place_of("_commits/ingest/a.json") is None
    True
    """
    parts = path.split("/")
    if parts[0] == LANDED and len(parts) == 2:
        return Place("raw", "", "", parts[1])
    if parts[0] == VERSIONS and len(parts) >= 4:
        return Place(_kind(parts[1]), parts[1], "", parts[2])
    if not path.startswith("_") and len(parts) == 3 and parts[2] == PART and "=" in parts[1]:
        return Place(_kind(parts[0]), parts[0], parts[1].split("=", 1)[1], "")
    return None


def _kind(table: str) -> Kind:
    return "forecasts" if table in FORECAST_TABLES else "processed"


@dataclass(frozen=True)
class StoredFile:
    """A file of the lake that has a period.

    Attributes:
        path: below the lake's root.
        bytes: its size; of an archived one, that of what it was.
        since: the later of the moment it is about and the one it was written.
        archived: whether its bytes lie in the archive already.
    """

    path: str
    bytes: int
    since: datetime
    archived: bool = False

    @property
    def place(self) -> Place:
        """What its path means."""
        found = place_of(self.path)
        assert found is not None, self.path
        return found


@dataclass(frozen=True)
class References:
    """What is still needed of the lake.

    Attributes:
        cycles: cycles that the next one reads, and why.
        contents: hashes that are read without being current, and why.
        named: every hash that a record, a receipt or the ledger names.
        receipts: hash → how many receipts are computed again from it.
    """

    cycles: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)
    named: Collection[str] = frozenset()
    receipts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """What becomes of a file, and why: a reason that many files share."""

    file: StoredFile
    fate: Fate
    reason: str


def decide(
    files: Iterable[StoredFile], references: References, periods: RetentionConfig, now: datetime
) -> list[Decision]:
    """What becomes of each file, by path.

    Args:
        files: of the lake.
        references: what is still needed.
        periods: years of each kind.
        now: the time of the business.
    """
    cutoffs: dict[Kind, datetime] = {
        "raw": years_before(now, periods.raw_years),
        "processed": years_before(now, periods.processed_years),
        "forecasts": years_before(now, periods.forecast_years),
    }
    years: dict[Kind, int] = {
        "raw": periods.raw_years,
        "processed": periods.processed_years,
        "forecasts": periods.forecast_years,
    }

    def of(one: StoredFile) -> Decision:
        place = one.place
        if one.archived:
            return Decision(one, "archived", "lies in the archive")
        if one.since > cutoffs[place.kind]:
            return Decision(one, "keep", f"younger than {_years(years[place.kind])}")
        if needed := _needed(place, references):
            return Decision(one, "keep", needed)
        age = f"older than {_years(years[place.kind])}"
        if place.content and place.content not in references.named:
            return Decision(one, "remove", f"{age}, replaced, and nothing that is kept names it")
        if references.receipts.get(place.content):
            return Decision(one, "archive", f"{age}; receipts are computed again from the archive")
        return Decision(one, "archive", age)

    return sorted(map(of, files), key=lambda decision: decision.file.path)


def _needed(place: Place, references: References) -> str | None:
    if place.partition and place.table in EVERY_CYCLE_READS:
        return "every cycle reads it"
    if place.partition and place.partition in references.cycles:
        return references.cycles[place.partition]
    return references.contents.get(place.content) if place.content else None


def years_before(moment: datetime, years: int) -> datetime:
    """The same day and time so many years earlier; the 28th of February for a 29th that there was not.

    >>> years_before(datetime(2024, 2, 29), 1)
    datetime.datetime(2023, 2, 28, 0, 0)
    """
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, day=28)


def _years(many: int) -> str:
    return "a year" if many == 1 else f"{many} years"


# -- plans ------------------------------------------------------------------------------------------------------------


CHANGING: tuple[Fate, ...] = ("archive", "remove")


class Action(NamedTuple):
    """One thing to do: `archive` or `remove` the file at a path, which has so many bytes."""

    path: str
    do: Fate
    bytes: int


def actions(decisions: Iterable[Decision]) -> tuple[Action, ...]:
    """What a plan does, by path."""
    found = ((one.fate, one.file) for one in decisions)
    return tuple(sorted(Action(file.path, fate, file.bytes) for fate, file in found if fate in CHANGING))


def plan_hash(planned: Sequence[Action]) -> str:
    """By what a plan is known: the same things to do give the same hash, whenever it is made.

    >>> plan_hash([]) == plan_hash(())
    True
    """
    text = "\n".join(f"{one.do} {one.bytes} {one.path}" for one in planned)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def still_holds(begun: Iterable[Action], is_done: Callable[[Action], bool], now: Iterable[Action]) -> list[Action]:
    """What is left to do of a plan that was begun: all that is not done, and is still to be done as things stand.

    What is needed again since, or was written anew, is left alone; a later plan decides about it.
    """
    wanted = set(now)
    return [one for one in begun if one in wanted and not is_done(one)]


@dataclass(frozen=True)
class Line:
    """Files of one kind that share a fate and a reason."""

    fate: Fate
    kind: Kind
    reason: str
    files: int
    bytes: int
    oldest: date
    newest: date


def summary(decisions: Iterable[Decision]) -> list[Line]:
    """Counts, bytes and age of what shares a fate, a kind and a reason: what changes first."""
    groups: dict[tuple[Fate, Kind, str], list[StoredFile]] = {}
    for one in decisions:
        groups.setdefault((one.fate, one.file.place.kind, one.reason), []).append(one.file)
    order = ("archive", "remove", "archived", "keep")
    return [
        Line(*key, len(files), sum(f.bytes for f in files), min(days), max(days))
        for key, files in sorted(groups.items(), key=lambda item: (order.index(item[0][0]), item[0]))
        if (days := [f.since.date() for f in files])
    ]
