"""The stories of a forum and of a citation in a browser, and type-ahead by the keyboard."""

from __future__ import annotations

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import FORUM, SEED, Visitor
from tests.servers import Server


def test_the_story_from_a_forum_to_an_actor(visitor: Visitor):
    visitor.chrome.set_window_size(1280, 900)
    visitor.open("/agreement")
    visitor.click("main a", "Strait Council")
    visitor.wait(lambda: visitor.find("h1", "Strait Council"))
    visitor.click("main a", "2024")
    visitor.wait(lambda: visitor.find("h1", "Roll calls of 2024"))
    visitor.click("main a", "Roll call 4")
    visitor.wait(lambda: visitor.find("h1", "Roll call 4"))
    name = visitor.find(".vote li a").text
    visitor.click(".vote li a", name)
    visitor.wait(lambda: visitor.find("h1", name))


def test_the_story_from_a_conflict_to_its_citation_and_source(visitor: Visitor):
    chrome = visitor.chrome
    chrome.set_window_size(1280, 900)
    visitor.open("/")
    visitor.click("main a", "War in Ukraine")
    visitor.wait(lambda: visitor.find("h1", "War in Ukraine"))
    visitor.open(f"{SEED}?goal=peace&axioms=annexation-excludes-withdrawal,peace-implies-end")
    visitor.click("#share summary")
    cited = visitor.find("#share dd a").get_attribute("href")
    assert cited
    assert f"{SEED}?goal=peace" in cited
    assert cited in visitor.find("#share", "BibTeX").text
    verdict = visitor.find(".verdict").text
    chrome.get(cited)
    assert visitor.find(".verdict").text == verdict
    visitor.click(".claim a")
    visitor.wait(lambda: visitor.find("#drawer a[href^='/sources/']"))
    visitor.click("#drawer a[href^='/sources/']")
    visitor.wait(lambda: "/sources/" in chrome.current_url)
    visitor.click(".brand")
    visitor.wait(lambda: visitor.find("main a", "War in Ukraine"))


def test_a_misspelt_name_leads_to_its_actor_by_the_keyboard(visitor: Visitor):
    visitor.open("/changes")
    field = visitor.find("#seek")
    field.send_keys("Lukashenka")
    visitor.wait(lambda: visitor.find("[role=option]", "Alexander Lukashenko"))
    assert field.get_attribute("aria-expanded") == "true"
    field.send_keys(Keys.ARROW_DOWN)
    active = visitor.find("[aria-selected=true]")
    assert field.get_attribute("aria-activedescendant") == active.get_attribute("id")
    field.send_keys(Keys.ESCAPE)
    visitor.wait(lambda: not visitor.find(".suggestions").is_displayed())
    field.send_keys("o")
    visitor.wait(lambda: visitor.find("[role=option]", "Alexander Lukashenko"))
    field.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    visitor.wait(lambda: visitor.find("h1", "Alexander Lukashenko"))


def test_states_are_picked_one_after_the_other(visitor: Visitor):
    visitor.open(f"/agreement?conflict={FORUM}")
    for name in ("Norland", "Sudmark"):
        visitor.find("input[data-suggest=actors]").send_keys(name[:4])
        visitor.wait(lambda name=name: visitor.find("[role=option]", name))
        visitor.find("input[data-suggest=actors]").send_keys(Keys.ARROW_DOWN, Keys.ENTER)
        visitor.wait(lambda name=name: visitor.find("label", name))
    assert "actors=norland,sudmark" in visitor.chrome.current_url


@pytest.mark.parametrize("path", [SEED, "/proposals/roll-call-4", "/agreement"])
def test_print_has_day_address_and_all_columns(chromium: Chrome, explorer: Server, path: str):
    visitor = Visitor(chromium, explorer)
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    screen = {"width": 718, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    visitor.open(f"{path}?valid_at=2023-03-31" if path == SEED else path)
    printed = visitor.find(".printed").text
    assert visitor.find(".printed").rect["y"] < visitor.find("h1").rect["y"]
    seen = "return document.querySelector('#choices fieldset')?.checkVisibility() ?? false"
    assert chromium.execute_script(seen) == (path == SEED)
    assert "known_at=" in printed
    assert path in printed
    assert ("31 March 2023" in printed) == (path == SEED)
    for table in chromium.find_elements(By.CSS_SELECTOR, "table"):
        assert table.rect["x"] + table.rect["width"] <= screen["width"]
    for form in chromium.find_elements(By.CSS_SELECTOR, ".seek, .report, .controls, .letters"):
        assert not form.is_displayed()
