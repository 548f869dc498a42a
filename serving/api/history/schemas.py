"""What `/v1/history` and `/v1/hierarchies/{name}/history` answer. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from serving.api.schemas import CycleQuery, MomentQuery, Schema


class HistoryQuery(MomentQuery):
    """How much of the history is asked for.

    With `as_of`, what every file had brought by then, added up; buckets that had begun are among it, whole or not.
    """

    buckets: int | None = Field(
        None, ge=1, examples=[52], description="Newest buckets before the cutoff; all that are kept when left out."
    )


class NodeHistoryQuery(CycleQuery):
    """How much of a node's history is asked for."""

    buckets: int | None = Field(
        None, ge=1, examples=[52], description="Newest buckets before the cutoff; all that are kept when left out."
    )
    level: str | None = Field(
        None,
        examples=["department"],
        description="Level of the node, where two levels have a node of that path; the highest one when left out.",
    )


class Bucket(Schema):
    """What one series sold in one bucket."""

    bucket_start: date = Field(examples=["2017-11-27"], description="First day of the bucket.")
    units: float = Field(examples=[7.0], description="Units sold; 0 where nothing was.")
    capped: float | None = Field(
        examples=[7.0],
        description="The same after outliers were capped, as the models see it; null with `as_of`: that is a cycle's.",
    )
    observed: bool | None = Field(
        examples=[True],
        description="Whether the bucket counts: not before the first sale, nor out of stock; null with `as_of`.",
    )


class SeriesHistory(Schema):
    """The history of one series."""

    series_id: str = Field(examples=["1029743"], description="The key columns joined by `|`.")
    key: dict[str, str] = Field(examples=[{"sku": "1029743"}], description="The key columns.")
    buckets: list[Bucket] = Field(description="By time; a cycle's last one ends where it begins.")


class SkuHistory(Schema):
    """The histories of every series of a SKU."""

    sku: str = Field(examples=["1029743"], description="The SKU asked for.")
    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle: what was known to it.")
    as_of: date | None = Field(
        None, examples=["2017-11-20"], description="The day asked for: what was known when it began."
    )
    bucket_weeks: int = Field(examples=[1], description="Length of a bucket in weeks.")
    series: list[SeriesHistory] = Field(description="One per series of the SKU, by series_id.")


class NodeHistory(Schema):
    """The history of a node: the sum over the series below it. It is observed where one of them is."""

    hierarchy: str = Field(examples=["product"], description="Name of the hierarchy.")
    level: str = Field(examples=["department"], description="Level of the node.")
    node: str = Field(examples=["GROCERY"], description="Path of the node, joined by `/`.")
    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle: what was known then.")
    bucket_weeks: int = Field(examples=[1], description="Length of a bucket in weeks.")
    buckets: list[Bucket] = Field(description="By time; the last one ends where the cycle begins.")


BUCKET = {"bucket_start": "2017-11-27", "units": 7.0, "capped": 7.0, "observed": True}
NODE_EXAMPLE = {
    "hierarchy": "product",
    "level": "department",
    "node": "GROCERY",
    "cycle": "2017-12-04",
    "bucket_weeks": 1,
    "buckets": [BUCKET],
}
EXAMPLE = {
    "sku": "1029743",
    "cycle": "2017-12-04",
    "bucket_weeks": 1,
    "series": [
        {
            "series_id": "1029743",
            "key": {"sku": "1029743"},
            "buckets": [BUCKET],
        }
    ],
}
