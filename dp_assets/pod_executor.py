"""How steps run on Kubernetes: what makes tables in a pod of its own, what only looks at them in the pod of the run.

Belongs here: that choice, and running a step in the run's own process. Does not belong here: what a pod asks for, and
which steps need none (`pods.py`), how Jobs are made and watched (dagster-k8s).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster._config import process_config
from dagster._core.definitions.executor_definition import multiple_process_executor_requirements
from dagster._core.events import DagsterEvent
from dagster._core.execution.api import create_execution_plan, execute_plan_iterator
from dagster._core.executor.step_delegating import CheckStepHealthResult, StepHandler, StepHandlerContext

from dp_assets.pods import IN_RUN_TAG


class PodOrRun(StepHandler):
    """Hands steps to Kubernetes, but for those with `IN_RUN_TAG`, which it runs at once, in this process.

    Such a step takes a fraction of a second where its pod would take several to start. The run waits for it, so it must
    be short.

    Args:
        pods: Kubernetes' own handler.
    """

    def __init__(self, pods: StepHandler) -> None:
        self._pods = pods

    @property
    def name(self) -> str:
        return self._pods.name

    def launch_step(self, step_handler_context: StepHandlerContext) -> Iterator[DagsterEvent]:
        if not _stays(step_handler_context):
            yield from self._pods.launch_step(step_handler_context)
            return
        asked, run = step_handler_context.execute_step_args, step_handler_context.dagster_run
        (key,) = step_handler_context.step_tags
        step = step_handler_context.get_step_context(key)
        job = step.job
        plan = create_execution_plan(
            job,
            run_config=run.run_config,
            step_keys_to_execute=[key],
            known_state=asked.known_state,
            repository_load_data=step.execution_plan.repository_load_data,
        )
        # Its events reach the executor as those of pods do: through the instance's log of events.
        for _ in execute_plan_iterator(
            plan, job, run, step_handler_context.instance, retry_mode=asked.retry_mode, run_config=run.run_config
        ):
            pass

    def check_step_health(self, step_handler_context: StepHandlerContext) -> CheckStepHealthResult:
        if _stays(step_handler_context):  # asked only by a run that goes on after its pod has ended in the midst of one
            return CheckStepHealthResult.unhealthy("it ended with the pod of its run")
        return self._pods.check_step_health(step_handler_context)

    def terminate_step(self, step_handler_context: StepHandlerContext) -> Iterator[DagsterEvent]:
        if not _stays(step_handler_context):
            yield from self._pods.terminate_step(step_handler_context)


def _stays(context: StepHandlerContext) -> bool:
    ((_, tags),) = context.step_tags.items()
    return IN_RUN_TAG in tags


def _executor(context: dg.InitExecutorContext) -> Any:
    from dagster_k8s import k8s_job_executor

    theirs: Any = k8s_job_executor
    config: Any = process_config(theirs.config_schema.config_type, context.executor_config or {})
    if not config.success:
        told = "\n".join(error.message for error in config.errors)
        raise dg.DagsterInvariantViolationError(f"expected configuration of `k8s_job_executor`, got\n{told}")
    found = theirs.executor_creation_fn(context._replace(executor_config=config.value))
    found._step_handler = PodOrRun(found._step_handler)
    return found


pod_executor = dg.ExecutorDefinition(
    name="k8s",
    description="`k8s_job_executor`, which takes the same configuration, but for steps that need no pod of their own.",
    requirements=multiple_process_executor_requirements(),
    executor_creation_fn=_executor,  # it loads Kubernetes' client, which not every process of the graph needs
)
