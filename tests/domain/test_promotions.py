"""promotions: which lines are known, and how much of a bucket they cover."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_assets.domain.promotions import channel_name, known_promotions, promoted_buckets, promotion_channels
from tests.domain.feature_inputs import moment, promotion, promotions, random_promotions
from tests.factories import MONDAY

STARTS = np.array([MONDAY + timedelta(weeks=week) for week in range(8)], dtype="datetime64[D]")
SKUS = pl.Series(["a", "b", "c"])
SERIES = pl.DataFrame({"series_id": SKUS, "sku": SKUS})
PLACES = pl.DataFrame(
    {
        "series_id": ["a|n1", "a|s1", "b|n1", "c|s1"],
        "sku": ["a", "a", "b", "c"],
        "location": ["n1", "s1", "n1", "s1"],
        "region": ["north", "south", "north", None],
        "labels": [["x", "y"], ["x", "y"], ["y"], None],
    }
)


def day(offset: int) -> date:
    return MONDAY + timedelta(days=offset)


def test_a_promotion_covers_a_bucket_by_its_days_and_its_share_of_stores() -> None:
    plans = promotions([promotion("b", day(5), day(15), share=0.5)])
    values, names = promotion_channels(plans, SERIES, STARTS, 1)
    assert names == ("promo_display",)
    assert values[1, :, 0] == pytest.approx([0.5 * 2 / 7, 0.5, 0.5 * 2 / 7, 0, 0, 0, 0, 0])
    assert not values[[0, 2]].any()


def test_a_promotion_without_end_covers_every_lead() -> None:
    values, _ = promotion_channels(
        promotions([promotion("a", date(2000, 1, 1), date(9999, 12, 31))]), SERIES, STARTS, 1
    )
    assert values[0, :, 0].tolist() == [1] * 8


def test_groups_of_stores_add_up_but_never_beyond_all_stores() -> None:
    lines = [promotion("a", day(0), day(6), share=share) for share in (0.3, 0.2)]
    lines += [promotion("b", day(0), day(6), share=share) for share in (0.8, 0.9, 3.0)]
    values, _ = promotion_channels(known_promotions(promotions(lines), moment(day(0))), SERIES, STARTS, 1)
    assert values[:2, 0, 0] == pytest.approx([0.5, 1.0])


def test_each_kind_has_its_channel_and_a_discount_its_own() -> None:
    lines = [
        promotion("a", day(0), day(6), kind="Mailer / front page", discount=0.2, share=0.5),
        promotion("a", day(0), day(6), kind="display", discount=0.4, share=0.5),
        promotion("c", day(7), day(13), kind="display"),
    ]
    values, names = promotion_channels(promotions(lines), SERIES, STARTS, 1)
    assert names == ("promo_display", "promo_mailer_front_page", "discount")
    assert values[0, 0] == pytest.approx([0.5, 0.5, 0.2])
    assert values[2, 1] == pytest.approx([1, 0, 0])


def test_channels_are_only_made_for_what_touches_the_panel() -> None:
    lines = [
        promotion("a", day(-30), day(-20), kind="past"),
        promotion("a", day(100), day(120), kind="future"),
        promotion("stranger", day(0), day(6), kind="elsewhere"),
    ]
    values, names = promotion_channels(promotions(lines), SERIES, STARTS, 1)
    assert (values.shape, names) == ((3, 8, 0), ())
    values, names = promotion_channels(promotions([]), SERIES, STARTS, 1)
    assert (values.shape, names) == ((3, 8, 0), ())


def test_of_calendars_sent_again_the_newest_known_one_speaks() -> None:
    def sent(version: str, week: int, share: float, **overrides: object) -> dict[str, object]:
        when = moment(day(7 * week))
        return promotion("a", day(21), day(27), file_version_id=version, known_from=when, share=share, **overrides)

    plans = promotions([sent("1", 0, 0.2), sent("1", 0, 0.1), sent("2", 1, 0.7), sent("3", 0, 0.15, producer="other")])
    shares = {
        week: promotion_channels(known_promotions(plans, moment(day(7 * week))), SERIES, STARTS, 1)[0][0, 3, 0]
        for week in (0, 1)
    }
    assert shares == pytest.approx({0: 0.2 + 0.1 + 0.15, 1: 0.7 + 0.15})


def test_a_plan_that_arrives_too_late_or_ends_before_it_starts_is_unknown() -> None:
    plans = promotions([promotion("a", day(0), day(6), known_from=moment(day(30))), promotion("b", day(6), day(0))])
    assert len(known_promotions(plans, moment(day(29)))) == 0
    assert known_promotions(plans, moment(day(30)))["sku"].to_list() == ["a"]


def test_a_channel_is_named_after_its_kind() -> None:
    assert [channel_name(kind) for kind in ("display", "Front page", "-")] == [
        "promo_display",
        "promo_front_page",
        "promo_other",
    ]


def test_a_promotion_in_next_to_no_store_does_not_make_a_promotion_bucket() -> None:
    lines = [
        promotion("a", day(0), day(6), share=0.01, discount=0.9),
        promotion("b", day(0), day(6), share=0.02),
        promotion("b", day(13), day(13), share=0.1),
    ]
    values, names = promotion_channels(promotions(lines), SERIES, STARTS, 1)
    assert promoted_buckets(values, names)[:, :2].tolist() == [[False, False], [True, False], [False, False]]
    assert promoted_buckets(values[:, :, :0], ()).tolist() == [[False] * 8] * 3


def test_a_promotion_of_a_group_holds_for_its_series_and_one_of_a_sku_there_for_that_alone() -> None:
    lines = [
        promotion(None, day(0), day(6), level="region", member="north", share=0.5),
        promotion(None, day(7), day(13), level="labels", member="y"),
        promotion("a", day(14), day(20), level="location", member="s1"),
        promotion("a", day(21), day(27)),
        promotion(None, day(28), day(34), level="region", member="west"),
        promotion(None, day(28), day(34), level="colour", member="red"),
    ]
    values, names = promotion_channels(promotions(lines), PLACES, STARTS, 1)
    assert names == ("promo_display",)
    assert values[:, :6, 0].tolist() == [
        [0.5, 1, 0, 1, 0, 0],
        [0, 1, 1, 1, 0, 0],
        [0.5, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]


def test_promotions_of_a_group_and_of_its_skus_add_up_and_the_deepest_discount_counts() -> None:
    lines = [
        promotion(None, day(0), day(6), level="region", member="north", share=0.5, discount=0.5),
        promotion("a", day(0), day(6), share=0.3, discount=0.1),
        promotion("b", day(0), day(6), share=0.9, discount=0.4),
        promotion(None, day(0), day(6), level="location", member="n1", kind="mailer"),
    ]
    values, names = promotion_channels(promotions(lines), PLACES, STARTS, 1)
    assert names == ("promo_display", "promo_mailer", "discount")
    assert values[:, 0] == pytest.approx(
        np.array([[0.8, 1, 0.25], [0.3, 0, 0.03], [1.0, 1, 0.36], [0, 0, 0]], np.float32)
    )


def test_a_group_s_promotion_sent_again_replaces_the_one_before() -> None:
    def sent(version: str, week: int, member: str) -> dict[str, object]:
        group = {"level": "region", "member": member, "share": 0.1 * week + 0.1}
        return promotion(None, day(0), day(6), file_version_id=version, known_from=moment(day(7 * week)), **group)

    plans = promotions([sent("1", 0, "north"), sent("1", 0, "south"), sent("2", 1, "north")])
    values, _ = promotion_channels(known_promotions(plans, moment(day(7))), PLACES, STARTS, 1)
    assert values[:3, 0, 0] == pytest.approx([0.2, 0.1, 0.2])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_a_promotion_of_a_group_equals_one_of_each_of_its_skus(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = SERIES.with_columns(pl.Series("region", rng.choice(["north", "south"], len(SKUS))))
    plans = random_promotions(SKUS.to_list(), weeks=8, seed=seed, lines=6)
    of_north = plans.with_columns(pl.lit(None, pl.String).alias("sku"), level=pl.lit("region"), member=pl.lit("north"))
    of_each = plans.drop("sku").join(groups.filter(region="north").select("sku"), how="cross").select(plans.columns)
    others = random_promotions(SKUS.to_list(), weeks=8, seed=seed + 1, lines=4)
    one, names = promotion_channels(pl.concat([others, of_north]), groups, STARTS, 1)
    other, same_names = promotion_channels(pl.concat([others, of_each]), groups, STARTS, 1)
    if not (groups["region"] == "north").any():
        return
    assert names == same_names
    np.testing.assert_allclose(one, other, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 2, 4]))
def test_coverage_equals_a_count_of_days(seed: int, weeks: int) -> None:
    starts = np.array([MONDAY + timedelta(weeks=weeks * number) for number in range(8)], dtype="datetime64[D]")
    plans = random_promotions(SKUS.to_list(), weeks=8 * weeks, seed=seed, lines=12)
    values, names = promotion_channels(plans, SERIES, starts, weeks)
    days = 7 * weeks
    for row, sku in enumerate(SKUS):
        for number, start in enumerate(starts.tolist()):
            touched: dict[str, float] = dict.fromkeys(names, 0.0)
            for line in plans.filter(sku=sku).iter_rows(named=True):
                span = [start + timedelta(days=offset) for offset in range(days)]
                part = line["share"] * sum(line["starts_on"] <= each <= line["ends_on"] for each in span) / days
                touched[channel_name(line["kind"])] = touched.get(channel_name(line["kind"]), 0) + part
                if "discount" in names:
                    touched["discount"] = max(touched["discount"], (line["discount"] or 0) * part)
            expected = [min(1.0, touched[name]) for name in names]
            assert values[row, number] == pytest.approx(expected, abs=1e-6)
