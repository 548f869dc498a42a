"""policies: what holds for series of some classes."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.demand_classes import demand_classes
from dp_assets.domain.policies import methods_of, policy_values, service_levels, thresholds_of
from dp_assets.domain.series_classes import class_table
from tests.domain.test_leaderboard import ROWS, against_theta, one_of_each
from tests.factories import make_config

CLASSES = pl.DataFrame(
    {
        "demand_class": ["smooth", "lumpy", "lumpy", None],
        "abc": ["A", "A", "C", None],
        "xyz": ["X", "Z", "Z", None],
    }
)


def configured(*policies: dict[str, Any]) -> DemandConfig:
    return make_config(policies=list(policies))


def test_a_policy_is_about_series_that_have_one_of_each_kind_of_class_it_names() -> None:
    config = configured({"demand_class": ["lumpy", "erratic"], "abc": ["A", "B"], "service_level": 0.8})
    assert policy_values(CLASSES, config, lambda policy: policy.service_level) == [None, 0.8, None, None]


def test_the_first_policy_that_says_something_of_a_matter_holds() -> None:
    config = configured(
        {"abc": ["A"], "method": "imapa"}, {"xyz": ["Z"], "service_level": 0.8}, {"service_level": 0.7, "method": "ses"}
    )
    assert service_levels(CLASSES, config).tolist() == [0.7, 0.8, 0.8, 0.7]
    assert policy_values(CLASSES, config, lambda policy: policy.method) == ["imapa", "imapa", "ses", "ses"]


def test_without_a_policy_the_abc_class_decides_the_service_level_and_an_unknown_series_is_c() -> None:
    assert service_levels(CLASSES, configured()).tolist() == [0.975, 0.975, 0.9, 0.9]


def test_thresholds_are_those_of_the_policy_over_the_usual_ones() -> None:
    config = configured(
        {"abc": ["A"], "method": "imapa"},
        {"abc": ["C"], "exceptions": {"change_share": 2.0}},
        {"demand_class": ["lumpy"], "exceptions": {"interval": 80}},
    )
    assert thresholds_of(CLASSES, config).tolist() == [0, 2, 1, 0]
    usual, of_c, of_lumpy = config.exception_thresholds
    assert (usual.change_share, usual.interval) == (0.5, 95)
    assert (of_c.change_share, of_c.interval, of_c.bias_buckets) == (2.0, 95, usual.bias_buckets)
    assert (of_lumpy.change_share, of_lumpy.interval) == (0.5, 80)


def test_a_policy_names_what_forecasts_a_class_whoever_won_it() -> None:
    board, panel = against_theta(4 * ROWS, model=6.0, theta=2.0), one_of_each()
    assert methods_of(board, panel, configured()).tolist() == ["theta", "", "", ""]
    smooth = configured({"demand_class": ["smooth"], "method": "model"}, {"demand_class": ["lumpy"], "method": "imapa"})
    assert methods_of(board, panel, smooth).tolist() == ["", "", "", "imapa"]
    classes = class_table(panel, configured())["abc"].to_list()
    by_revenue = methods_of(board, panel, configured({"abc": ["A"], "method": "ses"})).tolist()
    assert by_revenue == ["ses" if one == "A" else won for one, won in zip(classes, ["theta", "", "", ""], strict=True)]
    assert demand_classes(panel).tolist() == ["smooth", "erratic", "intermittent", "lumpy"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"policies": [{"abc": ["A"]}]}, "expected a policy to decide a method, a service_level or exceptions"),
        ({"policies": [{"abc": ["D"], "method": "ses"}]}, "'A', 'B' or 'C'"),
        ({"policies": [{"exceptions": {"interval": 42}}]}, r"expected one of intervals.levels \[.*\], got 42"),
        ({"exceptions": {"levels": {"colour": {"change_share": 1}}}}, "expected one of the levels .*, got 'colour'"),
    ],
)
def test_a_policy_that_decides_nothing_or_names_what_is_not_there_is_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make_config(**changes)
