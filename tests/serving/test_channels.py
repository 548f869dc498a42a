"""What the models are told of a series, as the API tells it: the cycle's panel, and nothing that may not be read."""

from __future__ import annotations

import numpy as np
import pytest
from fastapi.testclient import TestClient

from serving.api.channels.schemas import Channels, ChannelsOfNode
from serving.bundle import Bundle
from tests.serving.network_makers import Batch
from tests.serving.test_forward import LONG, batch, bundle, client, network_rows

__all__ = ["batch", "bundle", "client"]


def channels(client: TestClient, series_id: str) -> Channels:
    answer = client.get(f"/v1/channels/{series_id}")
    assert answer.status_code == 200, answer.text
    return Channels.model_validate_json(answer.content)


def test_they_are_those_of_the_cycles_panel(client: TestClient, batch: Batch, bundle: Bundle) -> None:
    panel, horizon = batch.panel, batch.panel.horizon
    for row in network_rows(bundle)[:5]:
        name = bundle.series_ids[row]
        at = panel.series["series_id"].to_list().index(name)
        found = channels(client, name)
        kept = slice(LONG - found.history, LONG)
        assert [str(start) for start in found.starts] == [str(start) for start in panel.starts[kept.start :]]
        told = {one.name: (one.kind, one.values) for one in found.channels}
        for expected, kind, values in (
            ("promo_display", "known", panel.known[at, kept.start :, 0]),
            ("yearly_sin", "calendar", panel.calendar[kept.start :, 0]),
            ("running_mean", "past", panel.past[at, kept, 0]),
        ):
            assert told[expected][0] == kind
            np.testing.assert_allclose(told[expected][1][: len(values)], values, atol=1e-6)
        for name in ("price", "running_mean"):  # of what lies ahead nobody knows them
            assert told[name][1][-horizon:] == [None] * horizon
            assert None not in told["running_mean"][1][:-horizon]


def test_a_price_that_is_not_known_yet_is_none_and_not_zero(client: TestClient, batch: Batch, bundle: Bundle) -> None:
    found = [channels(client, bundle.series_ids[row]).channels[0] for row in network_rows(bundle)]
    assert {one.name for one in found} == {"price"}
    assert all(value is None or value > 0 for one in found for value in one.values)


def test_a_series_that_is_forecast_from_its_sales_alone_has_none(client: TestClient, bundle: Bundle) -> None:
    other = next(row for row in range(len(bundle)) if bundle.tail_rows[row] < 0)
    found = channels(client, bundle.series_ids[other])
    assert (found.history, found.starts, found.channels) == (0, [], [])


def channels_of_node(client: TestClient, node: str) -> ChannelsOfNode:
    answer = client.get(f"/v1/hierarchies/product/channels/{node}")
    assert answer.status_code == 200, answer.text
    return ChannelsOfNode.model_validate_json(answer.content)


@pytest.mark.parametrize("node", ["total", "dairy"])
def test_those_of_a_node_are_means_over_the_series_below_that_models_are_told_of(
    client: TestClient, bundle: Bundle, node: str
) -> None:
    found = channels_of_node(client, node)
    assert bundle.nodes is not None
    below = bundle.nodes.every_series_below(bundle.nodes.find("product", node, None) or 0)
    rows = [row for row in network_rows(bundle) if row in below]
    assert (found.series, found.told) == (len(below), len(rows))
    assert found.told < found.series
    told = {one.name: one.values for one in found.channels}
    assert "price" not in told
    each = [{one.name: one.values for one in channels(client, bundle.series_ids[row]).channels} for row in rows]
    for name in ("promo_display", "yearly_sin"):
        np.testing.assert_allclose(told[name], np.mean([one[name] for one in each], axis=0), atol=1e-5)
    tail = bundle.tail
    late = np.arange(tail.history) >= tail.first[bundle.tail_rows[rows]][:, None]
    out = late & (tail.observed[bundle.tail_rows[rows]] < 1)
    np.testing.assert_allclose(told["not_observed"][: tail.history], out.mean(axis=0), atol=1e-5)
    assert told["not_observed"][tail.history :] == [None] * tail.horizon


def test_a_node_that_is_none_has_no_channels(client: TestClient) -> None:
    answer = client.get("/v1/hierarchies/product/channels/nothing")
    assert answer.status_code == 404
    assert "got 'nothing'" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "said"), [("nothing", "forecasts, got 'nothing'"), ("sku0001?cycle=2001-01-01", "cycle")]
)
def test_what_is_not_there_is_refused_in_words(client: TestClient, path: str, said: str) -> None:
    answer = client.get(f"/v1/channels/{path}")
    assert answer.status_code == 404
    assert said in answer.json()["detail"]
