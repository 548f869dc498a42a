"""Lists of series out of a bundle. Does not belong here: HTTP (`endpoints.py`), filters (`serving/api/filters.py`)."""

from __future__ import annotations

from serving.api.cursors import Key, page
from serving.api.filters import selected
from serving.api.questions import Answer
from serving.api.series.schemas import SeriesQuery
from serving.library import Loaded
from serving.views import View


def series_page(loaded: Loaded, seen: View, query: SeriesQuery) -> Answer:
    """The answer of `SeriesPage`.

    Raises:
        BadParameterError: a filter is wrong, or the cursor is not one of this listing.
    """
    bundle = loaded.bundle
    rows = seen.series(selected(bundle, query.attribute, query.method)).tolist()

    def key_of(row: int) -> Key:
        return [bundle.keys[row]["sku"], bundle.series_ids[row]]

    filters = ("series", sorted(query.attribute), query.method)
    part = page(rows, key_of, query.limit, query.cursor, loaded.version, filters)
    attributes = bundle.attributes[list(part.rows)].to_dicts() if bundle.attributes.columns else [{}] * len(part.rows)
    codes, words = bundle.codes("method")
    return {
        "version": loaded.version,
        "total": len(rows),
        "changed": part.changed,
        "next": part.next,
        "cycle": bundle.head.cycle,
        "series": [
            {
                "series_id": bundle.series_ids[row],
                "key": bundle.keys[row],
                "attributes": known,
                "method": words[codes[row, 0]],
            }
            for row, known in zip(part.rows, attributes, strict=True)
        ],
    }
