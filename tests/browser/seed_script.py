"""`python -m tests.browser.seed_script FILE [mouse|touch]`: code the seed's article at the desk.

It is done by keyboard alone, by mouse at 1280 pixels, or by touch at 390, where words alone are
typed. A coder pastes the article into an empty registry, codes all that its folder in `seeds/`
holds, and hands it in; a reviewer accepts it. Then the records are compared field by field, but for
ids and the wording of gists, and the actions of each quote, position and condition are counted.
The text is not free: give its file.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

from selenium.webdriver.common.keys import Keys

from api import keys
from api.ledger.store.database import Database
from tests.browser.budget import open_browser
from tests.browser.coder import Coder
from tests.browser.pointer import Pointer
from tests.servers import start_server
from tests.worlds import ARTICLE, Databases, Registry, read_records

SOURCE = "kremlin-rules-out-truce"
NAMED_BY = {"actors": "name", "issues": "name", "conflicts": "name", "propositions": "text",
            "proposals": "title", "sources": "title"}  # fmt: skip
VERBS = {"assert": "asserts", "intend": "intends"}
BUDGET = {"quote": 2, "position": 5, "condition": 7}
SINGULAR = {"propositions": "state of affairs", "axioms": "rule or fact", "sources": "other source"}
SENTENCE = {"positions": ("holder", "force", "proposition"),
            "preconditions": ("holder", "antecedents", "antecedents_kind", "consequents",
                              "modality", "cue")}  # fmt: skip
"""The fields that make the sentence; their actions are counted, those of further fields are not."""

SEED = {noun: read_records(noun, ARTICLE) for noun in (*NAMED_BY, "statements", "positions",
                                                       "preconditions", "axioms")}  # fmt: skip
BY_ID = {(noun, each["id"]): each for noun, some in SEED.items() for each in some}


FORM = ".form[data-open]"


class Script:
    """Codes the article; `counted` has the actions of each quote, position and condition."""

    def __init__(self, coder: Coder, article: str) -> None:
        self.coder, self.article, self.last = coder, article, 0
        self.counted: dict[str, list[int]] = defaultdict(list)

    def name(self, noun: str, id: str) -> str:
        """Return what is typed to name a record."""
        sign, id = ("!", id[1:]) if id.startswith("!") else ("", id)
        record = BY_ID[noun, id]
        if noun == "statements":
            return record.get("exact") or record["gist"]
        if noun == "positions":
            holder = self.name("actors", record["holder"])
            about = self.name("propositions", record["proposition"]).rstrip(".")
            return f"{holder} {VERBS[record['force']]}: {about}"
        if noun == "preconditions":
            return self.tell_condition(record)
        return sign + record[NAMED_BY[noun]]

    def tell_condition(self, record: Any) -> str:
        texts = [
            [self.name("propositions", each).rstrip(".") for each in some]
            for some in (*record["antecedents"], record["consequents"])
        ]
        first, then = " and ".join(texts[0]), "; ".join(texts[-1])
        return f"{self.name('actors', record['holder'])}: {first} before {then}"

    def fill(self, record: Any, scope: str = FORM, skip: Collection[str] = ()) -> None:
        """Fill the fields of an open form in their order, by Tab."""
        for name in self.coder.fields(scope):
            if name in record and name not in skip:
                self.fill_field(scope, name, record[name])

    def fill_field(self, scope: str, name: str, value: Any) -> None:
        coder = self.coder
        inner = "> *" if scope == FORM else ""
        at = f'{scope} {inner} > [data-field="{name}"]'
        kind, noun = coder.look_at(at)
        if kind == "parts":
            for each in value if isinstance(value, list) else [value]:
                coder.push(f"{at} > button")
                self.fill(each, f"{at} .part:last-child")
            return
        if kind == "groups":
            value = value[0]
        coder.reach(f"{at} :is(input, select, textarea)")
        match kind:
            case "select":
                coder.choose({True: "yes", False: "no"}.get(value, str(value).replace("_", " ")))
            case "checkbox":
                coder.toggle()
            case "many" | "groups":
                for each in value[:-1]:
                    coder.fill_picker(self.name(noun, each), Keys.ENTER)
                coder.fill_picker(
                    self.name(noun, value[-1]), Keys.ENTER if kind == "groups" else ""
                )
                if kind == "groups":
                    coder.leave()
            case "one":
                coder.fill_picker(self.name(noun, value), "")
            case _:
                coder.fill(", ".join(value) if isinstance(value, list) else str(value), "")

    def add(self, noun: str, record: Any, skip: Collection[str] = ()) -> None:
        """Make a record beside the statements."""
        singular = SINGULAR.get(noun, noun.rstrip("s"))
        self.coder.push(f'button[aria-label="New {singular}"]')
        self.coder.wait(self.coder.field)
        self.fill(record, skip={"id", "conflict", *skip})
        self.coder.finish()

    def amend(self, noun: str, record: Any, names: set[str]) -> None:
        """Open a record that was made, and fill more fields."""
        self.coder.push("button.link", record[NAMED_BY[noun]])
        self.coder.wait(self.coder.field)
        self.fill(record, skip=record.keys() - names)
        self.coder.finish()

    def select(self, statement: Any) -> None:
        """Find the words of a statement, or mark them."""
        self.coder.mark(self.article, statement["start"], statement["end"], self.last)
        self.last = statement["start"]

    def code_quotes(self) -> None:
        """Go through the candidates; accept those that the seed has."""
        spans = {(each["start"], each["end"]): each for each in SEED["statements"]}
        self.coder.press("j")
        while (key := self.coder.current()).startswith("c"):
            start, end = map(int, key[1:].split("-"))
            statement = spans.get((start, end))
            if statement is None or "exact" not in statement:
                self.coder.press("d")
                if self.coder.current() == key:
                    break
                continue
            before = self.coder.actions - 1  # the j that led here
            self.coder.press("a")
            self.check_speaker(statement)
            self.counted["quote"].append(self.coder.actions - before)
            self.coder.press("j")

    def check_speaker(self, statement: Any) -> None:
        wanted = self.name("actors", statement["speaker"])
        if self.coder.text("#said-here .line button") != wanted:
            self.coder.open_form("e")
            self.fill({"speaker": statement["speaker"]})
            self.coder.finish()

    def complete_statement(self, statement: Any) -> None:
        """Fill what the desk has not taken from the text or from earlier statements."""
        self.select(statement)
        if not self.coder.field():
            self.coder.open_form("e")
        wanted = {**statement, "attestation": self.tell_attestation(statement)}
        left = {"id", "source", "start", "end", "exact", "exact_sha256", "attested_on"}
        if "exact" in statement:
            left.add("gist")
        elif self.coder.holds("keep"):
            self.fill_field(FORM, "keep", value=False)
            self.coder.wait(lambda: not self.coder.holds("keep"))
        for name in ("speaker", "speaker_as", "audience", "occasion", "stated_on"):
            held = self.coder.holds(name)
            if held and name not in wanted:
                self.clear(name)
            elif held and held == (
                self.name("actors", wanted[name])
                if name in ("speaker", "audience")
                else wanted[name]
            ):
                left.add(name)
        if wanted["attestation"] is None:
            left.add("attestation")
        self.fill(wanted, skip=left)
        self.coder.finish()

    def clear(self, name: str) -> None:
        self.coder.reach(f'.form[data-open] [data-field="{name}"] :is(input, select)')
        self.coder.empty()

    def tell_attestation(self, statement: Any) -> str | None:
        """Return how a statement is given, unless the registry would say the same."""
        shows = any(statement["id"] in each["evidence"][:1]
                    for noun in ("positions", "preconditions") for each in SEED[noun])  # fmt: skip
        if "exact" in statement:
            first = next(filter(str.isalpha, statement["exact"]), "a")
            implied = "verbatim_fragment" if first.islower() else "verbatim_sentence"
        elif "speaker" in statement:
            implied = "indirect"
        else:
            implied = "narrated_no_speaker" if shows else "narration"
        return None if implied == statement["attestation"] else statement["attestation"]

    def code_shown(self, noun: str, record: Any) -> None:
        """Code a position or a condition under its first statement."""
        what, key = {"positions": ("position", "p"), "preconditions": ("condition", "c")}[noun]
        first = BY_ID["statements", record["evidence"][0]]
        self.select(first)
        wanted = dict(record)
        wanted["evidence"] = record["evidence"][1:]
        same = record["attestation"] == first["attestation"] and record.get("speaker") == first.get(
            "speaker"
        )
        left = {"id"} | ({"attestation", "speaker"} if same else set())
        if record["attested_on"] == first["attested_on"]:
            left.add("attested_on")
        if not wanted["evidence"]:
            left.add("evidence")
        for name, implied in (
            ("antecedents_kind", "stated"),
            ("modality", "unknown"),
            ("rank", "normal"),
        ):
            if wanted.get(name) == implied:
                left.add(name)
        before = self.coder.actions
        self.coder.open_form(key)
        sentence = [
            each for each in self.coder.fields(".form[data-open]") if each in SENTENCE[noun]
        ]
        for name in sentence:
            value = wanted.get(name)
            held = self.coder.holds(name)
            if name == "holder" and value and held == self.name("actors", value):
                continue
            if (
                name in ("force", "modality", "cue", "antecedents_kind") and held == (value or "")
            ) or name in left:
                if held and name in left and held != value:
                    self.coder.reach(f'.form[data-open] [data-field="{name}"] select')
                    self.coder.press(Keys.HOME)
                continue
            if value is not None:
                self.fill_field(FORM, name, value)
        counted = self.coder.actions - before + 1  # and Ctrl+Enter
        self.counted[what].append(counted)
        self.fill(wanted, skip=left | set(SENTENCE[noun]))
        self.coder.finish()

    def go_to_text(self) -> None:
        self.coder.press(Keys.ESCAPE)

    def run(self) -> None:
        """Code the whole article."""
        source = BY_ID["sources", SOURCE]
        self.coder.paste(self.article, source["title"], source["published"])
        for each in SEED["sources"]:
            if each["id"] != SOURCE:
                self.add("sources", each)
        self.add_actors()
        for noun in ("conflicts", "issues", "propositions"):
            for each in SEED[noun]:
                self.add(noun, each)
        told = ("translation_of", "translation_method", "note", "doubts")
        form = "details.source > .form:nth-of-type(2) > details"
        self.fill({name: source[name] for name in told}, form)
        self.coder.press(Keys.ESCAPE)
        self.code_quotes()
        for each in SEED["statements"]:
            self.complete_statement(each)
        self.show_offices()
        for each in SEED["proposals"]:
            self.add("proposals", each)
        for each in SEED["preconditions"]:
            self.code_shown("preconditions", each)
        for each in sorted(SEED["positions"], key=count_named):
            self.code_shown("positions", each)
        for each in SEED["axioms"]:
            self.add("axioms", each)
        self.coder.wait(self.coder.is_saved)

    def add_actors(self) -> None:
        """Make the actors, and then what they are to one another."""
        mutual = {"offices", "members", "part_of", "label_by"}
        for each in SEED["actors"]:
            self.add("actors", each, skip=mutual)
        for each in SEED["actors"]:
            offices = [{name: value for name, value in one.items() if name != "evidence"}
                       for one in each.get("offices", ())]  # fmt: skip
            if names := mutual & each.keys():
                self.amend("actors", {**each, "offices": offices}, names)

    def show_offices(self) -> None:
        """Name the statements that show the offices."""
        for each in SEED["actors"]:
            for index, one in enumerate(each.get("offices", ())):
                self.coder.push("button.link", each["name"])
                self.coder.wait(self.coder.field)
                part = f'{FORM} [data-field="offices"] .part:nth-child({index + 1})'
                self.fill_field(part, "evidence", one["evidence"])
                self.coder.finish()


def count_named(position: Any) -> int:
    """Rank a position behind those that it may name."""
    return ("responds_to" in position) + 2 * ("reason" in position)


def compare_with_seed(url: str, seed_url: str) -> list[str]:
    """Return what differs between the records of a registry and those of the seed's article."""
    from tests.coding.test_article import LEFT_OUT, SAME, key_of, read_all, rename  # noqa: PLC0415

    left = LEFT_OUT - {"note", "doubts"} | {"spoken_by"}
    ours, seed = Registry(url), Registry(seed_url)
    ids: dict[tuple[str, str], str] = {}
    differing = []
    for noun, fields in SAME.items():
        wanted = {key_of(each, fields): each for each in read_all(seed, noun)
                  if (noun, each["id"]) in BY_ID}  # fmt: skip
        found = {key_of(rename(noun, each, ids), fields): each for each in read_all(ours, noun)}
        differing += [f"{noun} {key}" for key in found.keys() ^ wanted.keys()]
        ids |= {(noun, found[key]["id"]): wanted[key]["id"] for key in found.keys() & wanted.keys()}
    for noun in SAME:
        wanted = {each["id"]: each for each in read_all(seed, noun)}
        for each in read_all(ours, noun):
            if (id := ids.get((noun, each["id"]))) is None:
                continue
            mine = rename(noun, each, ids)
            differing += [f"{noun}/{id} {name}: {mine[name]!r}, in the seed {wanted[id][name]!r}"
                          for name in mine.keys() - left
                          if mine[name] != wanted[id][name]]  # fmt: skip
    return differing


def accept_first(rita: Coder) -> None:
    """Open the first submission of the queue, and accept it, by keyboard."""
    rita.go("#/review")
    rita.wait(lambda: "by ana" in rita.text("main"))
    rita.push("main li a")
    rita.wait(lambda: rita.focus() == "submission")
    rita.press("a")
    rita.wait(lambda: "It is accepted" in rita.text("main"))


def main() -> int:
    """Code the article, hand it in, accept it; print what was counted and what differs."""
    text, way = Path(sys.argv[1]).read_text(encoding="utf-8"), (*sys.argv, "keyboard")[2]
    enter = Coder if way == "keyboard" else partial(Pointer, touch=way == "touch")
    with (
        tempfile.TemporaryDirectory() as folder,
        Databases(Path(folder), str).fresh("sqlite", "empty") as url,
        Databases(Path(folder), str).fresh("sqlite", "seed") as seed_url,
    ):
        database = Database(url)
        held = {name: keys.create_key(database, name, [scope])
                for name, scope in (("ana", "write"), ("rita", "review"))}  # fmt: skip
        database.close_connections()
        with start_server(url, Path(folder)) as desk, open_browser(folder) as chrome:
            ana = enter(chrome, desk, held["ana"], "ana")
            script = Script(ana, text)
            script.run()
            ana.wait(lambda: "new" in ana.text("#effect"))
            if ana.focus() != "text":
                ana.press(Keys.ESCAPE)
            ana.press("w")
            ana.push("#hand-in")
            ana.wait(lambda: "Handed in" in ana.text("#sent"))
            accept_first(enter(chrome, desk, held["rita"], "rita"))
            differing = compare_with_seed(url, seed_url)
        most = {what: max(some) for what, some in script.counted.items()}
        print(f"by {way}; actions in all: {ana.actions}; most for one: {most}; allowed: {BUDGET}")
        print("\n".join(differing) or "The records equal those of the seed.")
        is_over = way == "keyboard" and any(most[what] > BUDGET[what] for what in BUDGET)
        return bool(differing) or is_over


if __name__ == "__main__":
    sys.exit(main())
