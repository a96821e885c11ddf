"""The rules for statements: what is refused, and what is derived."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from api.errors import Problem
from api.evidence.rules import is_verified, list_quoted_words
from api.ledger.noun import Lookup, Record, WithheldText
from api.ledger.rules import bound_day, check_cycle, fold_text
from api.statements.placing import MOST_SEARCHED, is_found, read_attached_text, read_words
from api.statements.quotes import (
    AROUND,
    MOST_PLACES,
    cut_passage,
    describe_odd_span,
    find_by_hash,
    find_nearest,
    find_places,
    list_contexts,
)

_SEARCHED_FIELDS = ("gist", "exact", "normalised", "speaker_as", "occasion", "note")
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
_PLACES_SHOWN = 6


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse a span that is not in the source's text, if the text is attached."""
    yield from check_cycle(record, lookup, "statements", "rendering_of")
    source, text = read_attached_text(record, lookup)
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
    elif text is not None and "exact_sha256" in record and not is_found(record, text):
        yield _describe_misquote(record, text)
    elif text is not None and "exact" not in record and not isinstance(text, WithheldText):
        odd = describe_odd_span(text, record["start"], record["end"])
        yield from [Problem("/end", odd, warning=True)] if odd else ()


def _check_unplaced(record: Record, text: str | None, lookup: Lookup) -> Iterator[Problem]:
    """Refuse words that are not in one place of the attached text; tell of a missing place."""
    pointer, words = f"/{'exact' if 'exact' in record else 'span'}", read_words(record)
    if text is None:
        yield from [Problem(pointer, _NO_TEXT)] if "span" in record else ()
    elif words is None:
        yield Problem("/start", _NO_PLACE, warning=True)
    elif lookup.searched > MOST_SEARCHED:
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
