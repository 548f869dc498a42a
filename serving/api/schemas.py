"""Shapes that answers share. Belongs here: what several nouns answer with. Does not belong here: the nouns' own."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Schema(BaseModel):
    """Base of every question and answer: exactly these fields.

    Answers are rendered without their schemas, so those are built when somebody asks for them.
    """

    model_config = ConfigDict(extra="forbid", defer_build=True, frozen=True)


Basis = Literal["published", "interpolated", "extrapolated"]
BASIS = (
    "`published`: as published; `interpolated`: between published quantiles, linear in the normal score of the "
    "quantile level; `extrapolated`: beyond the outermost published one, on the slope of the last two. Of an interval, "
    "the worse of both ends."
)


class Interval(Schema):
    """A central prediction interval."""

    level: int = Field(ge=1, le=99, examples=[80], description="Share of outcomes expected inside, in percent.")
    lower: float = Field(ge=0, examples=[3.0], description="Lower end, units per bucket.")
    upper: float = Field(ge=0, examples=[11.5], description="Upper end, units per bucket.")
    basis: Basis = Field(examples=["published"], description=BASIS)


class Quantile(Schema):
    """A quantile: the number that demand stays below with a stated probability."""

    level: float = Field(gt=0, lt=1, examples=[0.9], description="Probability of demand at or below the value.")
    value: float = Field(ge=0, examples=[10.2], description="Units per bucket.")
    basis: Basis = Field(examples=["published"], description=BASIS)


class CycleQuery(Schema):
    """Which cycle is asked about."""

    cycle: date | None = Field(
        None,
        examples=["2017-12-04"],
        description=(
            "Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle "
            "is held at a time, so the first question about another one takes longer."
        ),
    )


class MomentQuery(CycleQuery):
    """Which cycle is asked about, by its name or by a day."""

    as_of: date | None = Field(
        None,
        examples=["2017-11-20"],
        description=(
            "A day in place of a cycle: the newest cycle answers that was known when this day began, in the business "
            "time zone, i.e. whose knowledge time (cutoff and grace of arrival) is not later. The answer names it; it "
            "is that cycle as it stands, planners' numbers and recalls since included."
        ),
    )


class ForecastQuestion(MomentQuery):
    """What may be asked of any forecast."""

    horizon: int | None = Field(
        None, examples=[4], description="Leads to return, from 1 to the horizon of the cycle; all when left out."
    )
    leads: str | None = Field(
        None,
        examples=["1,4"],
        description=(
            "Leads to return, numbers and ranges such as 1,4 or 2-5, instead of `horizon`; answered in ascending order."
        ),
    )
    levels: str | None = Field(
        None,
        examples=["50,80,95"],
        description=(
            "Central interval levels in percent, whole numbers from 1 to 99 separated by commas; those of "
            "the configuration when left out. A level that is not published is interpolated from those that "
            "are (see `basis`)."
        ),
    )
    quantiles: str | None = Field(
        None,
        examples=["0.1,0.9"],
        description=(
            "Quantile levels, numbers above 0 and below 1 separated by commas; none when left out. They are "
            "interpolated as interval levels are, and never cross."
        ),
    )


LIMIT = Field(100, ge=1, le=1000, examples=[100], description="Items of one page at most.")
CURSOR = Field(
    None,
    max_length=2000,
    description=(
        "`next` of the page before; the first page when left out. It holds for the same filters only, and outlives a "
        "newer bundle: the listing goes on behind the last item seen."
    ),
)


class Page(Schema):
    """One page of a listing in a fixed order."""

    version: str = Field(examples=["3f1c9a01"], description="Content hash of what is listed.")
    total: int = Field(ge=0, examples=[240], description="Items of all pages together.")
    changed: bool = Field(
        examples=[False],
        description=(
            "Whether the data was replaced since the page before: this page is of the new data and begins behind the "
            "last item seen, so whatever is in both is listed once."
        ),
    )
    next: str | None = Field(examples=["WyIuLi4iXQ"], description="`cursor` of the next page; null on the last one.")
