"""Which bundle the API serves in place of the newest one, and who said so.

Belongs here: the pin in the lake, the bundles that are kept, rolling back and undoing it with a row in the ledger.
Does not belong here: putting a bundle into service (`library.py`), arguments and printing (`dp_assets/commands`).

The pin is a file beside the bundles, `_pins/serving_bundle.json`: whoever can read bundles can read it, so every API
process follows it without the planning database, which may be away. It holds until it is undone, also when newer
bundles come: one that nobody looked at must not end a rollback. The row in the ledger is kept first, then the pin is
changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import TypeAdapter, ValidationError

from dp_assets.domain.errors import ArtefactError, DemandPlannerError, StorageError
from dp_resources.lake import Lake
from serving.bundle import FORMAT, Bundle

if TYPE_CHECKING:
    import sqlalchemy as sa

    from dp_resources.planning_db import PlanningDatabase

TABLE = "serving_bundle"
SHORTEST = 6
"""Letters that name a version at least."""
SHOWN = 12
ROLLBACK, UNDO = "rollback", "undo rollback"
"""What the ledger calls them."""


class RollbackRefusedError(DemandPlannerError):
    """What is asked for cannot be served instead."""


@dataclass(frozen=True)
class Pin:
    """A bundle that is served in place of the newest one.

    Attributes:
        cycle, version: the bundle.
        by: who said so.
        at: when, UTC.
        reason: why, in their words.
        sequence: row of the ledger.
    """

    cycle: str
    version: str
    by: str
    at: datetime
    reason: str
    sequence: int


@dataclass(frozen=True)
class Kept:
    """A bundle that is kept in the lake.

    Attributes:
        cycle: its cycle.
        version: its content hash.
        format: format of its files.
        written_at: when its files were written, UTC.
        is_newest: whether it is what its cycle has now, and not an earlier version of it.
        is_served: whether the API is to serve it.
    """

    cycle: str
    version: str
    format: int
    written_at: datetime
    is_newest: bool
    is_served: bool

    @property
    def can_be_served(self) -> bool:
        """Whether this code reads such files."""
        return self.format == FORMAT


_PIN = TypeAdapter(Pin)


def newest(lake: Lake) -> tuple[str, str] | None:
    """Cycle and version of the newest bundle in the lake; None when there is none."""
    cycles = lake.partitions(TABLE)
    return (cycles[-1], str(lake.manifest(TABLE, cycle=cycles[-1])["sha256"])) if cycles else None


def pin_of(lake: Lake) -> Pin | None:
    """What is served in place of the newest bundle; None where that one is.

    Raises:
        ArtefactError: the file says nothing that can be followed.
    """
    try:
        text = lake.read_bytes(_path(lake))
    except ArtefactError:
        return None
    try:
        return _PIN.validate_json(text)
    except ValidationError:
        raise ArtefactError(
            f"expected a pinned bundle in {_path(lake)}, got {text[:80]!r}; `dp rollback CYCLE` replaces it, "
            "`dp rollback --undo` removes it"
        ) from None


def open_bundle(lake: Lake, cycle: str, version: str) -> Bundle:
    """A bundle by its version, be it what its cycle has now or what it had before.

    Raises:
        DemandPlannerError: it is not there, not whole, or of another format.
    """
    now = lake.exists(TABLE, cycle=cycle) and lake.manifest(TABLE, cycle=cycle)["sha256"] == version
    bundle = Bundle(lake.open_folder(TABLE, cycle=cycle) if now else lake.open_version(TABLE, version))
    if bundle.head.cycle != cycle:
        raise ArtefactError(f"expected a bundle of cycle {cycle}, got one of {bundle.head.cycle}")
    if bundle.folder.name != version:
        raise ArtefactError(f"bundle {version[:SHOWN]} of cycle {cycle} was replaced while it was opened")
    return bundle


def kept(lake: Lake) -> list[Kept]:
    """Every bundle that is kept, the newest cycle first, within it the one written last.

    None of them is served where the pin cannot be read: nobody can say which it names.
    """
    held = {cycle: lake.manifest(TABLE, cycle=cycle)["sha256"] for cycle in lake.partitions(TABLE)}
    try:
        pin = pin_of(lake)
        served = (pin.cycle, pin.version) if pin else newest(lake)
    except ArtefactError:
        served = None
    found = []
    for version in lake.versions(TABLE):
        path = f"{lake.root}/_versions/{TABLE}/{version}/head.json"
        try:
            head = orjson.loads(lake.read_bytes(path))
            cycle, form = str(head["cycle"]), int(head["format"])
        except (ArtefactError, ValueError, KeyError, TypeError):
            continue  # its writer was killed, or it was damaged: nothing to go back to
        at, is_newest = lake.written_at(path), held.get(cycle) == version
        found.append(Kept(cycle, version, form, at, is_newest, served == (cycle, version)))
    return sorted(found, key=lambda one: (one.cycle, one.is_newest, one.written_at), reverse=True)


class Rollbacks:
    """Rolling back, each time with a row in the ledger of a planning database."""

    def __init__(self, lake: Lake, database: PlanningDatabase) -> None:
        self.lake, self.database = lake, database

    def roll_back(self, target: str, by: str, reason: str, address: str | None = None) -> Pin:
        """Has every API process serve a bundle that is kept, until `undo`.

        Args:
            target: a cycle, or the first letters of a version.
            by: who, for the ledger.
            reason: why; answered to whoever asks what is served.
            address: from where, where it came over HTTP.

        Raises:
            RollbackRefusedError: there is no such bundle, or no reason.
            DemandPlannerError: it cannot be served.
            StorageError: the planning database or the lake does not answer; then nothing was changed.
        """
        self._check_reason(reason)
        found = self._target(target)
        open_bundle(self.lake, found.cycle, found.version)
        after = {"cycle": found.cycle, "bundle": found.version, "reason": reason}
        subject = f"cycle {found.cycle} {found.version[:SHOWN]}"
        with self._entered(ROLLBACK, subject, by, after, address) as (sequence, at):
            pin = Pin(found.cycle, found.version, by, at, reason.strip(), sequence)
            self.lake.write_bytes(_path(self.lake), _PIN.dump_json(pin))
        return pin

    def undo(self, by: str, reason: str = "", address: str | None = None) -> tuple[str, str] | None:
        """Has every API process serve the newest bundle again; returns its cycle and version.

        Raises:
            RollbackRefusedError: nothing was rolled back.
            StorageError: the planning database or the lake does not answer; then nothing was changed.
        """
        path = _path(self.lake)
        if not self.lake.has_bytes(path) and not self._is_left_over():
            raise RollbackRefusedError("the newest bundle is served already; there is no rollback to undo")
        last = newest(self.lake)
        after = {"cycle": last and last[0], "bundle": last and last[1], "reason": reason}
        with self._entered(UNDO, f"cycle {last[0] if last else 'none'}", by, after, address):
            _restore(self.lake, path, None)
        return last

    def _is_left_over(self) -> bool:
        """Whether the ledger ends with a rollback that never came about: its process was killed."""
        with self.database.read() as connection:
            found = _last(connection)
        return found is not None and found[1] == ROLLBACK

    @contextmanager
    def _entered(
        self, action: str, subject: str, by: str, after: dict[str, Any], address: str | None
    ) -> Iterator[tuple[int, datetime]]:
        """A change of the pin, with a row in the ledger that is kept before anything changes.

        So nothing is ever served that the ledger does not know of. Of a process that is killed between the two a row
        stays, and doing it again adds another one; of a change that failed, a second row says so.
        """
        from dp_resources.planning_ledger import enter

        at = datetime.now(UTC)
        said = {**after, **({"address": address} if address else {})}
        with self.database.write() as connection:
            sequence = enter(connection, at, by, action, subject, _served(self.lake), said)
        done = False
        failure: BaseException | None = None
        try:
            with self.database.write() as connection:  # others wait, so that pin and last row are of one change
                try:
                    with self._unless_it_fails(connection, sequence):
                        yield sequence, at
                    done = True
                except BaseException as error:
                    failure = error
                    why = {"row": sequence, "because": str(error) or type(error).__name__}
                    enter(connection, datetime.now(UTC), by, f"{action} failed", subject, None, why)
        except StorageError:
            if not done:  # else the database went away when nothing was left to write
                raise
        if failure is not None:
            raise failure

    @contextmanager
    def _unless_it_fails(self, connection: sa.Connection, sequence: int) -> Iterator[None]:
        """Puts the pin back where what is done to it fails; refuses where a later change came first."""
        found, path = _last(connection), _path(self.lake)
        if found is not None and found[0] != sequence:
            raise RollbackRefusedError(
                f"row {found[0]} of the ledger came between, so nothing was changed; see what is served, and ask again"
            )
        former = self.lake.read_bytes(path) if self.lake.has_bytes(path) else None
        try:
            yield
        except BaseException:
            with suppress(StorageError):  # what could not be written is as it was
                _restore(self.lake, path, former)
            raise

    def _target(self, target: str) -> Kept:
        every = kept(self.lake)
        if found := [one for one in every if one.cycle == target and one.is_newest]:
            return found[0]
        if found := [one for one in every if len(target) >= SHORTEST and one.version.startswith(target)]:
            if len({one.version for one in found}) > 1:
                raise RollbackRefusedError(
                    f"expected one version, but {len(found)} begin with {target}; say more of it"
                )
            return found[0]
        raise RollbackRefusedError(
            f"expected a cycle with a bundle, or {SHORTEST} letters of a version or more, got {target!r}; "
            "`dp rollback --list` shows what there is"
        )

    @staticmethod
    def _check_reason(reason: str) -> None:
        if not reason.strip():
            raise RollbackRefusedError("expected a reason, which is told to whoever asks what is served, got none")


def _path(lake: Lake) -> str:
    return f"{lake.root}/_pins/{TABLE}.json"


def _last(connection: sa.Connection) -> tuple[int, str] | None:
    """Sequence and action of the newest row of the ledger about what is served; None where there is none."""
    import sqlalchemy as sa

    from dp_resources.planning_ledger import LEDGER

    actions = [f"{one}{end}" for one in (ROLLBACK, UNDO) for end in ("", " failed")]
    query = sa.select(LEDGER.c.sequence, LEDGER.c.action).where(LEDGER.c.action.in_(actions))
    row = connection.execute(query.order_by(LEDGER.c.sequence.desc()).limit(1)).first()
    return None if row is None else (int(row[0]), str(row[1]))


def _served(lake: Lake) -> dict[str, Any] | None:
    """What is to be served now, for the ledger."""
    try:
        pin = pin_of(lake)
    except ArtefactError:
        return {"pin": "not readable"}
    if pin is not None:
        return {"cycle": pin.cycle, "bundle": pin.version, "pinned": True, "reason": pin.reason}
    last = newest(lake)
    return None if last is None else {"cycle": last[0], "bundle": last[1], "pinned": False}


def _restore(lake: Lake, path: str, text: bytes | None) -> None:
    if text is not None:
        lake.write_bytes(path, text)
    elif lake.has_bytes(path):
        lake.remove_bytes(path)
