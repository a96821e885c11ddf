"""The desk in a real browser, by keyboard alone: from a pasted article to records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from api import keys
from api.ledger.store.database import Database
from tests.browser.coder import Coder
from tests.servers import Server, start_server
from tests.worlds import Databases

KEYS: dict[str, str] = {}
CODER, REVIEWER = ("write", "propose", "texts"), ("review",)
ARTICLE = (
    "Minsk speaks up\n\n"
    '"We have to stop now, before it is too late," said Alexander Lukashenko on Sunday. '
    '"Talks can begin only if both sides lay down their arms," he added. 🕊'
)


@pytest.fixture(scope="module")
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the seed, with keys of a coder and a reviewer."""
    folder: Path = tmp_path_factory.mktemp("desk")
    with databases.fresh("sqlite", "seed") as url:
        database = Database(url)
        for name, scopes in (("ana", CODER), ("rita", REVIEWER)):
            KEYS[name] = keys.create_key(database, name, scopes)
        database.close_connections()
        with start_server(url, folder) as running:
            yield running


@pytest.fixture
def ana(chromium: Chrome, desk: Server) -> Coder:
    chromium.set_window_size(1280, 1000)
    return Coder(chromium, desk, KEYS["ana"], "ana")


def ask_as(name: str, desk: Server, path: str, method: str = "GET", body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {KEYS[name]}"}
    return desk.ask(path, method, body=body, headers=headers).json()


def field(name: str) -> str:
    return f'.form[data-open] [data-field="{name}"] :is(input, select, textarea)'


def code_two_quotes(ana: Coder) -> None:
    """Code a quote with a position, and one with a condition; count the actions of each."""
    ana.press("j")
    start = ana.actions
    ana.press("a")
    assert ana.actions - start <= 2
    ana.open_form("p")
    assert ana.holds("holder") == "Belarus"
    ana.reach(field("force"))
    ana.choose("propose")
    ana.reach(field("proposition"))
    ana.fill("A cessation of hostilities is in effect.", "")
    ana.finish()
    assert ana.actions - start <= 2 + 5
    ana.press("j", "a")
    start = ana.actions
    ana.open_form("c")
    assert (ana.holds("modality"), ana.holds("cue")) == ("necessary", "only if")
    ana.reach(field("antecedents"))
    ana.fill("Both sides lay down their arms.")
    ana.reach(field("consequents"))
    ana.fill("Russia and Ukraine hold talks.", "")
    ana.finish()
    assert ana.actions - start <= 7


def test_an_article_becomes_records_by_keyboard(ana: Coder, desk: Server):
    ana.paste(ARTICLE, "Minsk speaks up", "2024-03-05", "War in Ukraine")
    code_two_quotes(ana)
    ana.wait(lambda: "6 new" in ana.text("#effect"))
    ana.press("w", Keys.ENTER)
    ana.wait(lambda: "Published as changeset" in ana.text("#sent"))
    [source] = ask_as("ana", desk, "/v1/sources?text=minsk")["data"]
    said = ask_as("ana", desk, f"/v1/statements?source={source['id']}")["data"]
    assert {each["exact"] for each in said} == {
        "We have to stop now, before it is too late,",
        "Talks can begin only if both sides lay down their arms,",
    }
    [position] = ask_as("ana", desk, f"/v1/positions?source={source['id']}")["data"]
    assert (position["holder"], position["force"], position["proposition"]) == (
        "belarus", "propose", "truce",
    )  # fmt: skip
    [condition] = ask_as("ana", desk, f"/v1/preconditions?source={source['id']}")["data"]
    assert (condition["holder"], condition["modality"], condition["consequents"]) == (
        "belarus", "necessary", ["talks"],
    )  # fmt: skip
    ana.go("#/mine")
    ana.wait(lambda: "Minsk speaks up" in ana.text("main"))
