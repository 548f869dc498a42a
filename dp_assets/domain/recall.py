"""File events: taking a file version back, or dating its arrival back, and what follows from it.

Belongs here: the state that events add up to, which version a name means, which buckets, models and cycles an event
reaches, and the difference it makes to published forecasts. Does not belong here: reading and writing events
(`dp_assets/registry.py`), doing the work (`plan.py` asks for it, because what an event reaches is stale).

A recalled version counts for nothing at any knowledge time, like one in quarantine: it holds no rows, supersedes
nothing, and is nobody's original. Its tables and its commit record stay, and so does every earlier view of them. An
undo is one more event. Either is as good as the other: the last event of a version is its state.

A backdated version counts as arrived at the moment that somebody declares, so that cycles which had not known it are
computed with it. Its registration keeps the arrival that was recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import polars as pl

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.errors import DemandPlannerError
from dp_assets.domain.ingest.recipe import short_hash
from dp_assets.domain.ingest.registration import Registration

Commit = Mapping[str, Any]
Commits = Mapping[str, Commit]
Event = Literal["recall", "undo", "backdate"]
TICK = timedelta(microseconds=1)


class RecallRefusedError(DemandPlannerError):
    """An event names a file that is not there, not in the state to be changed, or an arrival that cannot be."""


# -- events -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FileEvent:
    """Somebody took a file version back, put it back in force, or dated its arrival back.

    Attributes:
        event: recall, undo or backdate.
        file_version_id: the version.
        at: when, UTC; later than every event before it.
        by: who.
        reason: why.
        published: cycle → SHA-256 of the published forecasts that stood when the event was written.
        arrived_at: of a backdate, the moment from which on the version counts; None: its recorded arrival again.
        recorded_at: of a backdate, the recorded arrival.
    """

    event: Event
    file_version_id: str
    at: datetime
    by: str
    reason: str
    published: Mapping[str, str]
    arrived_at: datetime | None = None
    recorded_at: datetime | None = None

    @property
    def identifier(self) -> str:
        """Name of the event: its time and a short hash; names sort by time."""
        moment = self.at.astimezone(UTC)
        return f"{moment:%Y%m%dT%H%M%S}.{moment.microsecond:06d}Z-{short_hash(self.event, self.file_version_id)[:8]}"

    def to_record(self) -> dict[str, Any]:
        """As JSON values; what an event of its kind does not say is left out."""
        times = {name: getattr(self, name) for name in ("at", "arrived_at", "recorded_at")}
        said = {name: moment.astimezone(UTC).isoformat() for name, moment in times.items() if moment is not None}
        rest = {name: value for name, value in asdict(self).items() if name not in times}
        return {**rest, **said, "published": dict(self.published)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> FileEvent:
        """The event that `to_record` described."""
        return cls(
            event=record["event"],
            file_version_id=record["file_version_id"],
            at=datetime.fromisoformat(record["at"]),
            by=record["by"],
            reason=record["reason"],
            published=record["published"],
            arrived_at=_moment(record.get("arrived_at")),
            recorded_at=_moment(record.get("recorded_at")),
        )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def last_events(events: Iterable[FileEvent], *kinds: Event) -> dict[str, FileEvent]:
    """Version → its last event of these kinds, by default recall and undo, whatever the order they are given in."""
    told = (one for one in events if one.event in (kinds or ("recall", "undo")))
    return {one.file_version_id: one for one in sorted(told, key=lambda one: (one.at, one.identifier))}


def recalled(events: Iterable[FileEvent]) -> frozenset[str]:
    """Versions whose last event is a recall."""
    return frozenset(version for version, last in last_events(events).items() if last.event == "recall")


@dataclass(frozen=True)
class Backdated:
    """Arrivals of a version: the one that counts because somebody declared it, and the one that was recorded."""

    arrived_at: datetime
    recorded_at: datetime


def backdated(events: Iterable[FileEvent]) -> dict[str, Backdated]:
    """Version → its arrivals, for every version whose arrival is dated back."""
    last = last_events(events, "backdate")
    return {
        version: Backdated(one.arrived_at, one.recorded_at)
        for version, one in last.items()
        if one.arrived_at is not None and one.recorded_at is not None
    }


def next_moment(events: Iterable[FileEvent], now: datetime) -> datetime:
    """The time of the next event: now, or just after the last one where the clock stands still."""
    newest = max((one.at for one in events), default=None)
    return now if newest is None or now > newest else newest + TICK


# -- which version is meant -------------------------------------------------------------------------------------------


def version_to_recall(name: str, commits: Commits, withdrawn: Collection[str]) -> str:
    """The version that a version id, or a path below the landing root, means: at a path the one that counts there.

    Raises:
        RecallRefusedError: there is none, it is recalled already, or it is in quarantine and counts for nothing.
    """
    if name in commits:
        version = name
    else:
        there = _at_path(name, commits)
        counted = [one for one in there if one not in withdrawn and commits[one]["status"] != "quarantined"]
        if not counted:
            raise RecallRefusedError(_nothing_there(name, there, "counts"))
        version = counted[-1]
    if version in withdrawn:
        raise RecallRefusedError(
            f"{version} is recalled already; `dp run` completes what that reaches, and `dp recall --undo {version}` "
            "undoes it"
        )
    if commits[version]["status"] == "quarantined":
        raise RecallRefusedError(f"{version} is in quarantine and counts for nothing: {commits[version]['reason']}")
    return version


def version_to_restore(name: str, commits: Commits, withdrawn: Collection[str]) -> str:
    """The recalled version that a version id or a path means.

    Raises:
        RecallRefusedError: there is none, or several versions of the path are recalled.
    """
    if name in commits:
        if name not in withdrawn:
            raise RecallRefusedError(f"{name} is not recalled; there is nothing to undo")
        return name
    there = _at_path(name, commits)
    found = [one for one in there if one in withdrawn]
    if not found:
        raise RecallRefusedError(_nothing_there(name, there, "is recalled"))
    if len(found) > 1:
        raise RecallRefusedError(f"several versions of {name} are recalled; name one of {', '.join(found)}")
    return found[0]


def version_to_backdate(
    name: str,
    arrived_at: datetime | None,
    commits: Commits,
    withdrawn: Collection[str],
    known: Sequence[Registration],
    dated_back: Mapping[str, Backdated],
) -> tuple[str, Backdated | None]:
    """The version that a version id or a path means, and its arrivals after the change.

    Args:
        name: as for a recall.
        arrived_at: the moment from which on it is to count; None: its recorded arrival again.
        commits: commit records of ingestion.
        withdrawn: recalled versions.
        known: every registration, with the arrivals that count now.
        dated_back: the arrivals of backdated versions.

    Raises:
        RecallRefusedError: there is no such version, or it cannot have arrived then.
    """
    version = version_to_recall(name, commits, withdrawn)
    if arrived_at is None:
        if version not in dated_back:
            raise RecallRefusedError(f"{version} counts from its recorded arrival on; there is nothing to undo")
        return version, None
    found = {one.file_version_id: one for one in known}
    one = found[version]
    recorded_at = dated_back[version].recorded_at if version in dated_back else one.arrived_at
    if arrived_at >= recorded_at:
        raise RecallRefusedError(
            f"expected an arrival before the recorded one, {recorded_at.isoformat()}, got {arrived_at.isoformat()}"
        )
    replaced = found.get(one.supersedes or "")
    if replaced is not None and arrived_at <= replaced.arrived_at:
        raise RecallRefusedError(
            f"expected an arrival after that of {replaced.file_version_id}, which {version} replaces, "
            f"{replaced.arrived_at.isoformat()}, got {arrived_at.isoformat()}"
        )
    return version, Backdated(arrived_at, recorded_at)


def _at_path(uri: str, commits: Commits) -> list[str]:
    """Versions of a path, oldest first."""
    return sorted(
        (version for version, commit in commits.items() if commit["uri"] == uri),
        key=lambda version: _arrival(commits[version]),
    )


def _nothing_there(name: str, there: Sequence[str], state: str) -> str:
    if there:
        return f"no version of {name} {state}; its versions are {', '.join(there)}"
    return f"expected a file version or a path below the landing root, got {name!r}; `dp inspect files` lists both"


def _arrival(commit: Commit) -> datetime:
    return datetime.fromisoformat(str(commit["arrived_at"]))


# -- what a recall reaches --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reach:
    """From where on a recalled version matters.

    Attributes:
        arrived_at: cycles whose knowledge time is earlier never saw it.
        first_bucket: cycles whose cutoff is not after it have no history that it touches; None matters to all.
        until: cycles whose knowledge time is not earlier saw it anyway; None where there are none.
    """

    arrived_at: datetime
    first_bucket: date | None
    until: datetime | None = None


def reaches(
    commits: Commits, withdrawn: Collection[str], dated_back: Mapping[str, Backdated] | None = None
) -> dict[str, Reach]:
    """Event in force → its reach: a recalled version by its name, a backdated one as `<version>@<arrival>`.

    Versions that touch nothing are left out. A transactions file touches its own buckets, and those of the version it
    replaced, which count again without it, or no longer count because of it. One whose producer restates by rows or
    dates may touch any bucket, like a file of reference data, and, dated back, any cycle that knows it.
    """
    found: dict[str, Reach] = {}
    moved = {version: one for version, one in (dated_back or {}).items() if version not in withdrawn}
    for version in (*withdrawn, *moved):
        commit, declared = commits.get(version), (dated_back or {}).get(version)
        if commit is None or commit["status"] == "quarantined":
            continue
        arrived_at = declared.arrived_at if declared else _arrival(commit)
        name, until = version, None
        if version in moved:
            name, until = f"{version}@{arrived_at.astimezone(UTC).isoformat()}", moved[version].recorded_at
        if "file_lines" in commit.get("tables", {}):
            found[name] = Reach(arrived_at, None)
        elif commit["feed"] != "transactions":
            found[name] = Reach(arrived_at, None, until)
        elif touched := _touched(version, commits, {*withdrawn, version}):
            found[name] = Reach(arrived_at, date.fromisoformat(min(touched)), until)
    return found


def _touched(version: str, commits: Commits, withdrawn: Collection[str]) -> set[str]:
    """Buckets of a version and of those before it at its path, down to the first that is not recalled."""
    there = [one for one in _at_path(str(commits[version]["uri"]), commits) if commits[one]["status"] != "quarantined"]
    touched: set[str] = set()
    for one in there[there.index(version) :: -1]:
        touched.update(str(bucket) for bucket in commits[one]["buckets"])
        if one not in withdrawn:
            break
    return touched


def recalls_at(grid: BucketGrid, found: Mapping[str, Reach]) -> Callable[[str], tuple[str, ...]]:
    """Cycle → the events that matter to it, sorted: recalled versions that it would use if they still counted, and
    backdated ones that it would not know.

    Everything that a cycle computes, and every model trained in it, is of these events or stale. A cycle that uses an
    earlier cycle's model is reached by recalls whenever that one is: it knows more, and has more history.
    """

    def of(cycle: str) -> tuple[str, ...]:
        cutoff = date.fromisoformat(cycle)
        known_at = grid.known_at(cutoff)
        return tuple(
            sorted(
                version
                for version, reach in found.items()
                if reach.arrived_at <= known_at
                and (reach.first_bucket is None or reach.first_bucket < cutoff)
                and (reach.until is None or known_at < reach.until)
            )
        )

    return of


# -- the difference it makes ------------------------------------------------------------------------------------------

DIFFERENCE_SCHEMA: dict[str, pl.DataType] = {
    "cycle": pl.String(),
    "series_id": pl.String(),
    "sku": pl.String(),
    "before": pl.Float64(),
    "after": pl.Float64(),
    "difference": pl.Float64(),
    "percent": pl.Float64(),
}


def published_difference(cycle: str, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """What became of the published number of each series, summed over the leads.

    Args:
        cycle: whose forecasts they are.
        before: `published_forecasts` before the event.
        after: the same cycle's now.

    Returns:
        One row per series, the biggest difference first: units before and after (0 where a series was or is not
        forecast), after − before, and that in percent of before (null where that is 0).
    """
    sums = [
        frame.group_by("series_id").agg(pl.col("sku").first(), pl.col("final").sum().alias(name))
        for frame, name in ((before, "before"), (after, "after"))
    ]
    joined = (
        sums[0]
        .join(sums[1], on="series_id", how="full", coalesce=True)
        .with_columns(
            pl.lit(cycle).alias("cycle"),
            pl.coalesce("sku", "sku_right").alias("sku"),
            pl.col("before", "after").fill_null(0.0),
        )
    )
    found = joined.with_columns((pl.col("after") - pl.col("before")).alias("difference")).with_columns(
        pl.when(pl.col("before") != 0).then(100 * pl.col("difference") / pl.col("before")).alias("percent")
    )
    return found.sort(pl.col("difference").abs(), "series_id", descending=[True, False]).select(
        pl.col(name).cast(dtype) for name, dtype in DIFFERENCE_SCHEMA.items()
    )


def difference_totals(differences: pl.DataFrame) -> pl.DataFrame:
    """Per cycle: its series, how many of them differ, and units before and after over all of them."""
    summed = differences.group_by("cycle").agg(
        pl.len().alias("series"),
        (pl.col("difference") != 0).sum().alias("changed"),
        pl.col("before", "after", "difference").sum(),
    )
    return summed.with_columns(
        pl.when(pl.col("before") != 0).then(100 * pl.col("difference") / pl.col("before")).alias("percent")
    ).sort("cycle")
