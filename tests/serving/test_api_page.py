"""The page about the API is true: its calls work as written, and it names every path."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import polars as pl
import pytest

from dp_assets.domain.access import Role
from dp_resources.lake import Lake
from serving.api import create_app
from tests.factories import make_config
from tests.serving.clients import server_over
from tests.serving.makers import CYCLE, make_forecasts, put_bundle
from tests.serving.planning_makers import Planned

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
ADDRESS = "http://127.0.0.1:8000"
CALLS = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
SECOND_BUCKET = (CYCLE + timedelta(weeks=1)).isoformat()
SKUS = ["1029743", "1106523", "995242"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over a bundle with the names of the demo."""
    folder = tmp_path_factory.mktemp("page")
    config = make_config(
        attributes={name: {} for name in ("department", "category", "type", "brand", "size")},
        hierarchies=[{"name": "product", "levels": ["department", "category", "type"]}],
    )
    names = {"department": "GROCERY", "category": "MILK", "type": "WHITE", "brand": "National", "size": "1 GAL"}
    attributes = pl.DataFrame({"sku": SKUS, **{name: [word] * len(SKUS) for name, word in names.items()}})
    lake = Lake(folder / "lake")
    put_bundle(lake, folder, make_forecasts(config, SKUS), config, attributes=attributes)
    with server_over(lake) as address:
        yield address


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a server whose current cycle can be planned, and a planner's key."""
    place = Planned(tmp_path_factory.mktemp("planned"))
    place.user("ada", [Role.PLANNER])
    environment = {"DP_CONFIG": str(place.folder / "demand.yaml"), "DP_STATE_DIR": str(place.settings.state_dir)}
    with server_over(place.lake, DP_API_ACCESS="keys", **environment) as address:
        yield address, place.key("ada")


def run(call: str, address: str, folder: Path, **environment: str) -> str:
    """What a call prints; an answer that is an error fails it."""
    (folder / ".curlrc").write_text("fail\nsilent\nshow-error\n")
    shown = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", call.replace(ADDRESS, address)],
        cwd=folder,
        env={**os.environ, **environment, "CURL_HOME": str(folder), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, f"{call}\n{shown.stderr}"
    return shown.stdout


@pytest.mark.needs_curl
@pytest.mark.parametrize("number", range(10))
def test_a_newcomer_can_make_every_call_as_it_is_written(address: str, tmp_path: Path, number: int) -> None:
    shown = run(CALLS[number], address, tmp_path)
    if number == 1:
        assert [one["series_id"] for one in orjson.loads(shown)["series"]] == SKUS
    if number == 4:
        found = orjson.loads(shown)
        assert ([one["sku"] for one in found["forecasts"]], found["unknown"]) == (SKUS[:2], ["0"])
    if number == 7:
        assert len(pl.read_parquet(tmp_path / "forecast.parquet")) == 3 * len(SKUS)
    elif number == 9:
        assert shown == "304\n"
    else:
        orjson.loads(shown)


@pytest.mark.needs_curl
@pytest.mark.slow
def test_a_planner_can_make_every_call_after_them_in_order(planned: tuple[str, str], tmp_path: Path) -> None:
    address, key = planned
    for call in CALLS[10:]:
        assert run(call.replace("2017-12-11", SECOND_BUCKET), address, tmp_path, KEY=key)


def test_the_program_in_python_runs_as_it_is_written(address: str) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
    command = [sys.executable, "-c", program.replace(ADDRESS, address)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(printed) == 4
    assert printed[2] == "['0']"
    assert printed[3].startswith("404 no series of SKU '0' is forecast")


def test_there_are_ten_of_reading() -> None:
    assert len(CALLS) > 10
    assert not any("KEY" in call for call in CALLS[:10])
    assert all("KEY" in call for call in CALLS[10:])
    assert all("curl" in call and ADDRESS in call for call in CALLS)


def test_every_path_is_on_the_page() -> None:
    text = PAGE.read_text() + PAGE.with_name("access.md").read_text()  # which tells of users and keys
    for path, operations in create_app().openapi()["paths"].items():
        if path.startswith("/v1/session"):  # signing in is told of there in words
            continue
        shown = path.replace(":path", "")
        assert all(f"{method.upper()} {shown}`" in text for method in operations), path
