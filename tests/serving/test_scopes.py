"""Lists, nodes, the catalogue and tables, asked by somebody who is kept to some nodes: what is inside, and no more."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pyarrow.ipc
import pyarrow.parquet
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dp_assets.domain.access import NodeScope, Role, parse_scope_node
from dp_assets.domain.contracts import ACCURACY, EXCEPTIONS, FORECAST_VALUE_ADDED
from serving.views import View, rows_in
from tests.serving.access_makers import GROCERY, SKUS, Place, shown
from tests.serving.makers import CYCLE, make_forecasts, make_overridden, make_published, put_bundle
from tests.serving.table_makers import (
    SCORED,
    make_accuracy,
    make_changes,
    make_classes,
    make_contributions,
    make_exceptions,
    make_value_added,
)

INSIDE = ("sku0000", "sku0001")
OUTSIDE = ("sku0002", "sku0003")
SECRET = "someone-elsewhere"
"""A planner of the other department."""


class World:
    """A running API, somebody who sees all of it, and somebody who is kept to a department."""

    def __init__(self, place: Place, client: TestClient) -> None:
        self.client = client
        for name, scope in (("whole", NodeScope()), ("kept", GROCERY), ("nobody", NodeScope(()))):
            place.user(name, [Role.PLANNER], scope)
        self.headers = {name: shown(place.key(name)) for name in ("whole", "kept", "nobody")}

    def get(self, path: str, who: str = "kept", **headers: str) -> Any:
        return self.client.get(path, headers={**self.headers[who], **headers})

    def json(self, path: str, who: str = "kept") -> Any:
        answer = self.get(path, who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def view(self) -> View:
        bundle = self.client.app.state.library.current.bundle  # type: ignore[attr-defined]
        return View(bundle, rows_in(bundle, GROCERY))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = Place(tmp_path_factory.mktemp("place"))
    forecasts = make_forecasts(series=list(SKUS))
    published = make_published(forecasts)
    for sku, user in (("sku0000", "ada"), ("sku0002", SECRET)):
        published = make_overridden(published, sku, lead=1, quantity=50.0, user=user)
    places = [(sku, *above.replace("<UNK>", "CREAM").split("/")) for sku, above in SKUS.items()]
    attributes = pl.DataFrame(places, ["sku", "department", "brand"], orient="row")
    put_bundle(place.lake, place.folder, forecasts, published=published, attributes=attributes)
    rows = [
        {"rank": 1, "level": "department", "node": "DAIRY"},
        {"rank": 2, "level": "department", "node": "GROCERY"},
        {"rank": 3, "level": "total", "node": "total"},
        {"rank": 4, "level": "unknown", "node": "sku0000"},
    ]
    first = make_exceptions(1).drop("rank", "level", "node")
    nodes = EXCEPTIONS.conform(pl.DataFrame(rows).join(first, how="cross"))
    below = make_exceptions().with_columns(pl.col("rank") + len(rows))
    place.lake.write("series_classes", make_classes(), cycle=CYCLE.isoformat())
    place.lake.write("exceptions", pl.concat([nodes, below]), cycle=CYCLE.isoformat())
    scored = make_accuracy().with_columns(pl.col("node").replace({"dairy": "DAIRY", "frozen": "GROCERY"}))
    place.lake.write("accuracy", ACCURACY.conform(scored), cycle=SCORED.isoformat())
    added = make_value_added().with_columns(pl.col("name").replace({"dairy": "DAIRY", "frozen": "GROCERY"}))
    place.lake.write("forecast_value_added", FORECAST_VALUE_ADDED.conform(added), cycle=SCORED.isoformat())
    place.lake.write("feature_contributions", _of_known(make_contributions()), cycle=CYCLE.isoformat())
    place.lake.write("forecast_changes", _of_known(make_changes()), cycle=CYCLE.isoformat())
    with place.client() as client:
        yield World(place, client)


def _of_known(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.col("series_id").replace("sku0002/x", "sku0002"))


class TestNodes:
    def test_a_node_is_seen_by_whoever_sees_every_series_below_it(self, world: World) -> None:
        for node, status in (("GROCERY", 200), ("GROCERY/SOUP", 200), ("total", 404), ("DAIRY", 404)):
            assert world.get(f"/v1/forecast/nodes/product/{node}").status_code == status
            assert world.get(f"/v1/forecast/nodes/product/{node}", "nobody").status_code == 404
        path = "/v1/forecast/nodes/product/GROCERY"
        assert world.json(path) == world.json(path, "whole")

    def test_a_hidden_node_is_answered_like_one_that_does_not_exist(self, world: World) -> None:
        for query in ("", "?level=department", "?horizon=99"):
            hidden = world.get(f"/v1/forecast/nodes/product/DAIRY{query}")
            unknown = world.get(f"/v1/forecast/nodes/product/MILKS{query}")
            assert hidden.status_code == unknown.status_code == 404
            assert hidden.text.replace("DAIRY", "MILKS") == unknown.text

    def test_levels_count_what_is_seen(self, world: World) -> None:
        def counts(who: str) -> dict[str, int]:
            (product,) = world.json("/v1/hierarchies", who)["hierarchies"]
            return {one["level"]: one["nodes"] for one in product["levels"]}

        assert counts("whole") == {"total": 1, "department": 2, "brand": 4, "series": 4}
        assert counts("kept") == {"total": 0, "department": 1, "brand": 2, "series": 2}
        assert set(counts("nobody").values()) == {0}

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("", ["GROCERY", "GROCERY/SOUP", "GROCERY/TEA"]),
            ("?level=series", ["sku0000", "sku0001"]),
            ("?parent=GROCERY", ["GROCERY/SOUP", "GROCERY/TEA"]),
            ("?parent=GROCERY/SOUP", ["sku0000"]),
        ],
    )
    def test_lists_of_nodes_hold_what_is_seen(self, world: World, query: str, names: list[str]) -> None:
        found = world.json(f"/v1/hierarchies/product/nodes{query}")
        assert [one["node"] for one in found["nodes"]] == names
        assert found["total"] == len(names)

    def test_below_a_hidden_node_nothing_is_listed(self, world: World) -> None:
        for parent in ("total", "DAIRY", "nonsense"):
            assert world.get(f"/v1/hierarchies/product/nodes?parent={parent}").status_code == 404


class TestSeriesAndCatalogue:
    def test_series_are_those_that_are_seen(self, world: World) -> None:
        found = world.json("/v1/series")
        assert [one["series_id"] for one in found["series"]] == list(INSIDE)
        assert found["total"] == 2
        assert world.json("/v1/series?attribute=department:DAIRY")["total"] == 0
        assert world.json("/v1/series", "nobody")["total"] == 0

    def test_cursors_go_on_among_what_is_seen(self, world: World) -> None:
        first = world.json("/v1/series?limit=1")
        second = world.json(f"/v1/series?limit=1&cursor={first['next']}")
        assert [one["series"][0]["series_id"] for one in (first, second)] == list(INSIDE)
        assert second["next"] is None

    @pytest.mark.parametrize("name", ["ndjson", "csv", "parquet", "arrow"])
    def test_the_catalogue_holds_what_is_seen_and_no_word_of_the_rest(self, world: World, name: str) -> None:
        mine, all_of_it = (self.read(world, name, who) for who in ("kept", "whole"))
        assert mine.equals(all_of_it.filter(pl.col("sku").is_in(INSIDE)))
        assert set(mine["user"].drop_nulls()) == {"ada"}
        content = world.get(f"/v1/forecast/catalogue?format={name}").content
        assert not any(word.encode() in content for word in (SECRET, *OUTSIDE))
        assert self.read(world, name, "nobody").is_empty()

    def read(self, world: World, name: str, who: str) -> pl.DataFrame:
        content = world.get(f"/v1/forecast/catalogue?format={name}", who).content
        if name == "ndjson":
            return pl.DataFrame([orjson.loads(line) for line in content.splitlines()], infer_schema_length=None)
        if name == "csv":
            return pl.read_csv(io.BytesIO(content), infer_schema=False, null_values="")
        table = pyarrow.parquet.read_table(io.BytesIO(content)) if name == "parquet" else None
        table = pyarrow.ipc.open_stream(content).read_all() if table is None else table
        return pl.DataFrame(table.to_pylist(), infer_schema_length=None)

    def test_an_answer_to_one_is_not_not_modified_to_another(self, world: World) -> None:
        for path in ("/v1/series", "/v1/hierarchies", "/v1/hierarchies/product/nodes", "/v1/forecast/catalogue"):
            tags = {world.get(path, who).headers["etag"] for who in ("whole", "kept", "nobody")}
            assert len(tags) == 3
            assert world.get(path, **{"If-None-Match": world.get(path, "whole").headers["etag"]}).status_code == 200
            assert world.get(path, **{"If-None-Match": world.get(path).headers["etag"]}).status_code == 304


class TestTables:
    def test_the_worklist_is_ranked_among_what_is_seen(self, world: World) -> None:
        found = world.json("/v1/worklist?limit=100")
        assert [one["rank"] for one in found["items"]] == list(range(1, found["total"] + 1))
        assert {(one["level"], one["node"]) for one in found["items"]} == {
            ("department", "GROCERY"),
            *(("series", sku) for sku in INSIDE),
        }
        whole = world.json("/v1/worklist?limit=100", "whole")["items"]
        mine = [one for one in whole if (one["level"], one["node"]) in {("department", "GROCERY")}]
        mine += [one for one in whole if one["level"] == "series" and one["node"] in INSIDE]
        assert [one["money"] for one in found["items"]] == [one["money"] for one in mine]

    def test_numbers_beside_a_node_are_those_of_all_below_it(self, world: World) -> None:
        (node,) = [one for one in world.json("/v1/worklist?recent=3")["items"] if one["node"] == "GROCERY"]
        history = world.json("/v1/hierarchies/product/history/GROCERY?buckets=3")["buckets"]
        forecast = world.json("/v1/forecast/nodes/product/GROCERY")["leads"]
        assert node["sold"] == pytest.approx([one["units"] for one in history], abs=1e-3)
        assert node["published"] == pytest.approx([one["published"] for one in forecast], abs=1e-3)

    def test_one_rule_keeps_the_ranks(self, world: World) -> None:
        every = world.json("/v1/worklist?limit=100")["items"]
        chosen = world.json("/v1/worklist?rule=biased&limit=100")["items"]
        assert chosen == [one for one in every if one["rule"] == "biased"]

    def test_scores_are_of_nodes_that_are_seen(self, world: World) -> None:
        assert {one["node"] for one in world.json("/v1/accuracy?limit=100", "whole")["scores"]} == {
            *("total", "DAIRY", "GROCERY")
        }
        assert {one["node"] for one in world.json("/v1/accuracy?limit=100")["scores"]} == {"GROCERY"}
        assert world.json("/v1/accuracy?node=DAIRY")["total"] == 0
        assert world.json("/v1/accuracy", "nobody")["total"] == 0

    def test_value_added_tells_of_nodes_that_are_seen_and_of_no_sum_over_others(self, world: World) -> None:
        assert {one["name"] for one in world.json("/v1/value-added?limit=100", "whole")["groups"]} == {
            *("all", "ada", "promotion", "DAIRY", "GROCERY")
        }
        assert {one["name"] for one in world.json("/v1/value-added?limit=100")["groups"]} == {"GROCERY"}
        assert world.json("/v1/value-added?grouping=user")["total"] == 0
        assert world.json("/v1/value-added", "nobody")["total"] == 0

    @pytest.mark.parametrize("noun", ["contributions", "changes"])
    def test_reasons_of_a_hidden_series_are_answered_like_those_of_none(self, world: World, noun: str) -> None:
        assert world.get(f"/v1/{noun}/sku0000").status_code == 200
        known = world.get(f"/v1/{noun}/sku0002", "whole")
        assert known.status_code == 200
        hidden = world.get(f"/v1/{noun}/sku0002", **{"If-None-Match": known.headers["etag"]})
        unknown = world.get(f"/v1/{noun}/sku9999")
        assert hidden.status_code == unknown.status_code == 404
        assert hidden.text.replace("sku0002", "sku9999") == unknown.text


class TestViews:
    """Against their definitions, one node and one row at a time."""

    @given(marked=st.sets(st.integers(0, 3)))
    @settings(max_examples=16, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_nodes_and_series_that_are_seen(self, world: World, marked: set[int]) -> None:
        bundle = world.view.bundle
        assert bundle.nodes is not None
        view = View(bundle, sorted(marked))
        below = {
            row: {one for one, sku in enumerate(bundle.series_ids) if self.is_below(node, sku)}
            for row, (_, _, node, _) in enumerate(bundle.nodes.names)
        }
        assert view.nodes(range(len(below))) == [row for row, series in below.items() if series <= marked]
        assert [view.has_series(name) for name in bundle.series_ids] == [row in marked for row in range(4)]

    def is_below(self, node: str, sku: str) -> bool:
        path = SKUS[sku].replace("<UNK>", "CREAM")
        return node == "total" or path == node or path.startswith(f"{node}/")

    def test_the_stamp_names_what_is_seen(self, world: World) -> None:
        bundle = world.view.bundle
        stamps = {View(bundle, rows).stamp for rows in (None, [], [0], [0, 1], [1])}
        assert len(stamps) == 5
        assert View(bundle, [0, 1]).stamp == world.view.stamp

    def test_scopes_of_two_hierarchies_name_series_and_nodes(self, tmp_path: Path) -> None:
        scope = NodeScope((parse_scope_node("product:sku0003"),))
        place = Place(tmp_path)
        place.put_bundle()
        with place.client() as client:
            bundle = client.app.state.library.current.bundle  # type: ignore[attr-defined]
        view = View(bundle, rows_in(bundle, scope))
        assert bundle.nodes is not None
        assert [bundle.nodes.names[row][2] for row in view.nodes(range(len(bundle.nodes)))] == ["DAIRY/<UNK>"]


def test_classes_are_those_of_the_series_inside(world: World) -> None:
    found = world.json("/v1/classes")
    assert [one["series_id"] for one in found["series"]] == list(INSIDE)
    assert found["total"] == len(INSIDE)
    assert world.json("/v1/classes", "nobody")["total"] == 0
    assert world.json("/v1/classes", "whole")["total"] == 6
