"""What `/v1/conflicts` is asked and answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from serving.api.schemas import CURSOR, LIMIT, CycleQuery, Page, Schema
from serving.api.uploads.schemas import UPLOADED_EXAMPLE, Uploaded


class ConflictsQuery(CycleQuery):
    """Which disagreements are listed."""

    attribute: str | None = Field(None, examples=["brand"], description="Only about this attribute.")
    producer: str | None = Field(None, examples=["north"], description="Only where this producer disagrees.")
    sku: str | None = Field(None, max_length=500, examples=["10297"], description="Only SKUs that hold this text.")
    corrected: bool | None = Field(
        None, examples=[False], description="Only those that a planner decided, or only the others."
    )
    cursor: str | None = CURSOR
    limit: int = LIMIT


class Said(Schema):
    """What a producer says of an attribute."""

    producer: str = Field(examples=["north"], description="Producer.")
    value: str = Field(examples=["DAIRY"], description="The newest value it gives.")
    file_version_id: str = Field(examples=["north-8ae625184e48101b"], description="Where it says so.")
    wins: bool = Field(examples=[True], description="Whether that is what forecasts use.")


class Conflict(Schema):
    """An attribute of a SKU on which producers disagree."""

    sku: str = Field(examples=["1029743"], description="The SKU.")
    attribute: str = Field(examples=["brand"], description="The attribute.")
    corrected: bool = Field(examples=[False], description="Whether a planner decided; then no producer wins.")
    said: list[Said] = Field(description="Producer by producer.")


class Conflicts(Page):
    """Attributes on which producers disagree, by SKU."""

    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle: as known then.")
    attributes: dict[str, int] = Field(
        examples=[{"brand": 12}], description="SKUs by attribute, whatever `attribute` is asked for."
    )
    corrections_to: str | None = Field(
        examples=["planners"], description="Producer whose file a correction becomes; null where none takes them."
    )
    advice: str | None = Field(
        None,
        examples=["name a producer with `feed: attribute_corrections`"],
        description="What to do before anything can be corrected here; null where nothing is in the way.",
    )
    items: list[Conflict] = Field(description="Disagreements of this page.")


class CorrectionWanted(Schema):
    """What one attribute of a SKU is."""

    sku: str = Field(min_length=1, max_length=500, examples=["1029743"], description="The SKU.")
    attribute: str = Field(max_length=200, examples=["brand"], description="One of `attributes` of demand.yaml.")
    value: str | None = Field(
        max_length=1000,
        examples=["National"],
        description="Its value, the whole list for a multi-label attribute; null says that nobody knows, whatever "
        "producers say.",
    )


class CorrectionsWanted(Schema):
    """Corrections of attributes, all or none."""

    corrections: list[CorrectionWanted] = Field(min_length=1, max_length=1000, description="One per attribute.")
    reason: str = Field(
        min_length=1, max_length=500, pattern=r"\S", examples=["as printed on the pack"], description="Why."
    )


class Corrected(Uploaded):
    """The file of corrections that lies in the landing folder."""

    corrections: int = Field(ge=1, examples=[1], description="How many it holds.")


_SAID = {"file_version_id": "north-8ae625184e48101b"}
EXAMPLE = {
    **{"version": "3f1c9a01", "total": 12, "changed": False, "next": "WyIuLi4iXQ", "cycle": "2017-12-04"},
    **{"attributes": {"brand": 12}, "corrections_to": "planners"},
    "items": [
        {
            **{"sku": "1029743", "attribute": "brand", "corrected": False},
            "said": [
                {"producer": "north", "value": "National", "wins": True, **_SAID},
                {"producer": "online", "value": "Private", "wins": False, **_SAID},
            ],
        }
    ],
}
WANTED_EXAMPLE = {
    "corrections": [{"sku": "1029743", "attribute": "brand", "value": "National"}],
    "reason": "as printed on the pack",
}
CORRECTED_EXAMPLE = {**UPLOADED_EXAMPLE, "producer": "planners", "corrections": 1}
