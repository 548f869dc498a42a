"""What forecasts of the two public sets are measured against.

Belongs here: the bars, and the best figures any library reached. Does not belong here: measuring (`accuracy.py`).

Names are those of `ACCURACY_METRICS`: `wape` is that of the median; `bias`, `wrmsse` and `horizon_wape` (the error of a
series' total over the horizon) are those of the mean. The libraries' figures were measured with statsforecast 2.1,
mlforecast 1.1 with LightGBM, neuralforecast 3.3 and gluonts 0.17, each column its own best model.
"""

from __future__ import annotations

BARS: dict[str, dict[str, float]] = {
    "completejourney": {"wape": 0.490, "bias": 0.03, "wrmsse": 0.612, "horizon_wape": 0.330, "wql": 0.243},
    "online_retail": {"wape": 0.685, "wql": 0.397},
}
LIBRARIES: dict[str, dict[str, float]] = {
    "completejourney": {"wape": 0.515, "wrmsse": 0.627, "horizon_wape": 0.340, "wql": 0.267},
    "online_retail": {"wape": 0.696, "wrmsse": 0.745, "wql": 0.437},
}


def bars_of(name: str) -> dict[str, float]:
    """The bars of a set; none for one that nobody has measured."""
    return BARS.get(name, {})
