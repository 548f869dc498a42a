"""Takes the pictures of the workbench in docs/workbench.md: `make screenshots`, after `make demo` and `make ui`.

Serves the demo's lake over a copy of its state, so that the user, the lock and the scenario shown leave no trace in the
demo; opens every screen in light and dark in headless Chromium; writes docs/images/workbench/*.webp.
"""

from __future__ import annotations

import io
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from screenshots import wait_for

from dp_assets.domain.access import EVERYTHING, Role
from dp_resources.accounts import Accounts
from dp_resources.planning_db import planning_database
from dp_resources.settings import Settings

IMAGES = Path(__file__).parent / "images" / "workbench"
DEMO = Path(".demo")
PORT = 8918
ADDRESS = f"http://127.0.0.1:{PORT}"
SKU, NODE = "1029743", "GROCERY"
SCREENS = {
    "worklist": "/",
    "explorer": "/explorer?q=milk",
    "item": f"/skus/{SKU}",
    "where-from": f"/skus/{SKU}?trace={{second}}",
    "hierarchy": "/hierarchy",
    "accuracy": "/accuracy",
    "scenarios": "/scenarios",
    "approvals": "/approvals",
    "data": "/data",
    "operations": "/operations",
    "alerts": "/operations?part=alerts",
    "drift": "/operations?part=drift",
}
SHOWN_AT = {"where-from": "Where from"}
"""Screen → the heading that is scrolled to."""


@contextmanager
def serving(state: Path) -> Iterator[None]:
    """A server over the demo's lake that asks who is there."""
    environment = {
        **os.environ,
        "DP_API_ACCESS": "keys",
        "DP_STATE_DIR": str(state),
        "DP_LAKE_ROOT": str((DEMO / "lake").resolve()),
    }
    command = [sys.executable, "-m", "serving", "--port", str(PORT), "--log-level", "error"]
    process = subprocess.Popen(command, env=environment)
    try:
        wait_for(f"{ADDRESS}/healthz")
        yield
    finally:
        process.terminate()
        process.wait()


def look_for_alerts(state: Path) -> None:
    """What is wrong in the demo is entered, as its daemon would."""
    own = {"DP_STATE_DIR": str(state), "DP_LAKE_ROOT": str((DEMO / "lake").resolve()), "DP_CLOCK": "simulated"}
    command = [str(Path(sys.executable).parent / "dp"), "alerts", "check"]
    subprocess.run(command, env={**os.environ, **own}, check=True, stdout=subprocess.DEVNULL)


def prepare(state: Path) -> tuple[str, str]:
    """A user, a lock and a scenario to look at; the user's password, and the second bucket that is forecast."""
    accounts, now = Accounts(planning_database(Settings(state_dir=state).planning_url)), datetime.now(UTC)
    given = accounts.add_user("ada", (Role.PLANNER, Role.DATA_ENGINEER, Role.ADMIN), EVERYTHING, "docs", now)
    password = secrets.token_urlsafe(16)
    chosen = {"user": "ada", "password": given, "new_password": password}
    token = httpx.post(f"{ADDRESS}/v1/session/password", json=chosen).raise_for_status().json()["access_token"]
    client = httpx.Client(base_url=ADDRESS, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    cycle = client.get("/v1/cycles/current").raise_for_status().json()["cycle"]
    second = (datetime.fromisoformat(cycle) + timedelta(weeks=1)).date().isoformat()
    for name, lock in ((SKU, False), (NODE, True)):
        edit = {"node": name, "first": second, "buckets": 2, "percent": 10, "lock": lock}
        body = {"edits": [{**edit, "reason_code": "promotion", "comment": "leaflet of the next weeks"}]}
        client.post("/v1/overrides", json=body, headers={"Idempotency-Key": name, "If-Match": "*"}).raise_for_status()
    growth = {"kind": "growth", "node": NODE, "first": second, "last": second, "percent": 10}
    body = {"name": "leaflet-two-weeks-longer", "definition": {"description": "leaflet", "changes": [growth]}}
    answered = client.post("/v1/scenarios", json=body, headers={"Idempotency-Key": "scenario"})
    if answered.is_error:
        sys.exit(f"the scenario was refused: {answered.text}")
    return password, second


def take(browser: Browser, password: str, second: str, theme: str) -> None:
    """Every screen in one theme."""
    page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme=theme, locale="en-GB")  # type: ignore[arg-type]
    page.goto(ADDRESS)
    page.get_by_label("User").fill("ada")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()
    for name, path in SCREENS.items():
        page.goto(f"{ADDRESS}{path.format(second=second)}")
        page.wait_for_load_state("networkidle")
        page.get_by_label("Loading").first.wait_for(state="detached", timeout=60_000)
        page.wait_for_timeout(1_500)
        if heading := SHOWN_AT.get(name):
            page.get_by_role("heading", name=heading, exact=True).evaluate("one => one.scrollIntoView()")
            page.evaluate("scrollBy(0, -110)")
        target = IMAGES / f"{name}-{theme}.webp"
        Image.open(io.BytesIO(page.screenshot())).save(target, quality=70, method=6)
        print(target.relative_to(IMAGES.parents[2]), target.stat().st_size // 1024, "KiB")  # noqa: T201
    page.close()


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("this needs Chromium (Debian: apt-get install chromium)")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        shutil.copytree(DEMO / "state", state)
        look_for_alerts(state)
        with serving(state), sync_playwright() as playwright:
            password, second = prepare(state)
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            for theme in ("light", "dark"):
                take(browser, password, second, theme)
            browser.close()


if __name__ == "__main__":
    main()
