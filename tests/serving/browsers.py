"""Browsers for tests of the workbench: a server that asks who is there, who signs in there, and what axe finds wrong.

Files import the fixtures that they use: `address` serves the `place` of the file, and `page` is one of its `browser`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from dp_assets.domain.access import Role
from tests.conftest import UI
from tests.serving.access_makers import shown
from tests.serving.clients import server_over
from tests.serving.planning_makers import Planned

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
ALLOWED = ("status of 4", "ERR_CONNECTION_REFUSED")
"""What a browser says of answers that refuse, and of a server that was stopped before the page was closed."""
PASSWORD = "a password of my own"  # no secret: its user lives as long as the test
AXE = "axe.run().then(({violations}) => violations.map(({id, nodes}) => `${id}: ${nodes[0].html}`))"


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A browser, whose event loop this thread has as long as it is open."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def browser_of_one_test() -> Iterator[Browser]:
    """For files that also run the graph, which like a browser needs the thread's event loop."""
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in English that fails the test when a script breaks or the policy is offended."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.set_default_timeout(15_000)
    yield opened
    context.close()
    broken = [said for said in wrong if not any(allowed in said for allowed in ALLOWED)]
    assert broken == [], broken


def server_with_keys(place: Planned, **environment: str) -> AbstractContextManager[str]:
    """A server over a place, which asks who is there."""
    folder = place.folder
    own = {"DP_API_ACCESS": "keys", "DP_STATE_DIR": str(folder / "state"), "DP_CONFIG": str(folder / "demand.yaml")}
    own["DP_PLANNING_DATABASE_URL"] = place.settings.planning_url
    return server_over(place.lake, **own, **environment)


@pytest.fixture(scope="module")
def address(place: Planned) -> Iterator[str]:
    """A server with keys over the place that a file's tests share."""
    with server_with_keys(place) as address:
        yield address


def choose_password(address: str, name: str, given: str | None) -> str:
    """Replaces a one-time password by `PASSWORD`; returns the token of the session that begins with it."""
    said = {"user": name, "password": given, "new_password": PASSWORD}
    answer = httpx.post(f"{address}/v1/session/password", json=said, timeout=30).raise_for_status()
    return str(answer.json()["access_token"])


def add_user(place: Planned, address: str, name: str, role: Role) -> None:
    """A user with a password of their own."""
    choose_password(address, name, place.user(name, [role]))


def give_password(page: Page, name: str, password: str = PASSWORD) -> None:
    """Fills in what the page asks for, whatever comes of it."""
    page.get_by_label("User").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def sign_in(page: Page, name: str) -> None:
    give_password(page, name)
    page.get_by_role("button", name="Sign out").wait_for()


def look_as(page: Page, place: Planned, address: str, name: str, path: str) -> None:
    """Opens the workbench in a session of somebody's key, which stands where that of a sign-in would."""
    page.goto(f"{address}/")
    page.evaluate("(token) => sessionStorage.setItem('demand-planner.token', token)", place.key(name))
    page.goto(f"{address}{path}")
    page.get_by_role("button", name="Sign out").wait_for()


def draft(page: Page, amount: str, buckets: int, comment: str = "") -> None:
    """Chooses the first buckets of an item and says what is wanted of them."""
    chooser = page.locator("button[data-start]")
    chooser.first.click()
    if buckets > 1:
        chooser.nth(buckets - 1).click(modifiers=["Shift"])
    form = page.get_by_role("form", name="Change numbers")
    form.get_by_role("spinbutton", name="Percent").fill(amount)
    form.get_by_role("combobox", name="Reason").select_option("promotion")
    form.get_by_label("Comment").fill(comment)


def preview(page: Page) -> Locator:
    page.get_by_role("button", name="Preview", exact=True).click()
    region = page.get_by_role("region", name="Preview")
    region.wait_for()
    return region


def set_by(place: Planned, address: str, name: str, body: dict[str, Any], **headers: str) -> None:
    """Sets numbers as a program does."""
    said = {**shown(place.key(name)), **{header.replace("_", "-"): value for header, value in headers.items()}}
    httpx.post(f"{address}/v1/overrides", json=body, headers=said, timeout=30).raise_for_status()


def wrong_for_axe(page: Page) -> list[str]:
    page.wait_for_load_state("networkidle")
    page.evaluate((UI / "node_modules/axe-core/axe.min.js").read_text())
    return list(page.evaluate(AXE))


def wrong_in_a_theme(page: Page) -> dict[str, list[str]]:
    """What axe finds wrong in light and in dark; nothing of a theme in which it finds nothing."""
    found = {}
    for theme in ("Light", "Dark"):
        page.get_by_label("Theme").select_option(label=theme)
        found[theme] = wrong_for_axe(page)
    return {theme: wrong for theme, wrong in found.items() if wrong}
