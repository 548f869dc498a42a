"""Takes the pictures of the workbench in docs/workbench.md: `make screenshots`, after `make demo` and `make ui`.

Serves a copy of the demo, so that the user, the lock and the scenarios shown leave no trace in it; opens every screen
in light and dark in headless Chromium; writes docs/images/workbench/*.webp.
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
SKU, NODE, MILK = "1029743", "GROCERY", "GROCERY/FLUID MILK PRODUCTS"
LONGER, DEARER = "leaflet-a-week-longer", "milk-ten-percent-dearer"
SCREENS = {
    "worklist": "/",
    "explorer": "/explorer?q=milk",
    "item": f"/skus/{SKU}",
    "where-from": f"/skus/{SKU}?trace={{second}}",
    "hierarchy": "/hierarchy",
    "accuracy": "/accuracy",
    "scenarios": f"/scenarios?scenario={LONGER}&with=%5B%22{DEARER}%22%5D",
    "approvals": "/approvals",
    "data": "/data",
    "operations": "/operations",
    "alerts": "/operations?part=alerts",
    "drift": "/operations?part=drift",
}
SHOWN_AT = {"where-from": "Where from"}
"""Screen → the heading that is scrolled to."""


@contextmanager
def copied_demo() -> Iterator[dict[str, str]]:
    """The environment of a copy of the demo, which is removed afterwards.

    The lake's files are links: whoever replaces one puts another in its place, so those of the demo stay as they are.
    """
    with tempfile.TemporaryDirectory(dir=DEMO) as folder:
        state, lake = Path(folder).resolve() / "state", Path(folder).resolve() / "lake"
        shutil.copytree(DEMO / "state", state)
        shutil.copytree(DEMO / "lake", lake, copy_function=os.link)
        yield {**os.environ, "DP_STATE_DIR": str(state), "DP_LAKE_ROOT": str(lake), "DP_CLOCK": "simulated"}


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[None]:
    """A server over the copy that asks who is there."""
    environment = {**environment, "DP_API_ACCESS": "keys"}
    command = [sys.executable, "-m", "serving", "--port", str(PORT), "--log-level", "error"]
    process = subprocess.Popen(command, env=environment)
    try:
        wait_for(f"{ADDRESS}/healthz")
        yield
    finally:
        process.terminate()
        process.wait()


def dp(environment: dict[str, str], *arguments: str) -> None:
    """The command `dp` on the copy."""
    command = [str(Path(sys.executable).parent / "dp"), *arguments]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def prepare(state: Path) -> tuple[str, str]:
    """A user, a lock and scenarios to look at; the user's password, and the second bucket that is forecast."""
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
    stretch = {"first": second, "last": second, "percent": 10}
    asked = {
        LONGER: ("the leaflet lasts a week longer", {"kind": "growth", "node": NODE, **stretch}),
        DEARER: ("milk costs ten percent more", {"kind": "price", "node": MILK, **stretch}),
    }
    for name, (description, change) in asked.items():
        body = {"name": name, "definition": {"description": description, "changes": [change]}}
        answered = client.post("/v1/scenarios", json=body, headers={"Idempotency-Key": name})
        if answered.is_error:
            sys.exit(f"the scenario {name} was refused: {answered.text}")
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
    with copied_demo() as environment:
        dp(environment, "alerts", "check")  # what is wrong in the demo is entered, as its daemon would
        with serving(environment), sync_playwright() as playwright:
            password, second = prepare(Path(environment["DP_STATE_DIR"]))
            dp(environment, "scenario", "run", LONGER, DEARER)
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            for theme in ("light", "dark"):
                take(browser, password, second, theme)
            browser.close()


if __name__ == "__main__":
    main()
