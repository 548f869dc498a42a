"""The dbt manifest: parsed once, so that the asset graph loads without starting dbt.

Belongs here: where the manifest lies, whether it is current, and making it. Does not belong here: running models
(`dp_resources/dbt_runner.py`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from dp_assets.domain.errors import ArtefactError
from dp_resources.settings import Settings

DBT_PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
DBT_EXECUTABLE = Path(sys.executable).parent / "dbt"
PARSED = "partial_parse.msgpack"
"""What dbt keeps of a parsed project, beside the manifest that others read."""
PREPARED = DBT_PROJECT / "prepared"
"""Where an image keeps the manifests that it was built with: its processes parse nothing and need no common disk."""
SOURCES = ("dbt_project.yml", "profiles.yml", "models/**/*", "macros/**/*", "tests/**/*")


def project_hash(project: Path = DBT_PROJECT) -> str:
    """Hash over names and contents of the project's sources: a few dozen small files, a few milliseconds."""
    paths = sorted({path for pattern in SOURCES for path in project.glob(pattern) if path.is_file()})
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(project).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def manifest_folder(settings: Settings) -> Path:
    """Folder of the manifest of the project as it is now: the image's if there is one, else the state folder's."""
    name = f"{settings.dbt_target}-{project_hash()[:16]}"
    prepared = PREPARED / name
    return prepared if (prepared / "manifest.json").is_file() else settings.state_dir.resolve() / "dbt" / name


def current_manifest(settings: Settings) -> Path:
    """Path of the current manifest; starts nothing.

    Raises:
        ArtefactError: the project was never parsed as it is now.
    """
    path = manifest_folder(settings) / "manifest.json"
    if not path.is_file():
        raise ArtefactError(
            f"expected the dbt manifest at {path}, but the project was not parsed yet; run `dp prepare`"
        )
    return path


def ensure_manifest(settings: Settings) -> Path:
    """Path of the current manifest; parses the project (some 10 s) only if its content has changed.

    Raises:
        ArtefactError: the project does not parse; the message ends with what dbt said.
    """
    folder = manifest_folder(settings)
    if not (folder / "manifest.json").is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="parse-", dir=folder.parent) as target:
            parse(settings.dbt_target, Path(target))
            folder.mkdir(exist_ok=True)
            for name in (PARSED, "manifest.json"):  # the manifest last: its presence says that both are there
                (Path(target) / name).replace(folder / name)
        _remove_others(folder, settings.dbt_target)
    return folder / "manifest.json"


def dbt_command(*arguments: str, folder: Path) -> list[str]:
    """A dbt command on our project that leaves its artefacts and logs in a folder of its own."""
    project = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    return [str(DBT_EXECUTABLE), *arguments, *project, "--target-path", str(folder), "--log-path", str(folder)]


def parse(dbt_target: str, folder: Path) -> None:
    """Runs `dbt parse` into a folder."""
    done = subprocess.run(
        dbt_command("parse", "--target", dbt_target, folder=folder),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"},
    )
    if done.returncode:
        raise ArtefactError(
            f"the dbt project in {DBT_PROJECT} does not parse:\n{done.stdout[-4000:]}{done.stderr[-2000:]}"
        )


def _remove_others(folder: Path, dbt_target: str) -> None:
    """Removes manifests of earlier contents of the project."""
    for other in folder.parent.glob(f"{dbt_target}-*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
