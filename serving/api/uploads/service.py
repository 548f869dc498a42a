"""Files into the landing folder, as if their producer had dropped them there.

Belongs here: where a file goes and whether it may, writing it in one step. Does not belong here: HTTP, what becomes of
landed files (`dp_assets/ingestion.py`).

The name in the ledger comes before the file: killed in between, a row tells of a file that did not come, and whoever
sent it was not told that it did.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from serving.api.overrides.service import Answer
from serving.api.problems import BadParameterError, BodyTooLongError, PlanningUnavailableError, UnknownProducerError
from serving.desk import Desk

if TYPE_CHECKING:
    from dp_assets.domain.producer_config import ProducerConfig
    from dp_resources.planning_db import PlanningDatabase
    from dp_resources.staged_files import StagedFile

LONGEST_NAME = 200
CHUNK_BYTES = 2**20
WILDCARDS = frozenset("*?[")
log = logging.getLogger("demand_planner.serving")


def place_of(producers: Sequence[ProducerConfig], producer: str, name: str) -> str:
    """The path below the landing root where a producer's file of that name goes.

    Raises:
        UnknownProducerError: there is no such producer.
        BadParameterError: the name is none, or none of that producer's files is called so.
    """
    from dp_assets.domain.ingest.registration import owner
    from dp_resources.landing import is_finished

    found = next((one for one in producers if one.name == producer), None)
    if found is None:
        raise UnknownProducerError(
            f"expected a producer among {', '.join(p.name for p in producers)}, got {producer!r}"
        )
    is_plain = name.isprintable() and not set(name) & {"/", "\\"} and len(name.encode()) <= LONGEST_NAME
    if not name or not is_plain or not is_finished(name):
        raise BadParameterError(
            f"expected a plain file name of at most {LONGEST_NAME} bytes, without / and \\, that is not hidden, a "
            f"manifest, or one of unfinished files, got {name[:80]!r}"
        )
    folders = [_fixed_folder(glob) for glob in found.files]
    places = [str(folder / name) for folder in dict.fromkeys(folders)]
    for place in places:
        claimed = owner(place, producers)
        if claimed is not None and claimed.name == producer and is_finished(place):
            return place
    raise BadParameterError(f"expected a name that matches {' or '.join(found.files)} of {producer}, got {name!r}")


def _fixed_folder(glob: str) -> PurePosixPath:
    """The folders of a glob before the first that is not named.

    >>> _fixed_folder("shop/*/day-*.csv")
    PurePosixPath('shop')
    """
    folders = PurePosixPath(glob).parts[:-1]
    fixed = next((at for at, one in enumerate(folders) if set(one) & WILDCARDS), len(folders))
    return PurePosixPath(*folders[:fixed])


def landing_folder(desk: Desk) -> Path:
    """The landing root, where it is a folder.

    Raises:
        BadParameterError: it is elsewhere.
    """
    root = desk.settings.landing_root or desk.config.landing.root
    if "://" in root:
        raise BadParameterError(
            f"files are uploaded where the landing root is a folder; put them at {root.split('@')[-1]} directly"
        )
    return (desk.settings.config.resolve().parent / root).resolve()


@contextmanager
def landing() -> Iterator[None]:
    """Turns what the landing folder's disk refuses into a problem; where it is stays in the log.

    Raises:
        PlanningUnavailableError: the folder cannot be written to.
    """
    try:
        yield
    except OSError as error:
        log.error("a file cannot be written to the landing folder: %s", error)
        raise PlanningUnavailableError("the landing folder cannot be written to just now; nothing landed") from error


async def take_in(chunks: AsyncIterable[bytes], to: StagedFile, limit: int) -> tuple[int, str]:
    """Writes a body; its size and hash. BodyTooLongError when it is longer than the limit."""
    import asyncio

    size, digest = 0, hashlib.sha256()

    def write(chunk: bytes) -> None:
        digest.update(chunk)
        to.file.write(chunk)

    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise BodyTooLongError(f"expected a file of at most {limit} bytes (DP_API_UPLOAD_BYTES)")
        if chunk:
            await asyncio.to_thread(write, chunk)
    return size, digest.hexdigest()


def land(desk: Desk, user: str, producer: str, uri: str, staged: StagedFile, size: int, digest: str) -> Answer:
    """Lets a whole file appear at its place, in one step, with its row in the ledger; the answer of `Uploaded`."""
    with desk.landing_turn:
        return let_appear(desk, desk.database, user, producer, uri, staged, size, digest)


def let_appear(
    desk: Desk,
    database: PlanningDatabase,
    user: str,
    producer: str,
    uri: str,
    staged: StagedFile,
    size: int,
    digest: str,
) -> Answer:
    """As `land`, within a transaction if the database is joined to one; whoever calls has the landing turn."""
    from dp_resources.planning_ledger import enter

    target = landing_folder(desk) / uri
    before = _digest(target)
    told = {"producer": producer, "sha256": digest, "bytes": size}
    with database.write() as connection:
        earlier = None if before is None else {"sha256": before}
        enter(connection, desk.clock.now(), user, "upload", uri, earlier, told)
    staged.publish(target)
    return {**told, "uri": uri, "replaced": before is not None}


def _digest(path: Path) -> str | None:
    if not path.is_file():
        return None
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            found.update(chunk)
    return found.hexdigest()
