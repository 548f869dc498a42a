"""What `/v1/channels` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from serving.api.schemas import CycleQuery, Schema


class ChannelsQuery(CycleQuery):
    """Of which cycle the channels are told."""


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
