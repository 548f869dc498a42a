"""When a bucket counts as out of stock, as `demand.yaml` describes it.

Belongs here: the section `stockouts`. Does not belong here: what follows from it (`stockouts.py`, `lost_sales.py`).
"""

from __future__ import annotations

from pydantic import Field

from dp_assets.domain.config_section import Section


class StockoutConfig(Section):
    min_share: float = Field(0.5, gt=0, le=1)
    """Share of a bucket's days without stock, as files of `feed: stock` say, from which on it counts as out of
    stock."""
    infer: bool = False
    """Whether runs of buckets without sales that a series' own rate makes improbable count as well, marked as
    inferred."""
    improbable: float = Field(0.01, gt=0, lt=1)
    """A run is inferred where a series would be expected to have fewer than this many of its length by chance, over its
    whole history."""
    max_weeks: int = Field(8, ge=1)
    """Longest run that is inferred; longer ones are rather a season or a break in the range."""
