"""Forecasts of new products. Does not belong here: HTTP (`endpoints.py`), the cold start (`serving/newcomers.py`)."""

from __future__ import annotations

import numpy as np
import polars as pl

from serving.api.forecasts.service import listed
from serving.api.newcomers.schemas import Newcomer
from serving.api.problems import BadParameterError, NotComputableError
from serving.api.questions import Answer, intervals, quantiles_asked, question_of
from serving.api.schemas import ForecastQuestion
from serving.views import View


def forecast_of(seen: View, asked: Newcomer) -> Answer:
    """The answer of `NewcomerForecast`, by the series that are seen.

    Raises:
        BadParameterError: an attribute that series do not have, or leads, levels or quantiles that cannot be answered.
        NotComputableError: there is no history, or there are no errors to make intervals of.
    """
    bundle = seen.bundle
    head = bundle.head
    known = [name for name, kind in bundle.described.schema.items() if isinstance(kind, pl.String)]
    if strangers := sorted(set(asked.attributes) - set(known)):
        raise BadParameterError(f"attributes: expected some of {', '.join(known)}, got {strangers[0]!r}")
    question = question_of(
        head,
        ForecastQuestion(
            horizon=asked.horizon,
            leads=listed(asked.leads),
            levels=listed(asked.levels),
            quantiles=listed(asked.quantiles),
        ),
    )
    rows = seen.series(np.arange(len(bundle)))
    if not bundle.has_network or not head.history or not len(rows):
        raise NotComputableError(
            f"cycle {head.cycle} was forecast without a model, or has no history: there are no errors to tell "
            "intervals by; train first"
        )
    # Here, because it brings the statistical methods.
    from serving.newcomers import forecast

    mean, quantiles = (part[question.at] for part in forecast(bundle, rows, asked.attributes))
    leads = zip(
        question.leads,
        mean.tolist(),
        quantiles[:, bundle.median].tolist(),
        intervals(head, question, quantiles),
        quantiles_asked(head, question, quantiles),
        strict=True,
    )
    return {
        "cycle": head.cycle,
        "bucket_weeks": head.bucket_weeks,
        "horizon": question.horizon,
        "method": "analogue",
        "interval_method": "empirical",
        "leads": [
            {
                "lead": lead,
                "bucket_start": head.leads[lead - 1],
                "mean": centre,
                "median": median,
                "intervals": ends,
                "quantiles": wanted,
            }
            for lead, centre, median, ends, wanted in leads
        ],
    }
