"""Files are taken back and put back over HTTP: what it reaches, who may, and what stands in the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import pytest
from fastapi.testclient import TestClient

from dp_assets.domain.access import Role
from dp_assets.quality import GATE
from dp_assets.recalls import enter_events, write_event
from dp_assets.registry import file_events, recalled_versions
from dp_resources.planning_db import planning_database
from serving.api.file_versions.schemas import FileCard
from serving.api.recalls.schemas import Recall, Recalled
from tests.landed import START, encode, make_rows
from tests.serving.access_makers import GROCERY, GROCERY_AND_A_LOOK
from tests.serving.file_makers import Shop
from tests.serving.planning_makers import asking, refused


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def as_engineer(shop: Shop, client: TestClient) -> Callable[..., Any]:
    shop.user("dee", [Role.DATA_ENGINEER])
    return asking(client, shop.key("dee"))


def told(answer: Any) -> Recalled:
    assert answer.status_code in (200, 201), answer.text
    return Recalled.model_validate_json(answer.content)


def test_a_file_is_taken_back_with_a_reason_and_put_back_with_one(shop: Shop) -> None:
    version, copy = (shop.put(f"shop/{name}.csv", encode(make_rows(), "csv")) for name in ("week", "copy"))
    shop.settle()
    path = f"/v1/files/{version}/recall"
    with shop.client() as client:
        ask = as_engineer(shop, client)
        before = Recall.model_validate_json(ask("GET", path).content)
        assert (before.recalled, before.refused) == (False, None)
        recall = told(ask("POST", path, {"reason": "till 4 counted twice"}))
        assert (recall.event, recall.by, recall.reason) == ("recall", "dee", "till 4 counted twice")
        assert recall.reached == before.reached
        assert recall.reached.files == [copy]  # which counts now
        assert recalled_versions(shop.lake) == {version}
        card = FileCard.model_validate_json(ask("GET", f"/v1/files/{version}").content)
        assert (card.state, card.reason) == ("recalled", "dee: till 4 counted twice")
        shop.settle()
        after = Recall.model_validate_json(ask("GET", path).content)
        assert (after.recalled, after.reached) == (True, before.reached)
        undo = told(ask("DELETE", f"{path}?reason=it was right"))
        assert (undo.event, undo.reason) == ("undo", "it was right")
        assert recalled_versions(shop.lake) == set()
    rows = [row for row in shop.accounts.database.ledger() if row["subject"] == version]
    assert [(row["user"], row["action"]) for row in rows] == [("dee", "recall file"), ("dee", "undo recall of file")]
    assert [json.loads(row["after"])["reason"] for row in rows] == ["till 4 counted twice", "it was right"]
    assert [row["at"] for row in rows] == [one.at.isoformat() for one in file_events(shop.lake)]


def test_the_same_request_again_is_one_event_and_the_same_answer(shop: Shop) -> None:
    version = shop.put("shop/week.csv", encode(make_rows(), "csv"))
    shop.settle()
    path, body = f"/v1/files/{version}/recall", {"reason": "sent twice"}
    with shop.client() as client:
        ask = as_engineer(shop, client)
        answers = [ask("POST", path, body, idempotency_key="k1") for _ in range(2)]
        assert answers[0].content == answers[1].content
        refused(ask("POST", path, {"reason": "another"}, idempotency_key="k1"), 422, "key-used")
        assert told(ask("POST", path, body)).at == told(answers[0]).at  # the same words, without a key
    assert len(file_events(shop.lake)) == 1
    assert [action for _, action, _ in shop.ledger() if "recall" in action] == ["recall file"]


def test_an_event_whose_row_was_cut_short_is_entered_when_it_is_asked_for_again(shop: Shop) -> None:
    version = shop.put("shop/week.csv", encode(make_rows(), "csv"))
    shop.settle()
    write_event(shop.lake, version, False, "dee", "sent twice", START)
    with shop.client() as client:
        recall = told(as_engineer(shop, client)("POST", f"/v1/files/{version}/recall", {"reason": "sent twice"}))
    assert recall.at == START
    assert len(file_events(shop.lake)) == 1
    assert ("dee", "recall file", version) in shop.ledger()


def test_an_event_whose_row_was_cut_short_is_entered_when_the_next_one_is_told(shop: Shop) -> None:
    version = shop.put("shop/week.csv", encode(make_rows(), "csv"))
    shop.settle()
    write_event(shop.lake, version, False, "eve", "killed in between", START)
    with shop.client() as client:
        told(as_engineer(shop, client)("DELETE", f"/v1/files/{version}/recall?reason=it was right"))
    rows = [(user, action) for user, action, subject in shop.ledger() if subject == version]
    assert rows == [("eve", "recall file"), ("dee", "undo recall of file")]


def test_what_the_command_line_or_a_gate_told_is_entered_once_beside_what_came_over_http(shop: Shop) -> None:
    version = shop.put("shop/week.csv", encode(make_rows(), "csv"))
    shop.settle()
    said: list[str] = []
    enter_events(shop.lake, shop.accounts.database, said.append)
    assert said == []
    write_event(shop.lake, version, False, GATE, "too many rows", START)
    with shop.client() as client:
        ask = as_engineer(shop, client)
        told(ask("DELETE", f"/v1/files/{version}/recall?reason=it was right"))
        write_event(shop.lake, version, False, "ann", "not right", START + timedelta(days=1))
        for _ in range(2):
            enter_events(shop.lake, shop.accounts.database, said.append)
        told(ask("DELETE", f"/v1/files/{version}/recall?reason=it is"))
    rows = [(user, action) for user, action, subject in shop.ledger() if subject == version]
    recall, undo = "recall file", "undo recall of file"
    assert rows == [(GATE, recall), ("dee", undo), ("ann", recall), ("dee", undo)]
    assert said == ["1 recall(s) or undo(s) of files entered into the ledger"]
    assert shop.accounts.database.verify() == []


def test_an_event_told_while_the_planning_database_is_away_is_entered_when_it_answers_again(
    shop: Shop, tmp_path: Path
) -> None:
    version = shop.put("shop/week.csv", encode(make_rows(), "csv"))
    shop.settle()
    write_event(shop.lake, version, False, "ann", "till 4 counted twice", START)
    said: list[str] = []
    (tmp_path / "away.db").mkdir()  # which SQLite cannot open
    enter_events(shop.lake, planning_database(f"sqlite:///{tmp_path}/away.db"), said.append)
    assert len(said) == 1
    assert "recalls hold" in said[0]
    enter_events(shop.lake, shop.accounts.database, said.append)
    assert ("ann", "recall file", version) in shop.ledger()


def test_what_cannot_be_taken_back_or_put_back_says_why(shop: Shop) -> None:
    version = shop.put("shop/week.csv", encode(make_rows(), "csv"))
    broken = shop.put("shop/broken.csv", b"item;what\n1;2\n")
    shop.settle()
    waiting = shop.put("shop/late.csv", encode(make_rows(9, seed=4), "csv"))
    with shop.client() as client:
        ask = as_engineer(shop, client)
        for name, word in ((broken, "in quarantine"), (waiting, "waits to be read")):
            answer = ask("POST", f"/v1/files/{name}/recall", {"reason": "x"})
            assert word in refused(answer, 409, "cannot-be-recalled")
            shown = Recall.model_validate_json(ask("GET", f"/v1/files/{name}/recall").content)
            assert word in str(shown.refused)
            assert shown.reached is None
        undo = ask("DELETE", f"/v1/files/{version}/recall?reason=x")
        assert "not recalled" in refused(undo, 409, "cannot-be-recalled")
        told(ask("POST", f"/v1/files/{version}/recall", {"reason": "x"}))
        again = ask("POST", f"/v1/files/{version}/recall", {"reason": "y"})
        assert "recalled already" in refused(again, 409, "cannot-be-recalled")
        for name in ("shop-1", "..", "week.csv"):
            assert ask("POST", f"/v1/files/{name}/recall", {"reason": "x"}).status_code in (404, 405)
    assert len(file_events(shop.lake)) == 1


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\0b", None])
def test_a_reason_must_be_said(shop: Shop, reason: str | None) -> None:
    version = shop.put("shop/week.csv", encode(make_rows(), "csv"))
    shop.settle()
    body = {} if reason is None else {"reason": reason}
    with shop.client() as client:
        ask = as_engineer(shop, client)
        assert ask("POST", f"/v1/files/{version}/recall", body).status_code == 422
        query = "" if reason is None else f"?reason={quote(reason)}"
        assert ask("DELETE", f"/v1/files/{version}/recall{query}").status_code == 422
    assert file_events(shop.lake) == []


def test_whoever_is_kept_to_some_nodes_takes_no_file_back(shop: Shop) -> None:
    version = shop.put("shop/week.csv", encode(make_rows(), "csv"))
    shop.settle()
    shop.user("kim", [Role.DATA_ENGINEER], GROCERY_AND_A_LOOK)
    shop.user("lou", [Role.DATA_ENGINEER], GROCERY)
    with shop.client() as client:
        for name, sees in (("kim", 200), ("lou", 403)):
            ask = asking(client, shop.key(name))
            assert ask("GET", f"/v1/files/{version}/recall").status_code == sees
            assert ask("POST", f"/v1/files/{version}/recall", {"reason": "x"}).status_code == 403
            assert ask("DELETE", f"/v1/files/{version}/recall?reason=x").status_code == 403
    assert file_events(shop.lake) == []


def test_what_a_quality_gate_held_out_is_let_in(shop: Shop) -> None:
    version = shop.put("shop/week.csv", encode(make_rows(), "csv"))
    shop.settle()
    write_event(shop.lake, version, False, GATE, "rows: 20, expected 5000", START)
    with shop.client() as client:
        told(as_engineer(shop, client)("DELETE", f"/v1/files/{version}/recall?reason=a short week"))
    assert recalled_versions(shop.lake) == set()


def test_what_it_did_to_published_numbers_is_told_once_all_is_computed_again(shop: Shop) -> None:
    version = shop.put("shop/week.csv", encode(make_rows(), "csv"))
    shop.settle()
    published = pl.DataFrame({"series_id": ["1", "2"], "sku": ["1", "2"], "final": [4.0, 6.0]})
    shop.lake.write("published_forecasts", published, cycle="2017-02-06")
    path = f"/v1/files/{version}/recall"
    with shop.client() as client:
        ask = as_engineer(shop, client)
        told(ask("POST", path, {"reason": "x"}))
        waiting = Recall.model_validate_json(ask("GET", f"{path}?reach=false").content)
        assert (waiting.recalled, waiting.reached, waiting.difference) == (True, None, None)
        shop.lake.write("published_forecasts", published.with_columns(final=pl.Series([4.0, 3.0])), cycle="2017-02-06")
        from dp_assets.recalls import write_reports

        write_reports(shop.lake, lambda _: None)
        found = Recall.model_validate_json(ask("GET", path).content).difference
    assert found is not None
    (cycle,) = found.cycles
    assert (cycle.series, cycle.changed, cycle.difference, cycle.percent) == (2, 1, -3.0, -30.0)
    assert [(one.series_id, one.difference) for one in found.series] == [("2", -3.0)]
