"""Demand classes: how often a series sells, and how evenly.

Belongs here: the classes and where they part. Does not belong here: what is decided or reported by them
(`leaderboard.py`, `accuracy.py`).

Source: Syntetos, Boylan and Croston (2005), On the categorization of demand patterns.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dp_assets.domain.panel import Panel

Names = npt.NDArray[np.str_]
CLASSES = ("smooth", "erratic", "intermittent", "lumpy")
INTERVAL, VARIATION = 1.32, 0.49
"""Buckets per sale, and squared variation of the sizes of sales, at which classes part."""


def demand_classes(panel: Panel) -> Names:
    """(S,) demand class of every series by its history from the first sale on, as sold.

    smooth, erratic: it sells in more than 1 of 1.32 buckets; intermittent, lumpy: in fewer. erratic, lumpy: the squared
    coefficient of variation of what a selling bucket sells is 0.49 or more.
    """
    quantity = np.asarray(panel.quantity, np.float64)
    sold = quantity > 0
    sales = np.maximum(sold.sum(axis=1), 1)
    buckets = panel.history - np.asarray(panel.first)
    size = (quantity * sold).sum(axis=1) / sales
    variance = (((quantity - size[:, None]) * sold) ** 2).sum(axis=1) / sales
    often = buckets / sales < INTERVAL
    steady = variance / np.maximum(size, 1e-9) ** 2 < VARIATION
    return np.where(often, np.where(steady, "smooth", "erratic"), np.where(steady, "intermittent", "lumpy"))
