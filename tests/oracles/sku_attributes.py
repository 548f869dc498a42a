"""Slow twin of the SQL models of attributes: one SKU, one attribute and one moment at a time, in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig

Row = dict[str, Any]


class Landed(NamedTuple):
    """Everything the models read: spans of versions, and the lines of every version."""

    spans: Sequence[Row]
    transactions: Sequence[Row]
    products: Sequence[Row]
    corrections: Sequence[Row] = ()

    def known(self, moment: datetime) -> dict[str, Row]:
        """Versions that counted at a moment."""
        return {
            span["file_version_id"]: span
            for span in self.spans
            if span["known_from"] <= moment and (span["superseded_from"] is None or span["superseded_from"] > moment)
        }

    def lines(self, known: dict[str, Row], before: date | None) -> list[Row]:
        """Lines of versions that are known, sold before a day; those of masters were never sold."""
        sold = [line for line in self.transactions if before is not None and line["sold_on"] < before]
        return [line for line in [*sold, *self.products] if line["file_version_id"] in known]


def attributes_as_of(config: DemandConfig, cutoff: date, landed: Landed) -> list[Row]:
    """Rows of `sku_attributes` for one cycle, sorted by SKU."""
    known = landed.known(BucketGrid.of(config).known_at(cutoff))
    lines = landed.lines(known, cutoff)
    corrected = corrections_that_hold(config, landed, known)
    skus = sorted({line["sku"] for line in lines})
    return [described(config, sku, [line for line in lines if line["sku"] == sku], known, corrected) for sku in skus]


def conflicts_as_of(config: DemandConfig, cutoff: date, landed: Landed) -> list[Row]:
    """Rows of `attribute_conflicts` for one cycle, sorted by SKU, attribute and producer."""
    known = landed.known(BucketGrid.of(config).known_at(cutoff))
    lines = in_order(config, landed.lines(known, cutoff), known)
    corrected = corrections_that_hold(config, landed, known)
    found = []
    for sku in {line["sku"] for line in lines}:
        for name in (name for name, one in config.attributes.items() if one.kind == "single"):
            favourites: dict[str, Row] = {}
            for line in lines:
                if line["sku"] == sku and line[name] is not None:
                    favourites.setdefault(line["producer"], line)
            if len({line[name] for line in favourites.values()}) < 2:
                continue
            first = next(iter(favourites.values()))
            found += [
                {
                    "sku": sku,
                    "attribute": name,
                    "producer": producer,
                    "value": line[name],
                    "file_version_id": line["file_version_id"],
                    "wins": line is first and (sku, name) not in corrected,
                }
                for producer, line in favourites.items()
            ]
    return sorted(found, key=lambda row: (row["sku"], row["attribute"], row["producer"]))


def described(
    config: DemandConfig, sku: str, lines: list[Row], known: dict[str, Row], corrected: dict[tuple[str, str], Row]
) -> Row:
    """One SKU: every attribute, its source, the disagreements."""
    row: Row = {"sku": sku}
    conflicts = []
    ordered = in_order(config, lines, known)
    for name, attribute in config.attributes.items():
        offers = [line for line in ordered if line[name] is not None]
        first = offers[0] if offers else None
        if attribute.kind == "multi":
            row[name] = sorted({label for line in offers for label in line[name]}) if offers else None
        else:
            row[name] = first[name] if first else None
            favourites: dict[str, str] = {}
            for line in offers:
                favourites.setdefault(line["producer"], line[name])
            if len(set(favourites.values())) > 1:
                conflicts.append(name)
        if (said := corrected.get((sku, name))) is not None:
            row[name], first = said["labels" if attribute.kind == "multi" else "value"], said
        row[f"{name}_source"] = f"{first['producer']}/{first['file_version_id']}" if first else None
    row["conflicts"] = sorted(conflicts)
    row["has_attributes"] = any(row[name] is not None for name in config.attributes)
    return row


def corrections_that_hold(config: DemandConfig, landed: Landed, known: dict[str, Row]) -> dict[tuple[str, str], Row]:
    """(SKU, attribute) → the correction line that counts."""
    lines = [line for line in landed.corrections if line["file_version_id"] in known]
    found: dict[tuple[str, str], Row] = {}
    for line in in_order(config, lines, known):
        found.setdefault((line["sku"], line["attribute"]), line)
    return found


def in_order(config: DemandConfig, lines: list[Row], known: dict[str, Row]) -> list[Row]:
    """Lines, the one that wins first: producer's priority, newest file, newest bucket in it, last line of that."""
    grid = BucketGrid.of(config)
    places = {producer.name: (producer.priority, place) for place, producer in enumerate(config.producers)}
    ordered = sorted(lines, key=lambda line: line["row_number"], reverse=True)
    ordered.sort(key=lambda line: grid.index_of(line["sold_on"]) if "sold_on" in line else 0, reverse=True)
    ordered.sort(key=lambda line: line["file_version_id"], reverse=True)
    ordered.sort(key=lambda line: known[line["file_version_id"]]["known_from"], reverse=True)
    ordered.sort(key=lambda line: places[line["producer"]])
    return ordered


def history_as_of(config: DemandConfig, cutoff: date, landed: Landed) -> list[Row]:
    """Rows of `sku_attribute_history` for one cycle without the file that first said so, sorted by the key.

    Every moment at which anything changes is looked at; what is known between two of them is what was known at the
    first.
    """
    grid = BucketGrid.of(config)
    last = grid.known_at(cutoff)
    days = [line["sold_on"] for line in landed.transactions]
    first = min([grid.first, *map(grid.start_of, days)])
    ends = [start + grid.step for start in grid.starts(first, cutoff)]
    moments = {span[name] for span in landed.spans for name in ("known_from", "superseded_from")}
    moments |= {grid.known_at(max(end, grid.first)) for end in ends}
    running: dict[tuple[str, str], Row] = {}
    finished: list[Row] = []
    for moment in sorted(moment for moment in moments if moment is not None and moment <= last):
        ended = [end for end in ends if grid.known_at(max(end, grid.first)) <= moment]
        states = states_at(config, landed, moment, max(ended, default=None))
        for key in {*running, *states}:
            before, now = running.get(key), states.get(key)
            if before is not None and now is not None and all(before[name] == now[name] for name in now):
                continue
            if before is not None:
                finished.append({**running.pop(key), "known_until": moment})
            if now is not None:
                running[key] = {**now, "known_from": moment, "known_until": None}
    return sorted([*finished, *running.values()], key=lambda row: (row["sku"], row["attribute"], row["known_from"]))


def states_at(
    config: DemandConfig, landed: Landed, moment: datetime, before: date | None
) -> dict[tuple[str, str], Row]:
    """(SKU, attribute) → what was known at a moment, from sales before a day."""
    known = landed.known(moment)
    lines = landed.lines(known, before)
    corrected = corrections_that_hold(config, landed, known)
    producer_of = {span["file_version_id"]: span["producer"] for span in landed.spans}
    found = {}
    for sku in {line["sku"] for line in lines} | {sku for sku, _ in corrected}:
        row = described(config, sku, [line for line in lines if line["sku"] == sku], known, corrected)
        for name, attribute in config.attributes.items():
            if row[f"{name}_source"] is not None:
                is_list = attribute.kind == "multi"
                found[sku, name] = {
                    "sku": sku,
                    "attribute": name,
                    "value": None if is_list else row[name],
                    "labels": row[name] if is_list else None,
                    "producer": producer_of[row[f"{name}_source"].split("/", 1)[1]],
                    "corrected": (sku, name) in corrected,
                }
    return found
