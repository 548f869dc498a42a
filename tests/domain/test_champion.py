"""The choice of the champion."""

from __future__ import annotations

from dp_assets.domain.champion import newest_champion


def test_the_newest_model_at_or_before_the_cycle_is_the_champion() -> None:
    models = ["2017-11-06", "2017-10-02", "2017-12-04"]
    assert newest_champion(models, "2017-11-06") == "2017-11-06"
    assert newest_champion(models, "2017-11-27") == "2017-11-06"
    assert newest_champion(models, "2018-06-04") == "2017-12-04"


def test_a_model_that_saw_the_future_is_never_the_champion() -> None:
    assert newest_champion(["2017-10-09"], "2017-10-02") is None
    assert newest_champion([], "2017-10-02") is None
