"""The whole catalogue as a table, block by block, so that memory does not grow with it.

Belongs here: which columns and rows it has, which format is meant. Does not belong here: how a format is written
(`formats.py`), HTTP (`endpoints.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dp_assets.domain.spreadsheets import FORMULA_STARTS
from serving.api.catalogue.schemas import MEDIA_TYPES, CatalogueQuery, Format
from serving.api.problems import NotAcceptableError
from serving.bundle import PLANNER_WORDS, WORDS, Bundle
from serving.levels import quantile_weights, weights
from serving.rendering import Question

BLOCK_ROWS = 65_536
"""Rows computed and sent at a time: a row group of Parquet, some 10 MiB of memory."""


class Vocabulary(NamedTuple):
    """Words of a column.

    Attributes:
        codes: (W,) codes that the bundle has for them, ascending.
        words: (W,) the words, as an Arrow array.
    """

    codes: npt.NDArray[np.intp]
    words: Any


def format_of(query: CatalogueQuery, accept: str | None) -> Format:
    """The format that the query names, or else the one that the header `Accept` likes best.

    Raises:
        NotAcceptableError: none of those accepted can be answered.
    """
    if query.format is not None:
        return query.format
    for media_type in _by_preference(accept or "*/*"):
        if media_type in ("*/*", "application/*"):
            return "ndjson"
        for name, known in MEDIA_TYPES.items():
            if media_type == known or (media_type == "text/*" and name == "csv"):
                return name
    raise NotAcceptableError(
        f"expected Accept to name one of {', '.join(MEDIA_TYPES.values())}, got {accept!r}; or say format=ndjson, csv, "
        "parquet or arrow"
    )


def _by_preference(accept: str) -> list[str]:
    """Media types of an `Accept` header, the best liked first; those with q=0 left out."""
    found: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept.split(",")):
        media_type, *parameters = (word.strip().lower() for word in part.split(";"))
        quality = 1.0
        for one in parameters:
            name, _, value = one.partition("=")
            if name.strip() == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        if quality > 0:
            found.append((-quality, place, media_type))
    return [media_type for *_, media_type in sorted(found)]


def blocks(bundle: Bundle, rows: npt.NDArray[np.intp], question: Question, guarded: bool = False) -> Iterator[Any]:
    """The table as Arrow record batches of one schema, at least one: every series × lead, in the bundle's order.

    Args:
        bundle: the bundle asked.
        rows: rows of the series, ascending.
        question: leads, interval levels and quantiles.
        guarded: whether text that a spreadsheet would run as a formula gets a `'` in front.
    """
    size = max(1, BLOCK_ROWS // len(question.leads))
    vocabularies = {name: _vocabulary(bundle, name, rows, guarded) for name in (*WORDS, *PLANNER_WORDS)}
    for start in range(0, max(len(rows), 1), size):
        yield _block(bundle, rows[start : start + size], question, vocabularies, guarded)


def _vocabulary(bundle: Bundle, name: str, rows: npt.NDArray[np.intp], guarded: bool) -> Vocabulary:
    """The words of a column, of some rows those alone that they hold: others would tell of rows left out."""
    codes, words = bundle.codes(name)
    used = np.arange(len(words)) if len(rows) == len(bundle) else np.unique(codes[rows])
    if name in PLANNER_WORDS:
        used = used[used > 0]  # 0 is nobody, an empty cell
    return Vocabulary(used, _text([words[code] for code in used], guarded))


def _text(words: list[str | None] | list[str], guarded: bool) -> Any:
    """Words as an Arrow array."""
    import pyarrow as pa

    if guarded:
        words = [f"'{word}" if word is not None and word.startswith(FORMULA_STARTS) else word for word in words]
    return pa.array(words, pa.string())


def _block(
    bundle: Bundle, rows: npt.NDArray[np.intp], question: Question, vocabularies: dict[str, Vocabulary], guarded: bool
) -> Any:
    import pyarrow as pa

    leads, head, many = len(question.leads), bundle.head, len(rows)
    # Rows that lie together are a view of the mapped file; others are copied, a block of them at most.
    together = many > 0 and rows[-1] - rows[0] == many - 1
    at: Any = slice(int(rows[0]), int(rows[-1]) + 1) if together else rows
    each = pa.array(np.repeat(np.arange(many), leads))

    def repeated(words: list[str]) -> Any:
        return _text(words, guarded).take(each)

    def number(values: npt.NDArray[np.float64]) -> Any:
        return pa.array(values[at][:, question.at].reshape(-1))

    def word(name: str) -> Any:
        codes = bundle.codes(name)[0][at][:, question.at].reshape(-1)
        known, words = vocabularies[name]
        nobody = codes == 0 if name in PLANNER_WORDS else None
        indices = np.searchsorted(known, codes).astype(np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(indices, mask=nobody), words)

    keys = [bundle.keys[row] for row in rows]
    quantiles = bundle.quantiles[at][:, question.at]
    starts = np.array([head.leads[lead - 1] for lead in question.leads], dtype="datetime64[D]")
    columns: dict[str, Any] = {
        "series_id": repeated([bundle.series_ids[row] for row in rows]),
        **{name: repeated([key[name] for key in keys]) for name in head.key},
        "lead": pa.array(np.tile(np.array(question.leads), many)),
        "bucket_start": pa.array(np.tile(starts, many), pa.date32()),
        "mean": number(bundle.mean),
        "median": pa.array(quantiles[:, :, bundle.median].reshape(-1)),
        "published": number(bundle.published),
        "naive": number(bundle.naive),
        "overridden": pa.array(bundle.codes("user")[0][at][:, question.at].reshape(-1) > 0),
        **{name: word(name) for name in PLANNER_WORDS},
        **{name: word(name) for name in WORDS},
    }
    ends = weights(question.levels, head.quantile_levels).ends(quantiles)
    for place, level in enumerate(question.levels):
        columns[f"lower_{level}"] = pa.array(ends[:, :, place].reshape(-1))
        columns[f"upper_{level}"] = pa.array(ends[:, :, len(question.levels) + place].reshape(-1))
    if question.quantiles:
        asked = quantile_weights(question.quantiles, head.quantile_levels).ends(quantiles)
        for place, quantile in enumerate(question.quantiles):
            columns[f"q{quantile}"] = pa.array(asked[:, :, place].reshape(-1))
    return pa.record_batch(columns)
