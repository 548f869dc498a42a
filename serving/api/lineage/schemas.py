"""What `/v1/cycles` answers of the lake. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from serving.api.schemas import Schema
from serving.api.trace.schemas import MadeBy, ModelLink

HASH = "3f1c9ab01d2e"


class CardQuery(Schema):
    """Nothing may be asked beside the cycle."""


class CycleState(Schema):
    """A cycle, and what was made of it."""

    cycle: date = Field(examples=["2017-12-04"], description="Cutoff.")
    forecast: bool = Field(examples=[True], description="Whether series were forecast.")
    published: bool = Field(examples=[True], description="Whether numbers were published.")
    bundled: bool = Field(examples=[True], description="Whether it has a serving bundle, so that it can be asked.")
    trained: bool = Field(examples=[False], description="Whether a model was trained in it.")
    scored: bool = Field(examples=[False], description="Whether any of it was scored.")
    explained: bool = Field(examples=[False], description="Whether its changes were explained.")
    served: bool = Field(examples=[True], description="Whether it is the one in service.")


class Cycles(Schema):
    """Every cycle of the lake."""

    cycles: list[CycleState] = Field(description="Oldest first.")
    dagster_url: str | None = Field(
        None,
        examples=["http://127.0.0.1:3000"],
        description=(
            "Where runs of the asset graph can be looked at; null where DP_DAGSTER_URL is not set, and for whoever may "
            "not operate."
        ),
    )


class Standing(Schema):
    """How a method did in the backtest of the model, in a demand class."""

    demand_class: str = Field(examples=["smooth"], description="smooth, erratic, intermittent, lumpy, or all.")
    method: str = Field(examples=["blend"], description="Method.")
    observations: int = Field(examples=[5200], description="Backtest rows that all methods are compared on.")
    wape: float | None = Field(None, examples=[0.42], description="Error of the median ÷ units sold.")
    rmse: float | None = Field(None, examples=[11.3], description="Root mean squared error of the mean, units.")
    bias: float | None = Field(None, examples=[0.01], description="Mean forecast minus units sold ÷ units sold.")
    wql: float | None = Field(None, examples=[0.31], description="Pinball loss ÷ units sold.")
    share: float | None = Field(None, examples=[0.6], description="What it counts for in the blend.")
    champion: bool = Field(examples=[True], description="Whether it is what is published.")
    reason: str = Field(examples=["lowest error"], description="The verdict in words.")


class IntervalStanding(Schema):
    """How intervals of earlier cycles kept their promise, and what follows for this one."""

    demand_class: str = Field(examples=["smooth"], description="Demand class.")
    level: int = Field(examples=[80], description="Interval, percent.")
    cycles: int = Field(examples=[6], description="Earlier cycles looked at.")
    observations: int = Field(examples=[4000], description="Their forecasts whose buckets had closed.")
    coverage: float | None = Field(None, examples=[0.81], description="Share of what was sold that lay inside.")
    low: float = Field(examples=[0.7], description="Least coverage allowed.")
    high: float = Field(examples=[0.9], description="Most coverage allowed.")
    verdict: str = Field(examples=["holds"], description="holds, too wide, widened, blocked, too narrow or unjudged.")


class InputsTaken(Schema):
    """How far planners' numbers are in a cycle."""

    last_change: int = Field(examples=[12], description="Row of the ledger that last set or ended a number.")
    ledger_sequence: int = Field(examples=[12], description="End of the ledger once that change was entered.")
    ledger_hash: str = Field(examples=[HASH], description="Hash of that row; `dp plan verify` compares it.")


class TableMade(Schema):
    """A table or artefact of a cycle."""

    table: str = Field(examples=["forecasts"], description="Table, or artefact.")
    sha256: str = Field(examples=[HASH], description="Hash of its content.")
    rows: int | None = Field(None, examples=[120000], description="Rows; null of an artefact.")
    bytes: int = Field(examples=[6400000], description="Size.")
    location: str = Field(examples=["lake/forecasts/cycle=2017-12-04/part.parquet"], description="Where it lies.")
    made: MadeBy | None = Field(None, description="The run that wrote it; null where runs were not noted yet.")


class CycleCard(CycleState):
    """What a cycle is made of."""

    known_at: datetime | None = Field(
        None, examples=["2017-12-05T05:00:00Z"], description="What came later it did not know."
    )
    receipt: str | None = Field(None, examples=[HASH], description="Receipt of its forecasts.")
    configuration: str | None = Field(
        None, examples=[HASH], description="Hash of the configuration they were made under."
    )
    model: ModelLink | None = Field(
        None, description="The champion behind them; null where statistical methods forecast."
    )
    leaderboard: list[Standing] = Field(description="How methods did when that model was judged, by class.")
    intervals: list[IntervalStanding] = Field(description="The contract that its intervals are under.")
    planner_inputs: InputsTaken | None = Field(None, description="Null before planners' numbers were taken in.")
    lineage: list[TableMade] = Field(description="Tables and artefacts by name.")


_STATE = {
    **{"cycle": "2017-12-04", "forecast": True, "published": True, "bundled": True},
    **{"trained": False, "scored": False, "explained": False, "served": True},
}
EXAMPLE = {"cycles": [_STATE], "dagster_url": "http://127.0.0.1:3000"}
CARD_EXAMPLE = {
    **_STATE,
    **{"known_at": "2017-12-05T05:00:00Z", "receipt": HASH, "configuration": HASH},
    "leaderboard": [
        {
            **{"demand_class": "smooth", "method": "blend", "observations": 5200, "wape": 0.42, "rmse": 11.3},
            **{"bias": 0.01, "wql": 0.31, "share": 0.6, "champion": True, "reason": "lowest error"},
        }
    ],
    "intervals": [
        {
            **{"demand_class": "smooth", "level": 80, "cycles": 6, "observations": 4000},
            **{"coverage": 0.81, "low": 0.7, "high": 0.9, "verdict": "holds"},
        }
    ],
    "planner_inputs": {"last_change": 12, "ledger_sequence": 12, "ledger_hash": HASH},
    "lineage": [
        {
            "table": "forecasts",
            "sha256": HASH,
            "rows": 120000,
            "bytes": 6400000,
            "location": "lake/forecasts/cycle=2017-12-04",
        }
    ],
}
