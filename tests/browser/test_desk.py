"""The desk in a real browser, by keyboard alone: from a pasted article to records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from api import clock, keys
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
        ends = clock.now() + 3_600_000_000
        KEYS["pia"] = keys.create_key(database, "pia", ["propose"], ends)
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


def test_a_coder_who_only_proposes_sees_the_effect_and_hands_in(chromium: Chrome, desk: Server):
    pia = Coder(chromium, desk, KEYS["pia"], "")
    pia.wait(lambda: "Key of pia, proposes, until" in pia.text("#key"))
    text = 'Kyiv. "We will hear of no truce," said Ukraine.'
    pia.paste(text, "Kyiv speaks", "2024-03-05", "War in Ukraine")
    pia.press("j", "a")
    pia.open_form("p")
    pia.reach(field("force"))
    pia.choose("reject")
    pia.reach(field("proposition"))
    pia.fill("A cessation of hostilities is in effect.", "")
    pia.finish()
    pia.wait(lambda: "would appear in War in Ukraine" in pia.text("#effect"))
    assert "3 new" in pia.text("#effect")
    assert not chromium.find_element("id", "publish").is_displayed()
    assert "only one whose key has the scope texts can accept it" in chromium.execute_script(
        "return document.querySelector('[for=attach]').textContent"
    )
    pia.press("w", Keys.ENTER)
    pia.wait(lambda: "Handed in as submission" in pia.text("#sent"))
    pia.wait(lambda: pia.text("#effect") == "All of this draft is sent.")
    assert not chromium.find_element("id", "hand-in").is_displayed()
    pia.press(Keys.ESCAPE, "w", Keys.ENTER)
    pia.reach("#comment")
    pia.fill("A second look", "")
    pia.wait(lambda: "You have changed the draft since." in pia.text("#sent"))
    pia.push("#hand-in", "Hand in again")
    pia.wait(lambda: not chromium.find_element("id", "hand-in").is_displayed())
    [sent] = ask_as("pia", desk, "/v1/submissions?author=pia")["data"]
    assert sent["comment"] == "A second look"
    pia.push("#sent a")
    pia.wait(lambda: "This is your own" in pia.text("main"))
    pia.go("#/review")
    pia.wait(lambda: "does not review" in pia.text("main"))


def test_keys_work_wherever_the_focus_is(ana: Coder):
    ana.paste(ARTICLE, "Keys", "2024-03-05", "War in Ukraine")
    for _ in range(2):
        focus_on(ana, ".tools button")
        before = ana.current()
        ana.press("J")
        assert (ana.current() != before, ana.focus()) == (True, "text")
    focus_on(ana, "#attach")
    ana.press("a", "c")
    ana.wait(ana.field)
    ana.wait(lambda: "What you are writing is not complete yet." in ana.text("#effect"))
    ana.press(Keys.ESCAPE)
    assert ana.focus() == "text"
    focus_on(ana, "#said-here .row button")
    ana.finish()
    ana.wait(lambda: "Belarus: … before …" in ana.text("#said-here"))
    assert ana.focus() == "text"
    ana.wait(lambda: "what must come about is missing, or choose" in ana.text("#effect"))


def test_what_was_removed_comes_back_and_nothing_else_goes(ana: Coder):
    def count(selector: str) -> int:
        return len(ana.chrome.find_elements("css selector", selector))

    coded, remove = "#text .coded", "#said-here [aria-label^='Remove: ']"
    ana.paste(ARTICLE, "Undone", "2024-03-05", "War in Ukraine")
    ana.press("j", "a")
    ana.wait(lambda: count(coded) == 1)
    ana.press(Keys.DELETE)
    ana.wait(lambda: count(coded) == 0)
    ana.press("j", "j", "a")
    ana.wait(lambda: count(coded) == 1)
    ana.press("z")
    ana.wait(lambda: count(coded) == 2)
    for number in (1, 2):
        ana.open_form("p")
        ana.finish()
        ana.wait(lambda number=number: count(remove) == number)
    ana.push(remove)
    ana.wait(lambda: count(remove) == 1)
    ana.press("z")
    ana.wait(lambda: count(remove) == 2)


def focus_on(coder: Coder, selector: str) -> None:
    coder.chrome.execute_script(
        "const at = document.querySelector(arguments[0]);"
        "at.closest('details')?.setAttribute('open', ''); at.focus();", selector
    )  # fmt: skip


def propose(desk: Server, name: str, actor: str) -> int:
    body = {"changeset": [{"noun": "actors", "record": {"name": actor, "kind": "state"}}],
            "comment": f"{actor} mediates."}  # fmt: skip
    headers = {"Authorization": f"Bearer {KEYS[name]}"}
    return desk.ask("/v1/submissions", "POST", body=body, headers=headers).json(201)["id"]


def test_a_reviewer_accepts_or_declines_and_nobody_accepts_their_own(
    chromium: Chrome, desk: Server
):
    _, second, own = (propose(desk, *each) for each in
                          (("ana", "Oman"), ("ana", "Qatar"), ("rita", "Chad")))  # fmt: skip
    rita = Coder(chromium, desk, KEYS["rita"], "rita")
    rita.go("#/review")
    rita.wait(lambda: "Oman mediates." in rita.text("main"))
    rita.push("main li a", "Oman mediates.")
    rita.wait(lambda: "1 new" in rita.text("main"))
    rita.press("a")
    rita.wait(lambda: "It is accepted by rita" in rita.text("main"))
    rita.go(f"#/review/{second}")
    rita.wait(lambda: "Qatar" in rita.text("main"))
    rita.press("d")
    rita.wait(lambda: rita.focus() == "reason")
    rita.fill("No source says so.")
    rita.push("#decline")
    rita.wait(lambda: "It is declined by rita" in rita.text("main"))
    assert "No source says so." in rita.text(".thread")
    rita.go(f"#/review/{own}")
    rita.wait(lambda: "somebody else accepts it" in rita.text("main"))
    rita.press("a")
    assert not chromium.find_elements("css selector", "#accept")
    assert ask_as("rita", desk, f"/v1/submissions/{own}")["state"] == "open"

    rita.go("#/history")
    rita.wait(lambda: "Take back" in rita.text("main"))
    rita.push("main li button")
    rita.wait(lambda: "handed in as submission" in rita.text("main"))
    ana = Coder(chromium, desk, KEYS["ana"], "ana")
    ana.go("#/mine")
    ana.wait(lambda: "declined" in ana.text("main") and "accepted as changeset" in ana.text("main"))


def test_by_touch_and_by_mouse_all_of_it_can_be_used(chromium: Chrome, desk: Server, axe: str):
    for width, height in ((390, 844), (1280, 1000)):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 400}
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        touch = {"enabled": width < 400}
        chromium.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", touch)
        ana = Coder(chromium, desk, KEYS["ana"], "ana")
        check_page(chromium, axe, width)
        ana.paste(ARTICLE, f"At {width} pixels", "2024-03-05", "War in Ukraine")
        for text in ("Next", "Accept", "+ Position"):
            click(chromium, text)
        ana.wait(ana.field)
        check_page(chromium, axe, width)
        click(chromium, "Done")
        chromium.execute_script(
            "document.querySelectorAll('details').forEach((e) => { e.open = 1; })"
        )
        check_page(chromium, axe, width)
        for view in ("review", "mine", "history"):
            ana.go(f"#/{view}")
            ana.wait(lambda: chromium.execute_script("return document.querySelector('main li')"))
            check_page(chromium, axe, width)


def click(chrome: Chrome, text: str) -> None:
    found = [
        each for each in chrome.find_elements("css selector", "main button") if text in each.text
    ]
    chrome.execute_script("arguments[0].scrollIntoView({block: 'center'})", found[0])
    found[0].click()


def check_page(chrome: Chrome, axe: str, width: int) -> None:
    """Hold a page to axe-core, and to its width."""
    chrome.execute_script(axe)
    found = chrome.execute_async_script("axe.run().then(arguments[0])")["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= width


def test_a_reader_tells_reviewers_what_is_wrong(chromium: Chrome, desk: Server):
    chromium.get(f"{desk.address}/positions/russia-rejects-truce")
    chromium.find_element("css selector", "#report summary").click()
    chromium.find_element("id", "report-text").send_keys("The call came first.")
    chromium.find_element("css selector", "#report button").click()
    rita = Coder(chromium, desk, KEYS["rita"], "rita")
    rita.go("#/review")
    rita.wait(lambda: "a note by a reader" in rita.text("main"))
    notes = ask_as("rita", desk, "/v1/submissions?kind=note")["data"]
    [told] = [ask_as("rita", desk, each["url"])["sent"]["note"] for each in notes]
    assert told == {"noun": "positions", "id": "russia-rejects-truce",
                    "text": "The call came first."}  # fmt: skip


def test_what_has_waited_longest_is_on_the_list_of_a_reviewer(chromium: Chrome, desk: Server):
    first = propose(desk, "ana", "Jordan")
    for number in range(100):
        propose(desk, "ana", f"Jordan {number}")
    rita = Coder(chromium, desk, KEYS["rita"], "rita")
    rita.go("#/review")
    rita.wait(lambda: chromium.find_elements("css selector", f"main a[href='#/review/{first}']"))
    ana = Coder(chromium, desk, KEYS["ana"], "ana")
    ana.go("#/mine")
    ana.wait(lambda: "Older" in ana.text("main"))
    chromium.find_element("link text", "Older").click()
    ana.wait(lambda: chromium.find_elements("css selector", f"main a[href='#/review/{first}']"))
