"""`python -m tests.browser.audit`: every kind of page at every screen, as its readers meet it.

Asks of each page in Chromium, and exits with 1 where one falls short:

- what axe finds in light, dark and forced colours, at 360, 768 and 1280 pixels, targets under 24
  pixels included;
- whether it fits 320 pixels, and 640 as at 200 % zoom, and is at most 8 screens long at 1280;
- with `--lighthouse FOLDER`, its scores on a phone. The folder holds Lighthouse, as
  `npm install --prefix FOLDER lighthouse@12` puts it there.

`--url` audits a server that runs already, `--only` the pages whose address contains a text. The
tests do the same at three screens. Of Lighthouse they do nothing: its times measure the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome

from tests.browser.budget import open_browser
from tests.worlds import PROJECT, Databases

SCHEMES, WIDTHS = ("light", "dark", "forced"), (360, 768, 1280)
SCREENS = [(scheme, width) for scheme in SCHEMES for width in WIDTHS]
NARROW = (320, 640)
HEIGHT, MOST_SCREENS = 900, 8
SCORES = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
"""What Lighthouse must give at least; a conflict of 400 positions needs less performance."""
_LEAST_OF_LARGE = 90
_AXE = PROJECT / ".venv" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
_RUN_AXE = """
const done = arguments[0], rules = {"target-size": {enabled: true}};
axe.run(document, {resultTypes: ["violations"], rules}).then((told) => done(told.violations.map(
  (each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 150)).join(" | ")}`)));
"""

_WAIT_FOR_WIDTH = """
const [width, done] = arguments;
const look = () => innerWidth === width ? done() : requestAnimationFrame(look);
look();
"""


def emulate_screen(chrome: Chrome, scheme: str, width: int, height: int = HEIGHT) -> None:
    """Emulate a preferred colour scheme, or forced colours, and a screen."""
    feature = {"name": "prefers-color-scheme", "value": scheme}
    if scheme == "forced":
        feature = {"name": "forced-colors", "value": "active"}
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    chrome.execute_async_script(_WAIT_FOR_WIDTH, width)


def find_barriers(
    chrome: Chrome, axe: str, screens: Sequence[tuple[str, int]] = SCREENS
) -> Iterator[str]:
    """Yield what axe finds on the page that is open, at each screen."""
    chrome.execute_script(axe)
    for scheme, width in screens:
        emulate_screen(chrome, scheme, width)
        for each in chrome.execute_async_script(_RUN_AXE):
            yield f"{scheme} {width}: {each}"


def find_overflow(chrome: Chrome, widths: Sequence[int] = NARROW) -> Iterator[str]:
    """Yield the widths of screens that the open page does not fit."""
    for width in widths:
        emulate_screen(chrome, "light", width)
        if (wide := _measure(chrome, "scrollWidth")) > width:
            yield f"{wide} pixels wide at {width}"


def find_length(chrome: Chrome) -> Iterator[str]:
    """Yield how long the open page is, where it is too long."""
    emulate_screen(chrome, "light", max(WIDTHS))
    if (screens := _measure(chrome, "scrollHeight") / HEIGHT) > MOST_SCREENS:
        yield f"{screens:.1f} screens long"


def _measure(chrome: Chrome, name: str) -> int:
    return chrome.execute_script(f"return document.documentElement.{name}")


def find_low_scores(lighthouse: Path, url: str) -> Iterator[str]:
    """Yield the scores of Lighthouse that are too low, with the audits that took most."""
    found = _run_lighthouse(lighthouse, url)
    scores = {name: round(100 * (each["score"] or 0)) for name, each in found["categories"].items()}
    print("  Lighthouse:", *scores.values(), flush=True)
    large = {"performance": _LEAST_OF_LARGE} if "/conflicts/big" in url else {}
    for name, least in (SCORES | large).items():
        if scores[name] < least:
            audits = found["categories"][name]["auditRefs"]
            low = [each["id"] for each in audits if each["weight"]
                   and (found["audits"][each["id"]]["score"] or 0) < 1]  # fmt: skip
            yield f"{name} {scores[name]} of {least}: {', '.join(low)}"


def _run_lighthouse(lighthouse: Path, url: str) -> Any:
    flags = "--chrome-flags=--headless=new --no-sandbox --disable-gpu"
    program = lighthouse / "node_modules" / "lighthouse" / "cli" / "index.js"
    command = ["node", program, url, "--quiet", "--output=json", flags]
    env = {**os.environ, "CHROME_PATH": shutil.which("chromium") or ""}
    return json.loads(subprocess.run(command, env=env, capture_output=True, check=True).stdout)


def audit_page(chrome: Chrome, url: str, axe: str, lighthouse: Path | None) -> list[str]:
    """List all that is wrong with a page."""
    chrome.get(url)
    found = [*find_length(chrome), *find_overflow(chrome), *find_barriers(chrome, axe)]
    if lighthouse is None or url.endswith("/nowhere"):  # Lighthouse rates no answer with an error.
        return found
    return [*found, *find_low_scores(lighthouse, url)]


def main() -> None:
    """Audit all pages, and exit with 1 if anything is wrong."""
    from tests.browser.conftest import EMBEDS, PAGES, serve_pages  # noqa: PLC0415 (pytest's own)

    parser = argparse.ArgumentParser(prog="python -m tests.browser.audit", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--url", help="a server that runs; without it, one of its own")
    parser.add_argument("--only", default="", help="pages whose address contains this")
    parser.add_argument("--path", action="append", help="these pages instead; may be repeated")
    parser.add_argument("--lighthouse", type=Path, metavar="FOLDER")
    asked: Any = parser.parse_args()
    axe, wrong = _AXE.read_text(encoding="utf-8"), 0
    with tempfile.TemporaryDirectory() as name, ExitStack() as after:
        databases = Databases(Path(name), str)
        url = asked.url or after.enter_context(serve_pages(databases, Path(name))).address
        chrome = after.enter_context(open_browser(name))
        for path in asked.path or [each for each in (*PAGES, *EMBEDS) if asked.only in each]:
            print(path, flush=True)
            for each in audit_page(chrome, url + path, axe, asked.lighthouse):
                wrong += 1
                print(" ", each, flush=True)
    print(f"{wrong} faults")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
