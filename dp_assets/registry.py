"""What the lake keeps about landed files: their bytes, their registrations, and objects that were written again.

Belongs here: reading and writing those records. Does not belong here: when to write them (`ingestion.py`), or deciding
what is a new version (`domain/ingest/registration.py`).

    _landed/<sha256>                 the bytes as landed; what a producer overwrites later can still be read
    _registrations/<version>.json    a file version; never changed, written before anything refers to the version
    _sightings/<hash>.json           an object that was written again with the content its path already held
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.ingest.registration import LandedObject, Registration
from dp_resources.lake import Lake, json_bytes, sha256

_parsed: dict[tuple[str, str], Registration] = {}
"""Registrations read before in this process, by path and the storage's version of it: they are read again and again."""


def registrations(lake: Lake) -> list[Registration]:
    """Every registration, in order of arrival; reference data before transactions that arrived with it."""
    listed = lake.fs.glob(f"{lake.root}/_registrations/*.json", detail=True)
    found = []
    for path, info in listed.items():
        key = (path, str(info.get("ETag", info.get("mtime"))))
        if key not in _parsed:
            _parsed[key] = Registration.from_record(json.loads(lake.read_bytes(path)))
        found.append(_parsed[key])
    return sorted(found, key=lambda one: one.order)


def registration(lake: Lake, file_version_id: str) -> Registration:
    """The registration of one file version; ArtefactError when there is none."""
    return Registration.from_record(json.loads(lake.read_bytes(f"{lake.root}/_registrations/{file_version_id}.json")))


def write_registration(lake: Lake, found: Registration) -> None:
    """Stores a registration; from then on the version exists. One that is there stays: its arrival never changes."""
    path = f"{lake.root}/_registrations/{found.file_version_id}.json"
    if not lake.fs.exists(path):
        lake.write_bytes(path, json_bytes(found.to_record()))


def sightings(lake: Lake) -> set[tuple[str, str]]:
    """(path, etag) of objects that were written again without a change."""
    records = (json.loads(lake.read_bytes(path)) for path in sorted(lake.fs.glob(f"{lake.root}/_sightings/*.json")))
    return {(record["uri"], record["etag"]) for record in records}


def write_sighting(lake: Lake, one: LandedObject, same_as: str) -> None:
    """Remembers that an object holds what the file version `same_as` holds, so that it is not read at every poll."""
    name = hashlib.sha256(f"{one.uri}\0{one.etag}".encode()).hexdigest()[:24]
    record = {"uri": one.uri, "etag": one.etag, "same_as": same_as}
    lake.write_bytes(f"{lake.root}/_sightings/{name}.json", json_bytes(record))


def keep_bytes(lake: Lake, data: bytes) -> str:
    """Keeps landed bytes; their hash."""
    digest = sha256(data)
    if not lake.fs.exists(_landed(lake, digest)):
        lake.write_bytes(_landed(lake, digest), data)
    return digest


def _landed(lake: Lake, digest: str) -> str:
    return f"{lake.root}/_landed/{digest}"


@contextmanager
def landed_file(lake: Lake, digest: str) -> Iterator[Path]:
    """The kept bytes of that hash as a local file; ArtefactError when they were never kept."""
    path = _landed(lake, digest)
    if lake.is_local:
        if not Path(path).is_file():
            raise ArtefactError(f"expected the landed bytes {digest} at {path}, but they are gone; land the file again")
        yield Path(path)
        return
    with tempfile.TemporaryDirectory(prefix="demand_planner_") as folder:
        copy = Path(folder) / digest
        copy.write_bytes(lake.read_bytes(path))
        yield copy
