"""What a person is told of a step that failed.

Belongs here: which error of a chain says most, and its words. Does not belong here: finding failed steps.
"""

from __future__ import annotations

from dagster_shared.error import SerializableErrorInfo

from dp_assets.domain.errors import DemandPlannerError


def step_cause(error: SerializableErrorInfo | None) -> str:
    """The error of a step's chain of causes that says most, in its own words.

    Dagster wraps what a step raised, and our errors are often raised from another one, which knows less: a
    `StorageError` says what to do, the `OSError` below it does not. So the outermost of ours counts, without the name
    of its class, and where there is none the innermost error, with it.
    """
    if error is None:
        return "no message"
    ours, inner = _names_of_ours(DemandPlannerError), error
    while inner.cls_name not in ours and inner.cause is not None:
        inner = inner.cause
    said = inner.message.strip()
    return (said.split(": ", 1)[-1] if inner.cls_name in ours else said) or "no message"


def _names_of_ours(kind: type[DemandPlannerError]) -> set[str]:
    return {kind.__name__}.union(*(_names_of_ours(one) for one in kind.__subclasses__()))
