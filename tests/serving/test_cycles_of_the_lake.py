"""`GET /v1/cycles`: what was made of each cycle, and where its runs are looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from dp_assets.domain.access import Role
from serving.api.lineage.schemas import Cycles
from tests.serving.access_makers import Place, shown
from tests.serving.makers import CYCLE


@pytest.mark.parametrize(
    ("url", "role", "told"),
    [
        ("http://dagster.example:3000/", Role.DATA_ENGINEER, "http://dagster.example:3000"),
        ("http://dagster.example:3000/", Role.PLANNER, None),
        (None, Role.ADMIN, None),
    ],
)
def test_whoever_operates_is_told_where_runs_are_looked_at(
    tmp_path: Path, url: str | None, role: Role, told: str | None
) -> None:
    place = Place(tmp_path, **({} if url is None else {"dagster_url": url}))
    place.put_bundle()
    place.user("ada", [role])
    with place.client() as client:
        found = Cycles.model_validate_json(client.get("/v1/cycles", headers=shown(place.key("ada"))).content)
    assert found.dagster_url == told
    assert [(str(one.cycle), one.bundled, one.served) for one in found.cycles] == [(CYCLE.isoformat(), True, True)]
