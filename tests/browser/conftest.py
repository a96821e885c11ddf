"""What the browser tests share: a server with both worlds, and a browser whose console is checked.

A violation of the Content-Security-Policy and a failing script are both reported on the console, so
it must stay empty. `PAGES` has every page of the explorer, `EMBEDS` those for frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from api.nouns import NOUNS_BY_NAME
from tests.bench.explorer import import_conflict
from tests.conftest import requested_urls
from tests.servers import Server, start_server
from tests.worlds import Databases, Registry

SEED, BIG = "/conflicts/war-in-ukraine", "/conflicts/big"
FORUM = "strait-council-eleventh-session"
SECTIONS = ("", "/matrix", "/conditions", "/timeline", "/changes", "/sources")
REJECTION = '#matrix a[data-open="positions/russia-rejects-truce"]'
PAGES = (
    "/",
    SEED,
    f"{SEED}?goal=peace",
    f"{SEED}?goal=peace&open=positions/russia-rejects-truce",
    f"{SEED}?without=preconditions/ukraine-peace-needs-withdrawal&axioms=peace-implies-end",
    f"{SEED}/matrix?valid_at=2023-03-31&known_at=2&by=proposition",
    f"{SEED}/conditions",
    f"{SEED}/timeline",
    f"{SEED}/changes?valid_at=2023-03-31&since=2023-03-30",
    f"{SEED}/sources",
    "/conflicts/varn-strait-dispute?valid_at=2024-03-06",
    "/positions/russia-rejects-truce",
    "/preconditions/sudmark-plan-needs-recognition-or-commission",
    "/statements/peskov-operation-continues",
    "/actors",
    "/actors/belarus?since=2023-01-01",
    "/actors/ukraine?valid_at=2020-01-01",
    *(f"/{noun}" for noun in NOUNS_BY_NAME if noun != "actors"),
    "/positions?holder=russia&valid_at=any",
    "/sources/us-ukraine-joint-statement",
    "/sources/kremlin-rules-out-truce",
    "/issues/truce",
    "/propositions/peace",
    "/axioms/peace-implies-end",
    "/about",
    "/glossary",
    "/proposals/belarus-truce-call",
    "/proposals/kestrian-plan-revised",
    "/search",
    "/search?q=truce",
    "/search?q=Kiev&noun=statements&sort=relevance",
    "/search?q=nothing+like+it",
    "/search?q=hostilties",
    "/changes",
    "/changes?conflict=war-in-ukraine",
    "/changes/2",
    "/agreement",
    f"/agreement?actors=norland,sudmark,kestria&conflict={FORUM}&least=0",
    f"/conflicts/{FORUM}",
    f"/conflicts/{FORUM}/votes?made_on=2024",
    f"/conflicts/{FORUM}/votes?made_on=1964",
    "/proposals/roll-call-4",
    *(BIG + each for each in SECTIONS),
    "/conflicts/long",
    "/conflicts/long/matrix",
    "/actors/long",
    "/sources/long",
    "/proposals/long",
    "/nowhere",
)

WORD = "x" * 60
LONG = (
    ("actors", {"id": "long", "name": WORD, "kind": "state"}),
    ("sources", {"id": "long", "title": WORD, "kind": "news_report", "language": "de",
                 "publisher": WORD}),
    ("conflicts", {"id": "long", "name": WORD, "kind": "dispute",
                   "parties": [{"actor": "long", "status": "party"}]}),
    ("issues", {"id": "long", "conflict": "long", "name": WORD}),
    ("propositions", {"id": "long", "text": f"{WORD}.", "conflict": "long", "issues": ["long"]}),
    ("statements", {"id": "long", "source": "long", "start": 0, "end": 60, "exact": WORD,
                    "attestation": "verbatim_sentence", "attested_on": "2024-01-02",
                    "speaker": "long"}),
    ("positions", {"id": "long", "holder": "long", "evidence": ["long"], "force": "demand",
                   "attestation": "verbatim_sentence", "speaker": "long", "proposition": "long",
                   "attested_on": "2024-01-02"}),
    ("proposals", {"id": "long", "title": WORD, "conflict": "long", "proposers": ["long"],
                   "components": [{"id": "a", "label": WORD, "propositions": ["long"]}]}),
)  # fmt: skip
"""A conflict whose names, titles and texts are words of 60 letters."""


EMBEDS = (
    *(f"/embed{SEED}/{name}{behind}?valid_at=2023-03-31"
      for name in ("matrix", "timeline", "deadlock") for behind in ("", "/table")),
    f"/embed/agreement?actors=norland,sudmark&conflict={FORUM}",
    f"/embed/agreement/table?actors=norland,sudmark&conflict={FORUM}",
)  # fmt: skip


ROLL_CALL = {
    "id": "roll-call-4", "title": "Roll call 4", "conflict": FORUM, "made_on": "2024-03-08",
    "proposers": ["strait-council"],
    "components": [{"id": "a", "phase": "session 11", "propositions": ["survey-funded"]}],
}  # fmt: skip


@contextmanager
def serve_pages(databases: Databases, folder: Path) -> Iterator[Server]:
    """Serve both worlds, a roll call, long words and a conflict of 400 positions."""
    with databases.fresh("sqlite", "both") as url:
        import_conflict(url, folder)
        registry = Registry(url)
        registry.make_key()
        for noun, record in (*LONG, ("proposals", ROLL_CALL)):
            assert registry.post(f"/v1/{noun}", record).status_code == 201
        registry.close()
        with start_server(url, folder) as running:
            yield running


@pytest.fixture(scope="session")
def explorer(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve all pages; tests share them and must not write."""
    with serve_pages(databases, tmp_path_factory.mktemp("explorer")) as running:
        yield running


@pytest.fixture
def visitor(chromium: Chrome, explorer: Server) -> Iterator[Visitor]:
    """Return a visitor, and check the console and the requests afterwards."""
    visitor = Visitor(chromium, explorer)
    yield visitor
    assert visitor.console() == []
    asked = [url for url in requested_urls(chromium) if not url.startswith(("data:", "about:"))]
    assert all(url.startswith(explorer.address) for url in asked), asked


@pytest.fixture
def axe(node_modules: Path) -> str:
    """Return the source of axe-core."""
    return (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


class Visitor:
    """A browser at the explorer, as a person uses it."""

    def __init__(self, chrome: Chrome, server: Server) -> None:
        self.chrome, self.server = chrome, server

    def open(self, path: str) -> None:
        """Type an address."""
        self.chrome.get(self.server.address + path)

    def wait(self, what: Callable[[], Any]) -> Any:
        """Wait until the result is true, and return it."""
        ignored = [LookupError, StaleElementReferenceException]
        return WebDriverWait(self.chrome, 60, 0.05, ignored).until(lambda _: what())

    def find(self, selector: str, text: str = "") -> WebElement:
        """Find the first element that matches a selector and contains a text."""
        found = self.chrome.find_elements(By.CSS_SELECTOR, selector)
        for each in found:
            if text in each.text:
                return each
        raise LookupError(f"there is no {selector} with {text!r}")

    def texts(self, selector: str) -> list[str]:
        """Return the visible texts of all elements that match a selector."""
        return [each.text for each in self.chrome.find_elements(By.CSS_SELECTOR, selector)]

    def click(self, selector: str, text: str = "") -> None:
        """Scroll to an element and click on it."""
        element = self.find(selector, text)
        self.chrome.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def console(self) -> list[str]:
        """Return the messages of the console, without the expected 404 of /nowhere."""
        said = [each["message"] for each in self.chrome.get_log("browser")]
        return [each for each in said if "/nowhere - Failed to load resource" not in each]
