"""What a planner waits for: `python -m benchmarks.workbench`, after `make demo` and `make ui`.

Serves the demo's lake (or --lake), opens the workbench in headless Chromium with an empty cache, and prints seconds
until the worklist stands, until an item stands after a click, until all series can be searched, and sizes of scripts.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from dp_resources.lake import Lake
from serving.api.pages import BUILT
from tests.serving.clients import server_over

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SCROLLED = """async () => {
  const table = document.querySelector('[role=table]');
  const frames = [];
  let before = performance.now();
  for (let step = 0; step < 120; step += 1) {
    table.scrollTop += 1500;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - before);
    before = now;
  }
  return frames.sort((one, other) => one - other)[Math.floor(frames.length * 0.95)];
}"""


def initial_bytes() -> int:
    """Packed bytes of the scripts that `index.html` names."""
    names = re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', (BUILT / "index.html").read_text())
    return sum((BUILT / f"{name}.gz").stat().st_size for name in names)


def first_view(browser: Browser, address: str) -> float:
    """Seconds from an empty browser to rows of the worklist that can be clicked."""
    context = browser.new_context()
    page = context.new_page()
    started = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator("tbody a").first.wait_for()
    taken = time.perf_counter() - started
    context.close()
    return taken


def item_views(browser: Browser, address: str, many: int) -> list[float]:
    """Seconds from a click on a row to the item's table and chart, with the parts of the page loaded before."""
    page = browser.new_page()
    page.goto(address)
    taken = []
    for place in range(many + 1):
        link = page.locator("tbody a").nth(place)
        link.wait_for()
        started = time.perf_counter()
        link.click()
        page.get_by_role("heading", name="Forecast by bucket").wait_for()
        page.locator(".uplot").wait_for()
        taken.append(time.perf_counter() - started)
        page.go_back()
    page.close()
    return taken[1:]


def explorer(browser: Browser, address: str) -> tuple[float, float]:
    """Seconds until all series can be searched; milliseconds of the slowest twentieth of frames while scrolling."""
    page = browser.new_page()
    started = time.perf_counter()
    page.goto(f"{address}/explorer")
    page.get_by_text(re.compile(r"^[\d,.]+ items$")).wait_for(timeout=120_000)
    taken = time.perf_counter() - started
    frames = float(page.evaluate(SCROLLED))
    page.close()
    return taken, frames


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lake", default=".demo/lake", help="lake to serve (default: %(default)s)")
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None or not (BUILT / "index.html").is_file():
        sys.exit("this needs Chromium (Debian: apt-get install chromium) and the workbench (make ui)")
    with server_over(Lake(str(Path(options.lake).resolve()))) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        first = [first_view(browser, address) for _ in range(5)]
        items = item_views(browser, address, 10)
        loaded, frames = explorer(browser, address)
        browser.close()
    print(f"first view: {statistics.median(first):.2f} s, worst of {len(first)}: {max(first):.2f} s (bar 1.5 s)")
    print(f"item after click: {statistics.median(items):.2f} s, worst of {len(items)}: {max(items):.2f} s (bar 0.3 s)")
    print(f"all series can be searched after {loaded:.1f} s; scrolling, 95 % of frames come within {frames:.0f} ms")
    print(f"initial scripts: {initial_bytes() / 1000:.0f} kB packed (bar 250 kB)")


if __name__ == "__main__":
    main()
