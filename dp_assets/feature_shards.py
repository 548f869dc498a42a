"""Shards of a cycle's features: what is asked of each and what each has made, staged in the lake until all are there.

Belongs here: where shards lie, what goes into each, putting them together. Does not belong here: what is computed
(`domain/features.py`), the steps that do it (`defs/features.py`).

    _shards/features/<cycle>/shared_out.json            which inputs are shared out, and the first row of each shard
    _shards/features/<cycle>/<inputs>/whole             the outline of all series, and what only the last step needs
    _shards/features/<cycle>/<inputs>/<shard>/asked     the outline of a shard's series, sales, plans about them
    _shards/features/<cycle>/<inputs>/<shard>/observed  its arrays OBSERVED and its table `stockouts`
    _shards/features/<cycle>/<inputs>/compared          what all series together say to each
    _shards/features/<cycle>/<inputs>/<shard>/derived   its arrays DERIVED and its outlier log

No reader of tables looks below `_shards`. Inputs are named by the hash of everything that is asked, the configuration
and the code: of other inputs, or of another cycle, nothing is ever taken. A folder counts once its list of files is
there, which is written last; made again it is the same. When the cycle is published, all of it is removed.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.features import (
    DERIVED,
    OBSERVED,
    Arrays,
    Comparison,
    FeatureSet,
    allocate,
    compare,
    derive,
    observe,
    panel_of,
    slices,
)
from dp_assets.domain.forecasts import config_hash
from dp_assets.domain.known_sales import Sold, between
from dp_assets.domain.outline import Outline, Outlined, Plans
from dp_assets.domain.panel import ARRAYS, forget_pages
from dp_assets.domain.scratch import scratch_folder
from dp_resources.lake import Lake, json_bytes, sha256
from dp_resources.table_files import file_sha256

SHARED_OUT, HEAD, NOTES, SOLD, COMPARED = "shared_out.json", "outline.json", "notes.json", "sold.npz", "compared.npz"
LISTING = "files.json"
"""Written last: a folder without it is not whole."""
FOR_COMPARISON = ("quantity", "observed", "first", "promoted", "limits")
"""Arrays that `compare` reads."""
FOR_DERIVATION = (*FOR_COMPARISON, "price")
"""Arrays that `derive` reads."""
AGAIN = "materialise features again"


@dataclass(frozen=True)
class FeatureShards:
    """The shards of a cycle that are shared out.

    Attributes:
        lake: where they are staged.
        cycle: whose features they are.
        inputs: hash of what they are made of.
        begins: first row of each shard, and one past the last row.
    """

    lake: Lake
    cycle: str
    inputs: str
    begins: tuple[int, ...]

    @classmethod
    def opened(cls, lake: Lake, cycle: str) -> FeatureShards:
        """Those that were shared out last.

        Raises:
            ArtefactError: none are.
        """
        path = f"{folder_of(lake, cycle)}/{SHARED_OUT}"
        if not lake.has_bytes(path):
            raise ArtefactError(f"expected shards of the features of cycle {cycle} in {path}, got none; {AGAIN}")
        found = json.loads(lake.read_bytes(path))
        return cls(lake, cycle, found["inputs"], tuple(found["begins"]))

    def __len__(self) -> int:
        """How many there are."""
        return len(self.begins) - 1

    def rows(self, number: int) -> slice:
        """The rows of a shard among all series; none where the cycle has fewer shards."""
        if number >= len(self):
            return slice(0, 0)
        return slice(self.begins[number], self.begins[number + 1])

    def write(self, name: str, folder: Path) -> None:
        """Stages the files of a local folder."""
        files = sorted(path.name for path in folder.iterdir())
        for file in files:
            self.lake.upload(folder / file, f"{self._at(name)}/{file}")
        self.lake.write_bytes(f"{self._at(name)}/{LISTING}", json_bytes(files))

    def open(self, name: str, scratch: Path, arrays: Sequence[str] | None = None) -> Path:
        """A local folder with what was staged, fit for mapping: the lake's own, or a copy below `scratch`, which may do
        with some of the arrays.

        Raises:
            ArtefactError: it is not there, or not whole.
        """
        at = self._at(name)
        if not self.lake.has_bytes(f"{at}/{LISTING}"):
            raise ArtefactError(
                f"expected {name} among the shards of the features of cycle {self.cycle}, made of inputs "
                f"{self.inputs[:12]}, got none: what they are made of has changed since they were shared out; {AGAIN}"
            )
        if self.lake.is_local:
            return Path(at)
        folder = scratch / name
        folder.mkdir(parents=True, exist_ok=True)
        for file in json.loads(self.lake.read_bytes(f"{at}/{LISTING}")):
            if arrays is None or not file.endswith(".npy") or file.removesuffix(".npy") in arrays:
                self.lake.fetch(f"{at}/{file}", folder / file)
        return folder

    def _at(self, name: str) -> str:
        return f"{folder_of(self.lake, self.cycle)}/{self.inputs}/{name}"


def folder_of(lake: Lake, cycle: str) -> str:
    """Where all shards of a cycle's features lie."""
    return f"{lake.root}/_shards/features/{cycle}"


def share_out(
    lake: Lake, cycle: str, found: Outlined, config: DemandConfig, shards: int, code: str, recalls: list[str] | None
) -> FeatureShards:
    """Stages what is asked of every shard, and makes them those of the cycle.

    Args:
        lake, cycle: whose features they are.
        found: the outline of all series.
        config: the configuration.
        shards: how many; never more than there are series.
        code: revision of the program.
        recalls: recalls that are in force, which the published features name.
    """
    series = len(found.outline.series)
    count = min(shards, series)
    begins = tuple(series * number // count for number in range(count + 1))
    with scratch_folder() as scratch:
        names = ["whole", *(f"{number}/asked" for number in range(count))]
        whole = _made(scratch / names[0])
        _write_outline(whole, replace(found.outline, plans=Plans(events=found.outline.plans.events)))
        found.eligibility.write_ipc(whole / "eligibility.arrow")
        (whole / NOTES).write_text(json.dumps({"notes": found.notes, "recalls": recalls}))
        for number, name in enumerate(names[1:]):
            rows = slice(begins[number], begins[number + 1])
            asked, part = _made(scratch / name), found.outline.part(rows)
            _write_outline(asked, replace(part, plans=part.plans.about(part.series["sku"])))
            _write_sold(asked, between(found.sold, rows.start, rows.stop))
        listing = {
            f"{name}/{path.name}": file_sha256(path) for name in names for path in sorted((scratch / name).iterdir())
        }
        inputs = sha256(json_bytes({"files": listing, "configuration": config_hash(config), "code": code}))
        made = FeatureShards(lake, cycle, inputs, begins)
        for name in names:
            made.write(name, scratch / name)
    lake.write_bytes(f"{folder_of(lake, cycle)}/{SHARED_OUT}", json_bytes({"inputs": inputs, "begins": list(begins)}))
    remove_shards(lake, cycle, but=made)
    return made


def observe_shard(made: FeatureShards, number: int, config: DemandConfig) -> None:
    """What `observe` says of a shard's series."""
    with scratch_folder() as scratch:
        asked = made.open(f"{number}/asked", scratch)
        outline, folder = _read_outline(asked), _made(scratch / "said")
        arrays = allocate(outline, config, OBSERVED, folder)
        stockouts = observe(outline, [_read_sold(asked)], arrays, config)
        for name in (name for name in OBSERVED if name not in ARRAYS):
            np.save(folder / f"{name}.npy", arrays[name])
        stockouts.write_ipc(folder / "stockouts.arrow")
        made.write(f"{number}/observed", folder)


def compare_shards(made: FeatureShards, config: DemandConfig) -> None:
    """What `compare` says of all series, once those of every shard are observed."""
    with scratch_folder() as scratch:
        peers = _read_outline(made.open("whole", scratch)).peers
        parts = [
            (
                peers[:, made.rows(number)],
                _mapped(made.open(f"{number}/observed", scratch, FOR_COMPARISON), FOR_COMPARISON),
            )
            for number in range(len(made))
        ]
        folder = _made(scratch / "said")
        _write_comparison(folder, compare(parts, config))
        made.write("compared", folder)


def derive_shard(made: FeatureShards, number: int, config: DemandConfig) -> None:
    """What `derive` says of a shard's series, once all are compared."""
    with scratch_folder() as scratch:
        outline = _read_outline(made.open(f"{number}/asked", scratch))
        compared, folder = _read_comparison(made.open("compared", scratch)), _made(scratch / "said")
        arrays = _mapped(made.open(f"{number}/observed", scratch, FOR_DERIVATION), FOR_DERIVATION)
        arrays |= allocate(outline, config, DERIVED, folder)
        log = derive(outline.series["series_id"], outline.starts, outline.peers, compared, arrays, config)
        log.write_ipc(folder / "log.arrow")
        made.write(f"{number}/derived", folder)


@contextmanager
def features_of_shards(
    made: FeatureShards, config: DemandConfig
) -> Iterator[tuple[FeatureSet, Path, list[str] | None]]:
    """What all shards have made, the folder of its panel, and the recalls that were in force.

    Arrays are copied some series at a time. The folder is gone at the end of the block.

    Raises:
        ArtefactError: some shard is missing.
    """
    with scratch_folder() as scratch:
        whole, folder = made.open("whole", scratch), _made(scratch / "panel")
        outline = _read_outline(whole)
        arrays = allocate(outline, config, [name for name in (*OBSERVED, *DERIVED) if name in ARRAYS], folder)
        tables: dict[str, list[pl.DataFrame]] = {"stockouts": [], "log": []}
        for number in range(len(made)):
            for stage, names, table in (("observed", OBSERVED, "stockouts"), ("derived", DERIVED, "log")):
                with scratch_folder() as fetched:
                    wanted = [name for name in names if name in ARRAYS]
                    part = made.open(f"{number}/{stage}", fetched, wanted)
                    _copy(_mapped(part, wanted), arrays, made.rows(number))
                    tables[table].append(_read(part, table))
        panel = panel_of(outline, arrays, config)
        panel.save_around(folder)
        # Equal frames may have other buffers, and so other bytes: those count that were there before it was shared out.
        shutil.copyfile(whole / "series.arrow", folder / "series.arrow")
        said = json.loads((whole / NOTES).read_text())
        stockouts, log = (pl.concat(parts, rechunk=True) for parts in tables.values())
        found = FeatureSet(panel, _read(whole, "eligibility"), log, tuple(said["notes"]), stockouts)
        yield found, folder, said["recalls"]


def remove_shards(lake: Lake, cycle: str, but: FeatureShards | None = None) -> None:
    """Removes what shards of a cycle have left; all of it, or all but what belongs to some."""
    folder = folder_of(lake, cycle)
    for name in lake.files_below(folder):
        if but is None or not (name == SHARED_OUT or name.startswith(f"{but.inputs}/")):
            lake.remove_bytes(f"{folder}/{name}")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _read(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_ipc(io.BytesIO((folder / f"{name}.arrow").read_bytes()))


def _mapped(folder: Path, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    return {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names}


def _copy(part: Arrays, to: Arrays, at: slice) -> None:
    """Copies the arrays of a shard to those of all series, some series at a time."""
    for rows in slices(at.stop - at.start, part[next(iter(part))].shape[1]):
        for name, values in part.items():
            to[name][at.start + rows.start : at.start + rows.stop] = values[rows]
        forget_pages((*part.values(), *to.values()))


def _write_outline(folder: Path, outline: Outline) -> None:
    outline.series.write_ipc(folder / "series.arrow")
    for one in fields(outline.plans):
        getattr(outline.plans, one.name).write_ipc(folder / f"{one.name}.arrow")
    np.save(folder / "peers.npy", outline.peers)
    head = {name: getattr(outline, name) for name in ("origin", "promotions", "placed")}
    (folder / HEAD).write_text(json.dumps({**head, "starts": [str(day) for day in outline.starts]}))


def _read_outline(folder: Path) -> Outline:
    head = json.loads((folder / HEAD).read_text())
    return Outline(
        series=_read(folder, "series"),
        starts=np.array(head["starts"], dtype="datetime64[D]"),
        origin=head["origin"],
        plans=Plans(**{one.name: _read(folder, one.name) for one in fields(Plans)}),
        promotions=tuple(head["promotions"]),
        placed=tuple(head["placed"]),
        peers=np.load(folder / "peers.npy", allow_pickle=False),
    )


def _write_sold(folder: Path, sold: Sold) -> None:
    sold = sold.numbered(sold.row)  # of all parts together, in the order of the series
    np.savez(folder / SOLD, **{one.name: getattr(sold, one.name) for one in fields(sold)})


def _read_sold(folder: Path) -> Sold:
    with np.load(folder / SOLD, allow_pickle=False) as found:
        return Sold(**found)


def _write_comparison(folder: Path, compared: Comparison) -> None:
    np.savez(folder / COMPARED, usual=compared.usual, gaps=compared.gaps, momentum=compared.momentum)


def _read_comparison(folder: Path) -> Comparison:
    with np.load(folder / COMPARED, allow_pickle=False) as found:
        return Comparison(float(found["usual"]), bool(found["gaps"]), found["momentum"])
