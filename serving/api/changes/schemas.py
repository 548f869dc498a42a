"""What `/v1/changes` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from serving.api.schemas import CycleQuery, Schema


class ChangesQuery(CycleQuery):
    """Of which cycle the changes are told."""


class Part(Schema):
    """One step from the earlier number to the later one."""

    part: str = Field(
        examples=["new_actuals"],
        description=(
            "code, new_actuals, restated_history, attributes, plans, configuration, retraining, reconciliation or "
            "planner."
        ),
    )
    units: float = Field(examples=[-1.2], description="What it changed, units.")


class ChangedBucket(Schema):
    """Why the published number of one bucket changed."""

    bucket_start: date = Field(examples=["2017-12-11"], description="First day of the bucket.")
    before: float = Field(ge=0, examples=[8.5], description="Published in the earlier cycle, units.")
    after: float = Field(ge=0, examples=[7.3], description="Published in this cycle, units.")
    parts: list[Part] = Field(description="By name; they sum to after − before.")


class Changes(Schema):
    """Why the published forecasts of a series differ from those of the cycle before."""

    series_id: str = Field(examples=["1029743"], description="The series asked for.")
    cycle: date = Field(examples=["2017-12-11"], description="Cutoff of the cycle.")
    since: date = Field(examples=["2017-12-04"], description="Cutoff of the earlier cycle.")
    buckets: list[ChangedBucket] = Field(description="Buckets that both cycles forecast, by time.")


EXAMPLE = {
    "series_id": "1029743",
    "cycle": "2017-12-11",
    "since": "2017-12-04",
    "buckets": [
        {
            "bucket_start": "2017-12-11",
            "before": 8.5,
            "after": 7.3,
            "parts": [{"part": "new_actuals", "units": -1.2}],
        }
    ],
}
