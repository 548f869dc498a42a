"""Lines of plans and calendars that producers send again and again: which of them a moment knows.

Belongs here: the knowledge rule of promotions, events and regressors. Does not belong here: what a line means.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import polars as pl


def known_lines(lines: pl.DataFrame, identity: Sequence[str], known_at: datetime) -> pl.DataFrame:
    """The lines known at a moment, in a fixed order.

    Of the files that hold a line of the same identity the newest one speaks; lines of the same file all count.

    Args:
        lines: any contract with file_version_id, row_number and known_from.
        identity: columns that say what a line is about.
        known_at: lines of files that arrived later are left out.
    """
    known = lines.filter(pl.col("known_from") <= known_at)
    newest = pl.col("file_version_id").sort_by("known_from", "file_version_id").last().over(*identity)
    return known.filter(pl.col("file_version_id") == newest).sort(*identity, "file_version_id", "row_number")


def slug(text: str) -> str:
    """A name as the part of a channel's name: `Front page` → `front_page`; empty where nothing is left."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
