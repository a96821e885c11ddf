"""Behind a real nginx, with TLS and under a path: all links work, and so does Swagger UI."""

from __future__ import annotations

import json
import re
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests import nginx
from tests.browser.test_docs import execute_operation, open_operation, wait_until
from tests.conftest import requested_urls, require_part
from tests.crawling import crawl
from tests.servers import start_server
from tests.worlds import Databases

SETTINGS = {
    "SINEQUANON_TRUSTED_PROXIES": "1",
    "SINEQUANON_PATH_PREFIX": "/registry",
    "SINEQUANON_ALLOWED_HOSTS": "localhost",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the certificate."""
    return tmp_path_factory.mktemp("nginx")


@pytest.fixture(scope="module")
def root(databases: Databases, folder: Path) -> Iterator[str]:
    """Yield the address of the registry behind nginx."""
    require_part("nginx", nginx.is_installed(), "apt-get install nginx openssl")
    with (
        databases.fresh("sqlite", "both") as url,
        start_server(url, folder, variables=SETTINGS) as server,
        nginx.start_nginx(server.port, folder) as port,
    ):
        yield f"https://localhost:{port}/registry"


def test_no_link_leads_out_of_the_registry(root: str, folder: Path):
    trusted = ssl.create_default_context(cafile=str(folder / "cert.pem"))

    def fetch(url: str) -> tuple[int, Mapping[str, str], bytes]:
        try:
            with urllib.request.urlopen(url, context=trusted) as answer:  # noqa: S310, our own
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return answer.status, headers, answer.read()
        except HTTPError as error:
            return error.code, {}, b""

    crawled = crawl(f"{root}/", fetch)
    own = [each for each in crawled.found_at if urlsplit(each).hostname == "localhost"]
    assert [each for each in own if not urlsplit(each).path.startswith("/registry/")] == []
    assert {urlsplit(each).scheme for each in own} == {"https"}
    failed = [url for url, status in crawled.statuses.items() if status >= 400]
    assert [url for url in failed if not url.endswith("/text")] == []
    assert len(crawled.statuses) > 100
    page = fetch(f"{root}/conflicts/war-in-ukraine")[2].decode()
    embedded = re.findall(r'&lt;(?:iframe|img) src="([^"]*)', page)
    assert embedded
    assert all(each.startswith("https://localhost") for each in embedded)


def test_swagger_ui_and_the_explorer_work(root: str, chromium: Chrome):
    chromium.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": True})
    chromium.set_window_size(1280, 1000)
    chromium.get(f"{root}/docs")
    wait_until(chromium, lambda: chromium.find_elements(By.CSS_SELECTOR, ".opblock-tag"))
    status, body = execute_operation(chromium, open_operation(chromium, "actors", "getActor"))
    assert (status, body["name"]) == ("200", "Russia")
    assert body["links"]["self"] == "/registry/v1/actors/russia"
    chromium.get(f"{root}/conflicts/war-in-ukraine")
    chromium.find_element(By.CSS_SELECTOR, ".collision a[data-open]").click()
    wait_until(chromium, lambda: chromium.find_elements(By.ID, "drawer-title"))
    assert chromium.current_url.startswith(f"{root}/conflicts/war-in-ukraine?open=")
    asked = [url for url in requested_urls(chromium) if not url.startswith(("data:", "blob:"))]
    assert all(url.startswith(f"{root}/") for url in asked), json.dumps(asked)
    assert chromium.get_log("browser") == []
