"""`dp inspect ledger` and `dp inspect quality` on a lake with a strange file."""

from __future__ import annotations

import json

import pytest
import yaml
from typer.testing import CliRunner

from dp_assets.cli import app
from dp_assets.quality import QualityReports
from dp_assets.registry import registrations
from tests.landed import COLUMNS, World, shop_config
from tests.test_quality import week


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Seven ordinary weeks, and an eighth that is restated with ten times the rows and many returns."""
    world = World(tmp_path_factory.mktemp("inspect"), shop_config())
    for number in range(8):
        world.land(f"shop/{number}.csv", week(number))
    world.land("shop/7.csv", week(7, per_day=120) + b"9,2017-02-20 09:00:00,-1,-2.5\n" * 210)
    known = registrations(world.lake)
    QualityReports(world.lake, world.config, known, world.now).write([one.file_version_id for one in known])
    producers = [{"name": "shop", "files": ["shop/**"], "columns": COLUMNS}]
    (world.folder / "demand.yaml").write_text(yaml.safe_dump({"producers": producers}))
    return world


def dp(world: World, *arguments: str) -> tuple[int, str]:
    environment = {
        "DP_CONFIG": str(world.folder / "demand.yaml"),
        "DP_STATE_DIR": str(world.folder / "state"),
        "DAGSTER_HOME": str(world.folder),
        "COLUMNS": "200",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.delenv("DP_LAKE_ROOT", raising=False)
        patch.setattr("dp_assets.cli.console.width", 200, raising=False)
        result = CliRunner().invoke(app, ["inspect", *arguments])
    return result.exit_code, result.output


def test_the_ledger_is_shown_with_filters_and_says_that_it_balances(world: World) -> None:
    code, text = dp(world, "ledger", "--producer", "shop")
    assert code == 0
    assert "positive_quantity" in text
    assert "balanced: read = accepted + rejected + duplicate, for every one of 9 file versions" in text
    (restated,) = [record["file_version_id"] for record in world.commits() if record["supersedes"]]
    assert restated in text


def test_a_ledger_that_does_not_balance_is_said_and_ends_with_an_error(world: World) -> None:
    version = world.commits()[0]["file_version_id"]
    path = world.folder / f"lake/_commits/ingest/{version}.json"
    kept = path.read_text()
    record = json.loads(kept)
    record["rows"]["rejected"] += 1
    path.write_text(json.dumps(record))
    try:
        code, text = dp(world, "ledger")
    finally:
        path.write_text(kept)
    assert code == 1
    assert "0 rows rejected" not in text
    assert "read 84 rows ≠ 84 accepted + 1 rejected" in text


def test_quality_lists_measures_and_what_stands_out(world: World) -> None:
    code, text = dp(world, "quality", "--producer", "shop", "--findings", "3")
    assert code == 0
    assert "rejected_share" in text
    assert "rows is 840, usually 84 (score " in text
    assert "and " in text


def test_an_unknown_producer_is_refused_with_the_known_ones(world: World) -> None:
    code, text = dp(world, "quality", "--producer", "shpo")
    assert code == 2
    assert "expected one of shop, got 'shpo'" in text
