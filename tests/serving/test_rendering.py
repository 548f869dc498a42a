from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.bundle import Bundle, write_bundle
from serving.rendering import Fresh, Question, Renderer
from tests.factories import make_config
from tests.serving.makers import make_forecasts, make_head, make_overridden, make_published, make_totals
from tests.serving.plain import sku_forecast

HORIZON, SERIES = 6, 8


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Series of several makers, with words that JSON and templates must mask, one of them changing its maker from lead
    to lead; planners' numbers on two, totals of all but one."""
    config = make_config(horizon_weeks=HORIZON, series_key=["sku", "location"])
    names = [f'A%b{number % 5}|\x00é"{number}' for number in range(SERIES)]
    forecasts = make_forecasts(config, names).with_columns(
        pl.when(pl.col("sku") == "A%b3")
        .then(pl.format('v%s\\"{}', "lead"))
        .otherwise("model_version")
        .alias("model_version")
    )
    published = make_overridden(make_published(forecasts, config), "A%b2", 2, 40.0)
    moved = (pl.col("sku") == "A%b4") & (pl.col("lead") > 3)
    published = published.with_columns(
        pl.when(moved).then(pl.lit(name)).otherwise(name).alias(name) for name in ("user", "reason_code")
    )
    totals = make_totals(forecasts, config).filter(pl.col("sku") != "A%b1")
    folder = tmp_path_factory.mktemp("bundle")
    write_bundle(folder, forecasts, published, make_head(config), None, totals=totals)
    return Bundle(folder)


QUESTIONS = st.builds(
    Question,
    st.one_of(
        st.integers(1, HORIZON).map(lambda last: tuple(range(1, last + 1))),
        st.sets(st.integers(1, HORIZON), min_size=1).map(lambda leads: tuple(sorted(leads))),
    ),
    st.lists(st.sampled_from([50, 80, 95, 60, 7, 99]), min_size=1, max_size=4, unique=True).map(tuple),
    st.lists(st.sampled_from([0.1, 0.5, 0.9, 0.33, 0.999]), max_size=3, unique=True).map(tuple),
)


@settings(max_examples=200, deadline=None)
@given(question=QUESTIONS, sku=st.integers(0, 4), fresh=st.none() | st.integers(0, 99))
def test_bytes_are_those_of_plain_dicts(bundle: Bundle, question: Question, sku: int, fresh: int | None) -> None:
    name, renderer = f"A%b{sku}", Renderer(bundle)
    rows = bundle.rows(name)
    computed = {} if fresh is None else {rows[0]: invented(bundle, fresh)}
    for _ in range(2):  # the second time with what the first one kept
        found = renderer.sku(name, rows, renderer.form(question), computed)
        assert found == orjson.dumps(sku_forecast(bundle, name, rows, question, computed))


def invented(bundle: Bundle, seed: int) -> Fresh:
    rng = np.random.default_rng(seed)
    quantiles = np.sort(rng.gamma(2.0, 1.0, bundle.quantiles.shape[1:]), axis=1)
    return rng.choice([0.0, 1e-9, 3.25, 1e18], bundle.head.horizon), quantiles


def test_what_is_kept_of_questions_is_bounded(bundle: Bundle) -> None:
    renderer, kept = Renderer(bundle), "_forms"
    for level in range(1, 100):
        renderer.sku("A%b0", bundle.rows("A%b0"), renderer.form(Question((1,), (level,))))
    held: dict[Any, Any] = getattr(renderer, kept)
    assert len(held) <= 64
