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

_STEPS = """
const [selector, text] = arguments;
const stops = "a, button, input, select, textarea, summary, [tabindex]";
const all = [...document.querySelectorAll(stops)]
  .filter((each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility());
const wanted = [...document.querySelectorAll(selector)]
  .find((each) => !text || each.textContent === text);
if (!wanted) return null;
const hidden = wanted.checkVisibility() ? null : wanted.closest("details").querySelector("summary");
return [all.indexOf(hidden ?? wanted) - all.indexOf(document.activeElement), Boolean(hidden)];
"""
"""Tells how many times Tab must be pressed, backwards if negative, and whether what is reached is
the summary behind which the element is hidden.
"""

_LOOK = """
const at = document.querySelector(arguments[0]);
const control = at.querySelector("input, select, textarea");
const kind = at.tagName === "FIELDSET"
  ? (at.lastElementChild.textContent === "+ alternative" ? "groups" : "parts")
  : at.querySelector(".picker.many") ? "many" : at.querySelector(".picker") ? "one"
  : control.type === "checkbox" ? "checkbox" : control.tagName === "SELECT" ? "select" : "text";
return [kind, control?.dataset.noun ?? ""];
"""
"""Tells what kind of control a field has, and which noun it names."""


_IS_OPEN = (
    "return document.querySelector('.form[data-open]') || document.activeElement === document.body"
)

_HOLDS = """
const at = document.querySelector(`.form[data-open] [data-field="${arguments[0]}"]`);
const control = at?.querySelector("input, select, textarea");
if (control?.type === "checkbox") return control.checked ? "yes" : "";
return at?.querySelector(".chip")?.firstChild.textContent ?? control?.value ?? "";
"""


class Coder:
    """Presses keys. An action is a command (a key or chord), or one field filled, with its Tab."""

    def __init__(self, chrome: Chrome, server: Server, key: str, name: str) -> None:
        self.chrome, self.server, self.actions = chrome, server, 0
        self._has_filled = False
        chrome.get("about:blank")
        chrome.get(f"{server.address}/desk#key={key}&name={name}")
        self.wait(lambda: self.text("#key").startswith("Key of"))

    def wait(self, what: Callable[[], Any], seconds: float = 60) -> Any:
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

    def toggle(self) -> None:
        """Toggle the checkbox that has the focus."""
        self.press(Keys.SPACE)

    def mark(self, text: str, start: int, end: int, after: int) -> None:
        """Find words of the article, from the place of the last ones on, and mark them."""
        words, low, many, at = text[start:end].lower(), text.lower(), [], -1
        while (at := low.find(words, at + 1)) >= 0:
            many.append(at)
        if self.focus() != "text":
            self.press(Keys.ESCAPE)
        begin = next((i for i, each in enumerate(many) if each >= after), 0)
        self.press("s")
        self.fill(text[start:end], "")
        for _ in range((many.index(start) - begin) % len(many)):
            self.press(Keys.ARROW_DOWN)
        self.press(Keys.ENTER)

    def finish(self) -> None:
        """Close the form with Ctrl+Enter."""
        chord = ActionChains(self.chrome).key_down(Keys.CONTROL).send_keys(Keys.ENTER)
        chord.key_up(Keys.CONTROL).perform()
        self.actions += 1
        self.wait(lambda: not self.chrome.execute_script(_IS_OPEN))

    def fill(self, text: str, leave: str = Keys.TAB) -> None:
        """Fill the field that has the focus, and leave it."""
        self.chrome.execute_cdp_cmd("Input.insertText", {"text": text})
        if leave:
            ActionChains(self.chrome).send_keys(leave).perform()
        self._has_filled = not leave
        self.actions += 1

    def choose(self, value: str) -> None:
        """Choose in the select that has the focus by typing its first letters."""
        ActionChains(self.chrome).send_keys(value).perform()
        self._has_filled = True
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

    def reach(self, selector: str, text: str = "") -> None:
        """Go to an element by Tab or Shift+Tab, and open what hides it; each press counts."""
        for _ in range(4):
            found = self.chrome.execute_script(_STEPS, selector, text)
            if found is None:
                raise LookupError(f"{selector} {text}")
            steps, is_hidden = found
            keys = ActionChains(self.chrome)
            if steps < 0:
                keys.key_down(Keys.SHIFT).send_keys(Keys.TAB * -steps).key_up(Keys.SHIFT)
            elif steps:
                keys.send_keys(Keys.TAB * steps)
            if is_hidden:
                keys.send_keys(Keys.ENTER)
            keys.perform()
            self.actions += abs(steps) - (steps > 0 and self._has_filled)
            self._has_filled = False
            if not is_hidden and self.chrome.execute_script(
                "return document.activeElement.matches(arguments[0])", selector
            ):
                return
        shown = self.chrome.execute_script("return document.activeElement.outerHTML.slice(0, 200)")
        raise LookupError(f"Tab does not reach {selector} {text}, but {shown}")

    def push(self, selector: str, text: str = "") -> None:
        """Go to a button and press it."""
        self.reach(selector, text)
        self.press(Keys.ENTER)

    def look_at(self, selector: str) -> tuple[str, str]:
        """Return the kind of the control of a field, and the noun that it names."""
        return self.chrome.execute_script(_LOOK, selector)

    def fields(self, scope: str) -> list[str]:
        """Return the names of the fields of a form, in their order."""
        return self.chrome.execute_script(
            "const at = document.querySelector(arguments[0]);"
            "return [...at.querySelectorAll('[data-field]')]"
            ".filter((each) => !each.parentElement.closest(`.part`) || each.parentElement === at)"
            ".map((each) => each.dataset.field)", scope
        )  # fmt: skip

    def holds(self, name: str) -> str:
        """Return what a field of the open form holds."""
        return self.chrome.execute_script(_HOLDS, name)

    def fill_picker(self, name: str, leave: str) -> None:
        """Type a name into a picker, and wait until the registry has answered."""
        self.chrome.execute_cdp_cmd("Input.insertText", {"text": name})
        if leave:
            ActionChains(self.chrome).send_keys(leave).perform()
            self.wait(lambda: not self.chrome.execute_script(
                "return document.activeElement.value"))  # fmt: skip
        self._has_filled = not leave
        self.actions += 1

    def leave(self) -> None:
        """Leave a filled list with Enter, which goes on to the next field."""
        ActionChains(self.chrome).send_keys(Keys.ENTER).perform()

    def empty(self) -> None:
        """Empty the field that has the focus."""
        keys = ActionChains(self.chrome).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL)
        keys.send_keys(Keys.DELETE).perform()
        self.actions += 1

    def current(self) -> str:
        """Return the key of the item of the article that is selected."""
        return self.chrome.execute_script("return document.getElementById('text').dataset.current")

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
        for field, each in (("", text), ("-title", title), ("-published", published)):
            self.reach(f"#paste{field}")
            self.fill(each, "")
        self.push("#start")
        self.wait(lambda: self.focus() == "text")
        self.wait(lambda: "candidates" in self.chrome.execute_script(
            "return document.getElementById('said').textContent"))  # fmt: skip
        if conflict:
            self.reach('[data-field="conflict"] input')
            self.fill(conflict)
            self.wait(self.is_saved)
            self.chrome.execute_script("document.getElementById('text').focus()")

    def is_saved(self) -> bool:
        """Whether the browser has stored the draft."""
        return self.text("#state").startswith("Saved")
