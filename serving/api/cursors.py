"""Listings page by page, by an opaque cursor.

Belongs here: where a page begins and ends, and what a cursor says. Does not belong here: what is listed.

A cursor names the key of the last item seen, the version of the data it was seen in, and the filters. The next page
begins behind that key whatever the version, so nothing that stays is listed twice or left out when newer data comes
into service between two pages; the page says so.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from collections.abc import Callable, Hashable, Sequence
from hashlib import blake2b
from typing import NamedTuple

import orjson

from serving.api.problems import BadParameterError

Key = list[str | int]


class Slice(NamedTuple):
    """The items of one page, the cursor of the next one, and whether the data is another one than the page before's."""

    rows: Sequence[int]
    next: str | None
    changed: bool


def page(
    rows: Sequence[int],
    key_of: Callable[[int], Key],
    limit: int,
    cursor: str | None,
    version: str,
    filters: Hashable,
) -> Slice:
    """The rows of the page behind a cursor.

    Args:
        rows: everything listed, ascending by key.
        key_of: key of a row, unique, of the same types for each.
        limit: rows of a page.
        cursor: as an earlier page gave it; None for the first page.
        version: of the data listed.
        filters: what else was asked for, in a form whose `repr` is always the same.

    Raises:
        BadParameterError: the cursor is not one that this listing gave.
    """
    question = blake2b(repr(filters).encode(), digest_size=6).hexdigest()
    start, changed = 0, False
    if cursor is not None:
        since, key = _read(cursor, question)
        changed = since != version[:16]
        try:
            start = bisect_right(rows, key, key=key_of)
        except TypeError:
            raise _bad(cursor) from None
    shown = rows[start : start + limit]
    more = start + limit < len(rows)
    following = _write(version, key_of(shown[-1]), question) if more else None
    return Slice(shown, following, changed)


def _write(version: str, key: Key, question: str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([version[:16], question, key])).decode().rstrip("=")


def _read(cursor: str, question: str) -> tuple[str, Key]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        version, asked, key = orjson.loads(text)
    except (binascii.Error, ValueError, TypeError):
        raise _bad(cursor) from None
    if not isinstance(version, str) or not isinstance(key, list):
        raise _bad(cursor)
    if asked != question:
        raise BadParameterError(
            "cursor: expected one that this listing gave for the same filters, got one of other filters; leave cursor "
            "out to begin anew"
        )
    return version, key


def _bad(cursor: str) -> BadParameterError:
    return BadParameterError(
        f"cursor: expected `next` of an earlier page as it was given, got {cursor[:40]!r}; leave cursor out to begin "
        "anew"
    )
