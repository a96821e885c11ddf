"""The rules for sources and their texts."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import bound_day, check_cycle, fold_text, text_hash


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse a source that is a translation of itself."""
    yield from check_cycle(record, lookup, "sources", "translation_of")


def derive_fields(record: Record, _lookup: Lookup) -> dict[str, Any]:
    """Return its folded title and the bounds of its publication."""
    return {"search": fold_text(record["title"]), **bound_day("published", record.get("published"))}


def find_text_fault(source: Record, text: str) -> str | None:
    """Return why a text is not the one that a source declares; None if it is."""
    digest = text_hash(text)
    expected, length = source.get("text_sha256"), source.get("text_length")
    if expected is None:
        return (
            f"the source declares no text; amend it with text_sha256 {digest} and text_length "
            f"{len(text)} first"
        )
    if digest != expected:
        return f"the source declares another text: the SHA-256 is {digest}, not {expected}"
    if length is not None and length != len(text):
        return f"the text has {len(text)} code points, the source declares {length}"
    return None
