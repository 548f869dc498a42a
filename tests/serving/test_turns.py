"""Slow work waits in lines of its own: whoever signs in or reads does not wait for it."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dp_assets.domain.access import Role
from dp_assets.planning import PlanningCycle
from serving.api import authentication
from serving.turns import TooManyWaitError, Turns
from tests.serving.access_makers import shown
from tests.serving.planning_makers import Planned, asking, edit, refused


def test_so_many_are_done_at_once_and_so_many_wait() -> None:
    async def all_of_it() -> None:
        turns, ready, running, most = Turns("test", at_once=2, most=3), threading.Event(), [0], [0]

        def work() -> None:
            running[0] += 1
            most[0] = max(most[0], running[0])
            ready.wait(10)
            running[0] -= 1

        asked = [asyncio.create_task(turns.do(work)) for _ in range(3)]
        while running[0] < 2:
            await asyncio.sleep(0.001)
        with pytest.raises(TooManyWaitError):
            await turns.do(work)
        asked[0].cancel()
        ready.set()
        await asyncio.gather(*asked[1:])
        while turns.many:
            await asyncio.sleep(0.001)
        assert most[0] == 2
        assert await turns.do(lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            await turns.do(lambda: 1 // 0)
        assert turns.many == 0

    asyncio.run(all_of_it())


def test_previews_that_take_long_hold_up_nobody_who_signs_in_reads_or_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, go_on = Planned(tmp_path), threading.Event()
    for name in ("ada", "bob", "eve"):
        place.user(name, [Role.PLANNER])
    monkeypatch.setattr(authentication, "CONFIRM_SECONDS", 0.0)
    preview = PlanningCycle.preview

    def slow(*arguments: Any) -> Any:
        go_on.wait(30)
        return preview(*arguments)

    monkeypatch.setattr(PlanningCycle, "preview", slow)
    with place.client() as client, ThreadPoolExecutor(30) as many:
        ada, bob = asking(client, place.key("ada")), asking(client, place.key("bob"))
        assert bob("GET", "/v1/cycles/current").status_code == 200
        asked = [many.submit(ada, "POST", "/v1/overrides/preview", edit()) for _ in range(30)]
        line: Turns = client.app.state.desk.previews  # type: ignore[attr-defined]
        try:
            while line.many < line.most:
                time.sleep(0.01)
            answer = bob("GET", "/v1/cycles/current")
            assert answer.status_code == 200
            assert "x-planning-database" not in answer.headers
            assert bob("POST", "/v1/overrides", edit()).status_code == 201
            assert client.get("/v1/cycles/current", headers=shown(place.key("eve"))).status_code == 200
        finally:
            go_on.set()
        found = [one.result() for one in asked]
    late = [one for one in found if one.status_code != 200]
    assert len(found) - len(late) >= line.most
    assert all("too many wait" in refused(one, 429, "too-many-requests") for one in late)
