"""Forecasts of SKUs out of a bundle.

Belongs here: what is answered to which question, and which questions cannot be answered.
Does not belong here: HTTP (`endpoints.py`), the text of answers (`serving/rendering.py`), the forward pass
(`serving/forward.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from serving.api.forecasts.schemas import ManySkus
from serving.api.problems import UnknownSkuError
from serving.api.questions import question_of
from serving.api.schemas import ForecastQuestion
from serving.library import Loaded
from serving.views import View


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


def many(loaded: Loaded, seen: View, asked: ManySkus) -> bytes:
    """The answer of `SkuForecasts`: SKUs found and unknown, each in the order asked for.

    Raises:
        BadParameterError: leads, levels or quantiles cannot be answered.
    """
    question = question_of(
        loaded.bundle.head,
        ForecastQuestion(
            horizon=asked.horizon,
            leads=listed(asked.leads),
            levels=listed(asked.levels),
            quantiles=listed(asked.quantiles),
        ),
    )
    form = loaded.renderer.form(question)
    found: list[bytes] = []
    unknown: list[str] = []
    for sku in dict.fromkeys(asked.skus):
        if rows := seen.rows(sku):
            found.append(loaded.renderer.sku(sku, rows, form))
        else:
            unknown.append(sku)
    head = loaded.bundle.head
    about = {"cycle": head.cycle, "bucket_weeks": head.bucket_weeks, "horizon": question.horizon}
    forecasts, names = b",".join(found), orjson.dumps(unknown)
    return b"".join((orjson.dumps(about)[:-1], b',"forecasts":[', forecasts, b'],"unknown":', names, b"}"))


def listed(values: Sequence[int] | Sequence[float] | None) -> str | None:
    """Numbers of a body as a query has them; None where there are none."""
    return ",".join(map(repr, values)) if values else None
