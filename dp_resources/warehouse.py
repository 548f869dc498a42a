"""One run of the SQL models: what it reads, where its output waits, and handing that output over.

Belongs here: the staging folder of a run, the lists of input files, reading one partition of a staged mart.
Does not belong here: starting dbt (`dp_resources/dbt.py`), what is promoted to the lake (`defs/weekly_buckets.py`).

A run gets a folder of its own and an in-memory database, so no database file is shared and a killed run leaves the lake
as it was: marts are promoted from Python, partition by partition, each in one atomic step.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import uuid4

import polars as pl

from dp_assets.domain.errors import ArtefactError

INPUT_LIST = {"table_name": pl.String(), "path": pl.String()}


@dataclass
class Staging:
    """Inputs and outputs of one run, in a folder that lives as long as the run.

    Attributes:
        folder: an absolute folder; `<model>.parquet` in it is a finished mart.
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
        """A staged mart, to be read lazily: one file as DuckDB leaves it, or the folder of files that Spark leaves.

        Raises:
            ArtefactError: the run wrote no such mart.
        """
        path = self.folder / f"{model}.parquet"
        if not path.exists():
            raise ArtefactError(f"expected the dbt run to stage {path.name}, but found {self._found()}")
        return pl.scan_parquet(path / "*.parquet" if path.is_dir() else path, hive_partitioning=False)

    def output(self, model: str, column: str, start: date) -> pl.DataFrame:
        """Rows of a staged mart whose partition column has that value; empty, with all columns, when there are none.

        Raises:
            ArtefactError: the run wrote no such mart.
        """
        return self.mart(model).filter(pl.col(column) == start).collect()

    def _found(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@contextmanager
def staging(root: Path) -> Iterator[Staging]:
    """A staging folder below `root` for one run, removed with everything in it at the end."""
    folder = (root / "staging" / uuid4().hex).resolve()
    folder.mkdir(parents=True)
    try:
        yield Staging(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
