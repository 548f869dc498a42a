"""Attributes on which producers disagree over HTTP, and planners' corrections of them, down to the tables they make."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dp_assets.domain.access import Role
from dp_resources.lake import Lake
from serving.api.conflicts.schemas import Conflicts, Corrected
from serving.api.conflicts.service import check_skus
from serving.api.problems import ForbiddenError
from serving.bundle import Bundle
from serving.views import View
from tests.factories import make_config
from tests.landed import COLUMNS, World
from tests.serving.access_makers import GROCERY, GROCERY_AND_A_LOOK
from tests.serving.makers import CYCLE, make_forecasts, put_bundle
from tests.serving.planning_makers import Planned, asking, refused
from tests.serving.table_makers import make_conflicts

SHOP = {"name": "shop", "files": ["shop/**"], "columns": COLUMNS}
PLANNERS = {
    **{"name": "planners", "feed": "attribute_corrections", "files": ["corrections/*.xlsx", "corrections/*.csv"]},
    "columns": {"sku": "SKU", "attribute": "What", "value": "Is", "user": "By", "reason": "Why"},
}


def correction(sku: str = "sku0000", value: str | None = "A", attribute: str = "department") -> dict[str, Any]:
    return {"corrections": [{"sku": sku, "attribute": attribute, "value": value}], "reason": "as printed"}


class Market(Planned):
    """A place with disagreements, and a producer that takes corrections unless there is none."""

    def __init__(self, folder: Path, *producers: dict[str, Any]) -> None:
        super().__init__(
            folder,
            {"producers": [SHOP, *producers], "attributes": {"department": {}, "brand": {}}},
            landing_root=str(folder / "landing"),
        )
        self.lake.write("attribute_conflicts", make_conflicts(), cycle=CYCLE.isoformat())
        self.user("ada", [Role.PLANNER])
        self.user("kim", [Role.PLANNER], GROCERY)
        self.user("lou", [Role.PLANNER], GROCERY_AND_A_LOOK)


class Asked:
    def __init__(self, market: Market, client: Any) -> None:
        self.market = market
        self._ask = {name: asking(client, market.key(name)) for name in ("ada", "kim", "lou")}

    def page(self, query: str = "", who: str = "ada") -> Conflicts:
        answer = self._ask[who]("GET", f"/v1/conflicts{query}")
        assert answer.status_code == 200, answer.text
        return Conflicts.model_validate_json(answer.content)

    def post(self, body: dict[str, Any], who: str = "ada", **headers: str) -> Any:
        return self._ask[who]("POST", "/v1/conflicts/corrections", body, **headers)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    market = Market(tmp_path_factory.mktemp("market"), PLANNERS)
    with market.client() as client:
        yield Asked(market, client)


def landed(market: Market) -> list[Path]:
    return sorted((market.folder / "landing").glob("corrections/*"))


def test_who_says_what_stands_side_by_side_and_whose_value_is_used(asked: Asked) -> None:
    found = asked.page()
    assert (found.total, found.attributes) == (3, {"brand": 2, "department": 1})
    assert (found.corrections_to, found.advice) == ("planners", None)
    told = {
        (one.sku, one.attribute): [(said.producer, said.value, said.wins) for said in one.said] for one in found.items
    }
    assert told["sku0000", "department"] == [("kiosk", "B", False), ("shop", "A", True)]
    assert [one.corrected for one in found.items] == [True, False, False]


@pytest.mark.parametrize(
    ("query", "total"),
    [
        *(("?attribute=brand", 2), ("?producer=master", 1), ("?sku=0002", 1), ("?corrected=true", 1)),
        *(("?corrected=false&attribute=brand", 1), ("?sku=nothing", 0)),
    ],
)
def test_disagreements_are_found_by_what_they_are(asked: Asked, query: str, total: int) -> None:
    assert asked.page(query).total == len(asked.page(query).items) == total


def test_pages_hold_every_disagreement_once(asked: Asked) -> None:
    first = asked.page("?limit=2")
    rest = asked.page(f"?limit=2&cursor={first.next}")
    assert [*first.items, *rest.items] == asked.page().items


def test_a_correction_becomes_a_file_that_is_read_as_the_planners_word(asked: Asked) -> None:
    both = correction(value='A, "best"')
    both["corrections"] += correction(attribute="brand", value=None)["corrections"]
    answer = asked.post(both)
    assert answer.status_code == 201, answer.text
    found = Corrected.model_validate_json(answer.content)
    assert (found.producer, found.corrections, found.replaced) == ("planners", 2, False)
    market = asked.market
    assert market.ledger()[-1] == ("ada", "upload", found.uri)
    world = World(market.folder, market.config)
    (version,) = (one.file_version_id for one in world.register())
    world.settle()
    rows = market.lake.read("attribute_corrections", file_version=version)
    assert rows.select("sku", "attribute", "value", "user", "reason").rows() == [
        ("sku0000", "department", 'A, "best"', "ada", "as printed"),
        ("sku0000", "brand", None, "ada", "as printed"),
    ]


def test_the_same_request_again_is_one_file_and_the_same_answer(asked: Asked) -> None:
    before = len(landed(asked.market))
    answers = [asked.post(correction(), idempotency_key="k1") for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert len(landed(asked.market)) == before + 1
    refused(asked.post(correction(value="B"), idempotency_key="k1"), 422, "key-used")
    assert asked.post(correction(value="B")).status_code == 201
    assert len(landed(asked.market)) == before + 2


def test_what_cannot_be_corrected_lands_nothing(asked: Asked) -> None:
    before = landed(asked.market)
    wrong = {**correction(), "corrections": correction()["corrections"] * 2}
    assert "corrected twice" in refused(asked.post(wrong), 422, "edit-refused")
    assert "department, brand" in refused(asked.post(correction(attribute="colour")), 422, "edit-refused")
    assert "'sku9999'" in refused(asked.post(correction("sku9999")), 404, "unknown-sku")
    for body in ({**correction(), "reason": " "}, {**correction(), "corrections": []}):
        assert asked.post(body).status_code == 422
    assert landed(asked.market) == before


def test_planners_see_and_correct_what_is_theirs(asked: Asked) -> None:
    assert {one.sku for one in asked.page(who="kim").items} == {"sku0000"}
    assert asked.page(who="kim").attributes == {"brand": 1, "department": 1}
    before = len(landed(asked.market))
    hidden, unknown = asked.post(correction("sku0002"), "kim"), asked.post(correction("sku9999"), "kim")
    assert hidden.text.replace("sku0002", "sku9999") == unknown.text
    refused(asked.post(correction("sku0002"), "lou"), 403, "not-allowed")
    assert asked.post(correction(), "kim").status_code == asked.post(correction(value="B"), "lou").status_code == 201
    assert len(landed(asked.market)) == before + 2


OTHERS = [
    {**PLANNERS, "files": ["corrections/*.xlsx"]},
    {**PLANNERS, "columns": {**PLANNERS["columns"], "attribute": "= 'brand'"}},
    {**PLANNERS, "csv": {"header_row": 3}},
]


@pytest.mark.parametrize("producers", [[], *([one] for one in OTHERS)], ids=["none", "no csv", "constant", "header"])
def test_where_no_producer_takes_corrections_the_way_to_have_one_is_told(
    tmp_path: Path, producers: list[dict[str, Any]]
) -> None:
    market = Market(tmp_path, *producers)
    with market.client() as client:
        asked = Asked(market, client)
        found = asked.page()
        assert found.corrections_to is None
        assert "feed: attribute_corrections" in str(found.advice)
        assert "demand.yaml" in refused(asked.post(correction()), 422, "edit-refused")


def test_a_value_that_its_files_cannot_hold_is_refused(tmp_path: Path) -> None:
    market = Market(tmp_path, {**PLANNERS, "csv": {"encoding": "latin-1", "delimiter": ";", "comment": "#"}})
    with market.client() as client:
        asked = Asked(market, client)
        refused(asked.post(correction(value="東京")), 422, "edit-refused")
        assert asked.post(correction(value="Käse; alt")).status_code == 201
    (file,) = landed(market)
    assert file.read_bytes().decode("latin-1").splitlines()[1] == 'sku0000;department;"Käse; alt";ada;as printed'


def test_a_correction_that_is_made_again_after_another_one_is_the_newest(tmp_path: Path) -> None:
    market = Market(tmp_path, PLANNERS)
    world = World(market.folder, market.config)
    with market.client() as client:
        asked = Asked(market, client)
        for number, value in enumerate("ABA"):
            answer = asked.post(correction(value=value), idempotency_key=f"k{number}")
            assert answer.status_code == 201, answer.text
            assert not Corrected.model_validate_json(answer.content).replaced
            (version,) = (one.file_version_id for one in world.register())
            world.settle()
            rows = market.lake.read("attribute_corrections", file_version=version)
            assert rows["value"].to_list() == [value]


def test_two_planners_who_say_the_same_have_a_file_each(asked: Asked) -> None:
    before = len(landed(asked.market))
    for who in ("ada", "kim"):
        assert asked.post(correction(value="same"), who, idempotency_key="k").status_code == 201
    assert len(landed(asked.market)) == before + 2


@pytest.mark.parametrize("value", ["", " ", "\u200a", "a\rb"], ids=["empty", "blank", "thin", "return"])
def test_a_value_that_would_be_read_otherwise_is_refused(asked: Asked, value: str) -> None:
    before = landed(asked.market)
    assert "read" in refused(asked.post(correction(value=value)), 422, "edit-refused")
    assert landed(asked.market) == before


@pytest.mark.parametrize("value", ["a\nb", "=1+1", "'", "NA", "null", "a;b|c\td", '"', "#x", " x ", "é"])
def test_what_is_said_is_what_is_read(asked: Asked, value: str) -> None:
    answer = asked.post(correction(value=value))
    assert answer.status_code == 201, answer.text
    market = asked.market
    world = World(market.folder, market.config)
    uri = Corrected.model_validate_json(answer.content).uri
    version = next(one.file_version_id for one in world.register() if one.uri == uri)
    world.settle()
    read = market.lake.read("attribute_corrections", file_version=version)["value"].to_list()
    assert read == [value.strip()]


def test_one_of_several_that_is_refused_refuses_all(asked: Asked) -> None:
    before = landed(asked.market)
    for attribute, value in (("department", " "), ("colour", "red")):
        wanted = correction(value="B")
        wanted["corrections"].append({"sku": wanted["corrections"][0]["sku"], "attribute": attribute, "value": value})
        refused(asked.post(wanted), 422, "edit-refused")
    assert landed(asked.market) == before


def test_a_landing_folder_that_cannot_be_written_is_said_and_leaves_no_row(tmp_path: Path) -> None:
    market = Market(tmp_path, PLANNERS)
    (tmp_path / "landing").write_text("a file where a folder should be")
    with market.client() as client:
        rows = len(market.ledger())
        refused(Asked(market, client).post(correction()), 503, "planning-unavailable")
    assert len(market.ledger()) == rows + 3  # their keys


def test_a_sku_that_is_theirs_in_part_alone_is_not_theirs_to_correct(tmp_path: Path) -> None:
    lake, config = Lake(tmp_path / "lake"), make_config(series_key=["sku", "location"])
    put_bundle(lake, tmp_path, make_forecasts(config, ["a|1", "a|2"]), config)
    bundle = Bundle(lake.open_folder("serving_bundle", cycle=CYCLE.isoformat()))
    check_skus(["a"], View(bundle), View(bundle, bundle.rows("a")), None)
    with pytest.raises(ForbiddenError):
        check_skus(["a"], View(bundle), View(bundle, bundle.rows("a")[:1]), None)
