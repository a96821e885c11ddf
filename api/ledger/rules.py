"""Rules that several nouns share: pure functions on plain data.

Like every `rules` module this one imports no database and no framework. A rule ignores references
to records that do not exist, because the ledger reports these itself.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import sha256

from api import clock
from api.errors import Problem
from api.ledger.noun import Lookup, Record, Reference, WrittenRecords

LARGEST_RECORD = 200_000
"""Bytes that a record may have as canonical JSON: a statement of the longest texts fits, in any
script. Records of earlier releases may have more; they are read, shortened and retracted."""

MORE_COPIED = 72_000_000
"""How many characters dependents may copy more than what is written, which can be sent in parts."""


LETTERS = str.maketrans({
    "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŋ": "n", "þ": "th",
    "ə": "a", "\N{LATIN SMALL LETTER DOTLESS I}": "i",
})  # fmt: skip
"""Letters that Unicode does not decompose, as they are typed without them: Wałęsa is walesa."""


def fold_text(*texts: str | None) -> str:
    """Join and fold texts for search: one line, no case, no accents, single blanks."""
    return " ".join(fold_letters(" ".join(each for each in texts if each)).split())


def fold_letters(text: str) -> str:
    """Fold a text but keep its blanks."""
    if text.isascii():
        return text.lower()
    # In pieces (NFKD), because Python sorts the marks on a letter in quadratic time.
    pieces = (text[start : start + 200] for start in range(0, len(text), 200))
    decomposed = "".join(unicodedata.normalize("NFKD", each) for each in pieces)
    plain = "".join(each for each in decomposed if not unicodedata.combining(each))
    return plain.casefold().translate(LETTERS)


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8 bytes, in lower-case hexadecimal."""
    return sha256(text.encode()).hexdigest()


def check_size(body: bytes) -> Iterator[Problem]:
    """Check that the canonical bytes of a record are not too many."""
    if len(body) > LARGEST_RECORD:
        most = f"there may be at most {LARGEST_RECORD:,} bytes in a record"
        yield Problem("", f"has {len(body):,} bytes as JSON; {most}: divide or shorten it")


def read_ids(record: Record, path: str) -> list[str]:
    """Return the ids in a field, whether it holds one or a list, without a leading `!`.

    A dotted path leads into an object: `responds_to.proposal`.
    """
    field, _, rest = path.partition(".")
    value = record.get(field)
    if value is None:
        return []
    if rest:
        return read_ids(value, rest)
    listed = [value] if isinstance(value, str) else value
    return [each.removeprefix("!") for each in listed]


def named_records(record: Record, lookup: Lookup, path: str, noun: str) -> list[Record]:
    """Return the records that a field names, in order, without those that do not exist."""
    found = (lookup.get(noun, id) for id in read_ids(record, path))
    return [each for each in found if each is not None]


def drop_repeats(values: Iterable[str]) -> list[str]:
    """Return each value once, in the order of first appearance."""
    return list(dict.fromkeys(values))


def check_same_conflict(
    record: Record,
    lookup: Lookup,
    path: str,
    noun: str,
    own: str | None,
    of: Callable[[Record], str | None] = lambda other: other.get("conflict"),
) -> Iterator[Problem]:
    """Check that the records named at a path (see `Reference`) belong to the same conflict.

    `own` is the record's conflict, and `of` returns that of another record. If either is None, they
    are not compared.
    """
    for pointer, id in _literal_reference(path, noun).walk_ids(record):
        other = lookup.get(noun, id)
        theirs = None if other is None else of(other)
        if None not in (own, theirs) and own != theirs:
            yield Problem(pointer, f"{id} belongs to {theirs}, this record to {own}")


def find_moves(
    written: WrittenRecords,
    _lookup: Lookup,
    own: Callable[[Record], str | None] = lambda record: record.get("conflict"),
) -> Iterator[tuple[str, Problem]]:
    """Warn of each record that moves into another conflict; `own` returns a record's conflict."""
    for id, (before, record) in written.items():
        old, new = None if before is None else own(before), own(record)
        if None not in (old, new) and old != new:
            detail = f"is the id of a record of {old}, which this write moves to {new}; "
            yield id, Problem("/id", f"{detail}give another id to another record", warning=True)


@lru_cache(maxsize=64)
def _literal_reference(path: str, noun: str) -> Reference:
    return Reference(path, noun, literal=True)


def check_cycle(record: Record, lookup: Lookup, noun: str, path: str) -> Iterator[Problem]:
    """Check that following a field (see `ids`) never leads into a circle.

    The lookup remembers the records that were followed, so all of a changeset takes linear time.
    """
    known: dict[str, bool] = getattr(lookup, "circles", {}).setdefault((noun, path), {})
    trail = {record["id"]: iter(read_ids(record, path))}
    while record["id"] not in known:
        last, ahead = next(reversed(trail.items()))
        id = next(ahead, None)
        if id is None:
            known[last] = False
            del trail[last]
        elif id in trail or known.get(id):
            known.update(dict.fromkeys(trail, True))
        elif id not in known:
            trail[id] = iter(read_ids(lookup.get(noun, id) or {}, path))
    if known[record["id"]]:
        yield Problem(f"/{path.replace('.', '/')}", "leads into a circle of records")


_ENDS_BEFORE_START = "must lie after valid_from: it is the first day it no longer holds"
_ENDS_BEFORE_ATTESTATION = (
    "lies before attested_on, which stands for an unknown valid_from, so the record is in "
    "force on no day; give valid_from"
)


def check_period(record: Record) -> Iterator[Problem]:
    """Check that a period ends after it starts."""
    start, end = record.get("valid_from"), record.get("valid_to")
    if start and end and clock.parse_edtf(start).earliest >= clock.parse_edtf(end).latest:
        yield Problem("/valid_to", _ENDS_BEFORE_START)
    elif end and not start and clock.parse_edtf(end).latest <= record.get("attested_on", ""):
        yield Problem("/valid_to", _ENDS_BEFORE_ATTESTATION, warning=True)
    for name in ("end_reason", "end_evidence"):
        if record.get(name) and not end:
            yield Problem(f"/{name}", "needs valid_to, the first day on which it no longer holds")


def bound_validity(record: Record) -> dict[str, str]:
    """Return the outer bounds of a record's period: `valid_start` and `valid_end` for its index.

    A record is in force on a day d if valid_start <= d < valid_end. An unknown start is the day of
    attestation, or the beginning of time for records without one. An unknown end is open.
    """
    start, end = record.get("valid_from"), record.get("valid_to")
    attested = record.get("attested_on", clock.UNKNOWN)
    return {
        "valid_start": clock.parse_edtf(start).earliest if start else attested,
        "valid_end": clock.parse_edtf(end).latest if end else clock.OPEN,
    }


def bound_day(stem: str, text: str | None) -> dict[str, str]:
    """Return the outer bounds of an uncertain day: `<stem>_from` and `<stem>_to` for its index.

    Both are `UNKNOWN` if there is no day: that lies in no range, and sorts first.
    """
    if text is None:
        return {f"{stem}_from": clock.UNKNOWN, f"{stem}_to": clock.UNKNOWN}
    bounds = clock.parse_edtf(text)
    return {f"{stem}_from": bounds.earliest, f"{stem}_to": bounds.latest}


def holds_on(period: Record, day: str) -> bool:
    """Whether a period `{from, to}`, both ends included, may contain a day."""
    start, end = period.get("from"), period.get("to")
    begun = not start or clock.parse_edtf(start).earliest <= day
    return begun and (not end or day <= clock.parse_edtf(end).latest)
