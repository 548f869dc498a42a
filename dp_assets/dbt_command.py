"""dbt's command line over a project that was parsed before: `python -m dp_assets.dbt_command PARSED build …`.

Belongs here: handing dbt what `dbt parse` left behind, so that a run does not read the project again. dbt itself would:
it parses anew whenever the variables differ, and they are what a run is told. Nothing in the structure of the models
depends on them, but for whether a model is kept, which is said here by selecting it. Does not belong here: making that
file (`dbt_manifest.py`), what a run is told (`dp_resources/dbt.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from itertools import pairwise
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumuro_decoder

from dp_resources import collector


def parsed_project(path: Path) -> Manifest | None:
    """The parsed project; None, so that dbt parses, where there is none that this version of dbt reads."""
    try:
        manifest: Manifest = Manifest.from_msgpack(path.read_bytes(), decoder=extended_mashumuro_decoder)
    except Exception as error:  # whatever is wrong with it, parsing is the answer
        sys.stderr.write(f"the parsed project at {path} cannot be read ({error}); dbt parses it again\n")
        return None
    return manifest


def keep(manifest: Manifest, names: Collection[str]) -> None:
    """Makes tables of models that others inline: a run that selects one by name builds it once for several others."""
    for node in manifest.nodes.values():
        if node.name in names and node.is_ephemeral_model:
            node.config.materialized = "table"


def selected(arguments: Sequence[str]) -> list[str]:
    """Names that stand behind `--select`, wherever and however often that is."""
    return [name for before, after in pairwise(arguments) if before == "--select" for name in after.split()]


def main(arguments: list[str]) -> int:
    """Runs dbt over the parsed project that the first argument names; the exit status of dbt's own command line."""
    path, *rest = arguments
    with collector.at_rest():
        manifest = parsed_project(Path(path))
    if manifest is not None:
        keep(manifest, selected(rest))
    with collector.set_aside():
        done = dbtRunner(manifest=manifest).invoke(rest)
    if done.exception is not None:
        sys.stderr.write(f"{done.exception}\n")
        return 2
    return 0 if done.success else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
