"""A person at the desk with a mouse, or a finger, and a keyboard for nothing but words."""

from __future__ import annotations

from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.coder import Coder
from tests.servers import Server

TOOLS = {"j": "Next", "a": "Accept", "d": "Decline", "p": "+ Position", "c": "+ Condition"}
"""The buttons above the article, by the keys that do the same."""

_FIND = """
const [selector, text] = arguments;
return [...document.querySelectorAll(selector)]
  .find((each) => !text || each.textContent === text);
"""

_SPOT = """
const [element] = arguments;
for (let at = element.closest("details"); at; at = at.parentElement.closest("details")) {
  if (!at.open && !element.closest("summary")) return [null, at.querySelector("summary")];
}
element.scrollIntoView({block: "center", behavior: "instant"});
const box = element.getClientRects()[0];
const spot = [box.left + Math.min(box.width / 2, 60), box.top + box.height / 2];
const hit = document.elementFromPoint(...spot);
return [spot, element.contains(hit) || hit?.contains(element) ? null : hit?.outerHTML ?? "nothing"];
"""
"""Tells where to touch an element, or which summary hides it, or what lies over it."""

_RANGE = """
const [from, to] = arguments, body = document.getElementById("text");
const range = document.createRange(), walker = document.createTreeWalker(body, 4);
let at = 0;
for (let node = walker.nextNode(); node; at += node.length, node = walker.nextNode()) {
  if (from >= at && from < at + node.length) range.setStart(node, from - at);
  if (to > at && to <= at + node.length) range.setEnd(node, to - at);
}
body.scrollIntoView({block: "start", behavior: "instant"});
body.scrollTop += range.getClientRects()[0].top - body.getBoundingClientRect().top - 60;
return range;
"""

_BOXES = f"""
const range = (function () {{ {_RANGE} }})(...arguments), boxes = [...range.getClientRects()];
const [first, last] = [boxes[0], boxes.at(-1)];
return [first.left + 1, first.top + first.height / 2, last.right - 1, last.top + last.height / 2];
"""

_SELECT = f"""
const range = (function () {{ {_RANGE} }})(...arguments);
getSelection().removeAllRanges();
getSelection().addRange(range);
"""
"""Selects as the handles of a touch screen do, which no driver can drag."""


class Pointer(Coder):
    """Clicks, or touches a screen of 390 pixels. A click is an action, and so is a field filled."""

    def __init__(self, chrome: Chrome, server: Server, key: str, name: str, *, touch: bool) -> None:
        self.touch = touch
        self.chosen: WebElement | None = None
        size = {"width": 390 if touch else 1280, "height": 844 if touch else 1000}
        size |= {"deviceScaleFactor": 1, "mobile": touch}
        chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        chrome.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": touch})
        super().__init__(chrome, server, key, name)

    def bring_up(self, element: WebElement) -> list[float]:
        """Open what hides an element, scroll to it, and return where to touch it."""
        spot, problem = self.chrome.execute_script(_SPOT, element)
        while spot is None:
            self.tap(problem)
            spot, problem = self.chrome.execute_script(_SPOT, element)
        assert problem is None, f"{element.text!r} is covered by {problem}"
        return spot

    def tap(self, element: WebElement) -> None:
        """Click or touch an element."""
        spot = self.bring_up(element)
        self.actions += 1
        if not self.touch:
            ActionChains(self.chrome).move_to_element(element).click().perform()
            return
        point = {"x": spot[0], "y": spot[1]}
        for kind, points in (("touchStart", [point]), ("touchEnd", [])):
            touched = {"type": kind, "touchPoints": points}
            self.chrome.execute_cdp_cmd("Input.dispatchTouchEvent", touched)

    def tap_on(self, selector: str, text: str = "") -> None:
        """Click or touch the first element of a selector, and of a text."""
        element = self.chrome.execute_script(_FIND, selector, text)
        if element is None:
            raise LookupError(f"{selector} {text}")
        self.tap(element)

    def tap_tool(self, name: str) -> None:
        """Click or touch a button above the article."""
        tools = self.chrome.find_elements(By.CSS_SELECTOR, ".tools button")
        self.tap(next(each for each in tools if each.text.startswith(name)))

    def reach(self, selector: str, text: str = "") -> None:
        """Touch a field; a list to choose from opens by itself."""
        element = self.chrome.execute_script(_FIND, selector, text)
        if element is None:
            raise LookupError(f"{selector} {text}")
        self.chosen = element if element.tag_name == "select" else None
        if self.chosen is not None:
            self.bring_up(element)
            return
        is_toggled = element.get_attribute("type") == "checkbox"
        self.tap(element)
        if not is_toggled:
            self.wait(lambda: element == self.chrome.switch_to.active_element)

    def push(self, selector: str, text: str = "") -> None:
        self.tap_on(selector, text)

    def press(self, *keys: str) -> None:
        """Do with buttons what keys do."""
        for key in keys:
            if key == Keys.HOME:
                self.choose("choose…")
            elif key == "a" and self.chrome.find_elements(By.ID, "accept"):
                self.tap_on("#accept")
            elif key == "e":
                self.tap_on("#said-here .line button.link")
            elif key in TOOLS:
                self.tap_tool(TOOLS[key])

    def toggle(self) -> None:
        """It was toggled when it was reached."""

    def choose(self, value: str) -> None:
        assert self.chosen is not None
        options = self.chosen.find_elements(By.TAG_NAME, "option")
        named = [each for each in options if each.text == value]
        started = [each for each in options if each.text.startswith(value)]
        if not started:
            raise LookupError(value)
        (named or started)[0].click()
        self.actions += 1

    def empty(self) -> None:
        if self.chosen is not None:
            self.choose("choose…")
        else:
            super().empty()

    def fill(self, text: str, leave: str = "") -> None:  # noqa: ARG002
        self.chrome.execute_script("document.activeElement.select?.()")
        self.chrome.execute_cdp_cmd("Input.insertText", {"text": text})
        self.actions += 1

    def fill_picker(self, name: str, leave: str) -> None:  # noqa: ARG002
        """Type a name, and touch it among the suggestions."""
        self.fill(name)
        wanted = name.removeprefix("!").lstrip()

        def take() -> bool:
            focused = self.chrome.switch_to.active_element
            options = [
                each
                for each in focused.find_elements(By.XPATH, "following-sibling::ul/li")
                if each.is_displayed()
                and wanted.casefold()
                in {e.text.casefold() for e in each.find_elements(By.XPATH, "span|small")}
            ]
            self.tap(options[0])  # the list may be drawn anew meanwhile
            return True

        self.wait(take)

    def leave(self) -> None:
        """A list is left by whatever is touched next."""

    def finish(self) -> None:
        self.tap_on(".form[data-open] button.done")
        self.wait(lambda: not self.chrome.find_elements(By.CSS_SELECTOR, ".form[data-open]"))

    def mark(self, text: str, start: int, end: int, after: int) -> None:  # noqa: ARG002
        """Select words, by drawing over them or by the handles of the screen, and mark them."""
        if text[start].isspace():  # blanks at the edges of a selection are left out
            self.reach("#find")
            self.fill(text[start:end])
            ActionChains(self.chrome).send_keys(Keys.ENTER).perform()
            return
        units = [len(text[:each].encode("utf-16-le")) // 2 for each in (start, end)]
        if self.touch:
            self.chrome.execute_script(_SELECT, *units)
        else:
            left, top, right, bottom = self.chrome.execute_script(_BOXES, *units)
            drag = ActionChains(self.chrome).w3c_actions
            drag.pointer_action.move_to_location(round(left), round(top)).pointer_down()
            drag.pointer_action.move_to_location(round(right), round(bottom)).pointer_up()
            drag.perform()
        self.tap_tool("Mark")
