"""Producers' files out of the lake. Does not belong here: HTTP, reading the lake (`dp_assets/file_cards.py`)."""

from __future__ import annotations

import re
from collections import Counter

from serving.api.cursors import Key, page
from serving.api.file_versions.schemas import FileQuery, FilesQuery
from serving.api.problems import BadParameterError, UnknownFileError
from serving.api.questions import Answer
from serving.tables import KeptTables

VERSION = re.compile(r"[\w.-]{1,200}")


def files(reader: KeptTables, query: FilesQuery) -> Answer:
    """The answer of `FilesPage`.

    Raises:
        BadParameterError: there is no such state, or the cursor is not one of this listing.
    """
    from dp_assets.file_cards import STATES, files

    if query.state is not None and query.state not in STATES:
        raise BadParameterError(f"state: expected one of {', '.join(STATES)}, got {query.state!r}")
    every = files(reader)
    found = [one for one in every if _is_meant(one, query)]

    def key_of(at: int) -> Key:
        return [-int(found[at]["arrived_at"].timestamp() * 1e6), found[at]["file_version_id"]]

    filters = ("files", query.producer, query.feed, query.state, query.uri)
    part = page(range(len(found)), key_of, query.limit, query.cursor, "files", filters)
    states = {producer: Counter[str]() for producer in sorted({one["producer"] for one in every})}
    for one in every:
        states[one["producer"]][one["state"]] += 1
    return {
        "total": len(found),
        "next": part.next,
        "producers": {producer: dict(sorted(counts.items())) for producer, counts in states.items()},
        "files": [found[at] for at in part.rows],
    }


def _is_meant(one: Answer, query: FilesQuery) -> bool:
    same = all(
        wanted is None or one[name] == wanted
        for name, wanted in (("producer", query.producer), ("feed", query.feed), ("state", query.state))
    )
    return same and (query.uri is None or query.uri in one["uri"])


def file_version(reader: KeptTables, version: str, query: FileQuery) -> Answer:
    """The answer of `FileCard`.

    Raises:
        UnknownFileError: there is no such file version.
    """
    from dp_assets.file_cards import file_card

    found = file_card(reader, version, query.rejected, query.rule) if VERSION.fullmatch(version) else None
    if found is None:
        raise UnknownFileError(f"expected a file version, as GET /v1/files lists them, got {version[:80]!r}")
    return found
