"""The rules that positions and preconditions share: what is refused, and what is derived."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from api import clock
from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import (
    bound_day,
    bound_validity,
    check_cycle,
    drop_repeats,
    holds_on,
    named_records,
    read_ids,
)
from api.web.contract.limits import COPIED, COPIED_AT_ONCE

_QUOTED = ("exact", "gist", "attestation", "speaker", "speaker_as", "source", "start", "end")

READ_FROM_STATEMENTS = (*_QUOTED, "stated_on", "attested_on", "verified_sha256")
"""The fields of a statement that the rules read; `verified` follows from its source."""

DERIVED_FROM_EVIDENCE: tuple[str, ...] = ("attestation", "attested_on", "speaker")
"""The fields that a record takes from its first statement where its author left them out."""

_SHORT = 2_000
"""How many copied characters of a record do not count for its changeset: what most records have."""


def derive_from_evidence(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Return the fields that the author left out, with the values of the first statement.

    The speaker goes with the attestation: an author who gives only the attestation says that nobody
    speaks for the holder.
    """
    asked = ("attested_on",) if "attestation" in record else DERIVED_FROM_EVIDENCE
    left_out = [name for name in asked if name not in record]
    statements = named_records(record, lookup, "evidence", "statements") if left_out else []
    return {n: each[n] for each in statements[:1] for n in left_out if n in each}


def drop_derived(
    draft: Record, lookup: Lookup, derive: Callable[[Record, Lookup], Mapping[str, Any]]
) -> Record:
    """Drop from a draft the fields that it lists as `derived`, as a GET answered them.

    A field stays listed if `derive` gives another value: `check_derived` then refuses it.
    """
    if "derived" not in draft:
        return draft
    authored = {name: draft[name] for name in draft if name not in (*draft["derived"], "derived")}
    follows = derive(authored, lookup)
    kept = [name for name in draft["derived"] if name in draft and draft[name] != follows.get(name)]
    if not kept:
        return authored
    return {**authored, **{name: draft[name] for name in kept}, "derived": kept}


def check_derived(record: Record) -> Iterator[Problem]:
    """Refuse a field that is listed as derived but differs from the value that follows."""
    for name in record.get("derived", ()):
        detail = "is listed in derived, but the evidence now gives another value; remove its name "
        detail += "from derived to set it yourself, or leave the field out"
        yield Problem(f"/{name}", detail)


def derive_shared_fields(
    record: Record, derived: Record, propositions: Iterable[Record], lookup: Lookup
) -> dict[str, Any]:
    """Return the facts that follow from a record's evidence and propositions.

    `derived` has the fields that the author left out; `record` already includes them.
    `documents` are the sources behind it, named by a statement or by the record itself.
    """
    statements = named_records(record, lookup, "evidence", "statements")
    attested_on: str = record["attested_on"]
    stated_on = _find_first(statements, "stated_on")
    speaker_as = _find_first(statements, "speaker_as")
    quotes = list_quotes(record, lookup)
    return {
        "conflict": find_conflict(record, lookup),
        "issues": list_issues(propositions),
        **derived,
        "derived": [*derived],
        "voice": classify_voice(
            record.get("speaker"), speaker_as, record["holder"], attested_on, lookup
        ),
        "last_attested_on": max([attested_on, *(each["attested_on"] for each in statements)]),
        "stated_on": stated_on,
        **bound_day("stated", stated_on),
        "quotes": quotes,
        "documents": list_sources({**record, "quotes": quotes}),
        **bound_validity(record),
    }


def list_issues(propositions: Iterable[Record]) -> list[str]:
    """List the issues of propositions, each once."""
    return drop_repeats(issue for each in propositions for issue in read_ids(each, "issues"))


def list_sources(record: Record) -> list[str]:
    """List the sources behind a served record, named by its quotes or by itself."""
    quoted = (each["source"] for each in record["quotes"])
    return drop_repeats([*quoted, *read_ids(record, "sources")])


def list_quoted_words(statements: Iterable[Record]) -> list[str]:
    """List the words of statements or quotes that the search looks into."""
    return [each[f] for each in statements for f in ("exact", "gist") if each.get(f)]


def list_quotes(record: Record, lookup: Lookup) -> list[dict[str, Any]]:
    """List what a record copies from each of its statements."""
    return [
        {
            "statement": each["id"],
            **{name: each.get(name) for name in _QUOTED},
            "verified": is_verified(each, lookup),
        }
        for each in named_records(record, lookup, "evidence", "statements")
    ]


def _find_first(records: Iterable[Record], field: str) -> Any:
    """Return the first value of a field among records that have one."""
    return next((each[field] for each in records if each.get(field) is not None), None)


def is_verified(statement: Record, lookup: Lookup) -> bool:
    """Whether the span was found in the text that its source declares now."""
    source = lookup.get("sources", statement["source"]) or {}
    mark = statement.get("verified_sha256")
    return mark is not None and mark == source.get("text_sha256")


def check_statements(record: Record, lookup: Lookup, otherwise: str = "") -> Iterator[Problem]:
    """Refuse evidence that is only narration; `otherwise` names what else would be accepted."""
    statements = named_records(record, lookup, "evidence", "statements")
    if len(statements) < len(read_ids(record, "evidence")):
        return
    if all(each["attestation"] == "narration" for each in statements):
        yield Problem("/evidence", f"needs a statement that is more than narration{otherwise}")


def check_holder(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse an audience as holder, a holder named twice, and an attestation that is context."""
    holder: str = record["holder"]
    joint = [(f"/co_holders/{n}", id) for n, id in enumerate(read_ids(record, "co_holders"))]
    for pointer, id in (("/holder", holder), *joint):
        if (lookup.get("actors", id) or {}).get("kind") == "audience":
            yield Problem(pointer, f"{id} is an audience: it is addressed and holds nothing")
    for pointer, id in joint:
        if id == holder:
            yield Problem(pointer, f"{id} is the holder already; name only further actors")
    if record.get("attestation") == "narration":
        detail = "narration is only context and does not show that anybody holds it; put a "
        detail += "statement that shows it first in evidence, or give attestation"
        yield Problem("/attestation", detail)


def check_replaced(record: Record, lookup: Lookup, noun: str) -> Iterator[Problem]:
    """Refuse to replace a record of another holder or itself; warn if that one has not ended."""
    yield from check_cycle(record, lookup, noun, "replaces")
    for before in named_records(record, lookup, "replaces", noun):
        if set(list_holders(before)).isdisjoint(list_holders(record)):
            detail = f"{before['id']} is held by {before['holder']}, not by {record['holder']}"
            yield Problem("/replaces", detail)
        elif "valid_to" not in before:
            detail = f"{before['id']} has no valid_to, so both are in force; give it one"
            yield Problem("/replaces", detail, warning=True)


def find_conflict(record: Record, lookup: Lookup) -> str | None:
    """Return the conflict of a record's proposition, else of the proposal that it answers."""
    for path, noun in (
        ("proposition", "propositions"),
        ("consequents", "propositions"),
        ("responds_to.proposal", "proposals"),
    ):
        for other in named_records(record, lookup, path, noun):
            return other["conflict"]
    return None


VOICE_RANKS: Mapping[str, int] = {
    "own": 2, "authorised": 2, "narrated": 1, "relayed": 0, "anonymous": 0,
}  # fmt: skip
"""Whose word outranks whose: the holder's own, the source's narration, what others say."""

WANTS = frozenset({"propose", "demand", "commit", "intend", "accept", "concede"})
REFUSES = frozenset({"reject"})
CONDITIONAL = "accept_conditionally"


def sign_of(record: Record) -> int:
    """Return 1 where a position wants its proposition, -1 where its opposite, else 0."""
    if record["force"] not in WANTS | REFUSES | {CONDITIONAL}:
        return 0
    return (-1 if record["force"] in REFUSES else 1) * (-1 if record.get("negated") else 1)


def day_of(record: Record) -> str:
    """Return the day on which a served record was said, else the one of its last attestation.

    Of an uncertain day the latest counts that is not after the attestation. A later statement that
    repeats it is known by its attestation alone.
    """
    attested: str = record["last_attested_on"]
    if record["stated_on"] is None or attested > record["attested_on"]:
        return attested
    stated = clock.parse_edtf(record["stated_on"])
    return min(stated.latest, max(stated.earliest, attested))


def list_holders(record: Record) -> list[str]:
    """List all who hold a position or precondition."""
    return [record["holder"], *(record.get("co_holders") or ())]


def classify_voice(
    speaker: str | None, speaker_as: str | None, holder: str, on: str, lookup: Lookup
) -> str:
    """Return how the speaker relates to the holder, as a value of `vocabulary.VOICE`.

    An office counts if it is possibly held on the day `on`. It speaks for the actor named in
    `speaks_for` and for every actor of which that one is a part.
    """
    if speaker is None:
        return "anonymous" if speaker_as else "narrated"
    if speaker == holder:
        return "own"
    return "authorised" if _speaks_for(speaker, holder, on, lookup) else "relayed"


def _speaks_for(speaker: str, holder: str, on: str, lookup: Lookup) -> bool:
    offices = (lookup.get("actors", speaker) or {}).get("offices", ())
    spoken_for = (o["speaks_for"] for o in offices if "speaks_for" in o and holds_on(o, on))
    return any(holder in list_wholes(each, lookup) for each in spoken_for)


_MOST_WHOLES = 100


def list_wholes(actor: str, lookup: Lookup) -> list[str]:
    """Return the actor and, from the nearest up, the actors that it is a part of."""
    chain: list[str] = []
    part: str | None = actor
    while part is not None and part not in chain and len(chain) < _MOST_WHOLES:
        chain.append(part)
        part = (lookup.get("actors", part) or {}).get("part_of")
    return chain


def check_copies(
    pointer: str, copied: Iterable[str | Mapping[str, Any]], lookup: Lookup
) -> Iterator[Problem]:
    """Refuse a record with more than `COPIED` characters from others, and too many such records.

    What a record copies from those that it names, as quotes, texts and lists of ids, is stored and
    answered with each record that names them. Else many short records that name long ones would
    take far more room and time than they were sent in. All that is checked of a changeset counts,
    also the records that depend on a changed one.
    """
    length = 0
    for each in copied:
        length += len(str(each))
        if length > COPIED.most:
            detail = "would copy too much from the records that it names"
            yield Problem(pointer, f"{detail}; there may be {COPIED}: name fewer, or shorter ones")
            return
    lookup.copied += max(length - _SHORT, 0)
    if length > _SHORT and lookup.copied > COPIED_AT_ONCE.most:
        detail = "would copy too much from the records that it names, with others of the changeset"
        yield Problem(pointer, f"{detail}; there may be {COPIED_AT_ONCE}: send fewer at once, "
                      "or let fewer records name it")  # fmt: skip
