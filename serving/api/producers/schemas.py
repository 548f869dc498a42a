"""What `/v1/producers` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from dp_assets.domain.arrivals import Freshness
from serving.api.file_versions.schemas import RowsOf
from serving.api.schemas import Schema


class Producer(Schema):
    """Who delivers files, how fresh they are, what became of them."""

    producer: str = Field(examples=["north"], description="Producer.")
    feed: str = Field(examples=["transactions"], description="What its files hold.")
    configured: bool = Field(examples=[True], description="Whether `demand.yaml` still names it.")
    files: list[str] = Field(examples=[["north/*.csv"]], description="Globs below the landing root that are its files.")
    freshness: Freshness = Field(
        examples=["on_time"],
        description="`late`: overdue by more than half of the usual time, and a day; `unknown`: too few deliveries to "
        "tell; `nothing`: no file that counts has come.",
    )
    arrived_at: datetime | None = Field(
        examples=["2017-12-04T10:00:00Z"], description="Newest arrival of a file that counts, or did."
    )
    usual_days: float | None = Field(
        examples=[7.0], description="Median days between days with deliveries; null where there are too few."
    )
    expected_by: datetime | None = Field(
        examples=["2017-12-11T10:00:00Z"], description="When the next one would come as usual."
    )
    newest_bucket: date | None = Field(
        examples=["2017-11-27"], description="Newest bucket that its sales fall into; null where it delivers no sales."
    )
    states: dict[str, int] = Field(examples=[{"accepted": 48}], description="File versions by state.")
    rows: RowsOf = Field(description="What became of the rows of all its files.")


class Producers(Schema):
    """Producers, in the order of `demand.yaml`."""

    at: datetime = Field(examples=["2017-12-05T09:00:00Z"], description="Now, by the clock of the business.")
    producers: list[Producer]


EXAMPLE = {
    "at": "2017-12-05T09:00:00Z",
    "producers": [
        {
            **{"producer": "north", "feed": "transactions", "configured": True, "files": ["north/*.csv"]},
            **{"freshness": "on_time", "arrived_at": "2017-12-04T10:00:00Z", "usual_days": 7.0},
            **{"expected_by": "2017-12-11T10:00:00Z", "newest_bucket": "2017-11-27", "states": {"accepted": 48}},
            "rows": {"read": 124416, "accepted": 121584, "rejected": 2832, "duplicate": 0},
        }
    ],
}
