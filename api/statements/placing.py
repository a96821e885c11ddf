"""Finds the place of a statement's words in its source's text, and marks those that it found.

A statement has a field that is stored but not served, `verified_sha256`: the hash of the text in
which its span was found. It stays when the text is taken down, and counts only as long as the
source declares that text.
"""

from api.ledger.noun import Lookup, Record
from api.ledger.rules import text_hash
from api.statements.quotes import AROUND, SELECTORS, find_places

_MARK = "verified_sha256"
_SPAN = ("source", "start", "end", "exact_sha256")

MOST_SEARCHED, _AROUND, _COMPARED = 200_000_000, 20_000, 10
"""How many code points may be searched for the words of one changeset, about half a second's; and
as how many a code point of prefix or suffix counts, which are compared at many places. At each
place more is read: as if they were longer by so many code points."""


def normalise_draft(draft: Record, previous: Record | None, lookup: Lookup) -> Record:
    """Record the hash of the attached text if the span is found in it.

    If no text is attached, an earlier hash stays, as long as the span is the same.
    """
    source, text = read_attached_text(draft, lookup)
    draft = _place_words(draft, previous, text, lookup)
    if text is not None:
        found = "exact_sha256" in draft and is_found(draft, text)
        mark = source["text_sha256"] if found else None
    else:
        mark = _keep_earlier_mark(draft, previous)
    unmarked = {name: value for name, value in draft.items() if name != _MARK}
    return unmarked if mark is None else {**unmarked, _MARK: mark}


def _place_words(
    draft: Record, previous: Record | None, text: str | None, lookup: Lookup
) -> Record:
    """Add the place of the words that a draft gives without it, if it is the only one.

    If no text is attached, the place of the same words that was found earlier stays. What would
    choose another place stays beside it then, to be refused.
    """
    words = read_words(draft)
    if words is None or "start" in draft:
        return draft
    if text is None:
        place = _recall_place(draft, previous or {})
    else:
        place = _find_place(draft, words, text, lookup)
    if place is None:
        return draft
    kept = {name: value for name, value in draft.items() if name not in SELECTORS}
    if text is None:
        kept |= {name: draft[name] for name in AROUND if name in draft}
    return {**kept, "start": place, "end": place + len(words)}


def _recall_place(draft: Record, previous: Record) -> int | None:
    is_same = all(draft[name] == previous.get(name) for name in ("source", "exact_sha256"))
    return previous.get("start") if is_same else None


def _find_place(draft: Record, words: str, text: str, lookup: Lookup) -> int | None:
    """Find the only place of words; of one changeset so much, because the writer's lock is held."""
    prefix, suffix = draft.get("prefix", ""), draft.get("suffix", "")
    around = len(prefix + suffix)
    lookup.searched += len(text) + (_AROUND * (_COMPARED + around) if around else 0)
    if lookup.searched > MOST_SEARCHED:
        return None
    places = find_places(words, text, prefix, suffix)
    return places[0] if places and len(places) == 1 else None


def read_words(record: Record) -> str | None:
    """Return the words that a record quotes, whether it keeps them or not."""
    return record.get("exact", record.get("span"))


def read_attached_text(record: Record, lookup: Lookup) -> tuple[Record, str | None]:
    """Return the source of a statement, and its text if that is attached."""
    source = lookup.get("sources", record["source"]) or {}
    sha256 = source.get("text_sha256")
    return source, None if sha256 is None else lookup.text(sha256)


def _keep_earlier_mark(draft: Record, previous: Record | None) -> str | None:
    if previous is None or any(draft.get(name) != previous.get(name) for name in _SPAN):
        return None
    return previous.get(_MARK)


def is_found(record: Record, text: str) -> bool:
    """Return whether the words of a record stand at its place in a text."""
    if "start" not in record:
        return False
    start, end = record["start"], record["end"]
    return end <= len(text) and text_hash(text[start:end]) == record["exact_sha256"]
