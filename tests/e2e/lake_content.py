"""What is current in a lake on disk, by path, for tests that compare lakes byte by byte.

Belongs here: reading and comparing. Does not belong here: making a lake (`small_world.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from dp_resources.lake import sha256

NOT_CURRENT = ("_versions", "_commits/receipts", "_file_events", "_made", "_index", "_staging")
"""What was replaced and how it had been made, who asked for it, which run made it, what only makes reading quick, and
what is being written."""


def lake_content(root: Path | str, left_out: Collection[str] = NOT_CURRENT) -> dict[str, str]:
    """Path below the root of a lake → hash of everything current: partitions, manifests, commit records."""
    paths = {path.relative_to(root).as_posix(): path for path in Path(root).rglob("*") if path.is_file()}
    folders = tuple(f"{name}/" for name in left_out)
    return {name: sha256(path.read_bytes()) for name, path in paths.items() if not name.startswith(folders)}


def changed_partitions(before: dict[str, str], after: dict[str, str], table: str) -> set[str]:
    """Partitions of a table whose bytes differ."""
    paths = {path for path in before | after if before.get(path) != after.get(path)}
    return {path.split("/")[1].split("=")[1] for path in paths if path.startswith(f"{table}/")}
