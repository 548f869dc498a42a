"""A producer's file is uploaded into the landing folder, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from dp_assets.domain.access import Role
from dp_resources.landing import Landing
from serving.api.uploads.schemas import Uploaded
from serving.api.uploads.service import place_of
from tests.factories import make_config
from tests.serving.access_makers import GROCERY_AND_A_LOOK, shown
from tests.serving.planning_makers import Planned, refused

PRODUCERS = [
    {"name": "shop", "files": ["shop/*.csv"], "columns": {"sku": "i", "sold_at": "d", "quantity": "q"}},
    {
        **{"name": "leaflets", "feed": "promotions", "files": ["plans/**/promo-*.csv", "*.promo"]},
        "columns": {"sku": "i", "starts_on": "a", "ends_on": "b"},
    },
    {"name": "greedy", "files": ["shop/*", "other/*"], "columns": {"sku": "i", "sold_at": "d", "quantity": "q"}},
]


@pytest.fixture
def place(tmp_path: Path) -> Planned:
    landing = tmp_path / "landing"
    place = Planned(tmp_path, {"producers": PRODUCERS}, landing_root=str(landing), api_upload_bytes=4096)
    place.user("dee", [Role.DATA_ENGINEER])
    return place


class Sender:
    def __init__(self, client: TestClient, key: str, landing: Path) -> None:
        self.client, self.key, self.landing = client, key, landing

    def put(self, path: str, body: Any = b"i;d;q\n", key: str | None = None) -> Any:
        return self.client.put(f"/v1/files/{path}", content=body, headers=shown(key or self.key))

    def landed(self) -> list[str]:
        return sorted(one.uri for one in Landing(str(self.landing), {}, 0, 0).list())


@pytest.fixture
def dee(place: Planned) -> Iterator[Sender]:
    with place.client() as client:
        yield Sender(client, place.key("dee"), place.folder / "landing")


def test_a_file_lands_under_its_producers_name_and_has_a_row_in_the_ledger(place: Planned, dee: Sender) -> None:
    answer = dee.put("shop/week-1.csv", b"one")
    assert answer.status_code == 201, answer.text
    found = Uploaded.model_validate_json(answer.content)
    digest = hashlib.sha256(b"one").hexdigest()
    assert (found.uri, found.bytes, found.sha256, found.replaced) == ("shop/week-1.csv", 3, digest, False)
    assert (dee.landing / "shop" / "week-1.csv").read_bytes() == b"one"
    assert dee.landed() == ["shop/week-1.csv"]
    assert list((dee.landing / "_staging").iterdir()) == []
    assert dee.put("shop/week-1.csv", b"two").json()["replaced"]
    row = place.accounts.database.ledger()[-1]
    assert (row["user"], row["action"], row["subject"]) == ("dee", "upload", "shop/week-1.csv")
    assert json.loads(row["before"]) == {"sha256": digest}
    assert place.accounts.database.verify() == []


def test_a_file_goes_where_a_pattern_of_its_producer_matches(dee: Sender) -> None:
    assert dee.put("leaflets/promo-9.csv").json()["uri"] == "plans/promo-9.csv"
    assert dee.put("leaflets/week.promo").json()["uri"] == "week.promo"
    assert dee.put("greedy/a.csv").json()["uri"] == "other/a.csv"  # shop/a.csv would be another producer's


@pytest.mark.parametrize(
    "name",
    [
        "week.txt",
        ".hidden.csv",
        "_a.csv",
        "a.csv.part",
        "~a.csv",
        "manifest.json",
        "a%5Cb.csv",
        "a%0A.csv",
        "a%00.csv",
        "x" * 300 + ".csv",
    ],
)
def test_a_name_that_is_none_of_its_producers_is_refused(place: Planned, dee: Sender, name: str) -> None:
    answer = dee.put(f"shop/{name}")
    assert answer.status_code in (404, 422), answer.text
    assert not dee.landing.exists() or dee.landed() == []


@pytest.mark.parametrize("name", ["..%2Fa.csv", "..%2F..%2Fetc%2Fa.csv", "%2Fetc%2Fa.csv"])
def test_no_name_leads_out_of_the_landing_folder(place: Planned, dee: Sender, name: str) -> None:
    assert dee.put(f"shop/{name}").status_code in (404, 405, 422)
    config = make_config(producers=PRODUCERS)
    from serving.api.problems import BadParameterError

    for given in ("../a.csv", "/a.csv", "b/../../a.csv", "..", ".", ""):
        with pytest.raises(BadParameterError):
            place_of(config.producers, "shop", given)


def test_a_file_that_is_too_large_is_refused_whether_or_not_it_says_so(dee: Sender) -> None:
    refused(dee.put("shop/a.csv", b"x" * 5000), 413, "body-too-long")

    def chunks() -> Iterator[bytes]:
        for _ in range(50):
            yield b"x" * 100

    assert dee.put("shop/a.csv", chunks()).status_code == 413
    assert dee.put("shop/a.csv", b"x" * 4096).status_code == 201
    assert dee.landed() == ["shop/a.csv"]


def test_who_does_not_operate_or_is_kept_to_nodes_uploads_nothing(place: Planned, dee: Sender) -> None:
    refused(dee.put("nobody/a.csv"), 404, "unknown-producer")
    place.user("ada", [Role.PLANNER])
    place.user("kept", [Role.DATA_ENGINEER], GROCERY_AND_A_LOOK)
    for name in ("ada", "kept"):
        refused(dee.put("shop/a.csv", key=place.key(name)), 403, "not-allowed")
    assert not dee.landing.exists()


def test_where_the_landing_root_is_no_folder_files_go_there_directly(tmp_path: Path) -> None:
    place = Planned(tmp_path, landing_root="s3://bucket/in")
    place.user("dee", [Role.DATA_ENGINEER])
    with place.client() as client:
        answer = client.put("/v1/files/shop/a.csv", content=b"x", headers=shown(place.key("dee")))
    assert "s3://bucket/in directly" in refused(answer, 422, "bad-parameter")
