"""Pictures in Dagster metadata. Belongs here: turning a matplotlib figure into markdown that the web UI shows."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def figure_markdown(figure: Figure) -> dg.MarkdownMetadataValue:
    """A figure as a PNG inside markdown; the figure needs no closing because it never enters pyplot's registry."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80, bbox_inches="tight", metadata={"Software": None})
    return dg.MetadataValue.md(f"![picture](data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()})")


def draw(
    rows: int, columns: int, paint: Callable[[list[Axes]], None], size: tuple[float, float] = (5.0, 3.0)
) -> Figure:
    """A grid of axes, painted by a function that gets them as a flat list; `size` is inches per cell, width first."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
    paint(list(figure.subplots(rows, columns, squeeze=False).flat))
    return figure
