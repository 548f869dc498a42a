"""Takes the README's pictures of the demo: `make screenshots`, after `make demo`.

Starts `dp up` on spare ports, opens the pages in headless Chromium, writes docs/images/*.png, and stops everything.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

IMAGES = Path(__file__).parent / "images"
DAGSTER, API = 3917, 8917
PAGES = {
    "asset-graph": "/asset-groups",
    "forecasts": "/assets/forecasts?view=partitions",
}

SIZES: dict[str, ViewportSize] = {
    "asset-graph": {"width": 1800, "height": 1100},
    "forecasts": {"width": 1600, "height": 900},
}


def wait_for(url: str, seconds: float = 240) -> None:
    """Returns once a URL answers; RuntimeError when it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310
                return
        except OSError:
            time.sleep(1)
    raise RuntimeError(f"{url} did not answer within {seconds:.0f} s")


def take(page: Page, name: str, path: str) -> None:
    """One picture; the graph needs a while to be laid out."""
    page.goto(f"http://127.0.0.1:{DAGSTER}{path}", wait_until="domcontentloaded")
    page.wait_for_timeout(8_000)
    page.screenshot(path=IMAGES / f"{name}.png")
    print(f"docs/images/{name}.png", (IMAGES / f"{name}.png").stat().st_size // 1024, "KiB")  # noqa: T201


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("this needs Chromium (Debian: apt-get install chromium)")
    IMAGES.mkdir(exist_ok=True)
    command = [str(Path(sys.executable).parent / "dp"), "up", "--dagster-port", str(DAGSTER), "--api-port", str(API)]
    up = subprocess.Popen(command, start_new_session=True, env={**os.environ}, stdout=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{DAGSTER}/server_info")
        wait_for(f"http://127.0.0.1:{API}/healthz")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            for name, path in PAGES.items():
                page = browser.new_page(viewport=SIZES[name])
                take(page, name, path)
                page.close()
            browser.close()
    finally:
        up.send_signal(signal.SIGINT)
        up.wait(60)


if __name__ == "__main__":
    main()
