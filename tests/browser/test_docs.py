"""Swagger UI in a real browser: it shows and executes every operation, and asks no other host."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from api import keys
from api.ledger.store.database import Database
from tests.conftest import requested_urls
from tests.servers import Server, start_server
from tests.worlds import Databases

KEY: dict[str, str] = {}


@contextmanager
def serve_seed(databases: Databases, factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the seed, with a key to write."""
    with databases.fresh("sqlite", "seed") as url:
        database = Database(url)
        KEY["secret"] = keys.create_key(database, "reader", ["write", "texts"])
        database.close_connections()
        with start_server(url, factory.mktemp("browser")) as running:
            yield running


@pytest.fixture(scope="module")
def server(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the seed; tests share it and must not write."""
    with serve_seed(databases, tmp_path_factory) as running:
        yield running


@pytest.fixture
def own_server(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the seed for one test to write in."""
    with serve_seed(databases, tmp_path_factory) as running:
        yield running


@pytest.fixture
def page(chromium: Chrome, server: Server) -> Chrome:
    return open_documentation(chromium, server)


@pytest.fixture
def own_page(chromium: Chrome, own_server: Server) -> Chrome:
    return open_documentation(chromium, own_server)


def open_documentation(chrome: Chrome, server: Server) -> Chrome:
    """Open the documentation and wait until it is drawn."""
    chrome.set_window_size(1280, 1000)
    chrome.get(f"{server.address}/docs")
    wait_until(chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, ".opblock-tag"))
    return chrome


def wait_until(chrome: Chrome, what: Callable[[], Any]) -> Any:
    return WebDriverWait(chrome, 60, 0.05).until(lambda _: what())


def open_operation(chrome: Chrome, tag: str, operation_id: str) -> WebElement:
    """Open a group, and an operation in it."""
    click(chrome, chrome.find_element(By.ID, f"operations-tag-{tag}"), "button.expand-operation")
    named = (By.ID, f"operations-{tag}-{operation_id}")
    [block] = wait_until(chrome, lambda: chrome.find_elements(*named))
    click(chrome, block, ".opblock-summary-control")
    return block


def click(chrome: Chrome, block: WebElement, selector: str) -> None:
    button = wait_until(chrome, lambda: block.find_elements(By.CSS_SELECTOR, selector))[0]
    chrome.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()


def execute_operation(chrome: Chrome, block: WebElement) -> tuple[str, dict[str, Any]]:
    """Execute an operation; return the status and the parsed body that the page shows."""
    click(chrome, block, ".execute")
    live = ".live-responses-table .response"
    shown = wait_until(chrome, lambda: block.find_elements(By.CSS_SELECTOR, live))[0]
    status = shown.find_element(By.CSS_SELECTOR, ".response-col_status").text
    body = wait_until(
        chrome, lambda: shown.find_elements(By.CSS_SELECTOR, "pre.microlight, pre code")
    )
    return status.split()[0], json.loads(body[0].text)


def authorize(chrome: Chrome) -> None:
    """Give the page a key."""
    body = chrome.find_element(By.TAG_NAME, "body")
    click(chrome, body, ".btn.authorize")
    field = wait_until(
        chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, ".auth-container input")
    )[0]
    field.send_keys(KEY["secret"])
    click(chrome, body, ".auth-container .btn.modal-btn.authorize")
    click(chrome, body, ".auth-container .btn-done")


def test_the_closed_list_of_groups_fits_a_screen(page: Chrome):
    """In a window of 1280 by 1000, of which the browser's bars take some."""
    groups = page.find_elements(By.CSS_SELECTOR, ".opblock-tag")
    assert len(groups) > 10
    assert page.find_elements(By.CSS_SELECTOR, ".opblock") == []
    last, shown = (groups[-1].rect, page.execute_script("return innerHeight"))
    assert last["y"] + last["height"] <= shown <= 1000
    assert [each.get_attribute("data-tag") for each in groups[:4]] == [
        "actors", "positions", "preconditions", "deadlock",
    ]  # fmt: skip


def test_every_operation_of_the_contract_is_shown(page: Chrome, server: Server):
    contract = server.ask("/openapi.json").json()
    known = sum(
        method in ("get", "put", "post", "delete")
        for item in contract["paths"].values()
        for method in item
    )
    for group in page.find_elements(By.CSS_SELECTOR, ".opblock-tag"):
        click(page, group, "button.expand-operation")
    assert len(page.find_elements(By.CSS_SELECTOR, ".opblock")) == known
    assert 70 < known <= 105


def test_no_request_leaves_the_machine_and_the_console_stays_empty(page: Chrome, server: Server):
    asked = [u for u in requested_urls(page) if not u.startswith(("data:", "blob:"))]
    assert asked
    assert all(url.startswith(server.address) for url in asked)
    assert page.get_log("browser") == []


def test_the_policy_allows_no_script_but_our_own(server: Server):
    policy = server.ask("/docs").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["script-src"] == "'self'"
    assert rules["default-src"] == "'none'"
    assert "unsafe-eval" not in policy


def test_a_stranger_reads_a_record_by_trying_it_out(page: Chrome):
    block = open_operation(page, "actors", "getActor")
    status, body = execute_operation(page, block)
    assert status == "200"
    assert body["name"] == "Russia"
    assert page.get_log("browser") == []


def test_an_analyst_creates_a_record_by_trying_it_out(own_page: Chrome, own_server: Server):
    authorize(own_page)
    block = open_operation(own_page, "actors", "createActor")
    status, body = execute_operation(own_page, block)
    assert status == "201"
    assert body["recorded_by"] == "reader"
    kept = own_server.ask(f"/v1/actors/{body['id']}").json()
    assert kept["name"] == body["name"]


def test_a_first_visit_takes_less_than_600_kilobytes_and_the_contract_once(page: Chrome):
    """About three seconds on slow 4G; uncompressed it would take fifteen."""
    sizes = page.execute_script(
        "return performance.getEntriesByType('resource').map(r => [r.name, r.transferSize])"
    )
    assert sum(name.endswith("/openapi.json") for name, _ in sizes) == 1
    assert 400_000 < sum(size for _, size in sizes) < 600_000


WITHOUT_EXAMPLE = {
    "retractSource", "retractConflict",
    "getSubmission", "reviseSubmission", "commentSubmission", "decideSubmission",
}  # fmt: skip
"""Operations that cannot succeed on the seed.

Other records refer to its sources and conflicts, and nothing is proposed.
"""

EXECUTE = """
const [group, id, done] = arguments;
const until = (find, then) => {
  const found = find();
  return found ? then(found) : setTimeout(() => until(find, then), 15);
};
const block = () => document.getElementById(`operations-${group}-${id}`);
const show = (open) => {
  window.ui.layoutActions.show(["operations", group, id], open);
  window.ui.layoutActions.show(["operations-tag", group], open);
};
show(true);
until(() => block()?.querySelector(".btn.execute"), (button) => {
  button.click();
  const live = ".live-responses-table .response .response-col_status";
  until(() => block().querySelector(`${live}, .validation-errors`), (status) => {
    done(status.textContent);
    show(false);
  });
});
"""
"""Opens an operation, executes it unchanged, and returns the status that the page shows.

Its group is closed again, because every step draws all groups that are open.
"""


@pytest.mark.parametrize("part", range(3))
def test_every_example_succeeds_as_it_stands(own_page: Chrome, own_server: Server, part: int):
    authorize(own_page)
    operations = [
        item[method]
        for item in own_server.ask("/openapi.json").json()["paths"].values()
        for method in ("get", "post", "put", "delete")
        if method in item
    ]
    assert len(operations) <= 105
    told = {}
    for operation in operations[part::3]:
        name, [group] = operation["operationId"], operation["tags"]
        if name not in WITHOUT_EXAMPLE:
            told[name] = own_page.execute_async_script(EXECUTE, group, name)
    assert {name: said for name, said in told.items() if not said.startswith("20")} == {}
    assert own_page.get_log("browser") == []
