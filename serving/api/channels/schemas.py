"""What `/v1/channels` and `/v1/hierarchies/{name}/channels` answer. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from serving.api.schemas import CycleQuery, Schema


class ChannelsQuery(CycleQuery):
    """Of which cycle the channels are told."""


class ChannelsOfNodeQuery(ChannelsQuery):
    """Of which node, and which cycle, the channels are told."""

    level: str | None = Field(
        None,
        examples=["department"],
        description="Level of the node, where two levels have a node of that path; the highest one when left out.",
    )


class ChannelOfSeries(Schema):
    """One thing that the models are told, bucket by bucket."""

    name: str = Field(examples=["promo_display"], description="Channel, as the cycle's features name it.")
    kind: Literal["past", "known", "calendar"] = Field(
        examples=["known"],
        description="past: known up to the cutoff; known: also ahead, as planned; calendar: of buckets, not of series.",
    )
    values: list[float | None] = Field(
        examples=[[0.0, 0.6]],
        description="One per bucket, unscaled; null ahead of the cutoff for what is only known after.",
    )


class Channels(Schema):
    """What the models are told of a series: promotions, prices, holidays, outside influences."""

    series_id: str = Field(examples=["1029743"], description="The series asked for.")
    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle.")
    history: int = Field(ge=0, examples=[1], description="How many of the buckets lie before the cutoff.")
    starts: list[date] = Field(
        examples=[["2017-11-27", "2017-12-04"]], description="First days of the buckets, by time."
    )
    channels: list[ChannelOfSeries] = Field(
        description=(
            "Prices, then what is known ahead, then the calendar, then what follows from sales; none where a method "
            "forecasts the series from its sales alone."
        )
    )


class ChannelsOfNode(Schema):
    """What the models are told of the series below a node, together: means over those series.

    Of a promotion, the mean is the share of the series that are under it. Prices are of series, and so not told.
    """

    hierarchy: str = Field(examples=["product"], description="Name of the hierarchy.")
    level: str = Field(examples=["department"], description="Level of the node.")
    node: str = Field(examples=["GROCERY"], description="Path of the node, joined by `/`.")
    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle.")
    series: int = Field(ge=0, examples=[18371], description="Series below the node.")
    told: int = Field(ge=0, examples=[9120], description="Those that the models are told of, which the means are over.")
    history: int = Field(ge=0, examples=[1], description="How many of the buckets lie before the cutoff.")
    starts: list[date] = Field(
        examples=[["2017-11-27", "2017-12-04"]], description="First days of the buckets, by time."
    )
    channels: list[ChannelOfSeries] = Field(
        description=(
            "What is known ahead, the calendar, and `not_observed`: the share of the series that had sold before and "
            "do not count in the bucket, such as those out of stock."
        )
    )


NODE_EXAMPLE = {
    "hierarchy": "product",
    "level": "department",
    "node": "GROCERY",
    "cycle": "2017-12-04",
    "series": 18371,
    "told": 9120,
    "history": 1,
    "starts": ["2017-11-27", "2017-12-04"],
    "channels": [
        {"name": "promo_display", "kind": "known", "values": [0.02, 0.05]},
        {"name": "holiday", "kind": "calendar", "values": [0.0, 0.0]},
        {"name": "not_observed", "kind": "past", "values": [0.01, None]},
    ],
}
EXAMPLE = {
    "series_id": "1029743",
    "cycle": "2017-12-04",
    "history": 1,
    "starts": ["2017-11-27", "2017-12-04"],
    "channels": [
        {"name": "price", "kind": "past", "values": [2.69, None]},
        {"name": "promo_display", "kind": "known", "values": [0.0, 0.6]},
        {"name": "holiday", "kind": "calendar", "values": [0.0, 0.0]},
    ],
}
