"""Feeds other than transactions in the unified schema: products, attribute corrections, plans, calendars, stock.

Belongs here: their columns and the rules for their rows; none of them carries units. Does not belong here: what their
values are used for (`dp_assets/domain`, the SQL models), the rules of types (`type_rules.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.attributes import ATTRIBUTE_CORRECTIONS
from dp_assets.domain.groups import GROUP, group_levels
from dp_assets.domain.ingest.feed_files import FeedFile, typed_frame
from dp_assets.domain.ingest.sources import ROW
from dp_assets.domain.ingest.type_rules import apply_type_rules, surplus_verdicts
from dp_assets.domain.ingest.unified import Unified, rejected_rows, with_header
from dp_assets.domain.ingest.verdicts import Verdicts, texts_of
from dp_assets.domain.producer_config import Feed
from dp_assets.domain.table import LABELS, Table

DEFAULT_PROMOTION = "promotion"


def _unify_products(file: FeedFile) -> Unified:
    """Attributes per SKU. Lines of a cross-reference with a date do not apply: an old SKU keeps its own attributes."""
    columns = {
        "row_number": file.source.frame[ROW],
        "sku": file.skus(file.identifiers("sku"), None),
        **file.attributes(),
    }
    typed = typed_frame(columns)
    verdicts = surplus_verdicts(file.source)
    verdicts.reject(typed["sku"].is_null(), "missing_sku", texts_of("expected a SKU, got nothing"))
    return _without_quantity(typed, verdicts, contracts.product_master(file.config), file)


def _unify_attribute_corrections(file: FeedFile) -> Unified:
    """What planners say about SKUs, one attribute per line; a line without a value says that nobody knows it."""
    configured, names = file.config.attributes, file.texts("attribute")
    columns = {
        "row_number": file.source.frame[ROW],
        "sku": file.skus(file.identifiers("sku"), None),
        "attribute": names,
        "value": file.texts("value"),
        **{name: file.texts(name) for name in ("user", "reason")},
    }
    labels = pl.lit(None, LABELS)
    for name, one in configured.items():
        if one.kind == "multi" and (names == name).any():
            columns[f"labels of {name}"] = file.labels("value", one.separator)
            labels = (
                pl.when(pl.col("attribute") == name).then(pl.col(f"labels of {name}").list.sort()).otherwise(labels)
            )
    is_list = pl.col("attribute").is_in([name for name, one in configured.items() if one.kind == "multi"])
    typed = typed_frame(columns).with_columns(pl.when(~is_list).then("value").alias("value"), labels.alias("labels"))
    verdicts = surplus_verdicts(file.source)
    _reject_missing(verdicts, typed, ("sku", "attribute"))
    expected = f"expected one of the attributes {', '.join(configured) or '(none is configured)'}, got '{{}}'"
    verdicts.reject(~names.is_in(list(configured)), "unknown_attribute", texts_of(expected, names))
    return _without_quantity(typed, verdicts, ATTRIBUTE_CORRECTIONS, file)


def _unify_promotions(file: FeedFile) -> Unified:
    """Planned promotions of a SKU, of a level's member, or of the SKU there. A cross-reference is looked up on the day
    a promotion starts."""
    starts = file.moments("starts_on").on
    columns = {
        "row_number": file.source.frame[ROW],
        "sku": file.skus(file.identifiers("sku"), starts),
        **{name: file.texts(name) for name in GROUP},
        "starts_on": starts,
        "ends_on": file.moments("ends_on").on,
        "kind": file.texts("kind").fill_null(DEFAULT_PROMOTION),
        **{name: file.numbers(name) for name in ("discount", "share")},
    }
    typed = typed_frame(columns)
    verdicts = surplus_verdicts(file.source)
    evidence = apply_type_rules(file, typed, verdicts)
    _reject_missing(verdicts, typed, ("starts_on", "ends_on"))
    nobody = typed["sku"].is_null() & typed["level"].is_null() & typed["member"].is_null()
    expected = "expected a SKU, or a level and its member, got nothing"
    verdicts.reject(nobody, "missing_sku", texts_of(expected))
    _reject_half_groups(verdicts, typed, file)
    _reject_backward(verdicts, typed)
    for name in ("discount", "share"):
        outside = (typed[name] < 0) | (typed[name] > 1)
        verdicts.reject(outside, f"{name}_not_a_share", texts_of(f"expected {name} from 0 to 1, got {{}}", typed[name]))
    typed = typed.with_columns(pl.col("share").fill_null(1.0))
    return replace(_without_quantity(typed, verdicts, contracts.PROMOTIONS, file), evidence=evidence)


def _unify_events(file: FeedFile) -> Unified:
    """Lines of a calendar, for all or for a level's member; an event without a last day lasts one day."""
    columns = {
        "row_number": file.source.frame[ROW],
        "name": file.texts("name"),
        **{name: file.moments(name).on for name in ("starts_on", "ends_on")},
        **{name: file.texts(name) for name in GROUP},
    }
    typed = typed_frame(columns)
    verdicts = surplus_verdicts(file.source)
    evidence = apply_type_rules(file, typed, verdicts)
    _reject_missing(verdicts, typed, ("name", "starts_on"))
    _reject_half_groups(verdicts, typed, file)
    typed = typed.with_columns(pl.col("ends_on").fill_null(pl.col("starts_on")))
    _reject_backward(verdicts, typed)
    return replace(_without_quantity(typed, verdicts, contracts.EVENTS, file), evidence=evidence)


def _unify_regressors(file: FeedFile) -> Unified:
    """Values of regressors, about a SKU, a level's member, the SKU there, or all. Names that nobody configured are
    kept, too."""
    starts = file.moments("starts_on").on
    columns = {
        "row_number": file.source.frame[ROW],
        "name": file.texts("name"),
        "starts_on": starts,
        "sku": file.skus(file.identifiers("sku"), starts),
        **{name: file.texts(name) for name in GROUP},
        "value": file.numbers("value"),
    }
    typed = typed_frame(columns)
    verdicts = surplus_verdicts(file.source)
    evidence = apply_type_rules(file, typed, verdicts)
    _reject_missing(verdicts, typed, ("name", "starts_on", "value"))
    _reject_half_groups(verdicts, typed, file)
    return replace(_without_quantity(typed, verdicts, contracts.REGRESSORS, file), evidence=evidence)


def _unify_stock(file: FeedFile) -> Unified:
    """What was on hand from one day to another; without a quantity a line says that nothing was, without a last day it
    speaks of one day."""
    starts = file.moments("starts_on").on
    typed = typed_frame(
        {
            "row_number": file.source.frame[ROW],
            "sku": file.skus(file.identifiers("sku"), starts),
            "location": file.identifiers("location"),
            "starts_on": starts,
            "ends_on": file.moments("ends_on").on,
            "quantity": file.numbers("quantity"),
        }
    )
    verdicts = surplus_verdicts(file.source)
    evidence = apply_type_rules(file, typed, verdicts)
    counted = "quantity" in file.mapped.mapping
    _reject_missing(verdicts, typed, ("sku", "starts_on", *(["quantity"] if counted else [])))
    typed = typed.with_columns(pl.col("ends_on").fill_null(pl.col("starts_on")), pl.col("quantity").fill_null(0.0))
    _reject_backward(verdicts, typed)
    return replace(_without_quantity(typed, verdicts, contracts.STOCK, file), evidence=evidence)


def _unify_product_life(file: FeedFile) -> Unified:
    """What planners know of the life of products, one SKU per line; a line must say something of it."""
    codes = ("sku", "predecessor", "like_sku")
    numbers = ("multiplier", "ramp_weeks")
    typed = typed_frame(
        {
            "row_number": file.source.frame[ROW],
            **{name: file.skus(file.identifiers(name), None) for name in codes},
            **{name: file.numbers(name) for name in numbers},
            **{name: file.moments(name).on for name in ("launch_on", "ends_on")},
        }
    )
    verdicts = surplus_verdicts(file.source)
    evidence = apply_type_rules(file, typed, verdicts)
    _reject_missing(verdicts, typed, ("sku",))
    for name in numbers:
        below = f"expected {name} of at least 0, got {{}}"
        verdicts.reject(typed[name] < 0, f"{name}_below_zero", texts_of(below, typed[name]))
    own = (typed["predecessor"] == typed["sku"]) | (typed["like_sku"] == typed["sku"])
    verdicts.reject(own, "its_own_twin", texts_of("expected another SKU than {} itself", typed["sku"]))
    launch, end = typed["launch_on"], typed["ends_on"]
    expected = "expected an end not before the launch on {}, got {}"
    verdicts.reject(end < launch, "ends_before_launch", texts_of(expected, launch, end))
    silent = typed["predecessor"].is_null() & typed["like_sku"].is_null() & end.is_null()
    verdicts.reject(silent, "says_nothing", texts_of("expected a predecessor, a like SKU or an end, got none"))
    return replace(_without_quantity(typed, verdicts, contracts.PRODUCT_LIFE, file), evidence=evidence)


def _reject_missing(verdicts: Verdicts, typed: pl.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        verdicts.reject(typed[name].is_null(), f"missing_{name}", texts_of(f"expected {name}, got nothing"))


def _reject_half_groups(verdicts: Verdicts, typed: pl.DataFrame, file: FeedFile) -> None:
    """Rejects lines that name a level without a member or the reverse, and levels that there are not."""
    level, member = typed["level"], typed["member"]
    both = texts_of("expected level and member together, got {} and {}", level, member)
    verdicts.reject(level.is_null() != member.is_null(), "half_a_group", both)
    levels = group_levels(file.config)
    expected = f"expected one of the levels {', '.join(levels) or '(none is configured)'}, got '{{}}'"
    verdicts.reject(level.is_not_null() & ~level.is_in(levels), "unknown_level", texts_of(expected, level))


def _reject_backward(verdicts: Verdicts, typed: pl.DataFrame) -> None:
    starts, ends = typed["starts_on"], typed["ends_on"]
    verdicts.reject(ends < starts, "ends_before_start", texts_of("expected an end not before {}, got {}", starts, ends))


def _without_quantity(typed: pl.DataFrame, verdicts: Verdicts, table: Table, file: FeedFile) -> Unified:
    return Unified(
        rows=table.conform(with_header(typed.filter(verdicts.accepted), file.header)),
        rejected=rejected_rows(file.source, verdicts, file.header),
        buckets=contracts.FILE_BUCKETS.empty(),
    )


_BY_FEED: dict[Feed, Callable[[FeedFile], Unified]] = {
    "products": _unify_products,
    "attribute_corrections": _unify_attribute_corrections,
    "promotions": _unify_promotions,
    "events": _unify_events,
    "regressors": _unify_regressors,
    "stock": _unify_stock,
    "product_life": _unify_product_life,
}


def unify_other_feed(file: FeedFile) -> Unified:
    """Rows of a file, or of one chunk of it, of any feed but transactions."""
    return _BY_FEED[file.producer.feed](file)
