"""A lake whose current cycle planners can work on, and an API over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.hierarchy import UNKNOWN
from dp_assets.domain.overrides import publish
from dp_assets.domain.rollups import roll_up
from serving.api.problems import Problem
from tests.factories import make_config
from tests.serving.access_makers import SKUS, Place, shown
from tests.serving.makers import CYCLE, make_forecasts, make_history, put_bundle

FIRST = CYCLE.isoformat()


class Planned(Place):
    """A place with `demand.yaml`, and the tables that edits of the current cycle are judged by."""

    def __init__(
        self, folder: Path, config: dict[str, Any] | None = None, skus: dict[str, str] = SKUS, **settings: Any
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder, config=folder / "demand.yaml", **settings)
        self.config = make_config(**(config or {}))
        self.skus = skus
        self.write_config(self.config)
        self.put_cycle()

    def write_config(self, config: DemandConfig) -> None:
        text = yaml.safe_dump(config.model_dump(mode="json", exclude_none=True), sort_keys=False)
        (self.folder / "demand.yaml").write_text(text)

    def put_cycle(self, with_bundle: bool = True) -> None:
        config, cycle = self.config, CYCLE.isoformat()
        forecasts = make_forecasts(config, series=list(self.skus))
        rows = [(sku, *above.split("/")) for sku, above in self.skus.items()]
        attributes = pl.DataFrame(rows, ["sku", "department", "brand"], orient="row")
        attributes = attributes.with_columns(pl.col("brand").replace(UNKNOWN, None))
        panel = make_history(forecasts)
        inputs = contracts.planner_inputs(config).empty()
        nodes = contracts.node_forecasts(config).empty()
        rollups = roll_up(forecasts, attributes, nodes, inputs, contracts.residuals(config).empty(), panel, config)
        published, _ = publish(forecasts, rollups.table, inputs, rollups.hierarchies, config, panel)
        panel_folder = self.folder / "panel"
        panel.save(panel_folder)
        self.lake.write_folder("features", panel_folder, cycle=cycle)
        tables = {
            "forecasts": forecasts,
            "sku_attributes": attributes,
            "node_forecasts": nodes,
            "planner_inputs": inputs,
            "reconciled_rollups": rollups.table,
            "published_forecasts": published,
        }
        for name, table in tables.items():
            self.lake.write(name, table, cycle=cycle)
        if with_bundle:
            put_bundle(self.lake, self.folder, forecasts, config, published=published, attributes=attributes)


def edit(node: str = "GROCERY", **wish: Any) -> dict[str, Any]:
    """The body of one edit: units in the first bucket, unless it says otherwise."""
    what = {} if {"quantity", "percent"} & set(wish) else {"quantity": 100.0}
    where = {} if "sku" in wish else {"node": node}
    return {"edits": [{**where, "first": FIRST, "reason_code": "promotion", **what, **wish}]}


def asking(client: Any, key: str) -> Callable[..., Any]:
    """Asks an API as whoever has a key: `ask("POST", path, body, if_match=…)`; headers by their names in Python."""

    def ask(method: str, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.request(method, path, json=body, headers={**shown(key), **named})

    return ask


def refused(answer: Any, status: int, kind: str) -> str:
    assert answer.status_code == status, answer.text
    problem = Problem.model_validate_json(answer.content)
    assert problem.type.endswith(f":{kind}"), problem
    return problem.detail
