"""What the lake keeps about landed files: their bytes, registrations, objects written again, and events.

Belongs here: reading and writing those records. Does not belong here: when to write them (`ingestion.py`), or deciding
what is a new version (`domain/ingest/registration.py`).

    _landed/<sha256>                 the bytes as landed; what a producer overwrites later can still be read. Old ones
                                     lie packed in the archive (`dp_resources/archive.py`)
    _registrations/<version>.json    a file version; never changed, written before anything refers to the version
    _sightings/<hash>.json           an object that was written again with the content its path already held
    _file_events/<time>-<hash>.json  a recall of a file version, its undo, or a backdated arrival; never changed
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from dp_assets.domain.contracts import FILE_LINES
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.ingest.registration import LandedObject, Registration
from dp_assets.domain.ingest.restatements import LinesOf
from dp_assets.domain.recall import Backdated, FileEvent, backdated, recalled
from dp_assets.domain.scratch import scratch_folder
from dp_resources import archive, collector
from dp_resources.lake import Lake, json_bytes
from dp_resources.records import note_change, read_records
from dp_resources.staged_files import StagedFile

_parsed: dict[bytes, Registration] = {}
"""Registrations parsed before in this process, by their text: they are asked for again and again."""
_in_order: dict[str, tuple[Mapping[str, bytes], Mapping[str, Backdated], list[Registration]]] = {}
"""The last answer of `registrations` by lake, and what it was made of: nothing is sorted again that has not changed."""


@collector.at_rest()
def registrations(lake: Lake) -> list[Registration]:
    """Every registration, in order of arrival; reference data before transactions that arrived with it.

    A backdated version has the arrival that was declared for it.
    """
    texts, declared = read_records(lake, "_registrations", immutable=True), backdated_versions(lake)
    made_of, declared_then, found = _in_order.get(lake.root, (None, {}, []))
    if made_of is not texts or declared_then != declared:
        for text in texts.values():
            if text not in _parsed:
                _parsed[text] = Registration.from_record(orjson.loads(text))
        found = sorted((_arrived(_parsed[text], declared) for text in texts.values()), key=lambda one: one.order)
        _in_order[lake.root] = (texts, declared, found)
    return list(found)


def registration(lake: Lake, file_version_id: str) -> Registration:
    """The registration of one file version, with the arrival that counts; ArtefactError when there is none."""
    text = lake.read_bytes(f"{lake.root}/_registrations/{file_version_id}.json")
    return _arrived(Registration.from_record(json.loads(text)), backdated_versions(lake))


def _arrived(found: Registration, declared: Mapping[str, Backdated]) -> Registration:
    one = declared.get(found.file_version_id)
    return found if one is None else replace(found, arrived_at=one.arrived_at)


def write_registration(lake: Lake, found: Registration) -> None:
    """Stores a registration; from then on the version exists. One that is there stays: its arrival never changes."""
    path = f"{lake.root}/_registrations/{found.file_version_id}.json"
    if not lake.has_bytes(path):
        lake.write_bytes(path, json_bytes(found.to_record()))
    note_change(lake, "_registrations", found.file_version_id)


def sightings(lake: Lake) -> set[tuple[str, str]]:
    """(path, etag) of objects that were written again without a change."""
    records = (json.loads(text) for text in read_records(lake, "_sightings", immutable=True).values())
    return {(record["uri"], record["etag"]) for record in records}


def write_sighting(lake: Lake, one: LandedObject, same_as: str) -> None:
    """Remembers that an object holds what the file version `same_as` holds, so that it is not read at every poll."""
    name = hashlib.sha256(f"{one.uri}\0{one.etag}".encode()).hexdigest()[:24]
    record = {"uri": one.uri, "etag": one.etag, "same_as": same_as}
    lake.write_bytes(f"{lake.root}/_sightings/{name}.json", json_bytes(record))
    note_change(lake, "_sightings", name)


def file_events(lake: Lake) -> list[FileEvent]:
    """Every recall, undo and backdated arrival, in the order they were written."""
    records = read_records(lake, "_file_events", immutable=True).values()
    return sorted((FileEvent.from_record(json.loads(text)) for text in records), key=lambda one: one.at)


def write_file_event(lake: Lake, event: FileEvent) -> None:
    """Stores an event; from then on it holds."""
    lake.write_bytes(f"{lake.root}/_file_events/{event.identifier}.json", json_bytes(event.to_record()))
    note_change(lake, "_file_events", event.identifier)


def recalled_versions(lake: Lake) -> frozenset[str]:
    """File versions that count for nothing because somebody took them back."""
    return recalled(file_events(lake))


def backdated_versions(lake: Lake) -> dict[str, Backdated]:
    """File versions that count from an earlier moment on than their recorded arrival."""
    return backdated(file_events(lake))


def counting_commits(lake: Lake) -> dict[str, dict[str, Any]]:
    """Ingest commit records of the versions that count, by version: all but the recalled ones."""
    withdrawn = recalled_versions(lake)
    return {version: commit for version, commit in lake.committed("ingest").items() if version not in withdrawn}


def file_lines_of(lake: Lake) -> LinesOf:
    """A reader of `file_lines`, for the versions of commit records as they stand in the lake."""

    def read(commits: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        found = [lake.read(FILE_LINES.name, file_version=commit["file_version_id"]) for commit in commits]
        return pl.concat([FILE_LINES.empty(), *found])

    return read


def keep_file(lake: Lake, one: StagedFile, digest: str) -> None:
    """Keeps landed bytes that were staged, under their hash; nothing is written where they are kept already."""
    if not lake.has_bytes(landed_path(lake, digest)):
        lake.publish(one, landed_path(lake, digest))


def landed_path(lake: Lake, digest: str) -> str:
    """Where the landed bytes of that hash are kept."""
    return f"{lake.root}/_landed/{digest}"


@contextmanager
def landed_file(lake: Lake, digest: str) -> Iterator[Path]:
    """The kept bytes of that hash as a local file, from the archive where they were archived.

    Raises:
        ArtefactError: they were never kept.
        StorageError: the archive cannot be read.
    """
    path = landed_path(lake, digest)
    if lake.is_local and Path(path).is_file():
        yield Path(path)
        return
    note = archive.note_of(lake, archive.below(lake, path))
    if lake.is_local and note is None:
        raise ArtefactError(f"expected the landed bytes {digest} at {path}, but they are gone; land the file again")
    with scratch_folder() as folder:
        copy = folder / digest
        if note is None:
            lake.fetch(path, copy)
        else:
            archive.unpack(note, copy)
        yield copy
