"""Applies retention to a lake: what there is, what still needs it, and doing what a plan says.

Belongs here: listing files and references, keeping a plan that was begun, the order of its steps. Does not belong here:
the decision (`domain/retention.py`), moving a file (`dp_resources/archive.py`). Nothing here knows Dagster.

    _retention/<plan>.json    a plan that was begun: what it does, who began it and when, and since when it is done

A plan is kept and entered into the ledger before anything is touched, and again once it is done. A process that is
killed in between leaves every file whole, in its place or in the archive; the same plan, applied again, goes on.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dp_assets.champions import champion_cycle
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ArtefactError, ConfigError, DemandPlannerError
from dp_assets.domain.interval_contract import CYCLES
from dp_assets.domain.retention import (
    LANDED,
    Action,
    Decision,
    References,
    StoredFile,
    actions,
    decide,
    place_of,
    plan_hash,
    still_holds,
)
from dp_assets.kept_receipts import EVENT
from dp_assets.registry import registrations
from dp_resources.archive import NOTES, Archive, note_of, remove
from dp_resources.lake import Lake, json_bytes
from dp_resources.records import read_records

if TYPE_CHECKING:
    from dp_assets.project import Project
    from dp_resources.planning_db import PlanningDatabase

PLANS = "_retention"
HASH = re.compile(rb"\b[0-9a-f]{64}\b")
Report = Callable[[str], None]


class RetentionRefusedError(DemandPlannerError):
    """A plan cannot be applied; the message says why and what to do."""


@dataclass(frozen=True)
class Plan:
    """What retention would do, and why, as of a moment.

    Attributes:
        hash: by which it is applied.
        decisions: every file that has a period, with its fate.
        actions: what changes.
        unfinished: plans that were begun and are not done.
    """

    hash: str
    decisions: tuple[Decision, ...] = field(repr=False)
    actions: tuple[Action, ...] = field(repr=False)
    unfinished: tuple[str, ...] = ()


@dataclass(frozen=True)
class Applied:
    """What applying a plan came to, in files and bytes; `left` were needed again or written anew since it was made."""

    plan: str
    archived: int = 0
    archived_bytes: int = 0
    removed: int = 0
    removed_bytes: int = 0
    left: int = 0


# -- what there is ----------------------------------------------------------------------------------------------------


def stored_files(lake: Lake) -> list[StoredFile]:
    """Every file of the lake that has a period, those in the archive included."""
    arrived: dict[str, datetime] = {}
    versions = {}
    for one in registrations(lake):
        versions[one.file_version_id] = one.arrived_at
        arrived[one.content_sha256] = max(one.arrived_at, arrived.get(one.content_sha256, one.arrived_at))
    found = {}
    for path, size, written, archived in _listed(lake):
        place = place_of(path)
        if place is None:
            continue
        about = arrived.get(place.content) if not place.table else versions.get(place.partition, _day(place.partition))
        found[path] = StoredFile(path, size, max(written, about or written), archived)
    for path in _packed(lake):
        if path not in found and (note := note_of(lake, path)) is not None:
            since = arrived.get(path.rsplit("/", 1)[1], datetime.fromisoformat(note.archived_at))
            found[path] = StoredFile(path, note.bytes, since, archived=True)
    return sorted(found.values(), key=lambda one: one.path)


def _listed(lake: Lake) -> Iterator[tuple[str, int, datetime, bool]]:
    """Path below the root, bytes, moment of writing, and whether its bytes lie in the archive; of every file."""
    if not lake.is_local:
        bucket = lake.root.removeprefix("s3://")
        for path, info in lake.fs.find(lake.root, detail=True).items():
            archived = str(info.get("StorageClass") or "STANDARD").startswith(("GLACIER", "DEEP_ARCHIVE"))
            yield (
                str(path).removeprefix(f"{bucket}/"),
                int(info["size"]),
                info["LastModified"].astimezone(UTC),
                archived,
            )
        return
    root = Path(lake.root)
    for folder, _, names in os.walk(root):
        for name in names:
            file = Path(folder) / name
            try:
                info = file.lstat()
                linked = file.is_symlink()
                size = file.stat().st_size if linked and file.exists() else info.st_size
            except FileNotFoundError:  # replaced or removed meanwhile
                continue
            written = datetime.fromtimestamp(info.st_mtime, UTC)
            yield file.relative_to(root).as_posix(), size, written, linked


def _packed(lake: Lake) -> list[str]:
    """Landed bytes that were ever archived, as paths below the root."""
    if not lake.is_local:
        return []
    folder = Path(lake.root) / NOTES / LANDED
    return [f"{LANDED}/{file.stem}" for file in folder.glob("*.json")] if folder.is_dir() else []


def _day(partition: str) -> datetime | None:
    """The day that a partition is about; None where its key is no date."""
    text = partition if len(partition) != len("2017-10") else f"{partition}-01"
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


# -- what still needs it ----------------------------------------------------------------------------------------------


def references(lake: Lake, config: DemandConfig, named_elsewhere: Iterable[str] = ()) -> References:
    """What is still needed of a lake.

    Args:
        lake: the lake.
        config: its horizon.
        named_elsewhere: hashes that are named outside of it, in the audit ledger.
    """
    cycles = sorted({*lake.partitions("forecasts"), *lake.partitions("features"), *lake.partitions("serving_bundle")})
    near = set(cycles[-(CYCLES + config.horizon) :])
    champion = champion_cycle(lake, cycles[-1]) if cycles else None
    since = {one for one in cycles if champion is not None and one > champion}
    needed = dict.fromkeys(since, "cycle since the champion was trained, which judges it")
    needed |= dict.fromkeys(near, "one of the newest cycles, which the next one reads")
    if champion is not None:
        needed[champion] = "the champion forecasts with it"
    receipts: Counter[str] = Counter()
    contents: dict[str, str] = {}
    for record in lake.committed(EVENT).values():
        hashes = {value for value in (*record["parts"].values(), *record["hashes"].values()) if len(value) == 64}
        receipts.update(hashes)
        if record["parts"]["cycle"] in needed:
            contents |= dict.fromkeys(hashes, needed[record["parts"]["cycle"]])
    manifests = list(_manifests(lake))
    for partition, hashes in manifests:
        if partition in needed:
            contents |= dict.fromkeys(hashes, needed[partition])
    contents |= dict.fromkeys(_pinned(lake), "somebody rolled back to it")
    named = {*named_elsewhere, *contents, *(one for _, hashes in manifests for one in hashes)}
    for folder in ("_registrations", "_file_events", *_events(lake)):
        for data in read_records(lake, folder).values():
            named |= _hashes(data)
    return References(needed, contents, frozenset(named), dict(receipts))


def _manifests(lake: Lake) -> Iterator[tuple[str, set[str]]]:
    """Partition and hashes of every artefact that is current."""
    for path in lake.fs.glob(f"{lake.root}/*/*=*/manifest.json"):
        partition = path.rsplit("/", 2)[-2].split("=", 1)[-1]
        yield partition, _hashes(lake.read_bytes(path if lake.is_local else lake.fs.unstrip_protocol(path)))


def _pinned(lake: Lake) -> set[str]:
    found = lake.fs.glob(f"{lake.root}/_pins/*.json")
    paths = (path if lake.is_local else lake.fs.unstrip_protocol(path) for path in found)
    return {one for path in paths for one in _hashes(lake.read_bytes(path))}


def _events(lake: Lake) -> list[str]:
    """Folders of commit records, below the root."""
    return [f"_commits/{path.rstrip('/').rsplit('/', 1)[1]}" for path in lake.fs.glob(f"{lake.root}/_commits/*")]


def _hashes(data: bytes) -> set[str]:
    return {one.decode() for one in HASH.findall(data)}


def named_in_ledger(database: PlanningDatabase) -> set[str]:
    """Every hash of a content that rows of the audit ledger name."""
    texts = (str(row[name]) for row in database.ledger() for name in ("before", "after") if row[name])
    return {one for text in texts for one in _hashes(text.encode())}


# -- plan and apply ---------------------------------------------------------------------------------------------------


def make_plan(lake: Lake, config: DemandConfig, database: PlanningDatabase, now: datetime) -> Plan:
    """What retention would do as of a moment. Nothing is written.

    Raises:
        StorageError: the lake or the planning database cannot be read.
    """
    needed = references(lake, config, named_in_ledger(database))
    decisions = decide(stored_files(lake), needed, config.retention, now)
    planned = actions(decisions)
    return Plan(plan_hash(planned), tuple(decisions), planned, tuple(sorted(_unfinished(lake))))


def _unfinished(lake: Lake) -> Iterator[str]:
    for path in lake.fs.glob(f"{lake.root}/{PLANS}/*.json"):
        record = json.loads(lake.read_bytes(path if lake.is_local else lake.fs.unstrip_protocol(path)))
        if record["done_at"] is None:
            yield str(record["plan"])


def archive_of(lake: Lake, project: Project) -> Archive:
    """The archive that is configured.

    Raises:
        ConfigError: none is, or the lake lies on S3, where lifecycle rules archive.
    """
    if not lake.is_local:
        raise ConfigError(
            f"{lake.root} lies on S3, where lifecycle rules of the bucket archive (deploy/aws has them); "
            "`dp retention plan` shows what they have archived, and there is nothing to apply"
        )
    root = project.config.retention.archive
    if root is None:
        raise ConfigError(
            "expected retention.archive in demand.yaml, the folder to archive to, but it is not said; nothing was done"
        )
    place = Path(project.place(root))
    if place.is_relative_to(Path(lake.root).resolve()):
        raise ConfigError(f"retention.archive: expected a folder outside of the lake {lake.root}, got {place}")
    return Archive(lake, place)


def apply_plan(
    archive: Archive,
    config: DemandConfig,
    database: PlanningDatabase,
    wanted: str,
    by: str,
    now: datetime,
    tell: Report,
) -> Applied:
    """Does what a plan says. May be killed at any moment and called again with the same plan, which then goes on.

    Args:
        archive: where to, and of which lake.
        config: periods.
        database: holds the audit ledger.
        wanted: hash of the plan, as `make_plan` gave it.
        by: who applies it, for the ledger.
        now: the time of the business.
        tell: told how far it is.

    Raises:
        RetentionRefusedError: the plan does not hold as things stand; nothing was touched.
        StorageError: a file cannot be moved; what was moved before stays moved.
    """
    from dp_resources.planning_notes import note_retention

    lake = archive.lake
    record = _kept_plan(lake, wanted)
    if record is not None and record["done_at"] is not None:
        tell(f"plan {wanted} was applied on {record['done_at']}; there is nothing to do")
        note_retention(
            database, "end", wanted, record["by"], datetime.fromisoformat(record["done_at"]), record["came_to"]
        )
        return Applied(**record["came_to"])
    current = make_plan(lake, config, database, now)
    if record is None:
        if current.hash != wanted:
            raise RetentionRefusedError(
                f"expected the hash of what is to be done now, {current.hash} ({len(current.actions)} files), got "
                f"{wanted}; files, references or days have changed since; look at `dp retention plan` again"
            )
        listed = [list(one) for one in current.actions]
        record = {"plan": wanted, "by": by, "begun_at": now.isoformat(), "done_at": None, "actions": listed}
        _keep_plan(lake, record)
    begun = [Action(*one) for one in record["actions"]]
    counted = {"files": len(begun), "bytes": sum(one.bytes for one in begun), "list": f"{PLANS}/{wanted}.json"}
    note_retention(database, "begin", wanted, record["by"], datetime.fromisoformat(record["begun_at"]), counted)
    todo = still_holds(begun, lambda one: is_done(lake, one), current.actions)
    if len(todo) < len(begun):
        tell(f"{len(begun) - len(todo)} of {len(begun)} files are done already, or are to stay by now")
    for number, one in enumerate(todo, start=1):
        if one.do == "archive":
            archive.move(one.path, pack=one.path.startswith(f"{LANDED}/"), at=now, plan=wanted)
        else:
            remove(lake, one.path)
        if number % 1000 == 0:
            tell(f"{number} of {len(todo)} files")
    came = _came_to(lake, wanted, begun)
    done = {**record, "done_at": now.isoformat(), "came_to": asdict(came)}
    _keep_plan(lake, done)
    note_retention(database, "end", wanted, record["by"], now, asdict(came))
    return came


def is_done(lake: Lake, one: Action) -> bool:
    """Whether a file lies in the archive, or was removed, as an action wanted."""
    file = Path(lake.root) / one.path
    if one.do == "remove":
        return not file.exists()
    return file.is_symlink() or (not file.exists() and note_of(lake, one.path) is not None)


def _came_to(lake: Lake, plan: str, begun: Iterable[Action]) -> Applied:
    counts: dict[str, int] = Counter()
    for one in begun:
        done = is_done(lake, one)
        word = ("archived" if one.do == "archive" else "removed") if done else "left"
        counts[word] += 1
        if done:
            counts[f"{word}_bytes"] += one.bytes
    return Applied(plan, **counts)


def _kept_plan(lake: Lake, wanted: str) -> dict[str, Any] | None:
    if not re.fullmatch(r"[0-9a-f]{16}", wanted):
        raise RetentionRefusedError(
            f"expected the 16 letters and digits that `dp retention plan` ends with, got {wanted!r}"
        )
    try:
        found: dict[str, Any] = json.loads(lake.read_bytes(f"{lake.root}/{PLANS}/{wanted}.json"))
    except ArtefactError:
        return None
    return found


def _keep_plan(lake: Lake, record: Mapping[str, Any]) -> None:
    lake.write_bytes(f"{lake.root}/{PLANS}/{record['plan']}.json", json_bytes(record))
