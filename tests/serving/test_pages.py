"""The workbench's files: who gets which, for how long, and that no path of the API is taken from it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dp_resources.settings import Settings
from serving.api import create_app, pages
from serving.api.problems import MEDIA_TYPE

PAGE = {"Accept": "text/html,application/xhtml+xml"}
SCRIPT = "export const answer = 42;" * 50


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Demand Planner</title>")
    (folder / "assets" / "index-3f1c.js").write_text(SCRIPT)
    (folder / "assets" / "index-3f1c.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (tmp_path / "secret.txt").write_text("outside")
    monkeypatch.setattr(pages, "BUILT", folder)
    return folder


def client(tmp_path: Path, access: str = "open") -> TestClient:
    settings = Settings(lake_root=str(tmp_path / "lake"), state_dir=tmp_path / "state", api_access=access)
    return TestClient(create_app(settings))


@pytest.mark.parametrize("path", ["/", "/explorer?q=soup", "/skus/1029743", "/nodes/product/GROCERY%2FSOUP"])
def test_every_address_of_the_workbench_is_its_page_which_nobody_keeps(built: Path, tmp_path: Path, path: str) -> None:
    answer = client(tmp_path).get(path, headers=PAGE)
    assert (answer.status_code, answer.text) == (200, (built / "index.html").read_text())
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-store"


def test_the_page_may_load_from_here_alone_and_run_nothing_inline(built: Path, tmp_path: Path) -> None:
    policy = client(tmp_path).get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_files_with_a_hash_in_their_name_are_kept_for_ever_and_sent_packed(built: Path, tmp_path: Path) -> None:
    asked = client(tmp_path)
    answer = asked.get("/assets/index-3f1c.js", headers={"Accept-Encoding": "gzip"})
    assert (answer.text, answer.headers["content-encoding"]) == (SCRIPT, "gzip")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")
    plain = asked.get("/assets/index-3f1c.js", headers={"Accept-Encoding": "identity"})
    assert plain.text == SCRIPT
    assert "content-encoding" not in plain.headers


def test_a_file_that_is_gone_is_not_answered_with_a_page(built: Path, tmp_path: Path) -> None:
    answer = client(tmp_path).get("/assets/index-old.js", headers={"Accept": "*/*"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE)
    assert "immutable" not in answer.headers["cache-control"]


def test_the_event_loop_waits_for_no_disk(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (built / "icon.svg").write_text("<svg/>")
    asked, waited = client(tmp_path), []

    def note(name: str) -> None:
        look = getattr(Path, name)

        def noted(path: Path, *given: object) -> object:
            with contextlib.suppress(RuntimeError):
                waited.append((name, path, asyncio.get_running_loop()))
            return look(path, *given)

        monkeypatch.setattr(Path, name, noted)

    for name in ("resolve", "is_file", "stat", "read_bytes", "iterdir"):
        note(name)
    for path, status in (("/", 200), ("/icon.svg", 200), ("/assets/index-3f1c.js", 200), ("/none.svg", 404)):
        assert asked.get(path, headers={"Accept": "*/*"}).status_code == status
    assert waited == []


def test_a_later_build_is_served_once_its_page_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "BUILT", tmp_path / "dist")
    asked = client(tmp_path)
    assert asked.get("/icon.svg").status_code == 404
    (tmp_path / "dist/assets").mkdir(parents=True)
    for name in ("index.html", "icon.svg", "assets/index-1.js"):
        (tmp_path / "dist" / name).write_text(name)
    assert asked.get("/assets/index-1.js").text == "assets/index-1.js"
    assert asked.get("/", headers=PAGE).text == "index.html"
    assert asked.get("/icon.svg").text == "icon.svg"


def test_what_no_file_answers_is_answered_as_without_the_workbench(built: Path, tmp_path: Path) -> None:
    found = [client(tmp_path).get(path, headers={"Accept": "*/*"}) for path in ("/assets/gone.js", "/gone.js")]
    first, second = (
        (one.status_code, one.text.replace("/assets", ""), one.headers["content-security-policy"]) for one in found
    )
    assert first == second


@pytest.mark.parametrize("path", ["/../secret.txt", "/..%2Fsecret.txt", "/assets/..%2F..%2Fsecret.txt", "/%00"])
def test_nothing_outside_the_build_is_sent(built: Path, tmp_path: Path, path: str) -> None:
    assert "outside" not in client(tmp_path).get(path, headers=PAGE).text


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1", "/metrics/x", "/docs/nothing"])
def test_paths_of_the_api_stay_problems_even_for_a_browser(built: Path, tmp_path: Path, path: str) -> None:
    answer = client(tmp_path).get(path, headers=PAGE)
    assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE)


def test_the_rest_is_as_without_the_workbench(built: Path, tmp_path: Path) -> None:
    with client(tmp_path) as asked:
        assert asked.get("/healthz", headers=PAGE).json()["status"] == "ok"
        assert asked.get("/v1/session/password", headers=PAGE).status_code == 405
        assert asked.post("/explorer").status_code == 404
        assert asked.get("/nothing").status_code == 404
        assert "swagger" in asked.get("/docs", headers=PAGE).text


def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "BUILT", tmp_path / "none")
    assert "make ui" in client(tmp_path).get("/", headers=PAGE).text


def test_the_page_asks_for_no_key_which_what_it_shows_does(built: Path, tmp_path: Path) -> None:
    with client(tmp_path, access="keys") as asked:
        assert asked.get("/", headers=PAGE).status_code == 200
        assert asked.get("/v1/session").status_code == 401
