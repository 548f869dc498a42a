"""What may be asked of any forecast, and how its uncertainty is answered.

Belongs here: leads, interval and quantile levels, as parameters and as answers.
Does not belong here: whose forecast it is (the services), how levels are interpolated (`serving/levels.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from serving.api.problems import BadParameterError
from serving.api.schemas import ForecastQuestion
from serving.bundle import Head
from serving.levels import quantile_weights, weights
from serving.rendering import Question

FloatArray = npt.NDArray[np.float64]
MAX_LEVELS = 20
Answer = dict[str, Any]


def question_of(head: Head, query: ForecastQuestion) -> Question:
    """A query with what it leaves out filled in.

    Raises:
        BadParameterError: see `leads_of`, `levels_of` and `quantiles_of`.
    """
    leads = leads_of(head, query.horizon, query.leads)
    return Question(leads, levels_of(head, query.levels), quantiles_of(query.quantiles))


def leads_of(head: Head, horizon: int | None, asked: str | None) -> tuple[int, ...]:
    """Leads to answer, ascending: those asked for, or those up to the horizon; all unless asked otherwise.

    Raises:
        BadParameterError: leads that the cycle does not have, or both leads and a horizon.
    """
    if asked is None:
        return tuple(range(1, horizon_of(head, horizon) + 1))
    if horizon is not None:
        raise BadParameterError(f"expected horizon or leads, got both: horizon={horizon} and leads={asked!r}")
    found: set[int] = set()
    for word in asked.split(","):
        first, _, last = (part.strip() for part in word.partition("-"))
        ends = [int(part) for part in (first, last or first) if part.isascii() and part.isdigit() and len(part) < 5]
        if len(ends) < 2 or not 1 <= ends[0] <= ends[1] <= head.horizon or word.strip().endswith("-"):
            raise BadParameterError(
                f"leads: expected numbers or ranges from 1 to {head.horizon}, the buckets that cycle {head.cycle} "
                f"forecasts, separated by commas, e.g. leads=1,4 or leads=2-5, got {word!r}"
            )
        found.update(range(ends[0], ends[1] + 1))
    return tuple(sorted(found))


def horizon_of(head: Head, asked: int | None) -> int:
    """The last lead to answer, that of the cycle unless asked otherwise.

    Raises:
        BadParameterError: more leads than the cycle has, or less than one.
    """
    longest = head.horizon
    if asked is None:
        return longest
    if not 1 <= asked <= longest:
        raise BadParameterError(
            f"horizon: expected 1 to {longest}, the buckets that cycle {head.cycle} forecasts, got {asked}; "
            f"leave horizon out for all {longest}"
        )
    return asked


def levels_of(head: Head, asked: str | None) -> tuple[int, ...]:
    """Interval levels to answer, in the order asked for; those of the configuration unless asked otherwise.

    Raises:
        BadParameterError: a level is not a whole number from 1 to 99, or there are too many.
    """
    if asked is None:
        return head.interval_levels
    words = [word.strip() for word in asked.split(",")]
    wrong = [
        word for word in words if not (word.isascii() and word.isdigit() and len(word) < 5 and 1 <= int(word) <= 99)
    ]
    if wrong:
        raise BadParameterError(
            f"levels: expected whole numbers from 1 to 99 separated by commas, e.g. levels=50,80,95, got {wrong[0]!r}"
        )
    levels = tuple(dict.fromkeys(int(word) for word in words))
    if len(levels) > MAX_LEVELS:
        raise BadParameterError(f"levels: expected at most {MAX_LEVELS} levels, got {len(levels)}")
    return levels


def quantiles_of(asked: str | None) -> tuple[float, ...]:
    """Quantile levels to answer, in the order asked for; none unless asked for.

    Raises:
        BadParameterError: a level is not a number above 0 and below 1, or there are too many.
    """
    if asked is None:
        return ()
    words = [word.strip() for word in asked.split(",")]
    levels = tuple(dict.fromkeys(_quantile(word) for word in words))
    if len(levels) > MAX_LEVELS:
        raise BadParameterError(f"quantiles: expected at most {MAX_LEVELS} levels, got {len(levels)}")
    return levels


def _quantile(word: str) -> float:
    try:
        level = float(word) if word.isascii() else 0.0
    except ValueError:
        level = 0.0
    if not 0 < level < 1:  # neither is nan
        raise BadParameterError(
            f"quantiles: expected numbers above 0 and below 1 separated by commas, e.g. quantiles=0.1,0.9, got {word!r}"
        )
    return level


def intervals(head: Head, question: Question, quantiles: FloatArray) -> Iterator[tuple[Answer, ...]]:
    """Per lead, its intervals in the order of the levels, from (M, Q) published quantiles."""
    levels, rule = question.levels, weights(question.levels, head.quantile_levels)
    ends = rule.ends(quantiles).T.tolist()
    per_level = [
        [
            {"level": level, "lower": lower, "upper": upper, "basis": basis}
            for lower, upper in zip(lows, highs, strict=True)
        ]
        for level, basis, lows, highs in zip(levels, rule.basis, ends[: len(levels)], ends[len(levels) :], strict=True)
    ]
    return zip(*per_level, strict=True)


def quantiles_asked(head: Head, question: Question, quantiles: FloatArray) -> list[list[Answer]]:
    """Per lead, the quantiles asked for in their order, from (M, Q) published ones."""
    levels = question.quantiles
    if not levels:
        return [NONE] * len(quantiles)
    rule = quantile_weights(levels, head.quantile_levels)
    return [
        [
            {"level": level, "value": value, "basis": basis}
            for level, basis, value in zip(levels, rule.basis, values, strict=True)
        ]
        for values in rule.ends(quantiles).tolist()
    ]


NONE: list[Answer] = []
