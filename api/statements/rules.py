"""The rules for statements: what is refused, and whether the span was found in the text.

A statement has a field that is stored but not served, `verified_sha256`: the hash of the text in
which its span was found. It stays when the text is taken down, and counts only as long as the
source declares that text.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from api.errors import Problem
from api.evidence.rules import is_verified, list_quoted_words
from api.ledger.noun import Lookup, Record, WithheldText
from api.ledger.rules import bound_day, check_cycle, fold_text, text_hash
from api.statements.quotes import cut_passage, find_by_hash, find_nearest

_MARK = "verified_sha256"
_SEARCHED_FIELDS = ("gist", "exact", "normalised", "speaker_as", "occasion", "note")
_SPAN = ("source", "start", "end", "exact_sha256")
_WITHHELD = (
    "the source's text, which is not public, says something else at this place; what it says is "
    "shown to a key with the scope texts. Of several such quotes only the first is named"
)


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse a span that is not in the source's text, if the text is attached."""
    yield from check_cycle(record, lookup, "statements", "rendering_of")
    source, text = _read_attached_text(record, lookup)
    length = source.get("text_length")
    if length is None and text is not None and not isinstance(text, WithheldText):
        length = len(text)
    if length is not None and record["end"] > length:
        yield Problem("/end", f"the source's text has {length} code points")
    elif text is not None and "exact_sha256" in record and not _is_found(record, text):
        yield _describe_misquote(record, text)


def derive_fields(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Return whether it is verified, its folded words and the bounds of its day."""
    more = (record.get(name) for name in ("normalised", "speaker_as", "occasion"))
    return {
        "verified": is_verified(record, lookup),
        "search": fold_text(*list_quoted_words([record]), *more),
        **bound_day("stated", record.get("stated_on")),
    }


def list_search_texts(record: Record) -> list[str]:
    """List the texts that the search looks into: words, description of the speaker, notes."""
    return [each for name in _SEARCHED_FIELDS if (each := record.get(name))]


def normalise_draft(draft: Record, previous: Record | None, lookup: Lookup) -> Record:
    """Record the hash of the attached text if the span is found in it.

    If no text is attached, an earlier hash stays, as long as the span is the same.
    """
    source, text = _read_attached_text(draft, lookup)
    if text is not None:
        found = "exact_sha256" in draft and _is_found(draft, text)
        mark = source["text_sha256"] if found else None
    else:
        mark = _keep_earlier_mark(draft, previous)
    unmarked = {name: value for name, value in draft.items() if name != _MARK}
    return unmarked if mark is None else {**unmarked, _MARK: mark}


def _read_attached_text(record: Record, lookup: Lookup) -> tuple[Record, str | None]:
    source = lookup.get("sources", record["source"]) or {}
    sha256 = source.get("text_sha256")
    return source, None if sha256 is None else lookup.text(sha256)


def _keep_earlier_mark(draft: Record, previous: Record | None) -> str | None:
    if previous is None or any(draft.get(name) != previous.get(name) for name in _SPAN):
        return None
    return previous.get(_MARK)


def _is_found(record: Record, text: str) -> bool:
    start, end = record["start"], record["end"]
    return end <= len(text) and text_hash(text[start:end]) == record["exact_sha256"]


def _describe_misquote(record: Record, text: str) -> Problem:
    pointer = "/exact" if "exact" in record else "/exact_sha256"
    if isinstance(text, WithheldText):
        return Problem(pointer, _WITHHELD, told_once=True)
    detail = "is not what the source says there"
    return Problem(pointer, detail, search=partial(_search_words, record, text))


def _search_words(record: Record, text: str, until: float) -> str:
    """Say what the source says there, and where it says these words or similar ones."""
    start, end = record["start"], record["end"]
    there = f"the source says {cut_passage(text, start, end)}"
    try:
        if "exact" not in record:
            found = find_by_hash(record["exact_sha256"], text, start, end, until)
            more = "nothing near it" if found is None else str(found)
            return f"{there}; with this hash it says {more}"
        found = find_nearest(record["exact"], text, start, until)
    except TimeoutError:
        return f"{there}; time ran out before the nearest passage was found: send fewer statements"
    return f"the source says {found}" if found else f"the source says nothing like it; {there}"
