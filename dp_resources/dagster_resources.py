"""The resources Dagster hands to assets, sensors and schedules.

Belongs here: building them from a project. They are plain objects, the same that the command line and the tests use.
Does not belong here: the lake, which notes the run that writes (`dp_assets/authors.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dp_assets.project import Project


def build_resources(project: Project) -> dict[str, Any]:
    """Resource key → object: the landing root, the planning database and the clock."""
    return {
        "landing": project.landing(),
        "planning": project.planning(),
        "clock": project.clock,
    }
