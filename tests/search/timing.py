"""How long a suggestion takes among many actors: `python -m tests.search.timing DATABASE_URL`.

The database is one that `sinequanon db upgrade` has just made. Times are of the process, and of the
clock, which on PostgreSQL includes the server's.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator

from api.ledger import Change, Ledger
from api.ledger.store.database import Database
from api.nouns import NOUNS
from api.search.suggestions import suggest_records

ACTORS, ASKED, LOT = 100_000, 150, 5_000
_HEADS = [
    "b",
    "d",
    "f",
    "g",
    "h",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "z",
    "sh",
    "ch",
    "kh",
    "st",
    "br",
    "kr",
    "dr",
    "gr",
]
_VOWELS = ["a", "e", "i", "o", "u", "ia", "y"]


def make_word(dice: random.Random, syllables: int, end: str = "") -> str:
    parts = (dice.choice(_HEADS) + dice.choice(_VOWELS) for _ in range(syllables))
    return "".join(parts).capitalize() + end


def make_names(dice: random.Random, count: int) -> Iterator[str]:
    """Yield names of persons, of whom many share a word, and of ministries."""
    first = [make_word(dice, dice.choice((2, 2, 3))) for _ in range(400)]
    ends = ("ov", "enko", "sky", "ia", "son", "", "i", "ez")
    last = [make_word(dice, dice.choice((2, 3, 3)), dice.choice(ends)) for _ in range(15_000)]
    for _ in range(count):
        if dice.random() < 0.1:
            field = dice.choice(("Foreign Affairs", "Defence", "Interior", "Trade"))
            yield f"Ministry of {field} of {dice.choice(last)}"
        else:
            yield f"{dice.choice(first)} {dice.choice(last)}"


def misspell(dice: random.Random, name: str) -> str:
    place = dice.randrange(1, len(name) - 1)
    before, letter, after = name[:place], name[place], name[place + 1 :]
    other = dice.choice("aeioubdgklmnprst")
    changed = ("", other, other + letter, after[:1] + letter)
    chosen = dice.choice(changed)
    return before + chosen + (after[1:] if chosen == changed[3] else after)


TYPED: dict[str, Callable[[random.Random, str], str]] = {
    "whole name": lambda _, name: name,
    "beginning": lambda dice, name: name[: dice.randint(1, 6)],
    "misspelt": misspell,
    "other order": lambda _, name: " ".join(reversed(name.split())),
}


def measure(ledger: Ledger, names: list[str], kind: str, nouns: list[str]) -> str:
    dice, clock, process, found = random.Random(1), [], [], 0
    for _ in range(ASKED):
        name = dice.choice(names)
        typed = TYPED[kind](dice, name)
        before = time.perf_counter(), time.process_time()
        with ledger.open_reader() as reader:
            answer = suggest_records(reader, typed, nouns=nouns)
        clock.append(time.perf_counter() - before[0])
        process.append(time.process_time() - before[1])
        found += any(each["text"] == name for each in answer)
    late = ASKED * 95 // 100
    p95 = [sorted(times)[late] * 1000 for times in (process, clock)]
    among = ", ".join(nouns) or "all nouns"
    return f"{kind:12} {among:9} p95 {p95[0]:.1f} ms of the process, {p95[1]:.1f} ms; {found} found"


def main(url: str) -> None:
    ledger = Ledger(Database(url), NOUNS)
    names = list(make_names(random.Random(7), ACTORS))
    drafts = [{"id": f"actor-{n}", "name": name, "kind": "person"} for n, name in enumerate(names)]
    changes = [Change("actors", each["id"], each) for each in drafts]
    for start in range(0, ACTORS, LOT):
        ledger.append_changes(changes[start : start + LOT], author="timing")
    for kind in TYPED:
        for nouns in (["actors"], []):
            print(measure(ledger, names, kind, nouns))


if __name__ == "__main__":
    main(sys.argv[1])
