"""What `/v1/drift` and `/v1/drift/cycles` answer. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date, datetime
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


class DriftCyclesQuery(Schema):
    """How far back."""

    limit: int = Field(26, ge=1, le=104, examples=[26], description="Cycles at most, the newest.")


class JudgedCycle(Schema):
    """What the drift of one cycle came to, and the champion's error in it."""

    cycle: date = Field(examples=["2017-10-30"], description="Cutoff of the cycle.")
    verdict: Literal["stable", "drift", "unjudged"] = Field(
        examples=["stable"], description="`drift` asks for a retraining; `unjudged` where there is too little."
    )
    kinds: list[Kind] = Field(examples=[["metric"]], description="Kinds that ask for a retraining.")
    cause: str = Field(examples=["wape: 0.7 against 0.6"], description="Why, in words; empty without drift.")
    champion: str | None = Field(examples=["2017-10-02+c41d"], description="Version of the model that was judged.")
    metric: str | None = Field(examples=["wape"], description="What errors are measured by; null where there are none.")
    error: float | None = Field(examples=[0.63], description="Of the champion's newest closed forecasts.")
    backtest: float | None = Field(examples=[0.6], description="Of its backtest, which it is compared with.")
    naive: float | None = Field(examples=[0.74], description="Of the naive forecast of the same buckets.")
    limit: float | None = Field(examples=[0.69], description="Error above which a retraining is asked for.")


class Retraining(Schema):
    """A model that was trained, why, and whether it took over."""

    cycle: date = Field(examples=["2017-10-02"], description="Cycle it was trained in.")
    trained_at: datetime | None = Field(examples=["2017-10-03T04:11:00Z"], description="Null where no run noted it.")
    cause: str | None = Field(examples=["drift in cycle 2017-10-02"], description="Why; null where nobody said.")
    verdict: Literal["first", "won", "lost", "unjudged"] = Field(
        examples=["won"], description="Against the champion on past cycles; `first` had nobody to beat."
    )
    accepted: bool = Field(examples=[True], description="Whether it forecasts.")
    reason: str = Field(examples=["the retrained model won"], description="The verdict in words.")


class DriftCycles(Schema):
    """Cycles that were judged and models that were trained, the newest first."""

    cycles: list[JudgedCycle] = Field(description="Judged cycles.")
    retrainings: list[Retraining] = Field(description="Models trained, as many as cycles are asked for at most.")


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

CYCLES_EXAMPLE = {
    "cycles": [
        {
            **{"cycle": "2017-10-30", "verdict": "drift", "kinds": ["metric"], "cause": "wape: 0.7 against 0.6"},
            **{"champion": "2017-10-02+c41d", "metric": "wape", "error": 0.7, "backtest": 0.6, "naive": 0.74},
            "limit": 0.69,
        }
    ],
    "retrainings": [
        {
            **{"cycle": "2017-10-02", "trained_at": "2017-10-03T04:11:00Z", "cause": "no model yet"},
            **{"verdict": "first", "accepted": True, "reason": "the first model"},
        }
    ],
}
