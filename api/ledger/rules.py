"""Rules that several nouns share: pure functions on plain data.

Like every `rules` module this one knows no database and no framework. A rule that meets a
reference to a record that is not there says nothing about it: the ledger reports that itself.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from api import clock
from api.errors import Problem
from api.ledger.noun import Lookup, Record


def fold(*texts: str | None) -> str:
    """Fold texts for search: one line, no case, no accents, blanks run together."""
    joined = " ".join(each for each in texts if each)
    plain = unicodedata.normalize("NFKD", joined.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def ids(record: Record, path: str) -> list[str]:
    """Give the ids that a field names, whether it holds one or a list; `!` is taken off.

    A dotted path leads into an object: `responds_to.proposal`.
    """
    field, _, rest = path.partition(".")
    value = record.get(field)
    if rest:
        return ids(value or {}, rest)
    listed = [value] if isinstance(value, str) else value or []
    return [each.removeprefix("!") for each in listed]


def named(record: Record, lookup: Lookup, path: str, noun: str) -> list[Record]:
    """Give the records that a field names, in order, without those that are not there."""
    found = (lookup.get(noun, id) for id in ids(record, path))
    return [each for each in found if each is not None]


def unique(values: Iterable[str]) -> list[str]:
    """Give each value once, in the order of its first appearance."""
    return list(dict.fromkeys(values))


def same_conflict(record: Record, lookup: Lookup, field: str, noun: str) -> Iterator[Problem]:
    """The records named in a field belong to the record's own conflict."""
    for index, id in enumerate(ids(record, field)):
        other = lookup.get(noun, id)
        if other is not None and other["conflict"] != record["conflict"]:
            place = f"/{field}" if isinstance(record[field], str) else f"/{field}/{index}"
            yield Problem(
                place, f"{id} belongs to {other['conflict']}, this record to {record['conflict']}"
            )


def cycle(record: Record, lookup: Lookup, noun: str, path: str) -> Iterator[Problem]:
    """Following a field (see `ids`) from record to record never leads back to the record."""
    seen: set[str] = set()
    ahead = ids(record, path)
    while ahead:
        id = ahead.pop()
        if id == record["id"]:
            yield Problem(f"/{path.replace('.', '/')}", f"leads in a circle back to {id}")
            return
        if id not in seen:
            seen.add(id)
            ahead += ids(lookup.get(noun, id) or {}, path)


def ordered(record: Record) -> Iterator[Problem]:
    """A period ends after it starts."""
    start, end = record.get("valid_from"), record.get("valid_to")
    if start and end and clock.bounds(start).earliest >= clock.bounds(end).latest:
        yield Problem(
            "/valid_to", "must lie after valid_from: it is the first day it no longer holds"
        )
    if record.get("end_reason") and not end:
        yield Problem("/end_reason", "needs valid_to, the first day on which it no longer holds")


def validity(record: Record) -> dict[str, str]:
    """Bound a record's period from outside: `valid_start` and `valid_end` for its index.

    In force on a day d: valid_start <= d < valid_end. An unknown start counts from the day on
    which it is attested (for records that have none: always), an unknown end is open.
    """
    start, end = record.get("valid_from"), record.get("valid_to")
    attested = record.get("attested_on", clock.UNKNOWN)
    return {
        "valid_start": clock.bounds(start).earliest if start else attested,
        "valid_end": clock.bounds(end).latest if end else clock.OPEN,
    }


def dated(stem: str, text: str | None) -> dict[str, str]:
    """Bound an uncertain day from outside, as `<stem>_from` and `<stem>_to` for its index.

    Both are `UNKNOWN` where there is no day at all: it lies in no range, and sorts first.
    """
    if text is None:
        return {f"{stem}_from": clock.UNKNOWN, f"{stem}_to": clock.UNKNOWN}
    bounds = clock.bounds(text)
    return {f"{stem}_from": bounds.earliest, f"{stem}_to": bounds.latest}


def literals_share_conflict(
    conflicts: Iterable[tuple[str, str, str | None]], expected: str
) -> Iterator[Problem]:
    """Each (pointer, id, conflict) is of the expected conflict."""
    for pointer, id, conflict in conflicts:
        if conflict is not None and conflict != expected:
            yield Problem(pointer, f"{id} belongs to {conflict}, the rest to {expected}")


def voice(speaker: str | None, speaker_as: str | None, holder: str, on: str, lookup: Lookup) -> str:
    """Tell who speaks, seen from the holder (a value of `vocabulary.VOICE`).

    `on` is the day by which an office counts: one that possibly holds on that day speaks. An
    office speaks for the actor named in `speaks_for` and for every whole of which that is a part.
    """
    if speaker is None:
        return "anonymous" if speaker_as else "narrated"
    if speaker == holder:
        return "own"
    offices = (lookup.get("actors", speaker) or {}).get("offices", ())
    spoken_for = (o["speaks_for"] for o in offices if "speaks_for" in o and _holds(o, on))
    if any(holder in wholes(each, lookup) for each in spoken_for):
        return "authorised"
    return "relayed"


def wholes(actor: str, lookup: Lookup) -> list[str]:
    """Give the actor and, in order, every actor that it is part of."""
    chain: list[str] = []
    part: str | None = actor
    while part is not None and part not in chain:
        chain.append(part)
        part = (lookup.get("actors", part) or {}).get("part_of")
    return chain


def _holds(office: Record, on: str) -> bool:
    start, end = office.get("from"), office.get("to")
    begun = not start or clock.bounds(start).earliest <= on
    return begun and (not end or on <= clock.bounds(end).latest)


def verified(statement: Record, lookup: Lookup) -> bool:
    """Whether the span was found in the very text that its source names now."""
    source = lookup.get("sources", statement["source"]) or {}
    mark = statement.get("verified_sha256")
    return mark is not None and mark == source.get("text_sha256")


def witnessed(record: Record, lookup: Lookup, otherwise: str = "") -> Iterator[Problem]:
    """Some statement in evidence is more than narration; `otherwise` names what would do, too."""
    statements = named(record, lookup, "evidence", "statements")
    if len(statements) < len(ids(record, "evidence")):
        return
    if all(each["attestation"] == "narration" for each in statements):
        yield Problem("/evidence", f"needs a statement that is more than narration{otherwise}")


def succession(record: Record, lookup: Lookup, noun: str) -> Iterator[Problem]:
    """What a record replaces is of the same holder and has ended, and nothing replaces itself."""
    yield from cycle(record, lookup, noun, "replaces")
    for before in named(record, lookup, "replaces", noun):
        if before["holder"] != record["holder"]:
            detail = f"{before['id']} is held by {before['holder']}, not by {record['holder']}"
            yield Problem("/replaces", detail)
        elif "valid_to" not in before:
            detail = f"{before['id']} has no valid_to: both hold, as it stands"
            yield Problem("/replaces", detail, warning=True)


def conflict_of(record: Record, lookup: Lookup) -> str | None:
    """Find the conflict of a position or precondition: its proposition's, else its proposal's."""
    for path, noun in (
        ("proposition", "propositions"),
        ("consequents", "propositions"),
        ("responds_to.proposal", "proposals"),
    ):
        for other in named(record, lookup, path, noun):
            return other["conflict"]
    return None


def issues_of(propositions: Iterable[Record]) -> list[str]:
    """Give the issues that propositions settle, each once."""
    return unique(issue for each in propositions for issue in ids(each, "issues"))


_QUOTED = ("exact", "gist", "attestation", "speaker", "speaker_as", "source", "start", "end")

READ_OF_EVIDENCE = (*_QUOTED, "stated_on", "attested_on", "verified_sha256")
"""The fields of a statement on which `testimony` depends; `verified` follows from its source."""


def testimony(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Draw from the evidence of a position or precondition who speaks, when, in which words.

    `documents` are the sources behind it, whether named by a statement or by the record itself.
    """
    statements = named(record, lookup, "evidence", "statements")
    attested_on: str = record["attested_on"]
    stated_on = _first(statements, "stated_on")
    speaker_as = _first(statements, "speaker_as")
    return {
        "voice": voice(record.get("speaker"), speaker_as, record["holder"], attested_on, lookup),
        "last_attested_on": max([attested_on, *(each["attested_on"] for each in statements)]),
        "stated_on": stated_on,
        **dated("stated", stated_on),
        "quotes": [_quote(each, lookup) for each in statements],
        "documents": unique([*(s["source"] for s in statements), *ids(record, "sources")]),
    }


def quoted_words(statements: Iterable[Record]) -> list[str]:
    """Give the words of statements or quotes that a search may meet."""
    return [each[f] for each in statements for f in ("exact", "gist") if each.get(f)]


def _quote(statement: Record, lookup: Lookup) -> dict[str, Any]:
    said = {name: statement[name] for name in _QUOTED if name in statement}
    return {"statement": statement["id"], **said, "verified": verified(statement, lookup)}


def _first(records: Iterable[Record], field: str) -> Any:
    return next((each[field] for each in records if each.get(field) is not None), None)


def label(lookup: Lookup, noun: str, id: str | None, field: str = "name") -> Any:
    """Give a field of the record that an id names, by default its name; None for no id."""
    return None if id is None else (lookup.get(noun, id) or {}).get(field)


def literal_texts(literals: Iterable[str], lookup: Lookup) -> list[str]:
    """Write literals as words: a proposition's text, with "not: " before a negated one.

    The full stop of the sentence is left out, because more may follow.
    """
    return [_literal_text(each, lookup) for each in literals]


def _literal_text(literal: str, lookup: Lookup) -> str:
    id = literal.removeprefix("!")
    text = label(lookup, "propositions", id, "text") or id
    return ("" if id == literal else "not: ") + text.removesuffix(".")


def flat(values: Iterable[str]) -> str | None:
    """Join a list for a flat row; None for an empty one."""
    return "|".join(values) or None


def closing_columns(noun: str, record: Record, lookup: Lookup) -> dict[str, Any]:
    """Give the columns from `quote` on, which rows of positions and of preconditions share."""
    return {
        "quote": _first(record["quotes"], "exact"),
        "gist": _first(record["quotes"], "gist"),
        "speaker": record["speaker"],
        "speaker_label": label(lookup, "actors", record["speaker"]),
        **{name: record[name] for name in _AS_SERVED},
        **_valid_columns(record),
        **{name: record[name] for name in ("end_reason", "rank", "coder")},
        **_source_columns(record, lookup),
        **{name: record.get(name) for name in ("revision", "changeset", "recorded_at")},
        "url": f"/v1/{noun}/{record['id']}",
    }


_AS_SERVED = ("voice", "attestation", "stated_on", "attested_on", "last_attested_on")


def _valid_columns(record: Record) -> dict[str, str | None]:
    start, end = record["valid_from"], record["valid_to"]
    return {
        "valid_from": start,
        "valid_from_date": _known(clock.bounds(start).earliest if start else clock.UNKNOWN),
        "valid_to": end,
        "valid_to_date": _known(clock.bounds(end).latest if end else clock.OPEN),
    }


def _known(bound: str) -> str | None:
    return None if bound in (clock.UNKNOWN, clock.OPEN) else bound


def _source_columns(record: Record, lookup: Lookup) -> dict[str, Any]:
    quotes: Sequence[Record] = record["quotes"]
    source = next((each["source"] for each in quotes), next(iter(ids(record, "sources")), None))
    return {
        "source": source,
        "source_title": label(lookup, "sources", source, "title"),
        "source_url": label(lookup, "sources", source, "url"),
        "verified": quotes[0]["verified"] if quotes else None,
    }
