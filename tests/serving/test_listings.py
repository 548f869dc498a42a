"""Nodes, series and history over HTTP: forecasts of nodes, and listings page by page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from dp_resources.lake import Lake
from serving.api.history.schemas import NodeHistory, SkuHistory
from serving.api.nodes.schemas import Hierarchies, NodeForecast, NodePage
from serving.api.series.schemas import SeriesPage
from tests.factories import make_config
from tests.serving.clients import client_over, problem
from tests.serving.makers import (
    CYCLE,
    make_attributes,
    make_forecasts,
    make_history,
    make_overridden,
    make_published,
    make_rollups,
    put_bundle,
)

SERIES = [f"s{number % 7}/{number:03d}" for number in range(23)]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("listings")
    lake, forecasts = Lake(folder / "lake"), make_forecasts(series=SERIES)
    published = make_overridden(make_published(forecasts), SERIES[4], lead=2, quantity=99.0)
    put_bundle(lake, folder, forecasts, published=published)
    with client_over(lake) as client:
        yield client


def pages(client: TestClient, path: str) -> Iterator[dict[str, Any]]:
    """Every page of a listing."""
    join, cursor = "&" if "?" in path else "?", None
    while True:
        answer = client.get(path if cursor is None else f"{path}{join}cursor={cursor}")
        assert answer.status_code == 200, answer.text
        yield answer.json()
        cursor = answer.json()["next"]
        if cursor is None:
            return


class TestNodes:
    def test_hierarchies_say_their_levels_from_the_top(self, client: TestClient) -> None:
        found = Hierarchies.model_validate_json(client.get("/v1/hierarchies").content)
        (product,) = found.hierarchies
        assert [one.level for one in product.levels] == ["total", "department", "brand", "series"]
        assert (product.levels[0].nodes, product.levels[-1].nodes) == (1, len(SERIES))

    def test_a_node_is_answered_as_it_was_reconciled(self, client: TestClient) -> None:
        forecasts = make_forecasts(series=SERIES)
        table = make_rollups(forecasts, make_attributes(forecasts)).filter(pl.col("level") != "series")
        for node in table["node"].unique():
            rows = table.filter(pl.col("node") == node).sort("lead").to_dicts()
            answer = client.get(f"/v1/forecast/nodes/product/{node}?levels=80&quantiles=0.25")
            found = NodeForecast.model_validate_json(answer.content)
            assert (found.node, found.level, found.parent) == (node, rows[0]["level"], rows[0]["parent"])
            for lead, row in zip(found.leads, rows, strict=True):
                assert (lead.mean, lead.base_forecast, lead.locked) == (
                    row["forecast"],
                    row["base_forecast"],
                    row["locked"],
                )
                assert (lead.intervals[0].lower, lead.intervals[0].upper) == (row["q0.1"], row["q0.9"])
                assert (lead.median, lead.quantiles[0].value) == (row["q0.5"], row["q0.25"])

    def test_the_published_number_of_a_node_is_the_sum_over_its_series(self, client: TestClient) -> None:
        for page in pages(client, "/v1/hierarchies/product/nodes?limit=5"):
            for one in page["nodes"]:
                answer = client.get(f"/v1/forecast/nodes/product/{one['node']}")
                node = NodeForecast.model_validate_json(answer.content)
                below = [node] if node.child_level == "series" else []
                names = [name for part in below for name in part.child_names]
                children = [
                    NodeForecast.model_validate_json(client.get(f"/v1/forecast/nodes/product/{name}").content)
                    for name in (node.child_names if not below else [])
                ]
                series = [client.get(f"/v1/forecast/skus/{name}").json()["series"][0]["leads"] for name in names]
                parts = [[lead.published for lead in child.leads] for child in children]
                parts += [[lead["published"] for lead in leads] for leads in series]
                assert [lead.published for lead in node.leads] == pytest.approx(np.sum(parts, axis=0).tolist())
                assert node.children == len(node.child_names)

    def test_children_are_listed_by_their_parent(self, client: TestClient) -> None:
        total = NodeForecast.model_validate_json(client.get("/v1/forecast/nodes/product/total").content)
        listed = client.get("/v1/hierarchies/product/nodes?parent=total").json()["nodes"]
        assert [one["node"] for one in listed] == total.child_names
        lowest = client.get(f"/v1/forecast/nodes/product/{total.child_names[1]}").json()["child_names"][0]
        series = client.get(f"/v1/hierarchies/product/nodes?parent={lowest}").json()["nodes"]
        found = client.get(f"/v1/forecast/nodes/product/{lowest}").json()
        assert [one["node"] for one in series] == found["child_names"]
        assert {one["level"] for one in series} == {"series"}

    def test_nodes_and_series_are_told_with_their_numbers_where_that_is_asked_for(self, client: TestClient) -> None:
        assert client.get("/v1/hierarchies/product/nodes?level=total").json()["nodes"][0]["numbers"] is None
        path = "/v1/hierarchies/product/nodes?numbers=true"
        for page in (f"{path}&parent=total", f"{path}&level=series&limit=3"):
            found = NodePage.model_validate_json(client.get(page).content)
            for one in found.nodes:
                kind = f"skus/{one.node}" if one.level == "series" else f"nodes/product/{one.node}"
                told = client.get(f"/v1/forecast/{kind}").json()
                leads = told["series"][0]["leads"] if one.level == "series" else told["leads"]
                assert one.numbers is not None
                assert [lead.isoformat() for lead in found.leads] == [lead["bucket_start"] for lead in leads]
                assert one.numbers.published == [lead["published"] for lead in leads]
                assert one.numbers.mean == [lead["mean"] for lead in leads]
                assert one.numbers.locked == [bool(lead.get("locked") or lead.get("override")) for lead in leads]

    def test_levels_are_listed_alone(self, client: TestClient) -> None:
        found = NodePage.model_validate_json(client.get("/v1/hierarchies/product/nodes?level=department").content)
        assert {one.level for one in found.nodes} == {"department"}
        assert sum(one.series for one in found.nodes) == len(SERIES)
        series = NodePage.model_validate_json(client.get("/v1/hierarchies/product/nodes?level=series").content)
        assert [one.node for one in series.nodes] == sorted(SERIES)

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/v1/forecast/nodes/product/nowhere", 404),
            ("/v1/forecast/nodes/place/total", 404),
            ("/v1/forecast/nodes/product/total?level=brand", 404),
            ("/v1/hierarchies/place/nodes?numbers=true", 404),
            ("/v1/hierarchies/product/nodes?parent=nowhere", 404),
            ("/v1/hierarchies/product/nodes?level=aisle", 422),
            ("/v1/forecast/nodes/product/total?horizon=9", 422),
        ],
    )
    def test_what_is_not_there_says_what_is(self, client: TestClient, path: str, status: int) -> None:
        assert "expected" in problem(client, path, status).detail

    def test_without_hierarchies_the_total_is_the_only_node(self, tmp_path: Path) -> None:
        config = make_config(hierarchies=[])
        lake = Lake(tmp_path / "lake")
        put_bundle(lake, tmp_path, make_forecasts(config), config)
        with client_over(lake) as client:
            found = NodeForecast.model_validate_json(client.get("/v1/forecast/nodes/all/total").content)
        assert (found.child_level, found.children, found.parent) == ("series", 6, None)


class TestPages:
    @given(limit=st.integers(1, 30), path=st.sampled_from(["series", "hierarchies/product/nodes"]))
    def test_every_item_is_listed_once_whatever_the_limit(self, client: TestClient, limit: int, path: str) -> None:
        field, name = ("series", "series_id") if path == "series" else ("nodes", "node")
        found = list(pages(client, f"/v1/{path}?limit={limit}"))
        names = [one[name] for page in found for one in page[field]]
        everything = client.get(f"/v1/{path}?limit=1000").json()
        assert names == [one[name] for one in everything[field]]
        assert len(set(names)) == len(names) == everything["total"]
        assert all(len(page[field]) == limit for page in found[:-1])
        assert not any(page["changed"] for page in found)

    def test_a_listing_goes_on_behind_the_last_item_when_newer_data_comes(self, tmp_path: Path) -> None:
        lake = Lake(tmp_path / "lake")
        put_bundle(lake, tmp_path, make_forecasts(series=["a", "c", "e", "g"]))
        with client_over(lake) as client:
            first = client.get("/v1/series?limit=2").json()
            put_bundle(lake, tmp_path, make_forecasts(series=["a", "b", "d", "e", "f", "g"]))
            client.app.state.library.refresh()  # type: ignore[attr-defined]
            rest = [client.get(f"/v1/series?limit=2&cursor={first['next']}").json()]
            last = client.get(f"/v1/series?limit=2&cursor={rest[0]['next']}").json()
        assert [one["series_id"] for one in first["series"]] == ["a", "c"]
        assert [one["series_id"] for one in rest[0]["series"]] == ["d", "e"]
        assert [one["series_id"] for one in last["series"]] == ["f", "g"]
        assert (rest[0]["changed"], last["changed"]) == (True, False)
        assert rest[0]["version"] != first["version"]

    def test_a_cursor_of_other_filters_is_refused(self, client: TestClient) -> None:
        cursor = client.get("/v1/series?limit=2").json()["next"]
        found = problem(client, f"/v1/series?limit=2&cursor={cursor}&attribute=department:dairy", 422)
        assert "same filters" in found.detail
        assert "same filters" in problem(client, f"/v1/hierarchies/product/nodes?cursor={cursor}", 422).detail

    @pytest.mark.parametrize("cursor", ["x", "%00", "W10", "WzEsMiwzXQ", "bnVsbA", "é", "WyJhIiwiYiIsWzEsMl1d"])
    def test_a_cursor_that_nobody_gave_is_refused(self, client: TestClient, cursor: str) -> None:
        assert "cursor" in problem(client, f"/v1/series?cursor={cursor}", 422).detail

    @pytest.mark.parametrize("limit", [0, -1, 1001, "many"])
    def test_a_page_has_a_size(self, client: TestClient, limit: object) -> None:
        assert problem(client, f"/v1/series?limit={limit}", 422).detail.startswith("limit: ")


class TestSeries:
    def expected(self, **values: list[str | None]) -> list[str]:
        forecasts = make_forecasts(series=SERIES)
        attributes = make_attributes(forecasts).sort("sku")
        for name, wanted in values.items():
            attributes = attributes.filter(pl.col(name).is_in(wanted, nulls_equal=True))
        return attributes["sku"].to_list()

    def listed(self, client: TestClient, query: str) -> list[str]:
        answer = client.get(f"/v1/series?limit=1000&{query}")
        return [one.series_id for one in SeriesPage.model_validate_json(answer.content).series]

    def test_attributes_and_methods_stand_beside_them(self, client: TestClient) -> None:
        known = {row["sku"]: row for row in make_attributes(make_forecasts(series=SERIES)).to_dicts()}
        methods = dict(make_forecasts(series=SERIES).select("series_id", "method").iter_rows())
        for one in SeriesPage.model_validate_json(client.get("/v1/series").content).series:
            assert {"sku": one.series_id, **one.attributes} == known[one.series_id]
            assert one.method == methods[one.series_id]

    def test_values_of_one_attribute_are_alternatives_and_attributes_hold_together(self, client: TestClient) -> None:
        assert self.listed(client, "attribute=department:dairy") == self.expected(department=["dairy"])
        assert self.listed(client, "attribute=department:dairy&attribute=department:frozen") == self.expected(
            department=["dairy", "frozen"]
        )
        assert self.listed(client, "attribute=department:dairy&attribute=brand:own") == self.expected(
            department=["dairy"], brand=["own"]
        )

    def test_a_missing_value_has_a_name(self, client: TestClient) -> None:
        assert self.listed(client, "attribute=brand:<UNK>") == self.expected(brand=[None])
        assert self.listed(client, "attribute=brand:<UNK>&attribute=brand:own") == self.expected(brand=["own", None])

    def test_key_columns_filter_too_and_a_value_that_nobody_has_finds_nothing(self, client: TestClient) -> None:
        assert self.listed(client, f"attribute=sku:{SERIES[3]}") == [SERIES[3]]
        assert self.listed(client, "attribute=department:nothing") == []

    def test_methods_filter(self, client: TestClient) -> None:
        forecasts = make_forecasts(series=SERIES)
        made = forecasts.filter(method="croston")["series_id"].unique().sort().to_list()
        assert self.listed(client, "method=croston") == made
        assert "croston, lstm" in problem(client, "/v1/series?method=guess", 422).detail

    @pytest.mark.parametrize("attribute", ["colour:red", "department", ":dairy", ""])
    def test_an_attribute_that_is_not_known_is_refused(self, client: TestClient, attribute: str) -> None:
        assert "department, brand" in problem(client, f"/v1/series?attribute={attribute}", 422).detail

    def test_an_attribute_may_have_several_values(self, tmp_path: Path) -> None:
        from serving.api.filters import selected
        from serving.bundle import Bundle, write_bundle
        from tests.serving.makers import make_head

        forecasts = make_forecasts(series=["a", "b", "c"])
        attributes = pl.DataFrame({"sku": ["a", "b"], "allergens": [["milk", "soy"], []]})
        write_bundle(tmp_path, forecasts, make_published(forecasts), make_head(), None, attributes=attributes)
        bundle = Bundle(tmp_path)
        assert selected(bundle, ["allergens:soy"], None).tolist() == [0]
        assert selected(bundle, ["allergens:<UNK>"], None).tolist() == [1, 2]


class TestHistory:
    def test_it_is_what_the_panel_knows(self, client: TestClient) -> None:
        panel = make_history(make_forecasts(series=SERIES))
        names = panel.series["series_id"].to_list()
        for name in SERIES:
            (series,) = SkuHistory.model_validate_json(client.get(f"/v1/history/{name}").content).series
            assert series.buckets[-1].bucket_start < CYCLE
            if name in names:
                row = names.index(name)
                assert [one.units for one in series.buckets] == panel.quantity[row].tolist()
                assert [one.capped for one in series.buckets] == panel.capped[row].tolist()
                assert [one.observed for one in series.buckets] == (panel.observed[row] > 0).tolist()
            else:
                assert not any(one.observed for one in series.buckets)

    def test_a_shorter_one_is_the_end_of_the_whole(self, client: TestClient) -> None:
        whole = client.get(f"/v1/history/{SERIES[0]}").json()["series"][0]["buckets"]
        assert client.get(f"/v1/history/{SERIES[0]}?buckets=4").json()["series"][0]["buckets"] == whole[-4:]

    def test_what_is_not_kept_is_refused(self, client: TestClient) -> None:
        assert "at most 30" in problem(client, f"/v1/history/{SERIES[0]}?buckets=31", 422).detail
        assert problem(client, "/v1/history/nothing", 404).type.endswith("unknown-sku")

    def test_that_of_a_node_is_the_sum_of_those_below_it(self, client: TestClient) -> None:
        found = NodeHistory.model_validate_json(client.get("/v1/hierarchies/product/history/total").content)
        below = [client.get(f"/v1/history/{name}").json()["series"][0]["buckets"] for name in SERIES]
        for place, bucket in enumerate(found.buckets):
            each = [buckets[place] for buckets in below]
            assert {str(bucket.bucket_start)} == {one["bucket_start"] for one in each}
            assert bucket.units == pytest.approx(sum(one["units"] for one in each))
            assert bucket.capped == pytest.approx(sum(one["capped"] for one in each))
            assert bucket.observed == any(one["observed"] for one in each)
        part = client.get("/v1/hierarchies/product/history/total?buckets=2").json()["buckets"]
        assert [one["units"] for one in part] == [one.units for one in found.buckets[-2:]]
        assert problem(client, "/v1/hierarchies/product/history/nothing", 404).type.endswith("unknown-node")

    def test_every_listing_answers_304_to_who_has_it(self, client: TestClient) -> None:
        paths = ["/v1/history/" + SERIES[0], "/v1/series", "/v1/hierarchies", "/v1/hierarchies/product/nodes"]
        tags = [client.get(path).headers["etag"] for path in (*paths, "/v1/forecast/nodes/product/total")]
        for path, tag in zip((*paths, "/v1/forecast/nodes/product/total"), tags, strict=True):
            assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
        assert len(set(tags)) == len(tags)
