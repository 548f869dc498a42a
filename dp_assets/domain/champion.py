"""The champion: which model a cycle's forecasts use.

Belongs here: the choice. Does not belong here: knowing which models exist (the lake), using them (`inference.py`).
"""

from __future__ import annotations

from collections.abc import Iterable


def newest_champion(materialised: Iterable[str], cycle: str) -> str | None:
    """The newest model of a cycle at or before `cycle`, None when there is none. Keys are ISO dates.

    A model of a later cycle has seen what this cycle must not know, so it is never taken, however good it is.

    >>> newest_champion(["2017-10-02", "2017-11-06"], "2017-10-30")
    '2017-10-02'
    """
    return max((model for model in materialised if model <= cycle), default=None)
