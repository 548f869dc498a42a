"""What `/v1/drift` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from serving.api.schemas import Schema

Kind = Literal["metric", "coverage", "channels", "attributes", "estimate"]
Verdict = Literal["stable", "drift", "unjudged", "shown"]


class DriftQuery(Schema):
    """Which comparisons are listed."""

    cycle: date | None = Field(
        None, examples=["2017-10-30"], description="Cutoff of the cycle; the one in service when left out."
    )
    kind: Kind | None = Field(None, examples=["metric"], description="Only of this kind.")
    verdict: Verdict | None = Field(None, examples=["drift"], description="Only with this verdict.")


class Compared(Schema):
    """One comparison of the newest closed buckets with the champion's training."""

    kind: Kind = Field(examples=["metric"], description="What is compared; `estimate` is shown, and never drifts.")
    name: str = Field(
        examples=["wape"], description="Metric, interval in percent, channel or attribute; `all` channels together."
    )
    measure: str = Field(examples=["against its backtest"], description="How it is compared.")
    value: float | None = Field(examples=[0.63], description="As known at the cutoff; null where there is nothing yet.")
    reference: float | None = Field(
        examples=[0.6], description="At training, of the naive forecast, or promised; null where a distance has none."
    )
    threshold: float | None = Field(examples=[0.69], description="Beyond it, it has drifted; null where it is shown.")
    observations: int = Field(ge=0, examples=[35894], description="Values or forecasts behind it.")
    verdict: Verdict = Field(examples=["stable"], description="`unjudged` where there are too few observations.")
    words: str = Field(examples=["wape: 0.63 against 0.6"], description="The same in words.")


class Drift(Schema):
    """The comparisons of one cycle, by kind, name and measure."""

    version: str = Field(examples=["3f1c9a01"], description="Content hash of the table.")
    cycle: date = Field(examples=["2017-10-30"], description="Cutoff of the cycle.")
    compared: list[Compared] = Field(description="Those asked for.")


EXAMPLE = {
    "version": "3f1c9a01",
    "cycle": "2017-10-30",
    "compared": [
        {
            **{"kind": "metric", "name": "wape", "measure": "against its backtest", "value": 0.63, "reference": 0.6},
            **{"threshold": 0.69, "observations": 35894, "verdict": "stable"},
            "words": "wape: against its backtest 0.63 against 0.6, at most 0.69 is stable",
        }
    ],
}
