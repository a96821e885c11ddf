"""What comes into the desk runs nothing and leaks nowhere; what is selected verifies."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome

from api import keys
from api.ledger.rules import text_hash
from api.ledger.store.database import Database
from tests.browser.coder import Coder
from tests.conftest import requested_urls
from tests.servers import Server, start_server
from tests.worlds import Databases

BAD = "<img src=x onerror=document.title='run'><script>document.title='run'</script>"
FILE = f"<html><body><p>Peskov said: “{{}}”</p>{BAD}<svg onload=document.title='run'></body></html>"
KEY: dict[str, str] = {}


@pytest.fixture(scope="module")
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("desk")
    with databases.fresh("sqlite", "seed") as url:
        database = Database(url)
        KEY["ana"] = keys.create_key(database, "ana", ["write", "texts", "review"])
        database.close_connections()
        with start_server(url, folder) as running:
            yield running


@pytest.fixture
def ana(chromium: Chrome, desk: Server) -> Coder:
    return Coder(chromium, desk, KEY["ana"], "ana")


def test_no_text_name_file_or_link_runs_anything(ana: Coder, desk: Server, tmp_path: Path):
    chrome, title = ana.chrome, ana.chrome.title
    headers = {"Authorization": f"Bearer {KEY['ana']}"}
    name = f"Envoy {BAD}"[:190]
    desk.ask("/v1/actors", "POST", body={"name": name, "kind": "person"}, headers=headers).json(201)
    line = {"noun": "actors", "record": {"name": f"Other {BAD}"[:190], "kind": "person"}}
    sent = {"changeset": [line], "comment": BAD}
    told = desk.ask("/v1/submissions", "POST", body=sent, headers=headers).json(201)
    file = tmp_path / "page.html"
    file.write_text(FILE.format("No truce,"), encoding="utf-8")
    chrome.find_element("id", "file").send_keys(str(file))
    ana.wait(lambda: "Peskov said" in ana.text("main ul"))
    ana.go(f"#/review/{told['id']}")
    ana.wait(lambda: "<script>" in ana.text("main"))
    ana.go("#/")
    ana.paste(f'{BAD} "No truce," said {name}.', BAD, "2024-03-05")
    ana.press("j", "a")
    ana.wait(lambda: "Envoy" in ana.text("#said-here"))
    chrome.get(f"{desk.address}/desk#key={BAD}&name={BAD}")
    ana.wait(lambda: "key" not in chrome.current_url)
    assert chrome.title == title
    refused = [each for each in chrome.get_log("browser")
               if "422" not in each["message"]
               and "has been blocked" not in each["message"]]  # fmt: skip
    assert refused == []


def test_a_key_stays_in_the_tab(ana: Coder, desk: Server):
    chrome, key = ana.chrome, KEY["ana"]
    assert chrome.current_url == f"{desk.address}/desk#/"
    chrome.back()
    chrome.forward()
    asked = requested_urls(chrome)
    assert asked
    assert all(each.startswith((desk.address, "data:", "about:", "chrome:")) for each in asked)
    assert not any(key in each.partition("#")[0] for each in asked)
    assert chrome.get_cookies() == []
    assert chrome.execute_script("return localStorage.length") == 0
    assert key not in desk.output.read_text(encoding="utf-8", errors="replace")
    policy = desk.ask("/desk").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    chrome.execute_script("document.querySelector('.brand').click()")
    ana.wait(lambda: chrome.execute_script("return location.pathname") == "/")
    assert chrome.execute_script("return document.referrer") == ""


PIECES = (
    "said", "“stop”", "\U0001f600", "\U0001f469\u200d\U0001f467", "e\u0301t\u0113",
    "\u202e\u0645\u0631\u062d", "\u05e9\u05dc\u05d5\u05dd", "\r\n", "\r\n\r\n", "\u00a0", " ", "  ",
    "\t", "\U0001f1fa\U0001f1e6", "\ufb01", "\u0130", "\U0001d518", "\u4e0d", "\u200d", "\ufeff",
    "\u2028",
)  # fmt: skip

_SELECT = """
const [from, to] = arguments;
const body = document.getElementById("text"), range = document.createRange();
const walk = (index) => {
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  let at = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (index <= at + node.length) return [node, index - at];
    at += node.length;
  }
};
range.setStart(...walk(from));
range.setEnd(...walk(to));
getSelection().removeAllRanges();
getSelection().addRange(range);
[...document.querySelectorAll(".tools button")]
  .find((each) => each.textContent.includes("Mark")).click();
"""


def make_text(drawn: random.Random) -> str:
    return "".join(drawn.choice(PIECES) for _ in range(drawn.randint(5, 60))) + " end."


def check_random_selections(ana: Coder, count: int, seed: int) -> list[str]:
    """Select at random places in random texts; return what does not verify."""
    drawn, wrong = random.Random(seed), []
    for number in range(count):
        text = make_text(drawn)
        units = len(text.encode("utf-16-le")) // 2
        draft = ana.chrome.execute_async_script(
            "const [text, title, done] = arguments;"
            "import('./desk/assets/drafts.js').then(async ({makeDraft, storeDraft}) => {"
            "const made = makeDraft(text); made.attach = true;"
            "made.source = {...made.source, title, published: '2024-03-05'};"
            "done((await storeDraft(made)).id)})", text, f"Text {seed} {number}",
        )  # fmt: skip
        ana.go(f"#/draft/{draft}")
        ana.wait(lambda text=text: ana.focus() == "text" and ana.chrome.execute_script(
            "return document.getElementById('text').textContent === arguments[0]", text
        ))  # fmt: skip
        for _ in range(4):
            ana.chrome.execute_script(_SELECT, *sorted(drawn.sample(range(units + 1), 2)))
        ana.wait(ana.is_saved)
        made, places = ana.chrome.execute_async_script(
            "const [id, done] = arguments;"
            "Promise.all([import('./desk/assets/drafts.js'), import('./desk/assets/coded.js')])"
            ".then(async ([a, b]) => {"
            "const draft = await a.readDraft(id);"
            "draft.statements.forEach((each) => { each.keep = true; });"
            "done([b.composeDraft(draft).document,"
            " draft.statements.map((each) => [each.start, each.end])])})", draft,
        )  # fmt: skip
        wrong += check_statements(ana.server, text, made, places)
    return wrong


def check_statements(server: Server, text: str, made: Any, places: list[list[int]]) -> list[str]:
    """Send what the desk makes of a text, and return the statements that do not verify."""
    headers = {"Authorization": f"Bearer {KEY['ana']}"}
    told = server.ask("/v1/coded-sources", "POST", body=made, headers=headers)
    if told.status != 200:
        return [f"{text!r} {told.body[:400]!r}"]
    [source] = server.ask(f"/v1/sources?text_sha256={text_hash(text)}").json()["data"]
    said = server.ask(f"/v1/statements?source={source['id']}").json()["data"]
    assert len(said) == len({tuple(each) for each in places})
    return [f"{text!r} {each['exact']!r}" for each in said
            if not each["verified"]
            or text[each["start"] : each["end"]] != each["exact"]]  # fmt: skip


def test_whatever_is_selected_verifies(ana: Coder):
    assert check_random_selections(ana, 15, seed=1) == []


def main() -> int:
    """Select at random places of 200 texts: `python -m tests.browser.test_desk_safety`."""
    import tempfile  # noqa: PLC0415

    from tests.browser.budget import open_browser  # noqa: PLC0415

    with (
        tempfile.TemporaryDirectory() as folder,
        Databases(Path(folder), str).fresh("sqlite", "seed") as url,
    ):
        database = Database(url)
        KEY["ana"] = keys.create_key(database, "ana", ["write", "texts"])
        database.close_connections()
        with start_server(url, Path(folder)) as server, open_browser(folder) as chrome:
            wrong = check_random_selections(Coder(chrome, server, KEY["ana"], "ana"), 200, 7)
    print("\n".join(wrong) or "200 texts: every statement verifies.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
