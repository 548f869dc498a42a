"""What an asset shows of its result: table schemas, previews as markdown, the picture of a series.

Belongs here: turning frames, contracts and panels into Dagster metadata. Does not belong here: computing them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

from dp_assets.domain.promotions import promoted_buckets
from dp_assets.domain.table import Table
from dp_assets.pictures.figures import draw, figure_markdown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dp_assets.domain.panel import Panel


def table_schema(table: Table) -> dg.TableSchema:
    """The columns of a contract as Dagster shows them, units beside the description."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=str(column.dtype),
                description=f"{column.description} ({column.unit})" if column.unit else column.description,
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
            )
            for column in table.columns
        ]
    )


def preview(frame: pl.DataFrame, rows: int = 10) -> dg.MarkdownMetadataValue:
    """The first rows of a frame as a markdown table."""
    with pl.Config(
        tbl_formatting="ASCII_MARKDOWN",
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        tbl_rows=rows,
        tbl_cols=-1,
        tbl_width_chars=65_535,  # a narrower table wraps its cells, which is no markdown any more
        fmt_str_lengths=40,
    ):
        return dg.MetadataValue.md(str(frame.head(rows)))


def panel_picture(panel: Panel) -> dg.MarkdownMetadataValue:
    """The series that sold most: quantity, caps where it was capped, promotions behind it and ahead of the cutoff."""
    row = int(panel.quantity.sum(axis=1).argmax())

    def paint(axes: list[Axes]) -> None:
        history, axis = panel.starts[: panel.history], axes[0]
        capped = panel.capped[row] < panel.quantity[row]
        promoted = promoted_buckets(panel.known[[row]], panel.known_names)[0]
        for start in panel.starts[promoted]:
            axis.axvspan(start, start + 7 * panel.bucket_weeks, color="tab:orange", alpha=0.15, lw=0)
        axis.plot(history, panel.quantity[row], lw=1, label="quantity")
        axis.plot(history[capped], panel.quantity[row][capped], "rx", label="capped away")
        axis.plot(history[capped], panel.capped[row][capped], "r_", label="cap")
        axis.axvline(panel.starts[panel.history], color="black", lw=0.8, ls=":", label="cutoff")
        axis.set(title=f"{panel.series['series_id'][row]}: units per bucket; shaded: under a promotion")
        axis.legend(loc="upper left", fontsize=8)

    return figure_markdown(draw(1, 1, paint, size=(9.0, 3.2)))
