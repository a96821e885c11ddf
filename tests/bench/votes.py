"""Votes of the UN General Assembly for the bench, as many as asked, in the importer's form.

They come from the real tables where the shared data folder exists, else from made ones of the same
shape. A small set keeps few states, and first the roll calls that share a topic, so that a page of
50 positions of one holder on one issue is full at every size. A set larger than the real one
repeats the roll calls under new numbers.
"""

from __future__ import annotations

import csv
import gzip
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from api.bulk.unga import VoteFiles
from tests.worlds import PROJECT

REAL = PROJECT.parent / "shared" / "data" / "unvotes"
_COMMON = 120
"""So many roll calls of the commonest topic are in every set, so that pages of 50 are full."""
_SPARE = 1.25
"""More roll calls than needed, for not every state votes in each."""
_FIRST_OF_COPY = 100_000

Table = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Assembly:
    """Roll calls, topics and votes, as rows."""

    calls: Table
    topics: Table
    votes: Table


def load_assembly() -> Assembly:
    """Return the real votes, or made ones."""
    if not REAL.is_dir():
        return make_assembly()
    return read_tables(published_files(REAL))


def published_files(folder: Path) -> VoteFiles:
    """Return the files of the three tables in the shared data folder."""
    return VoteFiles(
        folder / "un_votes.csv.gz", folder / "un_roll_calls.csv.gz",
        folder / "un_roll_call_issues.csv"
    )  # fmt: skip


def read_tables(files: VoteFiles) -> Assembly:
    """Read the three tables."""
    return Assembly(
        _read_table(files.roll_calls), _read_table(files.topics), _read_table(files.votes)
    )


def importer_options(files: VoteFiles) -> list[str | Path]:
    """Return the options of the importer that name the three tables."""
    return ["--votes", files.votes, "--roll-calls", files.roll_calls, "--topics", files.topics]


def make_assembly(calls: int = 6200, states: int = 140) -> Assembly:
    """Make votes: two thirds of the roll calls have a topic, four votes in five are yes."""
    chance = random.Random(7)
    numbers = [str(3 + n) for n in range(calls)]
    first = date(1946, 1, 1)
    told = [
        {"rcid": number, "session": str(1 + n * 74 // calls), "unres": f"A/RES/{n % 74}/{n}",
         "date": (first + timedelta(days=n * 27_000 // calls)).isoformat(), "amend": "0",
         "para": "0", "short": f"QUESTION {n}", "descr": f"TO ADOPT A PROPOSAL ON QUESTION {n}."}
        for n, number in enumerate(numbers)
    ]  # fmt: skip
    topics = [
        {"rcid": number, "short_name": name, "issue": f"Topic {name}"}
        for number in numbers
        for name in ("di", "me", "hr", "co", "nu", "ec")
        if chance.random() < 0.155
    ]
    choices = ["yes"] * 8 + ["abstain", "no"]
    votes = [
        {"rcid": number, "country_code": "", "country": f"State {state}",
         "vote": chance.choice(choices)}
        for number in numbers
        for state in range(states)
    ]  # fmt: skip
    return Assembly(told, topics, votes)


def write_tables(folder: Path, known: Assembly, size: int | None) -> VoteFiles:
    """Write the three tables with so many votes, or all of them."""
    cut = known if size is None else _cut_to_size(known, size)
    files = VoteFiles(folder / "votes.csv", folder / "roll-calls.csv", folder / "topics.csv")
    _write_table(files.votes, cut.votes)
    _write_table(files.roll_calls, cut.calls)
    _write_table(files.topics, cut.topics)
    return files


def _cut_to_size(known: Assembly, size: int) -> Assembly:
    by_country = Counter(row["country"] for row in known.votes)
    states = {name for name, _ in by_country.most_common(max(10, math.isqrt(size // 10)))}
    count = math.ceil(size / min(len(states), len(by_country)) * _SPARE)
    calls = _choose_calls(known, count)
    kept = {row["rcid"] for row in calls}
    votes = [r for r in known.votes if r["rcid"] in kept and r["country"] in states]
    topics = [row for row in known.topics if row["rcid"] in kept]
    copies = range(math.ceil(size / len(votes)))
    return Assembly(
        list(_renumber_copies(calls, copies)),
        list(_renumber_copies(topics, copies)),
        list(_renumber_copies(votes, copies))[:size],
    )


def _choose_calls(known: Assembly, count: int) -> Table:
    """Return some roll calls of the commonest topic, and others at even distances."""
    if count >= len(known.calls):
        return known.calls
    commonest = Counter(row["short_name"] for row in known.topics).most_common(1)[0][0]
    tagged = [row["rcid"] for row in known.topics if row["short_name"] == commonest]
    kept = set(tagged[:: max(1, len(tagged) // _COMMON)][:_COMMON][:count])
    rest = [row["rcid"] for row in known.calls if row["rcid"] not in kept]
    kept |= set(rest[:: max(1, len(rest) // max(1, count - len(kept)))][: count - len(kept)])
    return [row for row in known.calls if row["rcid"] in kept]


def _renumber_copies(rows: Table, copies: Iterable[int]) -> Iterator[Mapping[str, str]]:
    for copy in copies:
        for row in rows:
            yield row | {"rcid": str(int(row["rcid"]) + copy * _FIRST_OF_COPY)}


def _read_table(path: Path) -> Table:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write_table(path: Path, rows: Table) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
