"""What `/v1/thresholds` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from pydantic import Field

from serving.api.schemas import Schema

Value = str | float | bool | list[str | float] | None


class Threshold(Schema):
    """A setting that something is judged by."""

    key: str = Field(examples=["exceptions.change_share"], description="As it stands in `demand.yaml`.")
    value: Value = Field(examples=[0.5], description="What holds.")
    usual: Value = Field(examples=[0.5], description="What holds where it is left out.")
    meaning: str = Field(
        examples=["A series is on the worklist if its published total differs by more than this share."],
        description="In words.",
    )


class Thresholds(Schema):
    """What something is called odd, held back, left out or widened by."""

    thresholds: list[Threshold] = Field(description="Section by section.")
    reference: str = Field(
        examples=["docs/configuration.md"],
        description="Where every key is described: a file, or its address beside that of `alerts.runbooks_url`.",
    )


THRESHOLDS_EXAMPLE = {
    "thresholds": [
        {
            "key": "exceptions.change_share",
            "value": 0.5,
            "usual": 0.5,
            "meaning": "A series is on the worklist if its published total differs by more than this share.",
        }
    ],
    "reference": "docs/configuration.md",
}
