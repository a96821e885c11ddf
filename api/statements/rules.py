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
from api.statements.quotes import (
    AROUND,
    MOST_PLACES,
    SELECTORS,
    cut_passage,
    describe_odd_span,
    find_by_hash,
    find_nearest,
    find_places,
    list_contexts,
)

_MARK = "verified_sha256"
_SEARCHED_FIELDS = ("gist", "exact", "normalised", "speaker_as", "occasion", "note")
_SPAN = ("source", "start", "end", "exact_sha256")
_FIRST = "Of several such quotes only the first is named"
_WITHHELD = (
    "the source's text, which is not public, says something else at this place; what it says is "
    f"shown to a key with the scope texts. {_FIRST}"
)
_WITHHELD_PLACE = (
    "is not in one place of the source's text, which is not public; where it is like that is shown "
    f"to a key with the scope texts: give prefix and suffix, or start. {_FIRST}"
)
_NO_TEXT = (
    "is searched for in the source's text, which is not attached: attach it, give start and end, "
    "or give exact to keep the words"
)
_NOT_CHOSEN = (
    "is not compared, because the source's text is not attached: leave it out to keep the place "
    "that was found, attach the text, or give start and end"
)
_NO_PLACE = "is not given, so nobody finds the place in the text; give span, or start and end"
_TOO_MANY_PLACES = (
    f"stands in more than {MOST_PLACES} places, nowhere between this prefix and suffix to the "
    "letter; give them to the letter, or start"
)
_TOO_MUCH = "was not searched for: so many statements are too much at once; send fewer, or start"
_OUT_OF_TIME = "time ran out before the nearest passage was found"
_MOST_SEARCHED, _AROUND, _COMPARED = 200_000_000, 20_000, 10
"""How many code points may be searched for the words of one changeset, about half a second's; and
as how many a code point of prefix or suffix counts, which are compared at many places. At each
place more is read: as if they were longer by so many code points."""
_PLACES_SHOWN = 6


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse a span that is not in the source's text, if the text is attached."""
    yield from check_cycle(record, lookup, "statements", "rendering_of")
    source, text = _read_attached_text(record, lookup)
    if "start" not in record:
        yield from _check_unplaced(record, text, lookup)
        return
    yield from _check_span(record, source, text)


def _check_span(record: Record, source: Record, text: str | None) -> Iterator[Problem]:
    for name in AROUND:
        if name in record:
            yield Problem(f"/{name}", _NOT_CHOSEN)
    length = source.get("text_length")
    if length is None and text is not None and not isinstance(text, WithheldText):
        length = len(text)
    if length is not None and record["end"] > length:
        yield Problem("/end", f"the source's text has {length} code points")
    elif text is not None and "exact_sha256" in record and not _is_found(record, text):
        yield _describe_misquote(record, text)
    elif text is not None and "exact" not in record and not isinstance(text, WithheldText):
        odd = describe_odd_span(text, record["start"], record["end"])
        yield from [Problem("/end", odd, warning=True)] if odd else ()


def _check_unplaced(record: Record, text: str | None, lookup: Lookup) -> Iterator[Problem]:
    """Refuse words that are not in one place of the attached text; tell of a missing place."""
    pointer, words = f"/{'exact' if 'exact' in record else 'span'}", _read_words(record)
    if text is None:
        yield from [Problem(pointer, _NO_TEXT)] if "span" in record else ()
    elif words is None:
        yield Problem("/start", _NO_PLACE, warning=True)
    elif lookup.searched > _MOST_SEARCHED:
        yield Problem(pointer, _TOO_MUCH)
    elif isinstance(text, WithheldText):
        yield Problem(pointer, _WITHHELD_PLACE, told_once=True)
    else:
        detail = "is not in one place of the source's text"
        yield Problem(pointer, detail, search=partial(_search_places, record, words, text))


def _search_places(record: Record, words: str, text: str, until: float) -> str:
    """Say in which places the words stand, or where the source says something like them."""
    around = record.get("prefix", ""), record.get("suffix", "")
    if (places := find_places(words, text, *around, _PLACES_SHOWN)) is None:
        return _TOO_MANY_PLACES
    if len(places) > 1:
        more = len(places) if len(places) < _PLACES_SHOWN else "several"
        listed = list_contexts(places, len(words), text)
        return f"stands in {more} places; choose one by prefix and suffix, or by start: {listed}"
    try:
        found = find_nearest(words, text, 0, until)
    except TimeoutError:
        return f"is not in the source's text; {_OUT_OF_TIME}"
    if found is not None and found.words == words:
        return f"does not stand between this prefix and suffix; the source says {found}"
    return f"is not in the source's text; it says {found or 'nothing like it'}"


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
    draft = _place_words(draft, previous, text, lookup)
    if text is not None:
        found = "exact_sha256" in draft and _is_found(draft, text)
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
    words = _read_words(draft)
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
    if lookup.searched > _MOST_SEARCHED:
        return None
    places = find_places(words, text, prefix, suffix)
    return places[0] if places and len(places) == 1 else None


def _read_words(record: Record) -> str | None:
    return record.get("exact", record.get("span"))


def _read_attached_text(record: Record, lookup: Lookup) -> tuple[Record, str | None]:
    source = lookup.get("sources", record["source"]) or {}
    sha256 = source.get("text_sha256")
    return source, None if sha256 is None else lookup.text(sha256)


def _keep_earlier_mark(draft: Record, previous: Record | None) -> str | None:
    if previous is None or any(draft.get(name) != previous.get(name) for name in _SPAN):
        return None
    return previous.get(_MARK)


def _is_found(record: Record, text: str) -> bool:
    if "start" not in record:
        return False
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
            return f"{there}; with this hash it says {found or 'nothing near it'}"
        found = find_nearest(record["exact"], text, start, until)
    except TimeoutError:
        return f"{there}; {_OUT_OF_TIME}: send fewer statements"
    return f"the source says {found}" if found else f"the source says nothing like it; {there}"
