from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient

from dp_assets.domain.fallback import analogue
from dp_assets.domain.panel import Panel
from dp_resources.lake import Lake
from serving.api.newcomers.schemas import NewcomerForecast
from tests.factories import make_config, make_panel
from tests.serving.clients import client_over
from tests.serving.makers import make_forecasts, put_bundle
from tests.serving.network_makers import Batch, make_batch

PATH = "/v1/forecast/newcomers"
CONFIG = make_config()


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    return make_batch(make_panel(series=40, history=60), CONFIG, tmp_path_factory.mktemp("batch") / "model")


@pytest.fixture(scope="module")
def client(batch: Batch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    work = tmp_path_factory.mktemp("lake")
    lake = Lake(work / "lake")
    batch.put(lake, work / "bundle")
    with client_over(lake) as client:
        yield client


def asked(client: TestClient, attributes: dict[str, str | None]) -> NewcomerForecast:
    answer = client.post(PATH, json={"attributes": attributes})
    assert answer.status_code == 200, answer.text
    return NewcomerForecast.model_validate_json(answer.content)


def with_newcomer(panel: Panel, **attributes: str | None) -> Panel:
    """The panel with one more series, which nobody has bought yet."""
    one = panel.series.head(1).with_columns(
        pl.lit("new").alias("series_id"),
        pl.lit("new").alias("sku"),
        *(pl.lit(value, pl.String).alias(name) for name, value in attributes.items()),
    )
    copied = {
        name: np.concatenate([getattr(panel, name), np.zeros_like(getattr(panel, name)[:1])])
        for name in ("quantity", "capped", "observed", "price", "past", "known")
    }
    first = np.append(panel.first, panel.history).astype(np.int32)
    return dataclasses.replace(panel, series=pl.concat([panel.series, one]), first=first, **copied)


@pytest.mark.parametrize(
    "attributes",
    [{"department": "dairy", "brand": "own"}, {"department": "dairy"}, {"department": "unheard of"}, {"brand": None}],
)
def test_it_is_forecast_as_the_batch_forecasts_what_nobody_has_bought_yet(
    client: TestClient, batch: Batch, attributes: dict[str, str | None]
) -> None:
    panel = with_newcomer(batch.panel, **{"department": None, "brand": None, **attributes})
    means = batch.forecasts.sort("series_id", "lead")["forecast"].to_numpy().reshape(-1, panel.horizon)
    known = np.concatenate([means, np.full((1, panel.horizon), np.nan)])
    expected = analogue(panel, np.array([len(panel) - 1]), panel.history, CONFIG, known)[0]
    found = asked(client, attributes)
    assert [lead.mean for lead in found.leads] == pytest.approx(expected.tolist(), rel=1e-9)
    assert found.method == "analogue"
    for lead in found.leads:
        assert lead.intervals[0].lower <= lead.median <= lead.intervals[0].upper


def test_attributes_that_series_do_not_have_are_refused(client: TestClient) -> None:
    answer = client.post(PATH, json={"attributes": {"colour": "red"}})
    assert answer.status_code == 422
    assert "expected some of sku, department, brand, got 'colour'" in answer.json()["detail"]


def test_without_a_model_there_are_no_errors_to_tell_intervals_by(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    put_bundle(lake, tmp_path, make_forecasts())
    with client_over(lake) as client:
        answer = client.post(PATH, json={"attributes": {}})
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (422, "not-computable")
