"""What `/v1/forecast/nodes` and `/v1/hierarchies` answer. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from serving.api.schemas import CURSOR, LIMIT, CycleQuery, ForecastQuestion, Interval, Page, Quantile, Schema


class NodeQuery(ForecastQuestion):
    """What may be asked of a node's forecast."""

    level: str | None = Field(
        None,
        examples=["department"],
        description="Level of the node, where two levels have a node of that path; the highest one when left out.",
    )


class NodesQuery(CycleQuery):
    """Which nodes are listed."""

    level: str | None = Field(
        None, examples=["category"], description="Level to list, `series` included; all levels of nodes when left out."
    )
    parent: str | None = Field(
        None, examples=["GROCERY"], description="Path of a node: only what is right below it is listed."
    )
    numbers: bool = Field(False, description="Whether each node is told with its numbers, lead by lead.")
    cursor: str | None = CURSOR
    limit: int = LIMIT


class NodeLead(Schema):
    """The forecast of one bucket of a node."""

    lead: int = Field(ge=1, examples=[1], description="Buckets ahead; 1 is the first bucket of the cycle.")
    bucket_start: date = Field(examples=["2017-12-04"], description="First day of the bucket.")
    mean: float = Field(ge=0, examples=[812.5], description="Reconciled mean: it is the sum over the children.")
    median: float = Field(ge=0, examples=[809.0], description="Median, units per bucket; medians do not add up.")
    base_forecast: float = Field(ge=0, examples=[790.3], description="Mean before reconciliation, units per bucket.")
    published: float = Field(
        ge=0,
        examples=[830.0],
        description="The number of record: the sum over the series, planners' overrides included.",
    )
    locked: bool = Field(examples=[False], description="Whether a planner fixed the mean.")
    intervals: list[Interval] = Field(description="One per level asked for, in that order.")
    quantiles: list[Quantile] = Field(
        description="One per quantile level asked for, in that order; none unless asked for."
    )


class NodeForecast(Schema):
    """The forecast of a node of a hierarchy."""

    hierarchy: str = Field(examples=["product"], description="Name of the hierarchy.")
    level: str = Field(examples=["department"], description="Level of the node.")
    node: str = Field(examples=["GROCERY"], description="Path of the node, joined by `/`; `total` on the top.")
    parent: str | None = Field(examples=["total"], description="Path of the node above; null on the top.")
    series: int = Field(examples=[240], description="Series below the node.")
    child_level: str = Field(examples=["category"], description="Level right below; `series` below the lowest.")
    children: int = Field(examples=[12], description="How many are right below.")
    child_names: list[str] = Field(
        examples=[["GROCERY/CHEESE"]],
        description="Paths, or series ids, of the first 1,000 of them; `/v1/hierarchies/…/nodes?parent=` lists all.",
    )
    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle.")
    bucket_weeks: int = Field(examples=[1], description="Length of a bucket in weeks.")
    horizon: int = Field(ge=1, examples=[4], description="Leads returned.")
    leads: list[NodeLead] = Field(description="Leads 1 to `horizon`.")


class Level(Schema):
    """One level of a hierarchy."""

    level: str = Field(examples=["category"], description="Name of the level.")
    nodes: int = Field(examples=[12], description="Nodes on it.")


class HierarchyAnswer(Schema):
    """One hierarchy."""

    name: str = Field(examples=["product"], description="Name of the hierarchy.")
    levels: list[Level] = Field(description="From the total down to the series.")


class Hierarchies(Schema):
    """The hierarchies of a cycle."""

    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle.")
    hierarchies: list[HierarchyAnswer] = Field(description="As configured; the first is meant where none is named.")


class NodeNumbers(Schema):
    """Numbers of a node or series, one per lead."""

    published: list[float] = Field(examples=[[830.0, 842.5]], description="The numbers of record, units per bucket.")
    mean: list[float] = Field(examples=[[812.5, 842.5]], description="What reconciliation says; of a series, its mean.")
    locked: list[bool] = Field(examples=[[True, False]], description="Whether a planner's number is in it.")


class Node(Schema):
    """A node by name."""

    level: str = Field(examples=["category"], description="Level of the node.")
    node: str = Field(examples=["GROCERY/CHEESE"], description="Path of the node; series_id on the series level.")
    parent: str | None = Field(examples=["GROCERY"], description="Path of the node above; null on the top.")
    series: int = Field(examples=[24], description="Series below it; 1 for a series itself.")
    numbers: NodeNumbers | None = Field(description="Lead by lead; null unless asked for.")


class NodePage(Page):
    """Nodes of a hierarchy, by level from the top, then path; series stand by SKU."""

    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle.")
    hierarchy: str = Field(examples=["product"], description="Name of the hierarchy.")
    leads: list[date] = Field(
        examples=[["2017-12-04", "2017-12-11"]], description="First day of each lead's bucket, as in `numbers`."
    )
    nodes: list[Node] = Field(description="Nodes of this page.")


FORECAST_EXAMPLE = {
    "hierarchy": "product",
    "level": "department",
    "node": "GROCERY",
    "parent": "total",
    "series": 240,
    "child_level": "category",
    "children": 2,
    "child_names": ["GROCERY/CHEESE", "GROCERY/MILK"],
    "cycle": "2017-12-04",
    "bucket_weeks": 1,
    "horizon": 1,
    "leads": [
        {
            "lead": 1,
            "bucket_start": "2017-12-04",
            "mean": 812.5,
            "median": 809.0,
            "base_forecast": 790.3,
            "published": 830.0,
            "locked": False,
            "intervals": [{"level": 80, "lower": 700.0, "upper": 915.5, "basis": "published"}],
            "quantiles": [],
        }
    ],
}
HIERARCHIES_EXAMPLE = {
    "cycle": "2017-12-04",
    "hierarchies": [{"name": "product", "levels": [{"level": "total", "nodes": 1}, {"level": "series", "nodes": 240}]}],
}
PAGE_EXAMPLE = {
    "version": "3f1c9a01",
    "total": 240,
    "changed": False,
    "next": "WyIuLi4iXQ",
    "cycle": "2017-12-04",
    "hierarchy": "product",
    "leads": ["2017-12-04", "2017-12-11"],
    "nodes": [
        {
            **{"level": "category", "node": "GROCERY/CHEESE", "parent": "GROCERY", "series": 24},
            "numbers": {"published": [830.0, 842.5], "mean": [812.5, 842.5], "locked": [True, False]},
        }
    ],
}
