from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient

from dp_assets.domain.errors import ArtefactError
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from serving import forward
from serving.api import create_app
from serving.api.forecasts.schemas import SkuForecast
from serving.bundle import Bundle
from serving.forward import Computed, Computer, ForwardPass, largest_difference
from tests.factories import make_config, make_panel
from tests.serving.network_makers import Batch, make_batch

LONG = 120
"""Buckets: more than the lookback and a year, so that the bundle holds a tail only."""


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    panel = make_panel(series=30, history=LONG, horizon=3)
    reasons = ["low_volume" if row % 5 == 0 else "eligible" for row in range(len(panel))]
    panel = replace(panel, series=panel.series.with_columns(pl.Series("reason", reasons)))
    return make_batch(panel, make_config(), tmp_path_factory.mktemp("batch") / "model")


@pytest.fixture(scope="module")
def bundle(batch: Batch, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("bundle")
    batch.write(folder)
    return Bundle(folder)


@pytest.fixture(scope="module")
def client(batch: Batch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    work = tmp_path_factory.mktemp("lake")
    lake = Lake(work / "lake")
    batch.put(lake, work / "bundle")
    with TestClient(create_app(Settings(lake_root=lake.root))) as client:
        yield client


def network_rows(bundle: Bundle) -> list[int]:
    return [row for row in range(len(bundle)) if bundle.tail_rows[row] >= 0]


def test_the_forward_pass_agrees_with_the_batch_though_it_sees_only_the_tail(bundle: Bundle) -> None:
    rows = network_rows(bundle)
    forward = ForwardPass(bundle)
    assert forward.panel.history == 53 < LONG
    computed = forward.run(rows)
    assert len(rows) > 10
    for row in rows:
        mean, quantiles = computed[row]
        np.testing.assert_allclose(mean, bundle.mean[row], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(quantiles, bundle.quantiles[row], rtol=1e-5, atol=1e-5)


def test_a_mixture_of_passes_with_dropout_is_the_same_online(tmp_path: Path) -> None:
    panel = make_panel(series=30, history=60, horizon=3)
    config = make_config(model={"dropout": 0.3, "monte_carlo_dropout": 6})
    (tmp_path / "bundle").mkdir()
    make_batch(panel, config, tmp_path / "model").write(tmp_path / "bundle")
    plain = make_batch(panel, make_config(model={"dropout": 0.3}), tmp_path / "plain")
    bundle = Bundle(tmp_path / "bundle")
    assert largest_difference(bundle) < 1e-5
    (tmp_path / "other").mkdir()
    plain.write(tmp_path / "other")
    assert not np.allclose(Bundle(tmp_path / "other").mean, bundle.mean, rtol=1e-3)


def test_the_largest_difference_of_a_whole_bundle_is_found(batch: Batch, bundle: Bundle, tmp_path: Path) -> None:
    assert largest_difference(bundle) < 1e-5
    row = network_rows(bundle)[3]
    wrong = pl.col("forecast") * pl.when(pl.col("series_id") == bundle.series_ids[row]).then(1.5).otherwise(1.0)
    replace(batch, forecasts=batch.forecasts.with_columns(wrong)).write(tmp_path)
    assert largest_difference(Bundle(tmp_path)) > 1e-3


@pytest.mark.parametrize("lookback", [8, 70])
@pytest.mark.parametrize("strategy", ["A", "B"])
def test_it_agrees_for_every_shape_of_network_and_multi_label_attributes(
    tmp_path: Path, lookback: int, strategy: str
) -> None:
    config = make_config(
        attributes={"department": {}, "composition": {"kind": "multi"}},
        hierarchies=[{"name": "product", "levels": ["department"]}],
        lookback_weeks=lookback,
        model={"hidden_size": 8, "static_strategy": strategy},
        intervals={"method": "gaussian"},
    )
    panel = make_panel(series=12, history=LONG, department=["dairy", "bakery"])
    labels = [["wool"], ["wool", "silk"], [], None, ["linen"], ["silk"]] * 2
    composition = pl.Series("composition", labels, dtype=pl.List(pl.String()))
    panel = replace(panel, series=panel.series.with_columns(composition))
    batch = make_batch(panel, config, tmp_path / "model")
    batch.write(tmp_path / "bundle")
    bundle = Bundle(tmp_path / "bundle")
    rows = network_rows(bundle)
    for row, (mean, quantiles) in ForwardPass(bundle).run(rows).items():
        np.testing.assert_allclose(mean, bundle.mean[row], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(quantiles, bundle.quantiles[row], rtol=1e-5, atol=1e-5)


def test_a_series_on_its_own_is_computed_as_among_others(bundle: Bundle) -> None:
    forward = ForwardPass(bundle)
    rows = network_rows(bundle)
    together = forward.run(rows)
    for row in rows[:5]:
        np.testing.assert_allclose(forward.run([row])[row][0], together[row][0], rtol=1e-5, atol=1e-5)


def test_series_of_a_fallback_are_left_to_the_batch(bundle: Bundle) -> None:
    fallbacks = [row for row in range(len(bundle)) if bundle.tail_rows[row] < 0]
    assert fallbacks
    assert asyncio.run(Computer(bundle).compute(fallbacks)) == {}


def test_requests_that_wait_share_a_pass_and_each_gets_its_own_rows(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[list[int]] = []
    run = ForwardPass.run

    def counted(self: ForwardPass, rows: list[int]) -> Computed:
        passes.append(rows)
        return run(self, rows)

    monkeypatch.setattr(ForwardPass, "run", counted)
    rows = network_rows(bundle)[:8]

    async def all_at_once() -> list[Computed]:
        computer = Computer(bundle)
        return await asyncio.gather(*(computer.compute([row]) for row in rows))

    answers = asyncio.run(all_at_once())
    assert [list(answer) for answer in answers] == [[row] for row in rows]
    assert len(passes) <= 2


def test_who_was_just_answered_joins_the_pass_of_those_who_wait(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward, "JOIN_SECONDS", 0.5)
    passes: list[list[int]] = []
    run = ForwardPass.run

    def counted(self: ForwardPass, rows: list[int]) -> Computed:
        passes.append(rows)
        return run(self, rows)

    monkeypatch.setattr(ForwardPass, "run", counted)
    first, second, third = network_rows(bundle)[:3]

    async def one_asks_twice_while_another_waits() -> None:
        computer = Computer(bundle)

        async def asks_twice() -> None:
            await computer.compute([first])
            await computer.compute([third])

        async def comes_later() -> None:
            while not computer._worker or computer._waiting:
                await asyncio.sleep(0)  # until the first pass has begun
            await computer.compute([second])

        await asyncio.gather(asks_twice(), comes_later())

    asyncio.run(one_asks_twice_while_another_waits())
    assert passes == [[first], sorted([second, third])]


def test_a_client_that_goes_away_does_not_disturb_the_others(bundle: Bundle) -> None:
    rows = network_rows(bundle)

    async def one_leaves() -> Computed:
        computer = Computer(bundle)
        leaving = asyncio.create_task(computer.compute([rows[0]]))
        staying = asyncio.create_task(computer.compute([rows[1]]))
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    assert list(asyncio.run(one_leaves())) == [rows[1]]


def test_an_error_reaches_every_waiting_request_and_the_next_one_is_served(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = network_rows(bundle)[0]

    def refuse(self: ForwardPass, rows: list[int]) -> Computed:
        raise ArtefactError("the model is gone")

    async def fail_then_succeed() -> Computed:
        computer = Computer(bundle)
        with monkeypatch.context() as broken:
            broken.setattr(ForwardPass, "run", refuse)
            for result in await asyncio.gather(
                computer.compute([row]), computer.compute([row]), return_exceptions=True
            ):
                assert isinstance(result, ArtefactError)
        return await computer.compute([row])

    assert list(asyncio.run(fail_then_succeed())) == [row]


class PanicError(BaseException):
    """As a library in Rust panics: no `Exception`."""


def test_a_panic_reaches_every_waiting_request_and_the_next_one_is_served(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = network_rows(bundle)[0]

    def panic(self: ForwardPass, rows: list[int]) -> Computed:
        raise PanicError("index out of bounds")

    async def fail_then_succeed() -> Computed:
        computer = Computer(bundle)
        with monkeypatch.context() as broken:
            broken.setattr(ForwardPass, "run", panic)
            asked = [asyncio.create_task(computer.compute([row])) for _ in range(3)]
            done, waiting = await asyncio.wait(asked, timeout=10)
        assert not waiting
        assert all(isinstance(one.exception(), PanicError) for one in done)
        return await asyncio.wait_for(computer.compute([row]), 10)

    assert list(asyncio.run(fail_then_succeed())) == [row]


def test_a_pass_that_says_nothing_of_a_row_reaches_whoever_waits_for_it(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = network_rows(bundle)[0]
    monkeypatch.setattr(ForwardPass, "run", lambda self, rows: {})

    async def ask() -> None:
        with pytest.raises(KeyError):
            await asyncio.wait_for(Computer(bundle).compute([row]), 10)

    asyncio.run(ask())


def test_when_the_pass_is_called_off_nobody_waits_for_it_and_the_next_one_is_served(bundle: Bundle) -> None:
    first, second = network_rows(bundle)[:2]

    async def call_off_then_succeed() -> Computed:
        computer = Computer(bundle)
        asked = [asyncio.create_task(computer.compute([first]))]
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the pass has begun
        asked.append(asyncio.create_task(computer.compute([second])))
        await asyncio.sleep(0)
        worker = computer._worker
        assert worker is not None
        worker.cancel()
        done, waiting = await asyncio.wait(asked, timeout=10)
        assert not waiting
        assert all(one.cancelled() for one in done)
        assert worker.cancelled()
        return await asyncio.wait_for(computer.compute([first]), 10)

    assert list(asyncio.run(call_off_then_succeed())) == [first]


class TestComputeOverHttp:
    def test_computed_and_precomputed_answers_agree_to_five_digits(self, client: TestClient, bundle: Bundle) -> None:
        sku = bundle.keys[network_rows(bundle)[0]]["sku"]
        batch = SkuForecast.model_validate_json(client.get(f"/v1/forecast/skus/{sku}?levels=33,80,99").content)
        now = SkuForecast.model_validate_json(
            client.get(f"/v1/forecast/skus/{sku}?levels=33,80,99&compute=true").content
        )
        assert (batch.series[0].computed, now.series[0].computed) == (False, True)
        for one, other in zip(batch.series[0].leads, now.series[0].leads, strict=True):
            assert other.mean == pytest.approx(one.mean, rel=1e-5, abs=1e-5)
            assert other.median == pytest.approx(one.median, rel=1e-5, abs=1e-5)
            assert other.published == one.published
            for mine, theirs in zip(one.intervals, other.intervals, strict=True):
                assert (mine.level, mine.basis) == (theirs.level, theirs.basis)
                assert theirs.lower == pytest.approx(mine.lower, rel=1e-5, abs=1e-5)
                assert theirs.upper == pytest.approx(mine.upper, rel=1e-5, abs=1e-5)

    def test_a_model_that_does_not_fit_is_a_problem_and_not_a_crash(
        self, client: TestClient, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(self: ForwardPass, rows: list[int]) -> Computed:
            raise ArtefactError("the model is gone")

        monkeypatch.setattr(ForwardPass, "run", refuse)
        sku = bundle.keys[network_rows(bundle)[0]]["sku"]
        answer = client.get(f"/v1/forecast/skus/{sku}?compute=true")
        assert (answer.status_code, answer.json()["detail"]) == (503, "the model is gone")


def test_the_tail_of_a_short_panel_is_the_whole_panel(tmp_path: Path) -> None:
    batch = make_batch(make_panel(series=8, history=20), make_config(), tmp_path / "model")
    batch.write(tmp_path / "bundle")
    assert Bundle(tmp_path / "bundle").tail.history == 20
