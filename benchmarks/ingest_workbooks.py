"""Workbooks as the product reads them against bare fastexcel: 200,000 rows of five columns.

Belongs here: the workbook lines of the ingestion benchmark. Does not belong here: text files (`ingest.py`).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.findings import Finding, at_most
from dp_assets.domain.ingest.readers import detect_file, read_source
from dp_assets.domain.producer_config import ProducerConfig

ROWS = 200_000
ROUNDS = 5


def write_workbook(path: Path, rows: int = ROWS) -> None:
    """Sales lines as a spreadsheet program would save them: texts, dates, whole and broken numbers."""
    rng = np.random.default_rng(20170102)
    days = pl.Series(rng.integers(0, 1820, rows)).cast(pl.Duration("ms")) * 86_400_000
    frame = pl.DataFrame(
        {
            "item": [f"A{number:06d}" for number in rng.integers(0, 68_000, rows)],
            "day": pl.Series([date(2017, 1, 2)]).new_from_index(0, rows) + days,
            "qty": rng.integers(1, 9, rows),
            "money": rng.integers(100, 9_999, rows) / 100,
            "shop": [f"S{number}" for number in rng.integers(1, 41, rows)],
        }
    )
    frame.write_excel(path)


def workbook_findings(work: Path, rows: int = ROWS) -> list[Finding]:
    """CPU seconds of reading one workbook, in interleaved rounds; both find the types of all cells."""
    import fastexcel

    path = work / "sales.xlsx"
    write_workbook(path, rows)
    columns = {"sku": "item", "sold_at": "day", "quantity": "qty", "revenue": "money", "location": "shop"}
    producer = ProducerConfig.model_validate({"name": "shop", "files": ["*"], "columns": columns})

    def bare() -> int:
        return len(pl.DataFrame(fastexcel.read_excel(path).load_sheet(0, schema_sample_rows=None)))

    def ours() -> int:
        return read_source(path, detect_file(path, producer), producer, set(columns.values())).rows

    spent: dict[str, list[float]] = {"bare": [], "ours": []}
    for _ in range(ROUNDS):
        for name, read in (("bare", bare), ("ours", ours)):
            spent[name].append(_cpu(read, rows))
    peer = statistics.median(spent["bare"])
    ratio = statistics.median(spent["ours"]) / peer
    return [at_most(f"XLSX, {rows:,} rows of 5 columns: CPU", ratio, f"bare fastexcel ({peer:.2f} s)", 1.3)]


def _cpu(read: Callable[[], int], rows: int) -> float:
    started = time.process_time()
    if (found := read()) != rows:
        raise RuntimeError(f"expected {rows} rows, got {found}")
    return time.process_time() - started
