"""Turns changesets into entries of a feed.

An entry never changes: its sentences are made from what was known at its own changeset. Its id is
made from the changeset's hash and from the subject of the feed, which decides what the entry lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from api import clock
from api.analysis.engine.model import HardRule
from api.analysis.engine.scene import Labels
from api.analysis.engine.sentences import Sentences
from api.ledger.noun import Record
from api.ledger.reading.change_log import ChangeLogFilter
from api.ledger.reading.reader import Reader
from api.ledger.store.tables import Row
from api.nouns import NOUNS_BY_NAME, PAGED

MAX_CHANGES = 50
"""Changes that an entry lists; the page of its changeset has all of them."""


@dataclass(frozen=True, slots=True)
class EntryChange:
    """A written record: what was done to it, what it says, and its address."""

    action: str
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A changeset; with `more` it wrote more than `changes`."""

    id: str
    number: int
    title: str
    author: str
    recorded_at: str
    changes: Sequence[EntryChange]
    more: bool


def build_entries(
    reader: Reader, rows: Sequence[Row], about: ChangeLogFilter
) -> Iterator[FeedEntry]:
    """Yield an entry for each changeset."""
    for row in rows:
        number = row["number"]
        change_log = reader.open_change_log(about) if about else reader
        found = change_log.list_changes(number, limit=MAX_CHANGES + 1)
        listed = found[:MAX_CHANGES]
        more = len(found) > MAX_CHANGES
        counts = Counter(each["noun"] for each in listed)
        yield FeedEntry(
            id=make_urn(row["hash"], about),
            number=number,
            title=row["message"] or f"{summarise_counts(counts)}{' and more' if more else ''}",
            author=row["author"],
            recorded_at=clock.format_instant(row["recorded_at"]),
            changes=[*_describe_changes(reader, number, listed)],
            more=more,
        )


def make_urn(hash: bytes, about: ChangeLogFilter) -> str:
    """Return a UUID as URN for a hash and a subject; it is the same on every server."""
    narrowed = " ".join(f"{name}={id}" for name, id in sorted(about.items()))
    return uuid5(UUID(bytes=hash[:16]), narrowed).urn


def _describe_changes(reader: Reader, number: int, found: Sequence[Row]) -> Iterator[EntryChange]:
    after, before = reader.open_lookup(number), reader.open_lookup(number - 1)
    for lookup, ended in ((after, False), (before, True)):
        keys = [(each["noun"], each["id"]) for each in found if each["tombstone"] == ended]
        lookup.prefetch(keys)
        lookup.prefetch_referenced(lookup.loaded_records())
    for each in found:
        lookup = before if each["tombstone"] else after
        record = lookup.get(each["noun"], each["id"])
        words = describe_record(each["noun"], record, lookup) if record else each["id"]
        yield EntryChange(describe_action(each["noun"], each), words, _change_url(each, number))


def _change_url(each: Mapping[str, object], number: int) -> str:
    """Return the address of the record as written; of a retracted one, as it was before."""
    path = f"/{each['noun']}/{each['id']}"
    if each["noun"] in PAGED:
        return f"{path}?known_at={number - 1 if each['tombstone'] else number}"
    return f"/v1{path}/history" if each["tombstone"] else f"/v1{path}?known_at={number}"


def describe_record(noun: str, record: Record, lookup: Labels) -> str:
    """Describe a record; `lookup` has the labels of what it names, at the same moment."""
    if noun in ("positions", "preconditions", "statements"):
        say, said = Sentences(lookup), Sentences(lookup).describe_record(noun, record)
        return said if noun == "statements" else f"{said}, {say.describe_account(record)}"
    if noun == "axioms":
        rule = HardRule("axiom", record["id"], record["kind"], tuple(record["propositions"]), ())
        return Sentences(lookup).describe_rule(rule)
    return f"“{record[NOUNS_BY_NAME[noun].label] or record['id']}”"


def describe_action(noun: str, revision: Mapping[str, object]) -> str:
    """Say whether a record was new, amended or retracted."""
    singular = NOUNS_BY_NAME[noun].singular
    if revision["tombstone"]:
        return f"Retracted {singular}"
    return f"New {singular}" if revision["number"] == 1 else f"Amended {singular}"


def summarise_counts(counts: Mapping[str, int]) -> str:
    """Summarise counts by noun, such as "3 positions, 1 statement"."""
    singulars = {noun: NOUNS_BY_NAME[noun].singular for noun in counts}
    return ", ".join(f"{n} {noun if n > 1 else singulars[noun]}" for noun, n in counts.items())
