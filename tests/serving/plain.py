"""Forecasts of SKUs as plain dicts: what `serving/rendering.py` must say byte for byte, said the slow way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from math import isnan

import numpy as np

from serving.api.questions import Answer, intervals, quantiles_asked
from serving.bundle import Bundle
from serving.rendering import FloatArray, Question


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
    mean, quantiles = (bundle.mean[row], bundle.quantiles[row]) if fresh is None else fresh
    every = [
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
            range(1, bundle.head.horizon + 1),
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
            strict=False,  # overrides may be endless
        )
    ]
    totals = bundle.totals[row, question.horizon - 1]
    key = bundle.keys[row]
    return {
        "series_id": bundle.series_ids[row],
        "key": key,
        "computed": fresh is not None,
        "leads": [lead for lead in every if lead["lead"] in question.leads],
        "total": _total(bundle, totals, question) if fresh is None and question.from_first else None,
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
