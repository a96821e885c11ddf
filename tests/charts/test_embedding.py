"""Pages for iframes: a picture or its table, links back, and frames only on allowed sites."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from api.charts.routes import PICTURES
from api.settings import Settings
from tests.servers import free_port, start_server
from tests.worlds import Databases, Registry, parse_answer

WAR = "/embed/conflicts/war-in-ukraine"
VOTES = "?actors=norland,sudmark&conflict=strait-council-eleventh-session"
PAGES = [
    *(
        f"{WAR}/{each.question.name}{behind}"
        for each in PICTURES
        if each.question.about
        for behind in ("", "/table")
    ),
    f"/embed/agreement{VOTES}",
    f"/embed/agreement/table{VOTES}",
]


def find_links(page: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'(?:src|href)="([^"]*)"', page)]


class Balanced(HTMLParser):
    """Tracks the open tags; a closing tag must match the last one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag not in ("meta", "img", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_and_asks_this_server_alone(reading: Registry, path: str):
    answer = reading.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    page = answer.get_data(as_text=True)
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    assert all(each.startswith("/") and not each.startswith("//") for each in find_links(page))
    assert "<script" not in page
    assert "<form" not in page


@pytest.mark.parametrize("path", PAGES)
def test_its_picture_and_its_data_are_there(reading: Registry, path: str):
    found = [
        each for each in find_links(reading.get(path).get_data(as_text=True)) if "/v1/" in each
    ]
    assert len(found) == (2 if "/table" in path else 3)
    for each in found:
        assert f"known_at={reading.head}" in each
        assert "valid_at=" in each
        assert reading.get(each).status_code == 200, each


@pytest.mark.parametrize("path", PAGES)
def test_its_way_back_leads_to_a_page(reading: Registry, path: str):
    found = find_links(reading.get(path).get_data(as_text=True))
    [back] = [each for each in found if not each.startswith(("/v1/", "/assets/"))]
    answer = reading.get(back)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_that_the_caller_has_is_not_sent_again(reading: Registry, path: str):
    tag = reading.get(path).headers["ETag"]
    again = reading.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_a_picture_has_its_words_beside_it(reading: Registry):
    page = reading.get(f"{WAR}/matrix", valid_at="2023-03-31").get_data(as_text=True)
    [alt] = re.findall(r'alt="([^"]*)"', page)
    assert "Russia: A cessation of hostilities is in effect: rejects;" in unescape(alt)


def test_a_page_describes_itself_and_lets_crawlers_read_robots_txt(reading: Registry):
    for path in (f"{WAR}/matrix", f"{WAR}/timeline/table", f"{WAR}/deadlock"):
        response = reading.get(path, valid_at="2023-03-31")
        [told] = re.findall(r'name="description" content="([^"]+)"', response.text)
        assert "War in Ukraine" in unescape(told)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'; connect-src 'self'; " in policy
        assert "script-src" not in policy


def test_the_way_back_leads_to_the_same_state(reading: Registry):
    page = reading.get(
        f"{WAR}/deadlock", goal="peace", axioms="truce-ends-operation", valid_at="2023-03-31"
    ).get_data(as_text=True)
    [back] = [each for each in find_links(page) if each.startswith("/conflicts/")]
    path, _, query = back.partition("?")
    assert path == "/conflicts/war-in-ukraine"
    assert set(query.split("&")) == {
        "goal=peace", "axioms=truce-ends-operation", f"known_at={reading.head}",
        "valid_at=2023-03-31",
    }  # fmt: skip


def test_a_table_tells_what_is_not_recorded(reading: Registry):
    page = reading.get(f"{WAR}/matrix/table", valid_at="2023-03-31").get_data(as_text=True)
    assert "<caption>Who stands where: War in Ukraine. In force on 2023-03-31" in page
    assert "<td>none recorded</td>" in page
    assert "<td>reject</td>" in page


def test_parameters_are_as_strict_as_those_of_the_answer(reading: Registry):
    problem = parse_answer(reading.get(f"{WAR}/matrix", hodler="russia"), 422)
    assert "did you mean holder?" in problem["errors"][0]["detail"]
    assert reading.get("/embed/conflicts/never-there/matrix").status_code == 404
    assert reading.get(f"{WAR}/dossier").status_code == 404


def frame_ancestors(registry: Registry, path: str) -> str:
    policy = registry.get(path).headers["Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in policy.split(";"))["frame-ancestors"]


def test_who_may_frame_a_page_is_a_setting(registry_of: Callable[..., Registry]):
    registry = registry_of("seed", frame_ancestors="https://a.example 'self'")
    errors = (f"{WAR}/matrix?hodler=russia", "/embed/conflicts/never-there/matrix")
    for path in (f"{WAR}/matrix", f"{WAR}/matrix/table", *errors):
        assert frame_ancestors(registry, path) == "https://a.example 'self'"


def test_nothing_else_can_be_framed_whatever_the_setting(registry_of: Callable[..., Registry]):
    registry = registry_of("seed", frame_ancestors="*")
    for path in ("/docs", "/v1/conflicts/war-in-ukraine/matrix.svg"):
        assert frame_ancestors(registry, path) == "'none'"


@pytest.mark.parametrize("value", ["*", "'none'", "'self'", "https://a.example http://b.example:8"])
def test_a_fit_setting_is_taken(value: str):
    given = {"SINEQUANON_FRAME_ANCESTORS": value}
    assert Settings.from_environment(given).frame_ancestors == value


@contextmanager
def serve_site(port: int, frame: str) -> Iterator[str]:
    """Serve a page of another site with a frame in it."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{frame}" width="900" height="700"></iframe>'.encode())

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", port), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{port}/"
        server.shutdown()


@pytest.mark.parametrize("welcome", [True, False])
def test_a_site_shows_the_picture_where_it_may(
    chromium: Chrome, databases: Databases, tmp_path, *, welcome: bool
):
    port = free_port()
    allowed = f"http://127.0.0.1:{port}" if welcome else "https://somebody-else.example"
    variables = {"SINEQUANON_FRAME_ANCESTORS": allowed}
    with (
        databases.fresh("sqlite", "seed") as url,
        start_server(url, tmp_path, variables=variables) as server,
        serve_site(port, f"{server.address}{WAR}/matrix?valid_at=2023-03-31") as address,
    ):
        chromium.get(address)
        chromium.switch_to.frame(chromium.find_element(By.TAG_NAME, "iframe"))
        if welcome:
            drawn = "return document.images[0].naturalWidth"
            width = WebDriverWait(chromium, 60).until(lambda c: c.execute_script(drawn))
            assert width > 500
            assert chromium.get_log("browser") == []
        else:
            told = WebDriverWait(chromium, 60).until(lambda c: c.get_log("browser"))
            assert any("frame-ancestors" in each["message"] for each in told)
            assert not chromium.find_elements(By.TAG_NAME, "figure")
