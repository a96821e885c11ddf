"""`sinequanon import unga-votes`: the recorded votes of the UN General Assembly.

Three tables in the form of the package *unvotes* (Erik Voeten's data): votes (rcid, country_code,
country, vote), roll calls (rcid, session, date, unres, amend, para, short, descr) and topics (rcid,
short_name, issue), each as CSV, also gzipped. All goes into one conflict of kind `forum`:

- a roll call becomes a source (its record), a proposal with one component (what is voted on; its
  phase is the session, because sessions run into the next year) and a proposition (its adoption),
- a topic becomes an issue,
- a vote becomes a position: yes accepts, no rejects, abstain abstains; absences are no votes.

States are found among the actors by their names and aliases, whatever codes there are: the code NA
is Namibia's, and some states that are no more have none. Others are added under their names.

The roll calls are written in the order of the file, some at a time, each lot as one changeset: so
memory stays small, a second run after a crash goes on where the first one ended, and a second
import of the same files writes nothing.
"""

from __future__ import annotations

import csv
import gc
import gzip
import io
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from api.actors import ACTORS
from api.bulk.importing import Rejected
from api.bulk.lines import BY_NAME
from api.bulk.names import slug
from api.errors import Invalid
from api.ledger import Change, Ledger
from api.ledger.noun import Record
from api.ledger.rules import fold
from api.web.fields import ID_LENGTH

CONFLICT, ASSEMBLY = "un-general-assembly", "un-general-assembly"
_FORCES = {"yes": "accept", "no": "reject", "abstain": "abstain"}
_LOT = 10_000
"""How many votes are written as one changeset, about; a roll call is never split."""
_LONGEST_TITLE, _LONGEST_LABEL = 400, 200
_MOST_ACTORS = 100_000

_VOTES = ("rcid", "country_code", "country", "vote")
_ROLL_CALLS = ("rcid", "session", "date", "unres", "amend", "para", "short", "descr")
_TOPICS = ("rcid", "short_name", "issue")


@dataclass(frozen=True, slots=True)
class Files:
    """Where the three tables are."""

    votes: Path
    roll_calls: Path
    topics: Path


@dataclass(slots=True)
class Done:
    """How far an import came: rows read, revisions written, and what was rejected."""

    read: int = 0
    written: int = 0
    head: int = 0
    rejected: list[str] = field(default_factory=list[str])


def import_votes(
    ledger: Ledger,
    files: Files,
    *,
    author: str,
    skip_errors: bool = False,
    told: Callable[[Done], None] = lambda _: None,
) -> Done:
    """Import all votes; `told` hears of the progress after each changeset.

    Raises Rejected with all rows that do not fit, unless these are to be skipped; then nothing is
    written.
    """
    roll_calls: dict[str, Mapping[str, str]] = {
        row[0]: dict[str, str](zip(_ROLL_CALLS, row, strict=True))
        for _, row in _rows(files.roll_calls, _ROLL_CALLS)
    }
    topics: defaultdict[str, list[str]] = defaultdict(list)
    issues: dict[str, str] = {}
    for _, (rcid, short_name, issue) in _rows(files.topics, _TOPICS):
        topics[rcid].append(short_name)
        issues[short_name] = issue
    done = Done()
    states = _States(ledger)
    votes = _votes(files.votes, roll_calls, done)
    _stop_at(done, skip_errors=skip_errors)
    gc.freeze()  # else every collection looks at all votes again
    _write(ledger, _frame(issues), author, "the General Assembly and its topics", done)
    for lot in _lots(votes, roll_calls):
        changes: list[Change] = []
        for rcid in lot:
            changes += _of_roll_call(roll_calls[rcid], topics[rcid])
            ballot = {
                force: _change("positions", _position(roll_calls[rcid], force))
                for force in _FORCES.values()
            }
            for country, vote in votes[rcid].items():
                changes += states.new(country)
                changes.append(_by(states.id(country), ballot[_FORCES[vote]]))
            done.read += len(votes[rcid])
        message = f"votes of the General Assembly, roll calls {lot[0]} to {lot[-1]}"
        _write(ledger, changes, author, message, done)
        told(done)
    return done


def _stop_at(done: Done, *, skip_errors: bool) -> None:
    if done.rejected and not skip_errors:
        raise Rejected(done.rejected)


def count_votes(files: Files) -> int:
    """Count the rows, for who shows progress."""
    with _opened(files.votes) as file:
        return sum(1 for _ in file) - 1


def _write(
    ledger: Ledger, changes: Sequence[Change], author: str, message: str, done: Done
) -> None:
    receipt = ledger.append(changes, author=author, message=message)
    done.written += len(receipt.written)
    done.head = receipt.head


@contextmanager
def _opened(path: Path) -> Generator[io.TextIOBase]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            yield file
    else:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the named columns of each row, with its line; nothing is read as a missing value."""
    with _opened(path) as file:
        reader = csv.reader(file)
        head = next(reader, list[str]())
        if missing := [each for each in columns if each not in head]:
            raise Invalid(f"{path} has no column {', '.join(missing)}")
        places = [head.index(each) for each in columns]
        for row in reader:
            if len(row) != len(head):
                detail = f"has {len(row)} cells where the head has {len(head)}"
                raise Invalid(f"{path}:{reader.line_num}: {detail}")
            yield reader.line_num, [row[place] for place in places]


Votes = Mapping[str, Mapping[str, str]]
"""The vote of each country, by roll call."""


def _votes(path: Path, roll_calls: Mapping[str, object], done: Done) -> Votes:
    """Gather the votes of each roll call; rows that do not fit are rejected."""
    found: dict[str, dict[str, str]] = {rcid: {} for rcid in roll_calls}
    intern = sys.intern  # a few hundred names and three votes, 870,109 times
    for number, (rcid, _, country, vote) in _rows(path, _VOTES):
        cast = found.get(rcid)
        if cast is not None and country and vote in _FORCES and country not in cast:
            cast[intern(country)] = intern(vote)
        else:
            fault = _fault(rcid, country, vote, cast)
            done.rejected.append(f"{path}:{number}: {fault}")
    return found


def _fault(rcid: str, country: str, vote: str, cast: Mapping[str, str] | None) -> str:
    if cast is None:
        return f"rcid: there is no roll call {rcid}"
    if not country:
        return "country: is empty"
    if vote not in _FORCES:
        return f"vote: {vote!r} is none of {', '.join(_FORCES)}"
    return f"country: {country} votes twice in roll call {rcid}"


def _lots(votes: Votes, roll_calls: Mapping[str, object]) -> Iterator[list[str]]:
    """Gather whole roll calls into lots, in the order of their file."""
    lot: list[str] = []
    size = 0
    for rcid in roll_calls:
        if lot and size + len(votes[rcid]) > _LOT:
            yield lot
            lot, size = [], 0
        lot.append(rcid)
        size += len(votes[rcid])
    if lot:
        yield lot


def _change(noun: str, record: Mapping[str, Any]) -> Change:
    loaded = BY_NAME[noun].load(dict(record))
    return Change(noun, loaded["id"], loaded)


def _frame(issues: Mapping[str, str]) -> list[Change]:
    assembly = {"id": ASSEMBLY, "name": "UN General Assembly", "kind": "organisation",
                "aliases": ["UNGA"], "wikidata": "Q47423"}  # fmt: skip
    forum = {
        "id": CONFLICT,
        "name": "UN General Assembly",
        "kind": "forum",
        "summary": "The recorded votes of the General Assembly, roll call by roll call.",
    }
    named = [
        _change("issues", {"id": _issue(each), "name": name, "conflict": CONFLICT})
        for each, name in sorted(issues.items())
    ]
    return [_change("actors", assembly), _change("conflicts", forum), *named]


def _issue(short_name: str) -> str:
    return f"unga-{short_name}"


def _of_roll_call(call: Mapping[str, str], topics: Sequence[str]) -> list[Change]:
    id, symbol = f"unga-{call['rcid']}", _symbol(call)
    about = call["short"].strip() or call["descr"].strip()
    title = f"{symbol}: {about}" if about else symbol
    adopted = f"The General Assembly adopts {symbol}"
    words = call["descr"].strip() or about
    source = {"id": id, "kind": "recorded_vote", "language": "en", "published": call["date"],
              "title": f"Recorded vote on {title}"[:_LONGEST_TITLE]}  # fmt: skip
    proposition = {"id": id, "conflict": CONFLICT, "by": [ASSEMBLY],
                   "issues": [_issue(each) for each in dict.fromkeys(topics)],
                   "text": f"{adopted}: {words}." if words else f"{adopted}."}  # fmt: skip
    component: dict[str, Any] = {"id": "a", "phase": f"session {call['session']}",
                                 "propositions": [id]}  # fmt: skip
    if about:
        component["label"] = about[:_LONGEST_LABEL]
    proposal = {"id": id, "conflict": CONFLICT, "title": title[:_LONGEST_TITLE],
                "proposers": [ASSEMBLY], "made_on": call["date"],
                "components": [component]}  # fmt: skip
    return [
        _change("sources", source),
        _change("propositions", proposition),
        _change("proposals", proposal),
    ]


def _symbol(call: Mapping[str, str]) -> str:
    """Name what is voted on: R/68/262 and A/RES/68/262 are one resolution."""
    symbol = re.sub(r"^R/", "A/RES/", call["unres"].strip()) or f"roll call {call['rcid']}"
    parts = [what for name, what in (("amend", "an amendment to"), ("para", "a part of"))
             if call[name] == "1"]  # fmt: skip
    return " ".join([*parts, symbol])


def _position(call: Mapping[str, str], force: str) -> dict[str, Any]:
    """Give the position that a vote is, with the Assembly in the place of the state."""
    roll_call = f"unga-{call['rcid']}"
    return {
        "id": f"{roll_call}-{ASSEMBLY}",
        "holder": ASSEMBLY,
        "force": force,
        "proposition": roll_call,
        "responds_to": {"proposal": roll_call, "component": "a"},
        "sources": [roll_call],
        "attestation": "recorded_vote",
        "attested_on": call["date"],
        "valid_from": call["date"],
    }


def _by(state: str, like: Change) -> Change:
    """Give a vote like another, by a state.

    The other was read by the schema of positions, and the state's id by that of actors. Two ids
    joined by a hyphen are an id, unless it is too long, which the schema has words for.
    """
    id = f"{like.id.removesuffix(ASSEMBLY)}{state}"
    if len(id) > ID_LENGTH:
        return _change(like.noun, {**cast("Record", like.record), "id": id, "holder": state})
    return Change(like.noun, id, {**cast("Record", like.record), "id": id, "holder": state})


class _States:
    """Finds the actors that vote, by what they are called."""

    def __init__(self, ledger: Ledger) -> None:
        self._by_name: dict[str, str] = {}
        self._ids: set[str] = set()
        self._known: dict[str, str] = {}
        with ledger.reading() as reader:
            for record in reader.every(ACTORS, {"kind": ["state"]}, most=_MOST_ACTORS):
                for name in (record["name"], *record["aliases"]):
                    self._by_name.setdefault(fold(name), record["id"])
            self._ids = {r["id"] for r in reader.every(ACTORS, {}, most=_MOST_ACTORS)}

    def id(self, country: str) -> str:
        """Give the id of a state that is known."""
        return self._known[country]

    def new(self, country: str) -> list[Change]:
        """Give what adds a state that nobody knows by this name; nothing for one that is known."""
        if country in self._known:
            return []
        plain = re.sub(r"\s*\(.*\)$", "", country.replace("&", "and"))
        for name in (country, plain):
            if id := self._by_name.get(fold(name)):
                self._known[country] = id
                return []
        id = slug(plain) if slug(plain) not in self._ids else f"{slug(plain)}-state"
        self._known[country] = id
        self._ids.add(id)
        return [_change("actors", {"id": id, "name": country, "kind": "state"})]
