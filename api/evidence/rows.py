"""The columns that flat rows of positions and of preconditions share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from api import clock
from api.ledger.noun import Lookup, Record
from api.ledger.rules import ids


def label(lookup: Lookup, noun: str, id: str | None, field: str = "name") -> Any:
    """Give a field of the record that an id names, by default its name; None for no id."""
    return None if id is None else (lookup.get(noun, id) or {}).get(field)


def literal_texts(literals: Iterable[str], lookup: Lookup) -> list[str]:
    """Write literals as words: a proposition's text, with "not: " before a negated one.

    The full stop of the sentence is left out, because more may follow.
    """
    return [_literal_text(each, lookup) for each in literals]


def alternatives_text(alternatives: Iterable[Iterable[str]], lookup: Lookup) -> str | None:
    """Write alternatives as words: "a and b or c"; None without any."""
    return " or ".join(" and ".join(literal_texts(each, lookup)) for each in alternatives) or None


def _literal_text(literal: str, lookup: Lookup) -> str:
    id = literal.removeprefix("!")
    text = label(lookup, "propositions", id, "text") or id
    return ("" if id == literal else "not: ") + text.removesuffix(".")


def flat(values: Iterable[str]) -> str | None:
    """Join a list for a flat row; None for an empty one."""
    return "|".join(values) or None


def closing_columns(noun: str, record: Record, lookup: Lookup) -> dict[str, Any]:
    """Give the columns from `quote` on, which rows of positions and of preconditions share.

    Words, source and check mark are of one statement: the first in evidence that is verbatim,
    else the first.
    """
    shown = _shown(record["quotes"])
    return {
        "quote": shown.get("exact"),
        "gist": shown.get("gist"),
        "speaker": record["speaker"],
        "speaker_label": label(lookup, "actors", record["speaker"]),
        **{name: record[name] for name in _AS_SERVED},
        **_valid_columns(record),
        **{name: record[name] for name in ("end_reason", "rank", "coder")},
        **_source_columns(record, shown, lookup),
        **{name: record.get(name) for name in ("revision", "changeset", "recorded_at")},
        "url": f"/v1/{noun}/{record['id']}",
        "derived": flat(record["derived"]),
    }


_AS_SERVED = ("voice", "attestation", "stated_on", "attested_on", "last_attested_on")


def _valid_columns(record: Record) -> dict[str, str | None]:
    start, end = record["valid_from"], record["valid_to"]
    return {
        "valid_from": start,
        "valid_from_date": _known(clock.parse_edtf(start).earliest if start else clock.UNKNOWN),
        "valid_to": end,
        "valid_to_date": _known(clock.parse_edtf(end).latest if end else clock.OPEN),
    }


def _known(bound: str) -> str | None:
    return None if bound in (clock.UNKNOWN, clock.OPEN) else bound


def _shown(quotes: Sequence[Record]) -> Record:
    verbatim = (each for each in quotes if each["exact"])
    return next(verbatim, quotes[0] if quotes else {})


def _source_columns(record: Record, shown: Record, lookup: Lookup) -> dict[str, Any]:
    source = shown.get("source") or next(iter(ids(record, "sources")), None)
    return {
        "source": source,
        "source_title": label(lookup, "sources", source, "title"),
        "source_url": label(lookup, "sources", source, "url"),
        "verified": shown.get("verified"),
    }
