"""The dbt manifest for tests: parsed once per content of the project, whatever the number of tests and workers."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from filelock import FileLock

from dp_assets.dbt_manifest import ensure_manifest, manifest_folder
from dp_resources.settings import Settings

SHARED = Path(tempfile.gettempdir()) / "demand_planner_test_manifest"


def hand_over_manifest(state_dir: Path) -> None:
    """Puts a current manifest into a test's own state folder."""
    SHARED.mkdir(exist_ok=True)
    with FileLock(SHARED / "lock"):
        ensure_manifest(Settings(state_dir=SHARED))
    source, target = (manifest_folder(Settings(state_dir=folder)) for folder in (SHARED, state_dir))
    shutil.copytree(source, target, dirs_exist_ok=True)
