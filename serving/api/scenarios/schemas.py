"""What `/v1/scenarios` takes and answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import Field

from serving.api.schemas import Schema


class ScenarioToKeep(Schema):
    """A scenario as a planner writes it."""

    name: str = Field(
        max_length=128,
        examples=["spring-sale"],
        description=(
            "Small letters, digits, `-` and `_`, at most 63. Kept as `<user>.<name>` for whoever must not see what "
            "lies outside of some nodes."
        ),
    )
    definition: dict[str, Any] = Field(
        examples=[{"changes": [{"kind": "growth", "node": "total", "percent": 5}]}],
        description="`changes`, `description` and `cycle`, as docs/scenarios.md describes them.",
    )
    replaces: int | None = Field(
        None, ge=1, le=2**63 - 1, description="`number` of the scenario of that name that was looked at, to replace it."
    )


class ComparisonQuery(Schema):
    """What is put side by side."""

    beside: list[str] = Field(
        default_factory=list,
        max_length=10,
        examples=[["cautious"]],
        description="Other scenarios; may stand more than once.",
    )
    level: str = Field("total", max_length=200, examples=["department"], description="Level, `total` or `series`.")
    hierarchy: str | None = Field(None, max_length=200, description="Hierarchy; the first one when left out.")
    node: str | None = Field(None, max_length=2000, description="Only this node.")
    limit: int = Field(1000, ge=1, le=10_000, description="Rows at most, biggest difference first.")


class Promotion(Schema):
    """Why a scenario becomes the plan."""

    reason_code: str = Field(max_length=200, examples=["promotion"], description="One of `planning.reason_codes`.")


class Scenario(Schema):
    """A scenario that is kept."""

    number: int = Field(ge=1, examples=[12], description="Its row in the ledger, which changes with the definition.")
    name: str = Field(examples=["spring-sale"], description="What it is called.")
    cycle: date = Field(examples=["2017-12-04"], description="The cycle that it is computed over.")
    user: str = Field(examples=["ada"], description="Who wrote it.")
    definition: dict[str, Any] = Field(examples=[{"changes": []}], description="As it was written.")
    state: str = Field(
        examples=["up to date"],
        description="`up to date`, or why there is no result: `not computed yet`, changed since, `refused: …`.",
    )
    inside: bool = Field(
        examples=[True],
        description="Whether it only changes what who asks plans; others they neither compute nor make the plan.",
    )
    units: float | None = Field(
        description="Units that it adds to all series that are seen; null unless it is up to date."
    )
    notes: list[str] = Field(examples=[[]], description="What its computation had to say.")
    waits_since: datetime | None = Field(
        examples=["2017-12-04T15:00:00Z"],
        description="When the graph was asked for it as it now is; null where it was not, or there is an answer.",
    )


class Scenarios(Schema):
    """All scenarios, by name."""

    scenarios: list[Scenario] = Field(
        description=(
            "Every one that is kept; for who must not see what lies outside of some nodes, those inside, and their own."
        )
    )


class Requested(Schema):
    """What the asset graph was asked for."""

    request: int = Field(ge=1, examples=[13], description="Row of the ledger.")
    scenario: str = Field(examples=["spring-sale"], description="What will be computed.")


class DeletionQuery(Schema):
    """Which scenario is deleted."""

    number: int | None = Field(
        None,
        ge=1,
        le=2**63 - 1,
        examples=[12],
        description="Its number when it was looked at; another of that name is left alone.",
    )


class Deleted(Schema):
    """A scenario that is gone."""

    deleted: str = Field(examples=["spring-sale"], description="Its name; the ledger keeps what it was.")


class Comparison(Schema):
    """Scenarios side by side, beside what is published (`base`)."""

    names: list[str] = Field(examples=[["base", "spring-sale"]], description="What stands side by side.")
    total: int = Field(ge=0, examples=[4], description="Rows in all.")
    rows: list[dict[str, Any]] = Field(
        description="`node`, `lead`, `bucket_start`, and `<name>:mean`, `<name>:lower`, `<name>:upper` of each name."
    )


DEFINITION = {
    "changes": [
        {"kind": "growth", "node": "total", "first": "2017-12-11", "last": "2017-12-17", "percent": 5},
    ]
}
TO_KEEP_EXAMPLE = {"name": "spring-sale", "definition": DEFINITION}
SCENARIO_EXAMPLE = {
    "number": 12,
    "name": "spring-sale",
    "cycle": "2017-12-04",
    "user": "ada",
    "definition": DEFINITION,
    "state": "up to date",
    "inside": True,
    "units": 412.5,
    "notes": ["2 numbers of planners were kept"],
    "waits_since": "2017-12-04T15:00:00Z",
}
COMPARISON_EXAMPLE = {
    "names": ["base", "spring-sale"],
    "total": 1,
    "rows": [
        {
            **{"node": "total", "lead": 2, "bucket_start": "2017-12-11"},
            **{"base:mean": 900.0, "base:lower": 800.0, "base:upper": 1000.0},
            **{"spring-sale:mean": 945.0, "spring-sale:lower": 840.0, "spring-sale:upper": 1050.0},
        }
    ],
}
