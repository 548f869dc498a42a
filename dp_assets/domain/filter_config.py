"""Row filters as `demand.yaml` describes them.

Belongs here: the sections under `filters`. Does not belong here: applying them (`ingest/filters.py`).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from dp_assets.domain.config_section import Section, Slug


class PositiveQuantityFilter(Section):
    """Rejects rows whose quantity is zero or negative."""

    kind: Literal["positive_quantity"]


class RequireSkuFilter(Section):
    """Rejects rows without a SKU."""

    kind: Literal["require_sku"]


class ReturnsFilter(Section):
    """Rejects returns: rows with a negative quantity."""

    kind: Literal["exclude_returns"]


class DateRangeFilter(Section):
    """Rejects rows sold outside a range of business dates, both ends included."""

    kind: Literal["date_range"]
    first: date | None = None
    """First business date kept."""
    last: date | None = None
    """Last business date kept."""


class ChannelsFilter(Section):
    """Keeps or drops sales channels by name."""

    kind: Literal["channels"]
    include: tuple[str, ...] | None = None
    """Only these channels are kept."""
    exclude: tuple[str, ...] = ()
    """These channels are dropped."""


class ValuesFilter(Section):
    """Rejects rows whose attribute has one of the listed values, e.g. departments sold by weight or volume."""

    kind: Literal["exclude_values"]
    column: str
    """Unified column to look at. An attribute that the row lacks is looked up in the product master known then."""
    values: tuple[str, ...]
    """Values that reject a row."""


class ExpressionFilter(Section):
    """Keeps the rows for which a SQL expression over unified columns is true."""

    kind: Literal["expression"]
    name: Slug
    """Name under which rejected rows are counted."""
    keep: str
    """SQL expression over unified columns, e.g. `quantity < 10000`."""


class PluginFilter(Section):
    """A customer's own function, published under the entry point group `demand_planner.filters`."""

    kind: Literal["plugin"]
    name: Slug
    """Entry point name; also the name under which rejected rows are counted."""
    options: dict[str, str | int | float | bool] = Field({})
    """Keyword arguments handed to the function."""


Filter = Annotated[
    PositiveQuantityFilter
    | RequireSkuFilter
    | ReturnsFilter
    | DateRangeFilter
    | ChannelsFilter
    | ValuesFilter
    | ExpressionFilter
    | PluginFilter,
    Field(discriminator="kind"),
]


DEFAULT_FILTERS: tuple[Filter, ...] = (
    RequireSkuFilter(kind="require_sku"),
    PositiveQuantityFilter(kind="positive_quantity"),
)
