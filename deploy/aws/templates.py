"""The templates of production as they are kept with the code, and whether they are of the code that is here.

    python -m deploy.aws.templates            writes them anew (needs CDK: pip install 'demand-planner[cdk]')
    python -m deploy.aws.templates --check    says whether CDK would write the same

Belongs here: writing, reading and dating them. Does not belong here: what is in them (`stacks`).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from deploy.aws.place import read_place

HERE = Path(__file__).parent
FOLDER = HERE / "templates"
ENVIRONMENT = "production"
STAMP = FOLDER / "sources.sha256"
"""Hash of the code that the templates were made from."""


def sources_hash() -> str:
    """Hash of the names and contents of everything here that decides the templates."""
    found = sorted([*HERE.rglob("*.py"), HERE / "environments" / f"{ENVIRONMENT}.yaml"])
    lines = [f"{path.relative_to(HERE).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in found]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read_templates() -> dict[str, dict[str, Any]]:
    """Noun → template, as kept."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def made_templates() -> dict[str, str]:
    """Noun → text of its template, as CDK makes it now."""
    from deploy.aws.app import build_app

    before, after = read_place(ENVIRONMENT).name(""), ".template.json"
    with tempfile.TemporaryDirectory() as folder:
        build_app(ENVIRONMENT, folder).synth()
        found = sorted(Path(folder).glob(f"*{after}"))
        return {
            path.name.removeprefix(before).removesuffix(after): _text(json.loads(path.read_text())) for path in found
        }


def _text(template: dict[str, Any]) -> str:
    return json.dumps(template, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write_templates() -> None:
    """Writes every template, and the hash of the code they are of."""
    made = made_templates()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    for noun, text in made.items():
        (FOLDER / f"{noun}.json").write_text(text)
    STAMP.write_text(sources_hash() + "\n")


def stale_templates() -> list[str]:
    """Nouns whose template CDK would write otherwise."""
    made, kept = made_templates(), {path.stem: path.read_text() for path in FOLDER.glob("*.json")}
    return sorted(noun for noun in made.keys() | kept.keys() if made.get(noun) != kept.get(noun))


if __name__ == "__main__":
    if "--check" not in sys.argv:
        write_templates()
    elif stale := stale_templates():
        sys.exit(f"expected the templates that CDK makes, got others of {', '.join(stale)}; run make aws-templates")
