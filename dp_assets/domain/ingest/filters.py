"""The configured row filters, applied in their stated order.

Belongs here: built-in filters, SQL expressions, customers' own functions. Does not belong here: rules about types,
which strike before any filter (`type_rules.py`).

A customer's own filter is a function published under the entry point group `demand_planner.filters`:

    def only_open_stores(frame: polars.DataFrame, *, closed: str) -> polars.Series:
        return frame["location"] != closed          # true keeps the row; null counts as false
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Protocol

import polars as pl

from dp_assets.domain.errors import ConfigError
from dp_assets.domain.filter_config import (
    ChannelsFilter,
    DateRangeFilter,
    ExpressionFilter,
    Filter,
    PluginFilter,
    PositiveQuantityFilter,
    RequireSkuFilter,
    ReturnsFilter,
    ValuesFilter,
)
from dp_assets.domain.ingest.verdicts import Details, Verdicts, texts_of

ENTRY_POINT_GROUP = "demand_planner.filters"


class FilterFunction(Protocol):
    """A customer's filter: unified rows and its options in, one Boolean per row out; true keeps the row."""

    def __call__(self, frame: pl.DataFrame, **options: str | int | float | bool) -> pl.Series: ...


def filter_name(one: Filter) -> str:
    """Name under which a filter's rejected rows are counted, unless another of that name stands before it."""
    if isinstance(one, (ExpressionFilter, PluginFilter)):
        return one.name
    return f"{one.kind}:{one.column}" if isinstance(one, ValuesFilter) else one.kind


def filter_names(filters: Sequence[Filter]) -> list[str]:
    """Names of filters in their order; one that stands again under the same name is numbered: `date_range:2`."""
    names: list[str] = []
    for one in filters:
        same = sum(filter_name(other) == filter_name(one) for other in filters[: len(names)])
        names.append(f"{filter_name(one)}:{same + 1}" if same else filter_name(one))
    return names


def looked_up_columns(filters: Sequence[Filter], attributes: Sequence[str]) -> tuple[str, ...]:
    """Attributes that filters look up in the product master where a row lacks them."""
    wanted = {one.column for one in filters if isinstance(one, ValuesFilter)}
    return tuple(name for name in attributes if name in wanted)


def installed_plugins(filters: Sequence[Filter]) -> dict[str, FilterFunction]:
    """The functions behind the plugin filters, by name.

    Raises:
        ConfigError: no installed package publishes a filter of that name.
    """
    wanted = [one.name for one in filters if isinstance(one, PluginFilter)]
    published = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)} if wanted else {}
    if missing := sorted(set(wanted) - set(published)):
        raise ConfigError(
            f"filters {missing} are not installed; found {sorted(published)} under the entry point group "
            f"{ENTRY_POINT_GROUP!r}; install the package that publishes them"
        )
    return {name: published[name].load() for name in wanted}


def apply_filters(
    frame: pl.DataFrame,
    filters: Sequence[Filter],
    attributes: pl.DataFrame | None = None,
    plugins: Mapping[str, FilterFunction] | None = None,
) -> Verdicts:
    """Verdicts of the filters on unified rows; the first filter that a row fails is its reason.

    Args:
        frame: unified columns and attributes, one row per source row that passed the type rules.
        filters: in the order they apply.
        attributes: sku → attributes of the product master known when the file arrived.
        plugins: functions of plugin filters, from `installed_plugins`.

    Raises:
        ConfigError: an expression or a plugin cannot be applied to the rows.
    """
    verdicts = Verdicts(len(frame))
    for one, name in zip(filters, filter_names(filters), strict=True):
        failing, details = _judge(one, frame, attributes, plugins or {})
        verdicts.reject(failing, name, details)
    return verdicts


def _judge(
    one: Filter, frame: pl.DataFrame, attributes: pl.DataFrame | None, plugins: Mapping[str, FilterFunction]
) -> tuple[pl.Series, Details]:
    """Rows that one filter rejects, and what it says about them."""
    match one:
        case DateRangeFilter():
            return _outside_dates(one, frame["sold_on"])
        case ChannelsFilter():
            return _other_channels(one, frame["channel"])
        case ValuesFilter():
            found = looked_up(frame, one.column, attributes)
            return _is_in(found, one.values), texts_of(f"{one.column} is {{}}, which is excluded", found)
        case ExpressionFilter():
            return ~_evaluate(one, frame).fill_null(False), texts_of(f"expected {_escaped(one.keep)}")
        case PluginFilter():
            return ~_call(one, frame, plugins).fill_null(False), texts_of(f"rejected by the filter {one.name}")
        case RequireSkuFilter():
            return frame["sku"].is_null(), texts_of("expected a SKU, got nothing")
        case ReturnsFilter():
            return frame["quantity"] < 0, texts_of("expected no returns, got a quantity of {}", frame["quantity"])
        case PositiveQuantityFilter():
            return frame["quantity"] <= 0, texts_of("expected a quantity above zero, got {}", frame["quantity"])


def _outside_dates(one: DateRangeFilter, day: pl.Series) -> tuple[pl.Series, Details]:
    failing = pl.Series([False]).new_from_index(0, len(day))
    if one.first is not None:
        failing = failing | (day < one.first)
    if one.last is not None:
        failing = failing | (day > one.last)
    expected = f"expected a date from {one.first or 'the beginning'} to {one.last or 'the end'}, got {{}}"
    return failing, texts_of(expected, day)


def looked_up(frame: pl.DataFrame, column: str, attributes: pl.DataFrame | None) -> pl.Series:
    """A column of the rows, with nulls filled from the product master by SKU."""
    if column not in frame.columns:
        raise ConfigError(f"a filter looks at {column!r}, but the rows have only {frame.columns}")
    own = frame[column]
    if attributes is None or column not in attributes.columns or not own.null_count():
        return own
    known = attributes.select("sku", pl.col(column).cast(own.dtype).alias("known"))
    joined = frame.select("sku").join(known, on="sku", how="left", maintain_order="left")
    return own.zip_with(own.is_not_null(), joined["known"]).alias(column)


def _is_in(values: pl.Series, wanted: Sequence[str]) -> pl.Series:
    if isinstance(values.dtype, pl.List):
        return values.list.eval(pl.element().is_in(list(wanted))).list.any()
    return values.cast(pl.String).is_in(list(wanted))


def _other_channels(one: ChannelsFilter, channel: pl.Series) -> tuple[pl.Series, Details]:
    failing = _is_in(channel, one.exclude).fill_null(False)
    expected = f"none of {list(one.exclude)}"
    if one.include is not None:
        failing = failing | ~_is_in(channel, one.include).fill_null(False)
        expected = f"one of {list(one.include)}" + (f" and {expected}" if one.exclude else "")
    return failing, texts_of(f"expected the channel to be {_escaped(expected)}, got {{}}", channel)


def _evaluate(one: ExpressionFilter, frame: pl.DataFrame) -> pl.Series:
    try:
        kept = frame.select(pl.sql_expr(one.keep).alias("kept"))["kept"]
    except pl.exceptions.PolarsError as error:
        raise ConfigError(
            f"filter {one.name!r}: {one.keep!r} is no expression over {frame.columns}: {error}; correct `keep`"
        ) from error
    return _checked(kept, one.name, len(frame))


def _call(one: PluginFilter, frame: pl.DataFrame, plugins: Mapping[str, FilterFunction]) -> pl.Series:
    if one.name not in plugins:
        raise ConfigError(f"filter {one.name!r} was not loaded; expected a function of that name in `plugins`")
    return _checked(plugins[one.name](frame, **one.options), one.name, len(frame))


def _checked(kept: object, name: str, rows: int) -> pl.Series:
    if isinstance(kept, pl.Series) and kept.dtype == pl.Boolean and len(kept) in (rows, 1):
        return kept if len(kept) == rows else kept.new_from_index(0, rows)
    got = f"{kept.dtype} × {len(kept)}" if isinstance(kept, pl.Series) else type(kept).__name__
    raise ConfigError(f"filter {name!r}: expected {rows} Booleans, got {got}")


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
