"""dbt's command line over a project that was parsed before: `python -m dp_assets.dbt_command PARSED build …`.

Belongs here: handing dbt what `dbt parse` left behind, so that a run does not read the project again. dbt itself would:
it parses anew whenever the variables differ, and they are what a run is told. Nothing in the structure of the models
that are run so depends on them. Does not belong here: making that file (`dbt_manifest.py`), what a run is told
(`dp_resources/dbt.py`).
"""

from __future__ import annotations

import sys
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumuro_decoder


def parsed_project(path: Path) -> Manifest | None:
    """The parsed project; None, so that dbt parses, where there is none that this version of dbt reads."""
    try:
        manifest: Manifest = Manifest.from_msgpack(path.read_bytes(), decoder=extended_mashumuro_decoder)
    except Exception as error:  # whatever is wrong with it, parsing is the answer
        sys.stderr.write(f"the parsed project at {path} cannot be read ({error}); dbt parses it again\n")
        return None
    return manifest


def main(arguments: list[str]) -> int:
    """Runs dbt over the parsed project that the first argument names; the exit status of dbt's own command line."""
    path, *rest = arguments
    done = dbtRunner(manifest=parsed_project(Path(path))).invoke(rest)
    if done.exception is not None:
        sys.stderr.write(f"{done.exception}\n")
        return 2
    return 0 if done.success else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
