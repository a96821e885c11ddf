"""While its server is down or fails, the explorer says so, and works again afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from sqlalchemy import make_url

from tests.browser.conftest import SEED, Visitor
from tests.servers import start_server
from tests.worlds import Databases

REJECTION = '#below a[data-open="positions/russia-rejects-truce"]'
MESSAGE = "The server could not answer"


@pytest.fixture
def seed(databases: Databases) -> Iterator[str]:
    """Return the URL of a database with the seed that a test may damage."""
    with databases.fresh("sqlite", "seed") as url:
        yield url


def rename_table(url: str, table: str, to: str) -> None:
    """Rename a table, so that the server no longer finds it, or finds it again."""
    with closing(sqlite3.connect(str(make_url(url).database))) as database:
        database.execute(f"ALTER TABLE {table} RENAME TO {to}")


def trouble_text(visitor: Visitor) -> str:
    return visitor.find("#trouble").text


def verdict_text(visitor: Visitor) -> str:
    return visitor.find(".verdict").text


def test_a_page_outlives_its_server(chromium: Chrome, seed: str, tmp_path: Path):
    with start_server(seed, tmp_path) as server:
        visitor = Visitor(chromium, server)
        visitor.open(SEED)
        before = verdict_text(visitor)
        server.kill()

        visitor.click(REJECTION)
        visitor.wait(lambda: MESSAGE in trouble_text(visitor))
        assert not visitor.find("#drawer").is_displayed()
        again = visitor.find("#trouble a", "Try again").get_attribute("href")
        assert again == f"{server.address}{SEED}?open=positions/russia-rejects-truce"

        visitor.find("#goal").send_keys("There is peace")
        visitor.wait(lambda: "goal=peace" in str(visitor.find("#trouble a").get_attribute("href")))
        assert verdict_text(visitor) == before
        assert chromium.current_url == server.address + SEED
        assert not chromium.find_elements("css selector", ".busy")

    with start_server(seed, tmp_path, port=server.port):
        visitor.click(REJECTION)
        visitor.wait(lambda: visitor.find("#drawer").is_displayed())
        assert trouble_text(visitor) == ""


def test_a_database_out_of_reach_is_told_and_leads_to_the_servers_words(
    chromium: Chrome, seed: str, tmp_path: Path
):
    with start_server(seed, tmp_path) as server:
        visitor = Visitor(chromium, server)
        visitor.open(SEED)
        rename_table(seed, "positions", "elsewhere")
        visitor.click(REJECTION)
        visitor.wait(lambda: MESSAGE in trouble_text(visitor))
        visitor.click("#trouble a")
        visitor.wait(lambda: "sinequanon db upgrade" in visitor.find("main").text)

        rename_table(seed, "elsewhere", "positions")
        chromium.back()
        visitor.wait(lambda: visitor.find(REJECTION))
        visitor.click(REJECTION)
        visitor.wait(lambda: visitor.find("#drawer").is_displayed())
        assert trouble_text(visitor) == ""
