"""The dense panel of one cycle: what training, inference and the serving bundle read.

Belongs here: the arrays, their meaning, and their memory-mapped form on disk.
Does not belong here: how channels are computed (`features.py`), scaling and windows (`training.py`).

Axes: S series, T history buckets, M leads. Bucket t in [0, T) is history, t in [T, T + M) lies ahead of the cutoff.
"""

from __future__ import annotations

import io
import json
import mmap
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.errors import ArtefactError

FloatArray = npt.NDArray[np.float32]
CALENDAR = "calendar"
"""The array that has no row per series."""
ARRAYS = ("quantity", "capped", "observed", "price", "past", "known", CALENDAR, "first")


@dataclass(frozen=True)
class Panel:
    """Dense arrays of every active series as of a cutoff.

    Attributes:
        cutoff: first day of the first forecast bucket.
        bucket_weeks: N.
        starts: (T + M,) bucket starts, datetime64[D].
        horizon: M.
        series: S rows, sorted by series_id: series_id, key columns, eligible, reason, every configured attribute
            (text, or list of text for multi-label ones), and the columns of `product_life.py` where a producer said so.
        quantity: (S, T) units sold; 0 before the first sale and in buckets without sales.
        capped: (S, T) quantity after outlier capping.
        observed: (S, T) 1 where the bucket counts as seen: from the first sale on (with zero_fill `ignore` only
            buckets with sales), but for buckets out of stock, else 0.
        price: (S, T) mean price, forward-filled; 0 where no price is known yet.
        past: (S, T, P) channels known only up to the cutoff, unscaled, in the order of past_names.
        known: (S, T + M, K) channels of a series that are also known ahead, as planned at known_at, e.g. promotions.
        calendar: (T + M, C) channels of a bucket whatever the series: sines, cosines, holidays, events.
        first: (S,) index of the bucket of the first sale, int32; T for an announced product that nobody has bought yet.
        known_reach: (K,) buckets ahead of an origin for which a known channel may be read: M for plans, 0 for what is
            never known ahead. Reading further would be a leak, in training as in forecasting.
    """

    cutoff: date
    bucket_weeks: int
    horizon: int
    starts: npt.NDArray[np.datetime64]
    series: pl.DataFrame
    quantity: FloatArray
    capped: FloatArray
    observed: FloatArray
    price: FloatArray
    past: FloatArray
    known: FloatArray
    calendar: FloatArray
    first: npt.NDArray[np.int32]
    past_names: tuple[str, ...]
    known_names: tuple[str, ...]
    calendar_names: tuple[str, ...]
    known_reach: tuple[int, ...]

    @property
    def history(self) -> int:
        """T: history buckets."""
        return int(self.quantity.shape[1])

    def __len__(self) -> int:
        """S: series."""
        return len(self.series)

    def take(self, rows: npt.NDArray[np.intp]) -> Panel:
        """The same panel for some of its series, in the given order."""
        return Panel(
            cutoff=self.cutoff,
            bucket_weeks=self.bucket_weeks,
            horizon=self.horizon,
            starts=self.starts,
            series=self.series[rows.tolist()],
            calendar=self.calendar,
            past_names=self.past_names,
            known_names=self.known_names,
            calendar_names=self.calendar_names,
            known_reach=self.known_reach,
            **{
                name: getattr(self, name)[rows]
                for name in ("quantity", "capped", "observed", "price", "past", "known", "first")
            },
        )

    def tail(self, lookback: int) -> Panel:
        """The buckets that a window at the cutoff reads, and the leads; its arrays are views of this one's.

        These are the last `lookback` ones and those around the leads' last year. `first` moves along: it is negative
        where the first sale lies before the tail.
        """
        skip = max(0, self.history - max(lookback, round(52 / self.bucket_weeks) + 1))
        return replace(
            self,
            starts=self.starts[skip:],
            calendar=self.calendar[skip:],
            first=(self.first - skip).astype(np.int32),
            **{
                name: getattr(self, name)[:, skip:]
                for name in ("quantity", "capped", "observed", "price", "past", "known")
            },
        )

    def calendar_channel(self, name: str, rows: npt.NDArray[np.intp]) -> FloatArray:
        """(R, T + M) a channel of the calendar as it is for some series, whether it is the same for all or not."""
        if name in self.calendar_names:
            column = np.asarray(self.calendar[:, self.calendar_names.index(name)])
            return np.broadcast_to(column, (len(rows), len(column)))
        return np.asarray(self.known[rows][:, :, self.known_names.index(name)])

    def forget_pages(self) -> None:
        """Lets go of the memory of arrays that lie on disk, after they were read through once; what is read again comes
        from there again."""
        forget_pages(getattr(self, name) for name in ARRAYS)

    def save(self, folder: Path) -> None:
        """Writes one .npy per array, series as Arrow IPC, the rest as panel.json; the same panel, the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ARRAYS:
            if name != CALENDAR:
                _save(folder, name, getattr(self, name))
        self.save_around(folder)

    def save_around(self, folder: Path) -> None:
        """Writes what `save` writes, but for the arrays that have a row per series: those lie there already."""
        _save(folder, CALENDAR, self.calendar)
        buffer = io.BytesIO()
        self.series.write_ipc(buffer)
        (folder / "series.arrow").write_bytes(buffer.getvalue())
        head = {
            "cutoff": self.cutoff.isoformat(),
            "bucket_weeks": self.bucket_weeks,
            "horizon": self.horizon,
            "starts": [str(day) for day in self.starts],
            "past_names": self.past_names,
            "known_names": self.known_names,
            "calendar_names": self.calendar_names,
            "known_reach": self.known_reach,
        }
        (folder / "panel.json").write_text(json.dumps(head, indent=1))

    @classmethod
    def load(cls, folder: Path) -> Panel:
        """Reads what `save` wrote; arrays are memory-mapped, read-only."""
        try:
            head = json.loads((folder / "panel.json").read_text())
            arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ARRAYS}
        except FileNotFoundError as error:
            raise ArtefactError(
                f"expected a panel in {folder}: {error}; materialise the asset features again"
            ) from error
        return cls(
            cutoff=date.fromisoformat(head["cutoff"]),
            bucket_weeks=head["bucket_weeks"],
            horizon=head["horizon"],
            starts=np.array(head["starts"], dtype="datetime64[D]"),
            series=pl.read_ipc(io.BytesIO((folder / "series.arrow").read_bytes())),
            past_names=tuple(head["past_names"]),
            known_names=tuple(head["known_names"]),
            calendar_names=tuple(head["calendar_names"]),
            known_reach=tuple(head["known_reach"]),
            **arrays,
        )


def _save(folder: Path, name: str, values: npt.NDArray[Any]) -> None:
    np.save(folder / f"{name}.npy", np.ascontiguousarray(values), allow_pickle=False)


def forget_pages(arrays: Iterable[npt.NDArray[Any]]) -> None:
    """Lets go of the memory of those arrays that lie on disk; what was written to them is kept there."""
    for array in arrays:
        if isinstance(array.base, mmap.mmap):
            array.base.madvise(mmap.MADV_DONTNEED)


def recent_actuals(panel: Panel, buckets: int) -> pl.DataFrame:
    """series_id, bucket_start and actual, units, of the last buckets before the cutoff, of every series."""
    shown = min(buckets, panel.history)
    starts = panel.starts[panel.history - shown : panel.history].astype("datetime64[D]")
    units = panel.quantity[:, panel.history - shown : panel.history]
    return pl.DataFrame(
        {
            "series_id": panel.series["series_id"].to_numpy().repeat(shown),
            "bucket_start": np.tile(starts, len(panel)),
            "actual": units.reshape(-1).astype("float64"),
        },
        schema_overrides={"series_id": pl.String, "bucket_start": pl.Date},
    )
