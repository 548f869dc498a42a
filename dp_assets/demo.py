"""The demo's landing folder: grocery sales as three producers would deliver them, with master and plans.

Belongs here: which file arrives when, and putting it there so that nobody sees half of it.
Does not belong here: the data (`demo_package.py`), the formats (`demo_files.py`), the clock and the command line
(`cli.py`): `land_demo` is told the time, and the next week is landed by calling it again with a later one.

    north/sales-2017-W01.csv              Monday 06:00 New York after its week, by north/manifest.json
    online/orders-2017-W01.parquet|ndjson the same Monday, by the file's modification time
    franchise/2017-W01.xlsx|json          the same Monday, by the file's modification time
    master/products.csv                   Sunday 2017-01-01 06:00, before the first sale that counts
    marketing/promotions-2017-W04.csv     the Monday three weeks before its week; the first weeks as one initial plan
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import polars as pl

from dp_assets.demo_files import SALES_WRITERS, master_csv, promotions_csv
from dp_assets.demo_package import FIRST_WEEK, ZONE, products, promotion_weeks, sales_lines, totals, weeks_through

MORNING = time(6)
INITIAL_ARRIVAL = datetime.combine(FIRST_WEEK - timedelta(days=1), MORNING, ZoneInfo(ZONE)).astimezone(UTC)
PLAN_AHEAD = timedelta(weeks=3)
MANIFEST_PRODUCER = "north"
WEEKS_PER_MESSAGE = 8


@dataclass(frozen=True)
class PlannedFile:
    """A file of the demo: where it lands, when, and the Mondays of the weeks it covers (none for the master)."""

    producer: str
    uri: str
    arrives_at: datetime
    weeks: tuple[date, ...] = ()


@dataclass(frozen=True)
class DemoReport:
    """What `land_demo` did.

    Attributes:
        through: the moment up to which everything has arrived.
        written: files written by this call; those that stood there already are left alone.
        kept: number of files left alone.
        bytes: size of the files written.
        totals: lines and units per producer in all sales files there now; what ingestion must find again.
        unsold_promotions: SKU-weeks left out of the plans written, because the SKU never sells.
        next_arrival: when the next file arrives; None when the year is over.
    """

    through: datetime
    written: tuple[str, ...]
    kept: int
    bytes: int
    totals: pl.DataFrame
    unsold_promotions: int
    next_arrival: datetime | None

    def __str__(self) -> str:
        lines, units = int(self.totals["lines"].sum()), int(self.totals["quantity"].sum())
        shares = ", ".join(f"{name} {many / max(1, lines):.0%}" for name, many, _ in self.totals.rows())
        text = (
            f"landing folder as of {self.through:%Y-%m-%d %H:%M} UTC: {len(self.written)} files written "
            f"({self.bytes / 1e6:.0f} MB), {self.kept} kept; {lines:,} sales lines ({shares}), {units:,} units"
        )
        if self.unsold_promotions:
            text += f"; {self.unsold_promotions:,} planned SKU-weeks left out, the SKU never sells"
        return text if self.next_arrival else f"{text}; the package's year is over, nothing will arrive any more"


def morning_of(day: date) -> datetime:
    """06:00 in New York on that day, in UTC."""
    return datetime.combine(day, MORNING, ZoneInfo(ZONE)).astimezone(UTC)


def planned_files() -> list[PlannedFile]:
    """Every file of the demo in the order of arrival: sales of 52 weeks, the master, promotion plans."""
    weeks = weeks_through(date.max)
    early = [week for week in weeks if week - PLAN_AHEAD < FIRST_WEEK]
    files = [
        PlannedFile("master", "master/products.csv", INITIAL_ARRIVAL),
        PlannedFile(
            "marketing",
            "marketing/promotions-initial.csv",
            INITIAL_ARRIVAL,
            (FIRST_WEEK - timedelta(weeks=1), *early),
        ),
    ]
    for number, week in enumerate(weeks):
        label = f"{week:%G-W%V}"
        arrival = morning_of(week + timedelta(weeks=1))
        stems = {"north": f"north/sales-{label}", "online": f"online/orders-{label}", "franchise": f"franchise/{label}"}
        for producer, formats in SALES_WRITERS.items():
            suffix = formats[number % len(formats)][0]
            files.append(PlannedFile(producer, f"{stems[producer]}.{suffix}", arrival, (week,)))
        if week not in early:
            uri = f"marketing/promotions-{label}.csv"
            files.append(PlannedFile("marketing", uri, morning_of(week - PLAN_AHEAD), (week,)))
    return sorted(files, key=lambda file: (file.arrives_at, file.uri))


def land_demo(root: Path, through: datetime, progress: Callable[[str], None]) -> DemoReport:
    """Lands every file that has arrived by `through`. Files that stand there already are left alone.

    Args:
        root: landing folder; made when missing.
        through: the present time of the demo, with a zone.
        progress: told what is going on, one line at a time.

    Raises:
        ConfigError: the package with the data is not installed.
    """
    planned = planned_files()
    arrived = [file for file in planned if file.arrives_at <= through]
    missing = [file for file in arrived if not (root / file.uri).exists()]
    lines = sales_lines()
    written: dict[str, int] = {}
    unsold = 0
    if missing:
        progress(f"landing {len(missing)} files below {root}")
        _write_manifest(root, [file for file in arrived if file.producer == MANIFEST_PRODUCER])
        for file, data, left_out in _contents(missing, lines, progress):
            _put(root / file.uri, data, file.arrives_at)
            written[file.uri] = len(data)
            unsold += left_out
    sales_weeks = [file.weeks[0] for file in arrived if file.producer in SALES_WRITERS]
    return DemoReport(
        through=through.astimezone(UTC),
        written=tuple(written),
        kept=len(arrived) - len(written),
        bytes=sum(written.values()),
        totals=totals(lines, max(sales_weeks, default=FIRST_WEEK - timedelta(weeks=1))),
        unsold_promotions=unsold,
        next_arrival=next((file.arrives_at for file in planned if file.arrives_at > through), None),
    )


def _contents(
    missing: list[PlannedFile], lines: pl.DataFrame, progress: Callable[[str], None]
) -> Iterator[tuple[PlannedFile, bytes, int]]:
    """Bytes of each missing file, and the SKU-weeks left out of it; master and plans first, then week by week."""
    for file in missing:
        if file.producer == "master":
            yield file, master_csv(products()), 0
    yield from _plans([file for file in missing if file.producer == "marketing"])
    sales = [file for file in missing if file.producer in SALES_WRITERS]
    parts = lines.filter(pl.col("week").is_in([file.weeks[0] for file in sales])).partition_by(
        "week", "producer", as_dict=True
    )
    weeks = sorted({file.weeks[0] for file in sales})
    for number, week in enumerate(weeks, start=1):
        for file in sales:
            if file.weeks[0] == week:
                formats = dict(SALES_WRITERS[file.producer])
                yield file, formats[file.uri.rsplit(".", 1)[1]](parts[week, file.producer]), 0
        if number % WEEKS_PER_MESSAGE == 0 or number == len(weeks):
            progress(f"landed sales of {number} of {len(weeks)} weeks")


def _plans(files: list[PlannedFile]) -> Iterator[tuple[PlannedFile, bytes, int]]:
    weeks = [week for file in files for week in file.weeks]
    if not weeks:
        return
    waiting = {file.weeks[-1]: file for file in files}
    collected: list[tuple[date, pl.DataFrame]] = []
    left_out = 0
    for week, plan, unsold in promotion_weeks(weeks):
        collected.append((week, plan))
        left_out += unsold
        if week in waiting:
            yield waiting[week], promotions_csv(collected), left_out
            collected, left_out = [], 0


def _write_manifest(root: Path, files: list[PlannedFile]) -> None:
    """The producer's own record of arrivals. It is written before the files, so that none is ever seen without one."""
    entries = {file.uri.rsplit("/", 1)[1]: {"arrived_at": file.arrives_at.isoformat()} for file in files}
    path = root / MANIFEST_PRODUCER / "manifest.json"
    if path.exists():
        entries = {**json.loads(path.read_text()), **entries}
    data = json.dumps(entries, indent=1, sort_keys=True).encode()
    if not path.exists() or path.read_bytes() != data:
        _put(path, data, max((file.arrives_at for file in files), default=INITIAL_ARRIVAL))


def _put(path: Path, data: bytes, modified_at: datetime) -> None:
    """Makes a file appear whole and with its modification time, in one step; the hidden name matches no producer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        staged.write_bytes(data)
        os.utime(staged, (modified_at.timestamp(), modified_at.timestamp()))
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)
