"""Forecasts of SKUs out of a bundle.

Belongs here: what is answered to which question, and which questions cannot be answered.
Does not belong here: HTTP (`endpoints.py`), files (`serving/bundle.py`), the forward pass (`serving/forward.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from math import isnan

import numpy as np
import numpy.typing as npt

from serving.api.forecasts.schemas import ManySkus
from serving.api.problems import UnknownSkuError
from serving.api.questions import Answer, Question, intervals, quantiles_asked, question_of
from serving.api.schemas import ForecastQuestion
from serving.bundle import Bundle
from serving.views import View

FloatArray = npt.NDArray[np.float64]


def rows_of(seen: View, sku: str) -> Sequence[int]:
    """Rows of the SKU's series that are seen.

    Raises:
        UnknownSkuError: no series of it is forecast, or none that is seen.
    """
    rows = seen.rows(sku)
    if not rows:
        raise UnknownSkuError(
            f"no series of SKU {sku!r} is forecast in cycle {seen.bundle.head.cycle} ({seen.skus} SKUs are); check the "
            "spelling, or, if it is new or has not sold lately, look for it in the table eligibility of that cycle"
        )
    return rows


def many(seen: View, asked: ManySkus) -> Answer:
    """The answer of `SkuForecasts`: SKUs found and unknown, each in the order asked for.

    Raises:
        BadParameterError: horizon, levels or quantiles cannot be answered.
    """
    bundle = seen.bundle
    question = question_of(
        bundle.head,
        ForecastQuestion(
            horizon=asked.horizon,
            levels=None if asked.levels is None else ",".join(map(str, asked.levels)),
            quantiles=",".join(map(repr, asked.quantiles)) if asked.quantiles else None,
        ),
    )
    found: list[Answer] = []
    unknown: list[str] = []
    for sku in dict.fromkeys(asked.skus):
        if rows := seen.rows(sku):
            found.append(sku_forecast(bundle, sku, rows, question))
        else:
            unknown.append(sku)
    return {
        "cycle": bundle.head.cycle,
        "bucket_weeks": bundle.head.bucket_weeks,
        "horizon": question.horizon,
        "forecasts": found,
        "unknown": unknown,
    }


def sku_forecast(
    bundle: Bundle,
    sku: str,
    rows: Sequence[int],
    question: Question,
    computed: dict[int, tuple[FloatArray, FloatArray]] | None = None,
) -> Answer:
    """The answer of `SkuForecast`, as plain Python values.

    Args:
        bundle: the bundle asked.
        sku: the SKU.
        rows: rows of its series.
        question: leads, interval levels and quantiles to answer.
        computed: row → mean (M,) and quantiles (M, Q) to use instead of the batch's.
    """
    fresh = computed or {}
    return {
        "sku": sku,
        "cycle": bundle.head.cycle,
        "bucket_weeks": bundle.head.bucket_weeks,
        "horizon": question.horizon,
        "series": [_series(bundle, row, question, fresh.get(row)) for row in rows],
    }


def _series(bundle: Bundle, row: int, question: Question, fresh: tuple[FloatArray, FloatArray] | None) -> Answer:
    horizon = question.horizon
    mean, quantiles = (bundle.mean[row], bundle.quantiles[row]) if fresh is None else fresh
    leads = [
        {
            "lead": lead,
            "bucket_start": start,
            "mean": centre,
            "median": median,
            "published": published,
            "overridden": override is not None,
            "override": override,
            "naive": naive,
            "intervals": ends,
            "quantiles": asked,
            "method": method,
            "model_version": model_version,
            "receipt": receipt,
        }
        for lead, start, centre, median, published, override, naive, ends, asked, method, model_version, receipt in zip(
            range(1, horizon + 1),
            bundle.head.leads,
            mean.tolist(),
            quantiles[:, bundle.median].tolist(),
            bundle.published[row].tolist(),
            _overrides(bundle, row),
            bundle.naive[row].tolist(),
            intervals(bundle.head, question, quantiles),
            quantiles_asked(bundle.head, question, quantiles),
            bundle.words("method", row),
            bundle.words("model_version", row),
            bundle.words("receipt", row),
            strict=False,  # the horizon ends the shortest of them
        )
    ]
    key = bundle.keys[row]
    return {
        "series_id": bundle.series_ids[row],
        "key": key,
        "computed": fresh is not None,
        "leads": leads,
        "total": _total(bundle, bundle.totals[row, horizon - 1], question) if fresh is None else None,
    }


def _overrides(bundle: Bundle, row: int) -> Iterable[Answer | None]:
    """Per lead, who overrode the number and why; None where nobody did."""
    if not bundle.overridden[row]:
        return repeat(None)
    words = zip(bundle.words("user", row), bundle.words("reason_code", row), bundle.override[row].tolist(), strict=True)
    return [
        None if user is None else {"user": user, "reason_code": reason, "quantity": None if isnan(own) else own}
        for user, reason, own in words
    ]


def _total(bundle: Bundle, known: FloatArray, question: Question) -> Answer | None:
    """The answer of `TotalForecast` from a mean and Q quantiles; None where they are not known."""
    mean, quantiles = known[0], known[1:]
    if np.isnan(mean):
        return None
    (ends,) = intervals(bundle.head, question, quantiles[None])
    (asked,) = quantiles_asked(bundle.head, question, quantiles[None])
    return {"mean": float(mean), "median": float(quantiles[bundle.median]), "intervals": ends, "quantiles": asked}
