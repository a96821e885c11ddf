"""A person at the desk, who has a keyboard and no mouse, and whose actions are counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.servers import Server


_STEP = """
const form = document.querySelector(".form[data-open]");
const all = [...form.querySelectorAll("input, select, textarea, button, summary")]
  .filter((each) => each.offsetParent);
const wanted = form.querySelector(`[data-field="${arguments[0]}"] :is(input, select, textarea)`);
return Math.sign(all.indexOf(wanted) - all.indexOf(document.activeElement));
"""
"""Tells in which direction a field is from the one that has the focus."""


class Coder:
    """Presses keys. An action is a command (a key or chord), or one field filled, with its Tab."""

    def __init__(self, chrome: Chrome, server: Server, key: str, name: str) -> None:
        self.chrome, self.server, self.actions = chrome, server, 0
        chrome.get("about:blank")
        chrome.get(f"{server.address}/desk#key={key}&name={name}")
        self.wait(lambda: self.text("#key").startswith("Key of"))

    def wait(self, what: Callable[[], Any], seconds: float = 20) -> Any:
        """Wait until the result is true, and return it."""
        ignored = [LookupError, StaleElementReferenceException]
        waiting = WebDriverWait(self.chrome, seconds, 0.03, ignored_exceptions=ignored)
        try:
            return waiting.until(lambda _: what())
        except TimeoutException:
            shown = self.chrome.execute_script("return document.body.innerText")
            raise AssertionError(f"focus: {self.focus()!r}\n{shown}") from None

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for each in keys:
            ActionChains(self.chrome).send_keys(each).perform()
            self.actions += 1

    def finish(self) -> None:
        """Close the form with Ctrl+Enter."""
        chord = ActionChains(self.chrome).key_down(Keys.CONTROL).send_keys(Keys.ENTER)
        chord.key_up(Keys.CONTROL).perform()
        self.actions += 1
        self.wait(lambda: self.focus() == "text")

    def fill(self, text: str, leave: str = Keys.TAB) -> None:
        """Fill the field that has the focus, and leave it."""
        self.chrome.execute_cdp_cmd("Input.insertText", {"text": text})
        if leave:
            ActionChains(self.chrome).send_keys(leave).perform()
        self.actions += 1

    def choose(self, value: str) -> None:
        """Choose in the select that has the focus by typing its first letters."""
        ActionChains(self.chrome).send_keys(value).perform()
        self.actions += 1

    def open_form(self, key: str) -> None:
        """Press the key that opens a form, and wait until a field of it has the focus."""
        self.press(key)
        self.wait(self.field)

    def field(self) -> str:
        """Return the name of the field that has the focus, in the open form."""
        return self.chrome.execute_script(
            "return document.activeElement.closest('.form[data-open] [data-field]')?.dataset.field"
        )

    def reach(self, name: str) -> None:
        """Go to a field of the open form by Tab or Shift+Tab; each press counts."""
        for _ in range(60):
            step = self.chrome.execute_script(_STEP, name)
            if step == 0:
                return
            keys = ActionChains(self.chrome)
            if step < 0:
                keys.key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
            else:
                keys.send_keys(Keys.TAB).perform()
            self.actions += 1
        raise LookupError(f"Tab does not reach the field {name}")

    def holds(self, name: str) -> str:
        """Return what a field of the open form holds."""
        return self.chrome.execute_script(
            "const at = document.querySelector(`.form[data-open] [data-field=\"${arguments[0]}\"]`);"
            "return (at?.querySelector('.chip') ?? {}).textContent"
            " || at?.querySelector('input, select, textarea')?.value || ''", name
        )  # fmt: skip

    def tab_to(self, selector: str) -> None:
        """Press Tab until an element has the focus."""
        for _ in range(120):
            if self.chrome.execute_script(
                "return document.activeElement.matches(arguments[0])", selector
            ):
                return
            ActionChains(self.chrome).send_keys(Keys.TAB).perform()
        raise LookupError(f"Tab does not reach {selector}")

    def focus(self) -> str:
        """Return the id of what has the focus."""
        return self.chrome.execute_script("return document.activeElement.id")

    def text(self, selector: str) -> str:
        """Return the visible text of an element."""
        found = self.chrome.find_elements(By.CSS_SELECTOR, selector)
        if not found:
            raise LookupError(selector)
        return found[0].text

    def go(self, fragment: str) -> None:
        """Go to a view by its fragment."""
        self.chrome.execute_script("location.hash = arguments[0]", fragment)

    def paste(self, text: str, title: str, published: str = "", conflict: str = "") -> None:
        """Paste an article and begin to code it."""
        self.wait(lambda: self.focus() == "paste" or self.chrome.execute_script(
            "document.getElementById('paste')?.focus()"))  # fmt: skip
        for each in (text, title, published):
            self.fill(each)
        self.tab_to("#start")
        self.press(Keys.ENTER)
        self.wait(lambda: self.focus() == "text")
        self.wait(lambda: "candidates" in self.chrome.execute_script(
            "return document.getElementById('said').textContent"))  # fmt: skip
        if conflict:
            self.tab_to('[data-field="conflict"] input')
            self.fill(conflict)
            self.wait(self.is_saved)
            self.chrome.execute_script("document.getElementById('text').focus()")

    def is_saved(self) -> bool:
        """Whether the browser has stored the draft."""
        return self.text("#state").startswith("Saved")
