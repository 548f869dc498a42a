from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from dp_assets.domain.error_distributions import error_distributions
from dp_assets.domain.model_folder import load_network
from dp_assets.domain.network import to_onnx
from dp_assets.domain.scenario_base import Base, open_base
from dp_assets.domain.scenario_channels import reforecast
from dp_assets.domain.scenario_definition import ScenarioDefinition
from dp_assets.domain.scenarios import run_scenario
from dp_assets.domain.training import WindowSource
from dp_assets.domain.windows import windows_at
from dp_resources.lake import Lake
from serving.api.what_if.schemas import WhatIfForecast
from serving.bundle import NetworkParts, write_bundle
from tests.domain.rollup_inputs import make_residuals
from tests.domain.scenario_inputs import CUTOFF, make_inputs, make_scenario_panel, scenario_config, train_champion, week
from tests.serving.clients import client_over
from tests.serving.makers import make_head

PATH = "/v1/forecast/what-if"
CONFIG = scenario_config()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A cycle whose network was trained and can be run without torch."""
    panel, promotions = make_scenario_panel()
    champion = train_champion(panel, CONFIG, tmp_path_factory.mktemp("model"))
    network = load_network(champion.folder)
    example = WindowSource.of(panel, champion.encoders).inputs(windows_at(np.arange(2), panel.history), network.spec)
    (champion.folder / "model.onnx").write_bytes(to_onnx(network, example))
    return open_base(make_inputs(panel, promotions, champion, CONFIG), CONFIG)


@pytest.fixture(scope="module")
def client(base: Base, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    inputs, panel = base.inputs, base.panel
    assert inputs.champion is not None
    made_up = np.random.default_rng(1).normal(0, 3, (len(panel), 8))
    errors = error_distributions(make_residuals(CONFIG, made_up, panel.series["series_id"].to_list()), CONFIG)
    work = tmp_path_factory.mktemp("bundle")
    head = make_head(CONFIG, CUTOFF, champion=inputs.champion.cycle)
    network = NetworkParts(inputs.champion.folder, panel, errors)
    write_bundle(work, inputs.forecasts, inputs.published, head, network)
    lake = Lake(tmp_path_factory.mktemp("lake") / "lake")
    lake.write_folder("serving_bundle", work, cycle=CUTOFF.isoformat())
    with client_over(lake) as client:
        yield client


def test_the_cycle_says_what_plans_its_network_reads(client: TestClient) -> None:
    found = client.get("/v1/cycles/current").json()
    assert "display" in found["promotions"]
    assert "temperature" in found["regressors"]


def asked(client: TestClient, series_id: str = "sku03|s1", **plans: Any) -> WhatIfForecast:
    answer = client.post(PATH, json={"series_id": series_id, **plans})
    assert answer.status_code == 200, answer.text
    return WhatIfForecast.model_validate_json(answer.content)


def refused(client: TestClient, status: int = 422, **question: Any) -> str:
    answer = client.post(PATH, json={"series_id": "sku03|s1", **question})
    assert answer.status_code == status, answer.text
    return str(answer.json()["detail"])


def test_without_a_change_it_is_what_the_batch_said(client: TestClient, base: Base) -> None:
    found = asked(client)
    row = base.rows_by_series["sku03|s1"]
    for lead in found.leads:
        at = lead.lead - 1
        assert lead.forecast == lead.unchanged
        assert lead.forecast.mean == pytest.approx(base.forecasts.mean[row, at], rel=1e-5, abs=1e-5)
        assert lead.forecast.median == pytest.approx(base.forecasts.quantiles[row, at][4], rel=1e-5, abs=1e-5)
        assert lead.forecast.published == base.final[row, at]
    assert (found.changed, found.difference, found.method) == ([], 0.0, "lstm")


def test_a_changed_promotion_is_what_a_scenario_says(client: TestClient, base: Base) -> None:
    change = {"kind": "add_promotion", "node": "sku03|s1", "first": week(2), "last": week(2, 6), "promotion": "Display"}
    definition = ScenarioDefinition.model_validate({"changes": [{**change, "share": 0.5, "discount": 0.3}]})
    model = reforecast(base, [("x", definition.changes[0])])
    table = run_scenario(base, definition).table.filter(level="series", node="sku03|s1").sort("lead")
    published = dict(table.select("lead", "forecast").iter_rows())
    row = base.rows_by_series["sku03|s1"]
    planned = base.panel.known[row, base.panel.history + 1]
    display = float(planned[base.panel.known_names.index("promo_display")]) + 0.5
    bucket = week(2).isoformat()
    found = asked(client, promotions={"Display": {bucket: display}}, discount={bucket: 0.15})
    assert model.rows.tolist() == [row]
    assert "promo_display" in found.changed
    for at, lead in enumerate(found.leads):
        assert lead.forecast.mean == pytest.approx(model.mean[0, at], rel=1e-5, abs=1e-5)
        assert lead.unchanged.mean == pytest.approx(model.before[0, at], rel=1e-5, abs=1e-5)
        ends = [lead.forecast.intervals[0].lower, lead.forecast.intervals[0].upper]
        width = CONFIG.intervals.levels[0] / 200
        levels = [round(0.5 - width, 4), round(0.5 + width, 4)]
        expected = [model.quantiles[0, at, CONFIG.quantile_levels.index(level)] for level in levels]
        assert ends == pytest.approx(expected, rel=1e-4, abs=1e-4)
        assert lead.forecast.published == pytest.approx(published.get(lead.lead, base.final[row, at]), rel=1e-4)
        assert lead.difference == pytest.approx(lead.forecast.mean - lead.unchanged.mean)
    assert found.leads[1].difference != 0


def test_a_regressor_changes_what_lies_within_its_reach(client: TestClient, base: Base) -> None:
    change = {"kind": "regressor", "node": "sku03|s1", "first": week(1), "last": week(1, 6)}
    fields = {"name": "temperature", "value": 30.0}
    definition = ScenarioDefinition.model_validate({"changes": [{**change, **fields}]})
    model = reforecast(base, [("x", definition.changes[0])])
    found = asked(client, regressors={"temperature": {week(1).isoformat(): 30.0}})
    assert found.changed == ["regressor_temperature"]
    assert [lead.forecast.mean for lead in found.leads] == pytest.approx(model.mean[0].tolist(), rel=1e-5, abs=1e-5)
    assert "begins on" in refused(client, regressors={"temperature": {week(3).isoformat(): 30.0}})
    assert "not known ahead" in refused(client, regressors={"footfall": {week(1).isoformat(): 30.0}})


@pytest.mark.parametrize("value", [1e300, -1e300, 3.5e38])
def test_a_number_that_the_model_cannot_hold_is_refused(client: TestClient, value: float) -> None:
    assert "equal to" in refused(client, regressors={"temperature": {week(1).isoformat(): value}})


@pytest.mark.parametrize("value", [3.4e38, -3.4e38, 1e-300])
def test_the_largest_that_it_can_hold_is_answered_with_numbers(client: TestClient, value: float) -> None:
    found = asked(client, regressors={"temperature": {week(1).isoformat(): value}})
    assert all(
        np.isfinite([lead.forecast.mean, lead.forecast.published, lead.difference]).all() for lead in found.leads
    )


def test_leads_and_levels_are_chosen_as_elsewhere(client: TestClient) -> None:
    found = asked(client, leads=[4, 2], levels=[60], quantiles=[0.9])
    assert [lead.lead for lead in found.leads] == [2, 4]
    assert [one.level for one in found.leads[0].forecast.intervals] == [60]
    assert [one.level for one in found.leads[0].forecast.quantiles] == [0.9]


def test_what_cannot_be_computed_says_why(client: TestClient, base: Base) -> None:
    assert "reads the channels promo_" in refused(client, promotions={"fireworks": {week(1).isoformat(): 1}})
    assert "begins on" in refused(client, promotions={"display": {week(9).isoformat(): 1}})
    assert "less than or equal to 1" in refused(client, promotions={"display": {week(1).isoformat(): 2}})
    assert "no series 'x'" in refused(client, 404, series_id="x")
    method = base.inputs.forecasts.filter(base.inputs.forecasts["method"] != "lstm")
    assert "not by the model" in refused(client, series_id=method["series_id"][0])


def test_nothing_is_imported_for_it_before_somebody_asks() -> None:
    code = "import serving.api, sys; serving.api.create_app(); print('serving.forward' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
