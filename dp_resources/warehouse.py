"""One run of the SQL models: what it reads, where its output waits, and handing that output over.

Belongs here: the staging folder of a run, the lists of input files, reading a staged mart partition by
partition.
Does not belong here: starting dbt (`dp_resources/dbt.py`), what is promoted to the lake (`defs/weekly_buckets.py`).

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
ROWS_AT_ONCE = 1 << 19
"""Rows of a staged mart that are read together: some dozen MB, and few enough reads."""


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

    def partitions(self, model: str, column: str, starts: Sequence[date]) -> Iterator[pl.DataFrame]:
        """The rows of a staged mart, one frame per value of its partition column, in the order asked for.

        The mart is read once, some partitions at a time: about `ROWS_AT_ONCE` rows are held, or the largest partition.
        A value without rows gives an empty frame with all columns.

        Args:
            model: the mart.
            column: its partition column, a date.
            starts: values of that column, ascending.

        Raises:
            ArtefactError: the run wrote no such mart.
        """
        mart = self.mart(model)
        rows = int(mart.select(pl.len()).collect().item())
        step = max(1, len(starts) * ROWS_AT_ONCE // max(1, rows))
        for first in range(0, len(starts), step):
            group = starts[first : first + step]
            held = mart.filter(pl.col(column).is_between(group[0], group[-1])).collect()
            if not held[column].is_sorted():  # Spark may leave its files in another order
                held = held.sort(column, maintain_order=True)
            places = pl.Series(group, dtype=held.schema[column])
            ends = held[column].search_sorted(places, side="right").to_list()
            for begin, end in zip(held[column].search_sorted(places, side="left").to_list(), ends, strict=True):
                yield held[begin:end]

    def _found(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.name != LOCK)


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
