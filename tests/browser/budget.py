"""`python -m tests.browser.budget`: what a first visit to a page costs.

For each kind of page, measured in Chromium with an empty cache: requests, bytes over the wire,
milliseconds until the largest element is painted, and layout shift. Tests hold the pages to the
budget of bytes, requests and shift. Time is only printed, because it measures the machine, too.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from selenium import webdriver
from selenium.webdriver import Chrome

from tests.conftest import QUIET_CHROMIUM
from tests.worlds import Databases

BYTES, REQUESTS = 100_000, 10
"""The budget of a page with all that it loads."""

_MEASURE = """
const done = arguments[0];
const seen = {shift: 0, paint: 0};
const watch = (type, note) => new PerformanceObserver(
  (list) => list.getEntries().forEach(note)).observe({type, buffered: true});
watch("layout-shift", (each) => { seen.shift += each.value; });
watch("largest-contentful-paint", (each) => { seen.paint = each.startTime; });
setTimeout(() => {
  const loaded = performance.getEntriesByType("navigation")
    .concat(performance.getEntriesByType("resource"));
  seen.requests = loaded.length;
  seen.bytes = loaded.reduce((sum, each) => sum + each.transferSize, 0);
  done(seen);
}, 300);
"""


@dataclass(frozen=True, slots=True)
class PageCost:
    """What a page costs."""

    requests: int
    bytes: int
    paint: float
    shift: float


def measure_cost(chrome: Chrome, url: str) -> PageCost:
    """Open a page with an empty cache and measure it."""
    chrome.execute_cdp_cmd("Network.enable", {})
    chrome.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
    chrome.get(url)
    return PageCost(**chrome.execute_async_script(_MEASURE))


@contextmanager
def open_browser(folder: str) -> Iterator[Chrome]:
    """Open Chromium with its profile in a folder."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*QUIET_CHROMIUM, "--window-size=1280,1000", f"--user-data-dir={folder}/chromium"):
        options.add_argument(flag)
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    with webdriver.Chrome(options=options, service=service) as chrome:
        yield chrome


def main() -> None:
    """Print the cost of each page."""
    from tests.browser.conftest import EMBEDS, PAGES, serve_pages  # noqa: PLC0415 (pytest's own)

    with (
        tempfile.TemporaryDirectory() as folder,
        serve_pages(Databases(Path(folder), str), Path(folder)) as server,
        open_browser(folder) as chrome,
    ):
        print("requests   bytes   paint (ms)   shift   page")
        for path in (*PAGES, *EMBEDS):
            found = measure_cost(chrome, server.address + path)
            figures = f"{found.requests:8} {found.bytes:7} {found.paint:12.0f} {found.shift:7.3f}"
            print(f"{figures}   {path}")


if __name__ == "__main__":
    main()
