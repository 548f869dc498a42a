"""The asset graph, assembled.

Belongs here: `build_definitions`, which puts stages, automation and resources together, and the lazy entry point that
Dagster loads. Importing this module reads nothing and builds nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg

from dp_assets.project import Project, load_project


def executor(project: Project) -> dg.ExecutorDefinition:
    """How steps run: in this process, in a few forked ones that share what is imported, or as Kubernetes Jobs."""
    if project.settings.executor == "in_process":
        return dg.in_process_executor
    if project.settings.executor == "kubernetes":
        from dp_assets.pod_executor import pod_executor

        return pod_executor
    return dg.multiprocess_executor.configured(
        {"max_concurrent": 2, "start_method": {"forkserver": {"preload_modules": ["dp_assets.stages"]}}}
    )


def build_definitions(project: Project, resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """The whole graph of a project.

    Args:
        project: configuration, grid, partitions.
        resources: replaces resources by key; tests hand in a lake and a clock of their own.
    """
    from dp_assets.authors import lake_of_run
    from dp_assets.defs.automation.conditions import with_freshness
    from dp_assets.stages import AUTOMATION, STAGES
    from dp_resources.dagster_resources import build_resources

    with warnings.catch_warnings():
        # Single-run backfills are marked beta; without them every partition of a backfill costs a run of its own.
        warnings.simplefilter("ignore", dg.BetaWarning)
        parts = [part.build(project) for part in (*STAGES, *AUTOMATION)]
    merged = dg.Definitions.merge(
        *parts,
        dg.Definitions(
            executor=executor(project),
            resources={"lake": lake_of_run(project), **build_resources(project), **(resources or {})},
        ),
    )
    assets = [with_freshness(asset, project) for asset in merged.assets or [] if isinstance(asset, dg.AssetsDefinition)]
    return dg.Definitions(
        assets=assets,
        asset_checks=merged.asset_checks,
        jobs=merged.jobs,
        schedules=merged.schedules,
        sensors=merged.sensors,
        resources=merged.resources,
        executor=merged.executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `workspace.yaml` loads: the graph of the project that the environment describes."""
    return build_definitions(load_project())
