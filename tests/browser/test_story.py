"""The story of the seed in a browser: by mouse, by keyboard, and without scripts."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests.browser.audit import emulate_screen, find_barriers, find_length, find_overflow
from tests.browser.budget import BYTES, REQUESTS, measure_cost
from tests.browser.conftest import BIG, EMBEDS, PAGES, REJECTION, SEED, Visitor
from tests.conftest import requested_urls
from tests.servers import Server
from tests.worlds import PROJECT

README = PROJECT / "README.md"
PESKOV = "the special military operation continues, since it is the only way"


def count_collisions(visitor: Visitor) -> int:
    return len(visitor.chrome.find_elements(By.CSS_SELECTOR, "#below .collision"))


def set_day(visitor: Visitor, selector: str, day: str) -> None:
    """Choose a day, with the event that the calendar of a date field sends."""
    script = """
        arguments[0].value = arguments[1];
        arguments[0].dispatchEvent(new Event('change', {bubbles: true}));
    """
    visitor.chrome.execute_script(script, visitor.find(selector), day)


def test_the_story_of_the_seed(visitor: Visitor):
    chrome = visitor.chrome
    chrome.set_window_size(1400, 1000)
    visitor.open("/")
    visitor.click("main a", "War in Ukraine")
    visitor.wait(lambda: visitor.find("h1", "War in Ukraine"))
    visitor.click("#tabs a", "Who stands where")
    visitor.wait(lambda: visitor.find(REJECTION, "rejects"))

    set_day(visitor, "#valid-at", "2023-03-30")
    visitor.wait(lambda: "valid_at=2023-03-30" in chrome.current_url)
    visitor.wait(lambda: not chrome.find_elements(By.CSS_SELECTOR, REJECTION))
    set_day(visitor, "#valid-at", "2023-03-31")
    visitor.wait(lambda: visitor.find(REJECTION))

    visitor.click(REJECTION)
    visitor.wait(lambda: PESKOV in visitor.find("#drawer blockquote").text)
    shown = visitor.find("#drawer").text
    assert "Dmitry Peskov, for Kremlin" in shown
    assert "a whole sentence of the speaker's own words" in shown
    assert "open=positions/russia-rejects-truce" in chrome.current_url
    visitor.click("#drawer .close")
    visitor.wait(lambda: not visitor.find("#drawer").is_displayed())

    visitor.click("#tabs a", "Deadlock")
    visitor.wait(lambda: count_collisions(visitor) == 3)
    visitor.find("#goal").send_keys("all demands")
    visitor.wait(lambda: "goal=none" in chrome.current_url and count_collisions(visitor) == 2)
    Select(visitor.find("#goal")).select_by_value("peace")
    visitor.wait(lambda: "goal=peace" in chrome.current_url and count_collisions(visitor) == 3)
    visitor.click("#choices summary")
    visitor.click("#axiom-truce-ends-operation")
    visitor.wait(lambda: count_collisions(visitor) == 2)
    visitor.click(".side .switch")
    visitor.wait(lambda: "without=preconditions/" in chrome.current_url)
    visitor.wait(lambda: focused_element(visitor).get_attribute("id") == "supposed")
    assert "If so: No obstacle on record." in visitor.find(".verdict").text

    verdict = visitor.find(".verdict").text
    visitor.click("#share summary")
    link = visitor.find("#share dd a").get_attribute("href")
    assert link is not None
    chrome.get(link)
    assert count_collisions(visitor) == 1
    assert visitor.find(".verdict").text == verdict
    assert visitor.find("#supposed", "Left out: Russia")
    assert "valid_at=2023-03-31" in chrome.current_url
    visitor.click("#supposed a", "Back to what is recorded")
    visitor.wait(lambda: count_collisions(visitor) == 3)
    visitor.click("#tabs a", "Sources")
    visitor.click("#below a", "Kremlin rules out any truce")
    visitor.wait(lambda: "/sources/kremlin-rules-out-truce" in chrome.current_url)
    visitor.click(".brand")
    visitor.wait(lambda: visitor.find("h1", "Who demands what"))


def test_back_leads_to_the_state_before(visitor: Visitor):
    visitor.chrome.set_window_size(1400, 1000)
    visitor.open(SEED)
    before = count_collisions(visitor)
    visitor.find("#goal").send_keys("all demands")
    visitor.wait(lambda: count_collisions(visitor) != before)
    visitor.chrome.back()
    visitor.wait(lambda: count_collisions(visitor) == before)
    assert visitor.find("#goal").get_attribute("value") == "peace"


def test_back_closes_the_evidence_and_forward_opens_it(visitor: Visitor):
    visitor.chrome.set_window_size(1400, 1000)
    visitor.open(f"{SEED}/matrix")
    visitor.click(REJECTION)
    visitor.wait(lambda: PESKOV in visitor.find("#drawer blockquote").text)
    visitor.chrome.back()
    visitor.wait(lambda: not visitor.find("#drawer").is_displayed())
    visitor.chrome.forward()
    visitor.wait(lambda: PESKOV in visitor.find("#drawer blockquote").text)


def test_evidence_that_an_address_names_lies_open(visitor: Visitor):
    visitor.open(f"{SEED}?open=positions/russia-rejects-truce")
    assert PESKOV in visitor.find("#drawer blockquote").text


def test_the_focus_goes_into_the_evidence_and_comes_back(visitor: Visitor):
    visitor.chrome.set_window_size(1400, 1000)
    visitor.open(f"{SEED}/matrix")
    visitor.click(REJECTION)
    visitor.wait(lambda: focused_element(visitor).get_attribute("id") == "drawer-title")
    focused_element(visitor).send_keys(Keys.ESCAPE)
    visitor.wait(
        lambda: (
            focused_element(visitor).get_attribute("data-open") == "positions/russia-rejects-truce"
        )
    )
    assert "open=" not in visitor.chrome.current_url


def focused_element(visitor: Visitor) -> Any:
    return visitor.chrome.switch_to.active_element


def tab_to(visitor: Visitor, selector: str, most: int = 200) -> Any:
    """Press Tab until a matching element has the focus; it must be visible."""
    for _ in range(most):
        visitor.chrome.switch_to.active_element.send_keys(Keys.TAB)
        if visitor.chrome.execute_script(
            "return document.activeElement.matches(arguments[0])", selector
        ):
            assert is_in_view(visitor)
            return focused_element(visitor)
    raise AssertionError(f"Tab never comes to {selector}")


def is_in_view(visitor: Visitor) -> bool:
    return visitor.chrome.execute_script("""
        const box = document.activeElement.getBoundingClientRect();
        return box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0
            && box.left < innerWidth;
    """)


def test_the_same_story_by_the_keyboard_alone(visitor: Visitor):
    visitor.chrome.set_window_size(1400, 1000)
    visitor.open("/")
    tab_to(visitor, ".skip").send_keys(Keys.ENTER)
    tab_to(visitor, f'main a[href="{SEED}"]').send_keys(Keys.ENTER)
    visitor.wait(lambda: visitor.find("h1", "War in Ukraine"))

    tab_to(visitor, "#tabs li:nth-child(2) a").send_keys(Keys.ENTER)
    visitor.wait(lambda: visitor.find(REJECTION))
    tab_to(visitor, ".when summary").send_keys(Keys.ENTER)
    # The parts of a date field, month and day and year, in the browser's order.
    tab_to(visitor, "#valid-at").send_keys("03302023")
    visitor.wait(lambda: "valid_at=2023-03-30" in visitor.chrome.current_url)
    visitor.wait(lambda: not visitor.chrome.find_elements(By.CSS_SELECTOR, REJECTION))
    focused_element(visitor).send_keys(Keys.LEFT, Keys.LEFT, "03312023")
    visitor.wait(lambda: visitor.find(REJECTION))

    tab_to(visitor, REJECTION).send_keys(Keys.ENTER)
    visitor.wait(lambda: PESKOV in visitor.find("#drawer blockquote").text)
    focused_element(visitor).send_keys(Keys.ESCAPE)
    visitor.wait(lambda: not visitor.find("#drawer").is_displayed())

    visitor.find("#tabs a").send_keys(Keys.ENTER)
    visitor.wait(lambda: count_collisions(visitor) == 3)
    tab_to(visitor, "#goal").send_keys("all demands")
    visitor.wait(lambda: count_collisions(visitor) == 2)
    assert focused_element(visitor).get_attribute("id") == "goal"
    tab_to(visitor, "#choices summary").send_keys(Keys.ENTER)
    tab_to(visitor, "#axiom-truce-ends-operation").send_keys(Keys.SPACE)
    visitor.wait(lambda: count_collisions(visitor) == 1)
    assert focused_element(visitor).get_attribute("id") == "axiom-truce-ends-operation"


ALL = (*PAGES, *EMBEDS)
SCREENS = (("light", 360), ("dark", 768), ("forced", 1280))
WIDTHS = (320, 360, 768, 1024, 1920)

in_parts = pytest.mark.parametrize("paths", [ALL[part::3] for part in range(3)], ids="abc")
"""A part of all pages for each worker. A page is loaded once for all screens: only the sheet of
styles knows of a screen, no script.
"""


@in_parts
def test_no_page_has_a_barrier_that_axe_knows(visitor: Visitor, axe: str, paths: tuple[str, ...]):
    found: dict[str, Any] = {}
    for path in paths:
        visitor.open(path)
        found[path] = [*find_barriers(visitor.chrome, axe, SCREENS)]
    assert {path: each for path, each in found.items() if each} == {}


@in_parts
def test_no_page_breaks_anything_or_is_too_wide_or_too_long(
    visitor: Visitor, paths: tuple[str, ...]
):
    # The fixture `visitor` checks the console, and that nobody else is asked.
    found: dict[str, Any] = {}
    for path in paths:
        visitor.open(path)
        assert len(visitor.texts("h1")) == 1, path
        found[path] = [*find_overflow(visitor.chrome, WIDTHS), *find_length(visitor.chrome)]
    assert {path: each for path, each in found.items() if each} == {}


@in_parts
def test_no_page_costs_more_than_its_budget_or_shifts(visitor: Visitor, paths: tuple[str, ...]):
    emulate_screen(visitor.chrome, "light", 1280)
    for path in paths:
        found = measure_cost(visitor.chrome, visitor.server.address + path)
        assert 0 < found.bytes < BYTES, path
        assert found.requests <= REQUESTS, path
        assert round(found.shift, 3) == 0, path  # to as many places as Lighthouse tells it


@pytest.fixture
def unscripted(tmp_path: Path, chromium: Chrome) -> Any:
    """Return the browser with scripts switched off."""
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    return chromium


def test_the_story_can_be_read_without_scripts(unscripted: Chrome, explorer: Server):
    visitor = Visitor(unscripted, explorer)
    visitor.open("/")
    visitor.find("main a", "War in Ukraine").click()
    goal = Select(visitor.find("#goal"))
    goal.select_by_visible_text("There is peace between Russia and Ukraine.")
    visitor.find("#ask button", "Show").click()
    visitor.wait(lambda: unscripted.current_url.endswith(f"{SEED}?goal=peace"))
    assert count_collisions(visitor) == 3
    visitor.find("#choices summary").click()
    visitor.find("#axiom-truce-ends-operation").click()
    visitor.find("#choices button", "Show").click()
    visitor.wait(lambda: count_collisions(visitor) == 2)
    visitor.find("#day").send_keys(Keys.LEFT)
    visitor.find(".slide button").click()
    visitor.wait(lambda: "valid_at=2025-11-22" in unscripted.current_url)
    visitor.find(".side .switch").click()
    visitor.wait(lambda: visitor.find("#supposed", "This is a hypothesis"))
    visitor.find("#tabs a", "Who stands where").click()
    visitor.find(REJECTION).click()
    visitor.wait(lambda: visitor.find("h1", "Russia rejects"))
    assert PESKOV in visitor.find("blockquote").text
    assert all(url.startswith((explorer.address, "data:")) for url in requested_urls(unscripted))


FIXTURE = "/conflicts/varn-strait-dispute"
FACTS = {
    "verdict": "#fact-verdict .state",
    "who asks": ".side:first-child .claim",
    "who answers": ".side:nth-child(2) .claim",
    "their age": ".side:first-child .said time, .side:nth-child(2) .said time",
    "smallest move": "#fact-move",
}


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
@pytest.mark.parametrize("path", [SEED, FIXTURE, BIG])
def test_five_facts_are_on_the_first_screen(visitor: Visitor, path: str, width: int, height: int):
    emulate_screen(visitor.chrome, "light", width, height)
    visitor.open(path)
    for fact, selector in FACTS.items():
        found = visitor.chrome.find_elements(By.CSS_SELECTOR, selector)
        assert len(found) == (2 if fact == "their age" else 1), fact
        for each in found:
            assert each.text, fact
            box = each.rect
            assert box["y"] + box["height"] <= height, (fact, box)
            assert box["height"] > 0, fact
            assert box["x"] + box["width"] <= width, fact


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_the_first_card_of_the_home_page_is_on_the_first_screen(
    visitor: Visitor, width: int, height: int
):
    emulate_screen(visitor.chrome, "light", width, height)
    visitor.open("/")
    for part, count in ((".state", 1), (".sides li", 2), (".sides time", 2), (".move", 1)):
        found = visitor.chrome.find_elements(By.CSS_SELECTOR, f".cards > li:first-child {part}")
        assert len(found) == count, part
        assert all(each.text for each in found), part
        assert all(each.rect["y"] + each.rect["height"] <= height for each in found), part


def test_a_search_that_stopped_early_calls_no_way_out_the_only_one(visitor: Visitor):
    visitor.open("/")
    told = visitor.find(".cards > li", "actor-0").find_element(By.CSS_SELECTOR, ".outcome").text
    visitor.open(BIG)
    assert visitor.find(".verdict").text == told
    assert visitor.find("#below .term", "Of what was found so far")
    assert "Only this" not in visitor.find("#below").text


PICTURE = PROJECT / "docs" / "explorer.png"
"""The picture in the README; with WRITE_PICTURES=1 in the environment the test below writes it."""


def test_the_picture_of_readme_is_of_the_page_that_it_leads_to(visitor: Visitor):
    [address] = re.findall(r"\(http://127\.0\.0\.1:8000(/conflicts/[^)]+)\)", README.read_text())
    visitor.chrome.set_window_size(1280, 1000)
    visitor.open(address)
    assert count_collisions(visitor) == 3
    made = visitor.chrome.get_screenshot_as_png()
    if os.environ.get("WRITE_PICTURES"):
        PICTURE.write_bytes(made)
    shown = PICTURE.read_bytes()
    # Fonts differ from machine to machine; the first bytes of a PNG are its kind and its size.
    assert shown[:24] == made[:24]
    assert len(shown) < 300_000
