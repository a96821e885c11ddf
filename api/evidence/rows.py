"""The columns that flat rows of positions and preconditions share."""

from collections.abc import Iterable, Sequence
from typing import Any

from api import clock
from api.ledger.noun import Lookup, Record
from api.ledger.rules import read_ids
from api.web.cells import join_values


def read_label(lookup: Lookup, noun: str, id: str | None, field: str = "name") -> Any:
    """Return a field of the record that an id names, by default its name; None for no id."""
    return None if id is None else (lookup.get(noun, id) or {}).get(field)


def write_literals(literals: Iterable[str], lookup: Lookup) -> list[str]:
    """Write each literal as its proposition's text, with "not: " before a negated one.

    The full stop is left out, because the text becomes part of a sentence.
    """
    return [_write_literal(each, lookup) for each in literals]


def write_alternatives(alternatives: Iterable[Iterable[str]], lookup: Lookup) -> str | None:
    """Write alternatives as text, such as "a and b or c"; None if there are none."""
    return " or ".join(" and ".join(write_literals(each, lookup)) for each in alternatives) or None


def _write_literal(literal: str, lookup: Lookup) -> str:
    id = literal.removeprefix("!")
    text = read_label(lookup, "propositions", id, "text") or id
    return ("" if id == literal else "not: ") + text.removesuffix(".")


def make_leading_columns(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Return the columns that come first: id, conflict and holder with their labels."""
    return {
        "id": record["id"],
        "conflict": record["conflict"],
        "conflict_label": read_label(lookup, "conflicts", record["conflict"]),
        "holder": record["holder"],
        "holder_label": read_label(lookup, "actors", record["holder"]),
    }


def make_evidence_columns(noun: str, record: Record, lookup: Lookup) -> dict[str, Any]:
    """Return the columns from `quote` on.

    Words, source and `verified` are of one statement: the first in evidence with verbatim words,
    else the first.
    """
    shown = choose_quote(record["quotes"])
    return {
        "quote": shown.get("exact"),
        "gist": shown.get("gist"),
        "speaker": record["speaker"],
        "speaker_label": read_label(lookup, "actors", record["speaker"]),
        **{name: record[name] for name in _UNCHANGED},
        **_make_period_columns(record),
        **{name: record[name] for name in ("end_reason", "rank", "coder")},
        **_make_source_columns(record, shown, lookup),
        **{name: record.get(name) for name in ("revision", "changeset", "recorded_at")},
        "url": f"/v1/{noun}/{record['id']}",
        **{name: join_values(record[name]) for name in ("derived", "co_holders", "end_evidence")},
    }


_UNCHANGED = ("voice", "attestation", "stated_on", "attested_on", "last_attested_on")


def _make_period_columns(record: Record) -> dict[str, str | None]:
    start, end = record["valid_from"], record["valid_to"]
    return {
        "valid_from": start,
        "valid_from_date": clock.parse_edtf(start).earliest if start else None,
        "valid_to": end,
        "valid_to_date": clock.parse_edtf(end).latest if end else None,
    }


def choose_quote(quotes: Sequence[Record]) -> Record:
    """Return the first quote with verbatim words, else the first; empty where there is none."""
    verbatim = (each for each in quotes if each["exact"])
    return next(verbatim, quotes[0] if quotes else {})


def _make_source_columns(record: Record, shown: Record, lookup: Lookup) -> dict[str, Any]:
    source = shown.get("source") or next(iter(read_ids(record, "sources")), None)
    return {
        "source": source,
        "source_title": read_label(lookup, "sources", source, "title"),
        "source_url": read_label(lookup, "sources", source, "url"),
        "verified": shown.get("verified"),
    }
