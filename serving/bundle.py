"""The serving bundle of one cycle: everything the API needs, in files that are memory-mapped, not parsed.

Belongs here: the files of a bundle, written by the asset `serving_bundle` and loaded by the API.
Does not belong here: where bundles lie and which is current (`library.py`), the forward pass (`forward.py`).

Axes: S series (sorted by SKU, then series_id), M leads, Q quantile levels, B buckets of history. Files:
    head.json                                   cycle, leads, levels, key columns, champion
    series.arrow                                S rows: series_id, key columns, tail_row (null without network),
                                                boosting_share
    numbers.npy                                 (S, M, 4 + 2 Q) float64, so that one place holds all that a forecast
                                                says: mean, published, naive and Q quantiles, units per bucket; mean
                                                and Q quantiles of leads 1 to h together, units, NaN where no model
                                                has errors of totals
    widening.npy                                (S, Q) what the interval contract moves the model's quantiles by,
                                                ÷ sqrt(mean + 0.1)
    method, model_version, receipt.npy          (S, M) codes into vocabularies.json
    made_by.npy                                 (S, M) the same of the three together
    user, reason_code.npy                       (S, M) the same of planners' numbers; code 0 where there is none
    override.npy                                (S, M) number that a planner set for the series itself, else NaN
    attributes.arrow                            S rows: attributes of the series' SKUs, empty where not known
    units, capped, observed.npy                 (S, B) what was sold, the same after capping, and whether it counts
    nodes.arrow, node_….npy                     the hierarchies, see `nodes.py`; none where there are no hierarchies
    tail/                                       panel of the model's series: what a window at the cutoff reads
    encoders.json, model.onnx, model.json       the champion's network, when it made any forecast
    boosting/                                   the champion's gradient boosting, when it is mixed with the network
    error_distributions.arrow                   the champion's, for quantiles of a recomputed mean

Loading imports neither torch nor Dagster, and nothing here is ever unpickled.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson
import polars as pl
from pydantic import TypeAdapter

from dp_assets.domain.errors import ArtefactError, ContractError
from dp_assets.domain.inference import MODELS
from dp_assets.domain.model_folder import shape_of
from dp_assets.domain.panel import ARRAYS, Panel
from serving.files import mapped, read_arrow, read_bytes, save_array, write_arrow
from serving.nodes import HierarchyHead, Nodes, write_nodes

FORMAT = 7
HISTORY_WEEKS = 104
"""History kept of every series: the season of a year ago, and that of the year before to compare with."""
NUMBERS = {"mean": "forecast", "published": "final", "naive": "naive"}
"""First columns of `numbers.npy` → columns of the tables that they come from."""
WORDS = ("method", "model_version", "receipt")
PLANNER_WORDS = ("user", "reason_code")
HISTORY = ("units", "capped", "observed")
MODEL_FILES = ("model.onnx", "model.json", "encoders.json")
FloatArray = npt.NDArray[np.float64]
CodeArray = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Head:
    """What a bundle is about.

    Attributes:
        cycle: first day of the first forecast bucket.
        champion: cycle of the model behind the network's forecasts; None when only fallbacks made them.
        bucket_weeks: N.
        key: key columns of a series, `sku` first.
        leads: bucket start of each lead, M of them.
        quantile_levels: published quantile levels, ascending.
        interval_levels: central intervals published by default, in percent.
        interval_method: how quantiles are made.
        hierarchies: those whose nodes are in the bundle, the first of which is meant where none is named.
        history: B bucket starts of the history kept, up to the cutoff.
    """

    cycle: str
    champion: str | None
    bucket_weeks: int
    key: tuple[str, ...]
    leads: tuple[str, ...]
    quantile_levels: tuple[float, ...]
    interval_levels: tuple[int, ...]
    interval_method: Literal["network", "empirical", "gaussian"]
    hierarchies: tuple[HierarchyHead, ...] = ()
    history: tuple[str, ...] = ()
    format: int = field(default=FORMAT)

    @property
    def horizon(self) -> int:
        """M: leads forecast."""
        return len(self.leads)


HEAD = TypeAdapter(Head)


@dataclass(frozen=True)
class NetworkParts:
    """What the forward pass needs beside the forecasts.

    Attributes:
        model_folder: the champion's artefact; its model.onnx, model.json and encoders.json are copied.
        panel: the cycle's whole panel; the bundle keeps only its tail, for the network's series.
        error_distributions: the champion's residual quantiles.
        boosting_folder: the champion's gradient boosting, copied whole; None where it has none.
        shares: (S,) what boosting counts for in the forecast of every series of the panel.
        widening: (S, Q) shifts of the interval contract of every series of the panel; None where it moved nothing.
    """

    model_folder: Path
    panel: Panel
    error_distributions: pl.DataFrame
    boosting_folder: Path | None = None
    shares: FloatArray | None = None
    widening: FloatArray | None = None


def write_bundle(
    folder: Path,
    forecasts: pl.DataFrame,
    published: pl.DataFrame,
    head: Head,
    network: NetworkParts | None,
    totals: pl.DataFrame | None = None,
    rollups: pl.DataFrame | None = None,
    attributes: pl.DataFrame | None = None,
    panel: Panel | None = None,
) -> None:
    """Writes a bundle into an empty folder: the same inputs, the same bytes.

    Args:
        folder: where the files go; made when missing.
        forecasts: rows of the table `forecasts`, every series with every lead of the head.
        published: rows of `published_forecasts` of the same series and leads.
        head: what the bundle is about; its history is that of the panel.
        network: parts of the forward pass; None when no forecast came from the network.
        totals: rows of `total_forecasts` of the same series; those that are missing are not known.
        rollups: rows of `reconciled_rollups` of the head's hierarchies; not read where the head has none.
        attributes: `sku` and one column per attribute; None where there are no attributes.
        panel: the cycle's panel, for history; None where none is kept.

    Raises:
        ContractError: a series lacks a lead, or the tables do not hold the same series.
    """
    # Here, because it brings the whole configuration, which loading a bundle does not need.
    from dp_assets.domain.contracts.columns import quantile_name

    folder.mkdir(parents=True, exist_ok=True)
    rows = _rectangle(forecasts, published, head)
    head = replace(head, history=_history_starts(panel))
    series = rows.filter(pl.col("lead") == 1).select("series_id", *head.key, "method")
    shape = (len(series), head.horizon)
    names = [quantile_name(level) for level in head.quantile_levels]
    own = rows.select(*NUMBERS.values(), *names).to_numpy()
    numbers = np.concatenate([own, _totals(rows, totals, names)], axis=1)
    save_array(folder, "numbers", numbers.reshape(*shape, numbers.shape[1]))
    save_array(folder, "override", rows["override"].fill_null(np.nan).to_numpy().reshape(shape))
    vocabularies: dict[str, list[str | None]] = {}
    for name in (*WORDS, *PLANNER_WORDS):
        words = rows[name].drop_nulls().unique().sort().to_list()
        codes = rows[name].cast(pl.Enum(words)).to_physical().cast(pl.Int32)
        if name in PLANNER_WORDS:  # nobody has a code of his own
            words, codes = [None, *words], (codes + 1).fill_null(0)
        vocabularies[name] = words
        save_array(folder, name, codes.to_numpy().reshape(shape))
    made_by, triples = _together(rows)
    save_array(folder, "made_by", made_by.reshape(shape))
    (folder / "vocabularies.json").write_bytes(orjson.dumps({**vocabularies, "made_by": triples}))
    tail_rows, shares, widening = _write_network(folder, series, head, network)
    save_array(folder, "widening", widening)
    parts = (pl.Series("tail_row", tail_rows, pl.Int64), pl.Series("boosting_share", shares, pl.Float64))
    write_arrow(folder / "series.arrow", series.drop("method").with_columns(parts))
    write_arrow(folder / "attributes.arrow", _attributes(series, attributes))
    _write_history(folder, series["series_id"], panel, len(head.history))
    if head.hierarchies:
        if rollups is None:
            raise ContractError("expected rows of reconciled_rollups for the hierarchies of the head, got none")
        published_numbers = rows[NUMBERS["published"]].to_numpy().reshape(shape)
        write_nodes(folder, rollups, head.hierarchies, series["series_id"].to_list(), published_numbers, names)
    (folder / "head.json").write_bytes(orjson.dumps(asdict(head), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def _rectangle(forecasts: pl.DataFrame, published: pl.DataFrame, head: Head) -> pl.DataFrame:
    """Forecasts with the published number beside them, as S × M rows in the bundle's order."""
    numbers = published.select("series_id", "lead", "final", "override", *PLANNER_WORDS)
    joined = forecasts.join(numbers, on=["series_id", "lead"], how="left", maintain_order="left")
    if missing := joined["final"].null_count():
        raise ContractError(
            f"{missing} rows of forecasts of cycle {head.cycle} have no published number; "
            "materialise published_forecasts for this cycle again"
        )
    rows = joined.sort("sku", "series_id", "lead")
    leads = rows.group_by("series_id", maintain_order=True).agg(pl.col("lead"))["lead"].to_list()
    expected = list(range(1, head.horizon + 1))
    if uneven := sum(1 for found in leads if found != expected):
        raise ContractError(
            f"expected leads 1 to {head.horizon} of every series in forecasts of cycle {head.cycle}, but {uneven} "
            "series have others; materialise forecasts for this cycle again"
        )
    return rows


def _totals(rows: pl.DataFrame, totals: pl.DataFrame | None, names: Sequence[str]) -> FloatArray:
    """(S × M, 1 + Q) mean and quantiles of the total up to each row's lead."""
    if totals is None or totals.is_empty():
        return np.full((len(rows), 1 + len(names)), np.nan)
    keys = ["series_id", "lead"]
    found = rows.select(keys).join(totals.select(*keys, "forecast", *names), on=keys, how="left", maintain_order="left")
    return found.drop(keys).fill_null(np.nan).to_numpy()


def _together(rows: pl.DataFrame) -> tuple[CodeArray, list[tuple[str, ...]]]:
    """(S × M,) codes of the triples of `WORDS`, and the triples, sorted."""
    triples = rows.select(WORDS).unique().sort(WORDS)
    coded = rows.select(WORDS).join(triples.with_row_index("code"), on=WORDS, how="left", maintain_order="left")
    return coded["code"].cast(pl.Int32).to_numpy(), triples.rows()


def _attributes(series: pl.DataFrame, attributes: pl.DataFrame | None) -> pl.DataFrame:
    """S rows of attributes in the order of the series; empty where a SKU has none."""
    if attributes is None:
        return pl.DataFrame({"series_id": series["series_id"]}).drop("series_id")
    return series.select("sku").join(attributes, on="sku", how="left", maintain_order="left").drop("sku")


def _history_starts(panel: Panel | None) -> tuple[str, ...]:
    """Starts of the buckets of the panel's history that are kept."""
    if panel is None:
        return ()
    skip = max(0, panel.history - HISTORY_WEEKS // panel.bucket_weeks)
    return tuple(str(start) for start in panel.starts[skip : panel.history])


def _write_history(folder: Path, names: pl.Series, panel: Panel | None, buckets: int) -> None:
    """Writes the newest buckets of history of every series; a series that the panel does not know counts nowhere."""
    found: dict[str, npt.NDArray[Any]] = {
        name: np.zeros((len(names), buckets), np.bool_ if name == "observed" else np.float32) for name in HISTORY
    }
    if panel is not None and len(names):
        places = panel.series.select("series_id").with_row_index("row")
        rows = names.alias("series_id").to_frame().join(places, on="series_id", how="left", maintain_order="left")
        known, at = rows["row"].is_not_null().to_numpy(), rows["row"].drop_nulls().to_numpy()
        kept = slice(panel.history - buckets, panel.history)
        found["units"][known] = panel.quantity[at, kept]
        found["capped"][known] = panel.capped[at, kept]
        found["observed"][known] = panel.observed[at, kept] > 0
    for name, array in found.items():
        save_array(folder, name, array)


def _write_network(
    folder: Path, series: pl.DataFrame, head: Head, network: NetworkParts | None
) -> tuple[list[int | None], list[float], FloatArray]:
    """Writes the parts of the forward pass; returns, per series, its row in the tail, boosting's share and shifts."""
    made = series["method"].is_in(MODELS)
    widening = np.zeros((len(series), len(head.quantile_levels)))
    if network is None or not made.any():
        return [None] * len(series), [0.0] * len(series), widening
    position = {name: row for row, name in enumerate(network.panel.series["series_id"].to_list())}
    names = series.filter(made)["series_id"].to_list()
    if unknown := [name for name in names if name not in position]:
        raise ContractError(
            f"{len(unknown)} series forecast by the network are not in the panel of cycle {head.cycle}, e.g. "
            f"{unknown[0]!r}; materialise features and forecasts for this cycle again"
        )
    rows = np.array([position[name] for name in names], dtype=np.intp)
    network.panel.tail(shape_of(network.model_folder).lookback).take(rows).save(folder / "tail")
    for name in MODEL_FILES:
        shutil.copyfile(network.model_folder / name, folder / name)
    write_arrow(folder / "error_distributions.arrow", network.error_distributions)
    share = np.zeros(len(names))
    if network.boosting_folder is not None and network.shares is not None:
        share = network.shares[rows]
        shutil.copytree(network.boosting_folder, folder / "boosting")
    if network.widening is not None:
        widening[made.to_numpy()] = network.widening[rows]
    counter, shares = iter(range(len(names))), iter(share.tolist())
    return (
        [next(counter) if is_made else None for is_made in made.to_list()],
        [next(shares) if is_made else 0.0 for is_made in made.to_list()],
        widening,
    )


class Bundle:
    """One cycle's forecasts, loaded: lookups cost an index into memory-mapped arrays.

    Attributes:
        folder: where the files lie; its name is the version (hash) when it comes from the lake.
        head: what it is about.
        series_ids: S series.
        keys: S dicts of key column → value.
        numbers: (S, M, 4 + 2 Q) all of the following side by side.
        mean, published, naive: (S, M) units per bucket.
        quantiles: (S, M, Q) units per bucket.
        totals: (S, M, 1 + Q) mean and quantiles of leads 1 to h together, units; NaN where they are not known.
        tail_rows: (S,) row in the tail of the panel, -1 where the network did not make the forecast.
        boosting_shares: (S,) what gradient boosting counts for beside the network.
        widening: (S, Q) shifts of the interval contract.
        made_by: (S, M) codes of what made the forecast: places in `makers`.
        makers: triples of method, model_version, receipt.
        override: (S, M) number that a planner set for the series itself, units per bucket, else NaN.
        overridden: (S,) whether a planner's number moved any lead of the series.
        attributes: S rows, one column per attribute.
        described: S rows, the key columns and the attributes.
        units, capped: (S, B) units sold per bucket, and the same after capping.
        observed: (S, B) whether a bucket of history counts as seen.
        nodes: the hierarchies; None where the bundle has none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.head = _read_head(folder / "head.json")
        series = read_arrow(folder / "series.arrow")
        self.series_ids: list[str] = series["series_id"].to_list()
        self.keys: list[dict[str, str]] = series.select(self.head.key).to_dicts()
        self.tail_rows: npt.NDArray[np.intp] = series["tail_row"].fill_null(-1).to_numpy().astype(np.intp)
        self.boosting_shares: FloatArray = series["boosting_share"].to_numpy()
        self._spans = _spans(series["sku"])
        shape = (len(series), self.head.horizon)
        levels, first = len(self.head.quantile_levels), len(NUMBERS)
        self.numbers: FloatArray = mapped(folder, "numbers", (*shape, first + 1 + 2 * levels))
        self.mean, self.published, self.naive = np.moveaxis(self.numbers[:, :, :first], 2, 0)
        self.quantiles: FloatArray = self.numbers[:, :, first : first + levels]
        self.totals: FloatArray = self.numbers[:, :, first + levels :]
        self.widening: FloatArray = mapped(folder, "widening", (len(series), levels))
        self.override: FloatArray = mapped(folder, "override", shape)
        self._codes: dict[str, CodeArray] = {name: mapped(folder, name, shape) for name in (*WORDS, *PLANNER_WORDS)}
        vocabularies: dict[str, list[Any]] = orjson.loads(read_bytes(folder / "vocabularies.json"))
        self.makers: list[tuple[str, str, str]] = [tuple(one) for one in vocabularies.pop("made_by")]
        self.made_by: CodeArray = mapped(folder, "made_by", shape)
        self._vocabularies: dict[str, list[str]] = vocabularies
        self.overridden: npt.NDArray[np.bool_] = np.any(self._codes["user"] > 0, axis=1)
        self.attributes = read_arrow(folder / "attributes.arrow")
        own = [name for name in self.attributes.columns if name not in self.head.key]
        self.described = pl.concat([series.select(self.head.key), self.attributes.select(own)], how="horizontal")
        kept = (len(series), len(self.head.history))
        self.units: npt.NDArray[np.float32] = mapped(folder, "units", kept)
        self.capped: npt.NDArray[np.float32] = mapped(folder, "capped", kept)
        self.observed: npt.NDArray[np.bool_] = mapped(folder, "observed", kept)
        self.nodes: Nodes | None = None
        if self.head.hierarchies:
            self.nodes = Nodes(folder, self.head.hierarchies, (*shape, levels))

    def __len__(self) -> int:
        """S: series."""
        return len(self.keys)

    @property
    def version(self) -> str:
        """Content hash of the bundle as the lake names it."""
        return self.folder.name

    @property
    def skus(self) -> int:
        """Distinct SKUs."""
        return len(self._spans)

    def rows(self, sku: str) -> range:
        """Rows of every series of a SKU; empty when there is none."""
        return self._spans.get(sku, range(0))

    def row_of_series(self, series_id: str) -> int | None:
        """Row of a series; None when there is none."""
        return self._places.get(series_id)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.series_ids)}

    def words(self, name: str, row: int) -> list[str]:
        """`method`, `model_version` or `receipt` of each lead of a series; also `user` and `reason_code`, where None
        stands for nobody and no reason."""
        vocabulary = self._vocabularies[name]
        return [vocabulary[code] for code in self._codes[name][row].tolist()]

    def codes(self, name: str) -> tuple[CodeArray, list[str]]:
        """(S, M) codes of a word, and the vocabulary that they lead into."""
        return self._codes[name], self._vocabularies[name]

    def counts(self, name: str) -> dict[str, int]:
        """Series per word of `method` or `model_version`, by their first lead."""
        codes, many = np.unique(self._codes[name][:, 0], return_counts=True)
        return {self._vocabularies[name][code]: int(count) for code, count in zip(codes, many, strict=True)}

    @property
    def median(self) -> int:
        """Index of the median among the quantile levels."""
        return self.head.quantile_levels.index(0.5)

    @property
    def has_network(self) -> bool:
        """Whether a forward pass is possible."""
        return bool((self.tail_rows >= 0).any())

    @cached_property
    def tail(self) -> Panel:
        """Panel tail of the network's series, memory-mapped."""
        tail = Panel.load(self.folder / "tail")
        return replace(tail, **{name: getattr(tail, name).view(np.ndarray) for name in ARRAYS})

    def encoders_json(self) -> str:
        """The champion's encoders."""
        return read_bytes(self.folder / "encoders.json").decode()

    @cached_property
    def plans_read(self) -> tuple[str, ...]:
        """Channels of the future that the champion reads, such as `promo_display`; none without a network."""
        if not self.has_network:
            return ()
        return tuple(orjson.loads(self.encoders_json())["channels"]["known"])

    def error_distributions(self) -> pl.DataFrame:
        """The champion's residual distributions."""
        return read_arrow(self.folder / "error_distributions.arrow")


def _read_head(path: Path) -> Head:
    fields: dict[str, Any] = orjson.loads(read_bytes(path))
    if fields.get("format") != FORMAT:
        raise ArtefactError(
            f"expected a serving bundle of format {FORMAT} in {path.parent}, got {fields.get('format')!r}; "
            "materialise the asset serving_bundle with this version of the code"
        )
    return HEAD.validate_python(fields)


def _spans(skus: pl.Series) -> dict[str, range]:
    """SKU → rows; rows of one SKU lie together because the bundle is sorted by it."""
    lengths = skus.rle().struct.unnest()
    spans: dict[str, range] = {}
    start = 0
    for many, sku in zip(lengths["len"].to_list(), lengths["value"].to_list(), strict=True):
        spans[sku] = range(start, start + many)
        start += many
    return spans
