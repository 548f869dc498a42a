"""One run of the SQL models: what it reads, where its output waits, and handing that output over.

Belongs here: the staging folder of a run, the lists of input files, reading a staged mart partition by
partition.
Does not belong here: starting dbt (`dbt_runner.py`), what is promoted to the lake (`dp_assets/defs/weekly_buckets.py`).

A run gets a folder of its own and an in-memory database, so no database file is shared and a killed run leaves the lake
as it was: marts are promoted from Python, partition by partition, each in one atomic step.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import uuid4

import polars as pl

from dp_assets.domain.errors import ArtefactError
from dp_resources.staged_files import hold, is_abandoned

LOCK = ".lock"
"""File in a staging folder that its run holds."""
INPUT_LIST = {"table_name": pl.String(), "path": pl.String()}
ROWS_AT_ONCE = 1 << 20
"""Rows of a staged mart that are read together: some hundred MB, and few enough reads of files that are not sorted."""


@dataclass
class Staging:
    """Inputs and outputs of one run, in a folder that lives as long as the run.

    Attributes:
        folder: an absolute folder; `<model>.<slice>.parquet` in it are the files of a finished mart.
        files: lake table → paths of the files that the run may read.
    """

    folder: Path
    files: dict[str, list[str]] = field(default_factory=dict)

    def read_files(self, table: str, paths: Iterable[str]) -> None:
        """Makes lake files readable as `lake.<table>`."""
        self.files.setdefault(table, []).extend(paths)

    def read_frame(self, table: str, frame: pl.DataFrame) -> None:
        """Makes a frame readable as `lake.<table>`."""
        path = self.folder / "inputs" / f"{table}.parquet"
        path.parent.mkdir(exist_ok=True)
        frame.write_parquet(path)
        self.read_files(table, [str(path)])

    def list_inputs(self) -> Path:
        """Writes the list of inputs. A Parquet file, because a command-line argument ends at 128 KiB."""
        rows = [(table, path) for table, paths in sorted(self.files.items()) for path in sorted(paths)]
        path = self.folder / "inputs.parquet"
        pl.DataFrame(rows, schema=INPUT_LIST, orient="row").write_parquet(path)
        return path

    def mart(self, model: str) -> pl.LazyFrame:
        """A staged mart, to be read lazily: the files of its slices as DuckDB leaves them, or the folder Spark leaves.

        Raises:
            ArtefactError: the run wrote no such mart.
        """
        folder = self.folder / f"{model}.parquet"
        files = sorted(folder.glob("*.parquet") if folder.is_dir() else self.folder.glob(f"{model}.*.parquet"))
        if not files:
            raise ArtefactError(f"expected the dbt run to stage {model}, but found {self._found()}")
        return pl.scan_parquet(files, hive_partitioning=False)

    def partitions(self, model: str, column: str, groups: Sequence[Sequence[date]]) -> Iterator[pl.DataFrame]:
        """The rows of a staged mart, one frame per value of its partition column, in the order asked for.

        About `ROWS_AT_ONCE` rows are held, or the largest partition. A value without rows gives an empty frame with all
        columns.

        Args:
            model: the mart.
            column: its partition column, a date.
            groups: values of that column, ascending in each group and from group to group. Values of one group are read
                together, because the same files hold them.

        Raises:
            ArtefactError: the run wrote no such mart.
        """
        mart = self.mart(model)
        rows = int(mart.select(pl.len()).collect().item())
        step = max(1, sum(map(len, groups)) * ROWS_AT_ONCE // max(1, rows))
        for part in (group[at : at + step] for group in groups for at in range(0, len(group), step)):
            yield from divided(mart.filter(pl.col(column).is_between(part[0], part[-1])).collect(), column, part)

    def _found(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.name != LOCK)


def divided(rows: pl.DataFrame, column: str, starts: Sequence[date]) -> Iterator[pl.DataFrame]:
    """The rows of each start in turn, in the order in which they came.

    >>> rows = pl.DataFrame({"week": [date(2017, 1, 9), date(2017, 1, 2), date(2017, 1, 9)], "units": [1, 2, 3]})
    >>> [part["units"].to_list() for part in divided(rows, "week", [date(2017, 1, 2), date(2017, 1, 9)])]
    [[2], [1, 3]]
    """
    rows = rows if rows[column].is_sorted() else rows.sort(column, maintain_order=True)
    places = pl.Series(starts, dtype=rows.schema[column])
    ends = rows[column].search_sorted(places, side="right").to_list()
    for begin, end in zip(rows[column].search_sorted(places, side="left").to_list(), ends, strict=True):
        yield rows[begin:end]


@contextmanager
def staging(root: Path) -> Iterator[Staging]:
    """A staging folder below `root` for one run, removed with everything in it at the end.

    Those of killed runs are removed at the beginning.
    """
    folder = (root / "staging" / uuid4().hex).resolve()
    for lock in folder.parent.glob(f"*/{LOCK}"):
        if is_abandoned(lock):
            shutil.rmtree(lock.parent, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with (folder / LOCK).open("wb") as lock_file:
            hold(lock_file)
            yield Staging(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
