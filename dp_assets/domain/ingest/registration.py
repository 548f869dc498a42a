"""File versions: who owns a landed object, what it is called, when it arrived, and what it repeats.

Belongs here: decisions about registrations, from listings and content hashes. Does not belong here: listing and reading
the landing root (`dp_resources/landing.py`), storing registrations (`dp_assets/registry.py`).

A registration never changes once stored. Whether a version counts is said by its commit record (`events.py`) and by
recalls (`dp_assets/domain/recall.py`).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.producer_config import Feed, ProducerConfig
from dp_assets.domain.restatement_config import Restates, nothing_restates

FEED_ORDER: dict[Feed, int] = {
    "products": 0,
    "attribute_corrections": 1,
    "promotions": 1,
    "events": 1,
    "regressors": 1,
    "stock": 1,
    "product_life": 1,
    "transactions": 2,
}
"""Reference data comes before the transactions that arrived with it."""
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class LandedObject:
    """One object below the landing root as the storage lists it.

    Attributes:
        uri: path below the landing root, `/` between folders.
        etag: version tag; it changes whenever the object is written, even with the same content.
        bytes: size.
        modified_at: modification time, UTC.
    """

    uri: str
    etag: str
    bytes: int
    modified_at: datetime


@dataclass(frozen=True)
class Registration:
    """One file version: everything that is fixed the moment it is first seen; see `contracts.RAW_FILES`."""

    file_version_id: str
    producer: str
    feed: Feed
    uri: str
    etag: str
    content_sha256: str
    bytes: int
    modified_at: datetime
    arrived_at: datetime
    supersedes: str | None

    def to_record(self) -> dict[str, Any]:
        """As JSON values; times in ISO 8601, UTC."""
        return {
            name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Registration:
        """The registration that `to_record` described."""
        values = {name: record[name] for name in cls.__dataclass_fields__}
        for name in ("modified_at", "arrived_at"):
            values[name] = datetime.fromisoformat(values[name])
        return cls(**values)

    @property
    def order(self) -> tuple[datetime, int, str]:
        """Sort key: arrival, then reference data before transactions, then path."""
        return (self.arrived_at, FEED_ORDER[self.feed], self.uri)


@lru_cache(maxsize=1024)
def _pattern(glob: str) -> re.Pattern[str]:
    parts: list[str] = []
    for token in re.findall(r"\*\*/|\*\*|\*|\?|\[!?[^\]]+\]|.", glob, flags=re.DOTALL):
        if token in ("**/", "**", "*", "?"):
            parts.append({"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}[token])
        elif len(token) > 1:
            parts.append("[^" + token[2:] if token.startswith("[!") else token)
        else:
            parts.append(re.escape(token))
    return re.compile("".join(parts) + r"\Z", flags=re.DOTALL)


def matches(uri: str, glob: str) -> bool:
    """Whether a path below the landing root matches a glob; `*` stays within one folder, `**` crosses folders.

    >>> matches("shop/week-01.csv", "shop/*.csv"), matches("shop/old/week-01.csv", "shop/*.csv")
    (True, False)
    >>> matches("shop/old/week-01.csv", "shop/**/*.csv"), matches("shop/week-01.csv", "shop/**/*.csv")
    (True, True)
    """
    return _pattern(glob).match(uri) is not None


def owner(uri: str, producers: Iterable[ProducerConfig]) -> ProducerConfig | None:
    """The first producer one of whose globs matches the path; None when nobody claims it."""
    return next((one for one in producers if any(matches(uri, glob) for glob in one.files)), None)


def version_id(producer: str, uri: str, content_sha256: str, supersedes: str | None, taken: Collection[str]) -> str:
    """Name of a file version: the producer and a hash of path and content.

    The same file at the same path has the same name on every machine. When earlier content comes back to a path after
    something else stood there, the version that it supersedes is hashed in, too.
    """
    name = f"{producer}-{_short_hash(uri, content_sha256)}"
    return name if name not in taken else f"{producer}-{_short_hash(uri, content_sha256, supersedes or '')}"


def _short_hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def newest_by_uri(known: Iterable[Registration]) -> dict[str, Registration]:
    """The version registered last for each path."""
    return {one.uri: one for one in sorted(known, key=lambda one: one.order)}


def arrival(
    rule: str,
    landed: LandedObject,
    declared: datetime | None,
    last_sold_at: datetime | None,
    previous: Registration | None,
    now: datetime,
) -> datetime:
    """Moment a file version counts as arrived, by its producer's rule; first seen is the answer of last resort.

    Args:
        rule: `ProducerConfig.arrival`.
        landed: the object as listed.
        declared: the manifest's entry for the path.
        last_sold_at: end of the last day in the file, for a declared initial load.
        previous: the version that this one supersedes.
        now: the clock.

    Returns:
        A time later than the superseded version's: a restated file whose manifest entry or modification time was left
        as it stood would otherwise be known before anybody could have known it.
    """
    candidates = {
        "manifest": declared,
        "modified_at": landed.modified_at,
        "initial_load": min(last_sold_at, now) if last_sold_at else None,
    }
    claimed = candidates.get(rule)
    if previous is None:
        return claimed or now
    if claimed is not None and claimed > previous.arrived_at:
        return claimed
    return max(now, previous.arrived_at + TICK)


def identify(
    landed: Iterable[LandedObject],
    config: DemandConfig,
    known: Sequence[Registration],
    now: datetime,
    hashes: Mapping[str, str],
    manifests: Mapping[str, datetime] | None = None,
    last_sold_at: Mapping[str, datetime] | None = None,
) -> list[Registration]:
    """New file versions among landed objects, in order of arrival.

    An object whose path already holds the same content (it was touched, or copied over itself) is no new version, and
    one that no producer claims is none either.

    Args:
        landed: listed objects, at most one per path.
        config: the producers.
        known: every registration so far.
        now: the clock.
        hashes: path → SHA-256 of the content.
        manifests: path → arrival, as declared by producers.
        last_sold_at: path → end of the last business day in the file, where the arrival rule needs it.
    """
    newest, taken = newest_by_uri(known), {one.file_version_id for one in known}
    found: list[Registration] = []
    for one in landed:
        producer, previous, content = owner(one.uri, config.producers), newest.get(one.uri), hashes[one.uri]
        if producer is None or (previous is not None and previous.content_sha256 == content):
            continue
        supersedes = previous.file_version_id if previous else None
        declared, last = (manifests or {}).get(one.uri), (last_sold_at or {}).get(one.uri)
        found.append(
            Registration(
                file_version_id=version_id(producer.name, one.uri, content, supersedes, taken),
                producer=producer.name,
                feed=producer.feed,
                uri=one.uri,
                etag=one.etag,
                content_sha256=content,
                bytes=one.bytes,
                modified_at=one.modified_at,
                arrived_at=arrival(producer.arrival, one, declared, last, previous, now),
                supersedes=supersedes,
            )
        )
    return sorted(found, key=lambda registration: registration.order)


def duplicates(
    known: Iterable[Registration],
    excluded: Collection[str] = frozenset(),
    restates: Restates = nothing_restates,
) -> dict[str, Registration]:
    """Version → the earlier version whose rows it repeats, for every version that repeats one.

    A version is a duplicate when another path already held the same bytes, for the same feed, as it arrived.
    Superseded versions no longer hold their rows and duplicates never did, so neither is repeated. Only contents that
    occur more than once are looked at.

    A file that restates the rows or dates of the earlier one is no duplicate of it. It says again what may have been
    said otherwise in between, and by its rule it counts once.

    Args:
        known: every registration, in any order.
        excluded: versions that hold no rows and supersede nothing: those in quarantine, and recalled ones.
        restates: whether files of a producer replace what earlier ones of another say.
    """
    counted = [one for one in known if one.file_version_id not in excluded]
    times = Counter(one.content_sha256 for one in counted)
    alike: dict[tuple[str, Feed], list[Registration]] = {}
    for one in counted:
        if times[one.content_sha256] > 1:
            alike.setdefault((one.content_sha256, one.feed), []).append(one)
    repeated = [group for group in alike.values() if len(group) > 1]
    paths = {one.uri for group in repeated for one in group}
    ends = _ends(one for one in counted if one.uri in paths) if paths else {}
    found: dict[str, Registration] = {}
    for group in repeated:
        originals: list[Registration] = []
        for one in sorted(group, key=lambda one: one.order):
            held = (first for first in originals if _holds(first, one, ends))
            original = next((first for first in held if not restates(one.producer, first.producer)), None)
            if original is None:
                originals.append(one)
            else:
                found[one.file_version_id] = original
    return found


def duplicate_of(
    one: Registration,
    known: Iterable[Registration],
    excluded: Collection[str] = frozenset(),
    restates: Restates = nothing_restates,
) -> Registration | None:
    """The earlier version whose rows this one repeats, None when its content counts; see `duplicates`."""
    versions = {other.file_version_id: other for other in (*known, one)}.values()
    return duplicates(versions, excluded, restates).get(one.file_version_id)


def _ends(counted: Iterable[Registration]) -> dict[str, datetime]:
    """Version → arrival of the version that follows it at its path; those that still stand are left out."""
    newest: dict[str, Registration] = {}
    ends: dict[str, datetime] = {}
    for one in sorted(counted, key=lambda one: one.order):
        if one.uri in newest:
            ends[newest[one.uri].file_version_id] = one.arrived_at
        newest[one.uri] = one
    return ends


def _holds(first: Registration, later: Registration, ends: Mapping[str, datetime]) -> bool:
    """Whether `first`, at another path, still stood there when `later` arrived."""
    end = ends.get(first.file_version_id)
    return first.uri != later.uri and (end is None or end > later.arrived_at)
