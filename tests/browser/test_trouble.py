"""What the explorer does while its server is down, or fails: it says so and goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from sqlalchemy import make_url

from tests.browser.conftest import REJECTION, SEED, Visitor
from tests.servers import serving
from tests.worlds import Databases

MESSAGE = "The server could not answer"


@pytest.fixture
def seed(databases: Databases) -> Iterator[str]:
    """Give the URL of a database with the seed, which a test may break."""
    with databases.fresh("sqlite", "seed") as url:
        yield url


def rename(url: str, table: str, to: str) -> None:
    """Take a table away from a server, or give it back."""
    with closing(sqlite3.connect(str(make_url(url).database))) as database:
        database.execute(f"ALTER TABLE {table} RENAME TO {to}")


def trouble(visitor: Visitor) -> str:
    return visitor.find("#trouble").text


def verdict(visitor: Visitor) -> str:
    return visitor.find(".verdict").text


def test_a_page_outlives_its_server(chromium: Chrome, seed: str, tmp_path: Path):
    with serving(seed, tmp_path) as server:
        visitor = Visitor(chromium, server)
        visitor.open(SEED)
        before = verdict(visitor)
        server.kill()

        visitor.click(REJECTION)
        visitor.wait(lambda: MESSAGE in trouble(visitor))
        assert not visitor.find("#drawer").is_displayed()
        asked = visitor.find(REJECTION).get_attribute("href")
        assert visitor.find("#trouble a", "Try again").get_attribute("href") == asked

        visitor.find("#goal").send_keys("There is peace")
        visitor.wait(lambda: "goal=peace" in str(visitor.find("#trouble a").get_attribute("href")))
        assert verdict(visitor) == before
        assert chromium.current_url == server.address + SEED
        assert not chromium.find_elements("css selector", ".busy")

    with serving(seed, tmp_path, port=server.port):
        visitor.click(REJECTION)
        visitor.wait(lambda: visitor.find("#drawer").is_displayed())
        assert trouble(visitor) == ""


def test_a_database_out_of_reach_is_told_and_leads_to_the_servers_words(
    chromium: Chrome, seed: str, tmp_path: Path
):
    with serving(seed, tmp_path) as server:
        visitor = Visitor(chromium, server)
        visitor.open(SEED)
        rename(seed, "positions", "elsewhere")
        visitor.click(REJECTION)
        visitor.wait(lambda: MESSAGE in trouble(visitor))
        visitor.click("#trouble a")
        visitor.wait(lambda: "sinequanon db upgrade" in visitor.find("main").text)

        rename(seed, "elsewhere", "positions")
        chromium.back()
        visitor.wait(lambda: visitor.find(REJECTION))
        visitor.click(REJECTION)
        visitor.wait(lambda: visitor.find("#drawer").is_displayed())
        assert trouble(visitor) == ""
