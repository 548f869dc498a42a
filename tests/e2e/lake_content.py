"""What is current in a lake on disk, by path, for tests that compare lakes byte by byte.

Belongs here: reading and comparing. Does not belong here: making a lake (`small_world.py`).
"""

from __future__ import annotations

from pathlib import Path

from dp_resources.lake import Lake, sha256

NOT_CURRENT = ("_versions", "_file_events", "_index")
"""What was replaced, who asked for it, and what only makes reading quick."""


def lake_content(lake: Lake) -> dict[str, str]:
    """Path → hash of everything current: partitions, manifests, commit records."""
    root = Path(lake.root)
    paths = (path for path in root.rglob("*") if path.is_file())
    names = {path.relative_to(root): path for path in paths if path.relative_to(root).parts[0] not in NOT_CURRENT}
    return {name.as_posix(): sha256(path.read_bytes()) for name, path in names.items()}


def changed_partitions(before: dict[str, str], after: dict[str, str], table: str) -> set[str]:
    """Partitions of a table whose bytes differ."""
    paths = {path for path in before | after if before.get(path) != after.get(path)}
    return {path.split("/")[1].split("=")[1] for path in paths if path.startswith(f"{table}/")}
