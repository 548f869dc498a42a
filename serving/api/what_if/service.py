"""What a series would be forecast under other plans.

Belongs here: a question as channels of the model, and the answer beside the unchanged forecast. Does not belong here:
the forward pass (`serving/forward.py`), HTTP (`endpoints.py`), changes of many series at once (scenarios).

Channels are those of `scenario_channels.py`: what the model was not trained on is refused rather than left without
effect, and nothing is read further ahead than the model reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from serving.api.forecasts.service import listed
from serving.api.problems import BadParameterError, NotComputableError, UnknownSeriesError
from serving.api.questions import Answer, intervals, quantiles_asked, question_of
from serving.api.schemas import ForecastQuestion
from serving.api.what_if.schemas import WhatIf
from serving.bundle import Bundle
from serving.library import Loaded
from serving.rendering import FloatArray, Question
from serving.views import View

if TYPE_CHECKING:
    from serving.forward import ForwardPass


def row_of(seen: View, series_id: str) -> int:
    """Row of a series that is seen, and that the model forecasts.

    Raises:
        UnknownSeriesError: it is not forecast, or not seen.
        NotComputableError: a statistical method forecasts it, which reads no plans.
    """
    bundle = seen.bundle
    row = bundle.row_of_series(series_id) if seen.has_series(series_id) else None
    if row is None:
        raise UnknownSeriesError(
            f"cycle {bundle.head.cycle} forecasts no series {series_id!r}; /v1/series lists those that there are"
        )
    if bundle.tail_rows[row] < 0:
        method = bundle.words("method", row)[0]
        raise NotComputableError(
            f"series {series_id!r} is forecast by the method {method}, not by the model, and reads no plans; it "
            "would stay as it is"
        )
    return row


def question_about(bundle: Bundle, asked: WhatIf) -> Question:
    """Leads, levels and quantiles asked for.

    Raises:
        BadParameterError: they cannot be answered.
    """
    return question_of(
        bundle.head,
        ForecastQuestion(
            horizon=asked.horizon,
            leads=listed(asked.leads),
            levels=listed(asked.levels),
            quantiles=listed(asked.quantiles),
        ),
    )


def channels(asked: WhatIf) -> dict[str, Mapping[date, float]]:
    """Channel of the model → bucket → value."""
    # Here, because they bring the configuration, which reading needs no part of.
    from dp_assets.domain.promotions import DISCOUNT, channel_name
    from dp_assets.domain.regressors import PREFIX

    return {
        **{channel_name(kind): plan for kind, plan in asked.promotions.items()},
        **({DISCOUNT: asked.discount} if asked.discount else {}),
        **{PREFIX + name: plan for name, plan in asked.regressors.items()},
    }


def plans(forward: ForwardPass, row: int, asked: WhatIf) -> npt.NDArray[np.float32]:
    """(2, M, K) channels ahead of the cutoff: as planned, and as asked about.

    Raises:
        BadParameterError: a channel that the model does not read, or a bucket that it does not forecast or look at.
    """
    planned = forward.known_ahead(row)
    changed, names = planned.copy(), forward.panel.known_names
    starts = list(forward.bundle.head.leads)
    for name, plan in channels(asked).items():
        number = _number(forward, name)
        reach = forward.panel.known_reach[number]
        for bucket, value in plan.items():
            if bucket.isoformat() not in starts[:reach]:
                ahead = ", ".join(starts[:reach]) or "none, for it is not known ahead"
                raise BadParameterError(f"{names[number]}: expected a bucket that begins on {ahead}, got {bucket}")
            changed[starts.index(bucket.isoformat()), number] = value
        changed[reach:, number] = changed[reach - 1, number] if reach else planned[:, number]
    return np.stack([planned, changed])


def _number(forward: ForwardPass, name: str) -> int:
    known = [one for one in forward.panel.known_names if one in forward.encoders.known]
    if name not in known:
        raise BadParameterError(
            f"{name}: the model of cycle {forward.bundle.head.champion} reads the channels {', '.join(known) or 'none'}"
        )
    return forward.panel.known_names.index(name)


def answer(
    loaded: Loaded, row: int, asked: WhatIf, question: Question, mean: FloatArray, quantiles: FloatArray
) -> Answer:
    """The answer of `WhatIfForecast`.

    Args:
        loaded: the bundle asked.
        row: the series.
        asked: the question.
        question: leads, levels and quantiles asked for.
        mean, quantiles: (2, M) and (2, M, Q) of the plans of `plans`.
    """
    bundle = loaded.bundle
    head, forward = bundle.head, loaded.computer.forward
    before, after = plans(forward, row, asked)
    differs = (before != after).any(axis=0)
    published = _published(bundle, row, mean, quantiles)
    unchanged, forecast = (_numbers(bundle, question, mean[at], quantiles[at], published[at]) for at in range(2))
    moved, moved_published = mean[1] - mean[0], published[1] - published[0]
    return {
        "series_id": bundle.series_ids[row],
        "cycle": head.cycle,
        "bucket_weeks": head.bucket_weeks,
        "horizon": question.horizon,
        "method": bundle.words("method", row)[0],
        "model_version": bundle.words("model_version", row)[0],
        "interval_method": head.interval_method,
        "changed": [name for name, other in zip(forward.panel.known_names, differs, strict=True) if other],
        "leads": [
            {
                "lead": lead,
                "bucket_start": head.leads[lead - 1],
                "forecast": forecast[at],
                "unchanged": unchanged[at],
                "difference": float(moved[lead - 1]),
                "published_difference": float(moved_published[lead - 1]),
            }
            for at, lead in enumerate(question.leads)
        ],
        "difference": float(moved[question.at].sum()),
    }


def _published(bundle: Bundle, row: int, mean: FloatArray, quantiles: FloatArray) -> FloatArray:
    """(2, M) the published number, and what it would be: it moves as the mean does, where no planner set it."""
    from dp_assets.domain.node_intervals import moved_quantiles

    now = np.array(bundle.published[row])
    then = moved_quantiles(now[None, :, None], mean[:1], mean[1:])[0, :, 0]
    differs = (mean[0] != mean[1]) | (quantiles[0] != quantiles[1]).any(axis=1)
    return np.stack([now, np.where(differs & np.isnan(bundle.override[row]), then, now)])


def _numbers(
    bundle: Bundle, question: Question, mean: FloatArray, quantiles: FloatArray, published: FloatArray
) -> list[Answer]:
    """The answers of `Numbers`, one per lead asked for."""
    at, head = question.at, bundle.head
    own = quantiles[at]
    return [
        {"mean": centre, "median": median, "published": number, "intervals": ends, "quantiles": asked}
        for centre, median, number, ends, asked in zip(
            mean[at].tolist(),
            own[:, bundle.median].tolist(),
            published[at].tolist(),
            intervals(head, question, own),
            quantiles_asked(head, question, own),
            strict=True,
        )
    ]
