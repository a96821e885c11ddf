"""Suggests records while their names are typed: beginnings first, then similar spellings."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Any

from api.ledger.names import score_name, spell_sounds
from api.ledger.noun import Noun, Record
from api.ledger.reading.reader import Reader
from api.ledger.versions.lookup import Key
from api.ledger.versions.rendering import parse_stored
from api.ledger.words import locate_words
from api.nouns import NOUN_CODES, NOUNS, NOUNS_BY_NAME
from api.web.contract.fields import Listed, Number, Told
from api.web.contract.parameters import LimitParameter, ListParameter, WordsParameter
from api.web.contract.schemas import StrictSchema

_LEAST, _BEGINS = 0.5, 0.8
"""The least score of a suggestion, and of one whose words all begin as they were typed."""

_MOST_WORDS = 8
"""How many words of a text are looked for."""

_MOST_LETTERS = 1_000
"""How many letters of a record's names are compared; names with the text as typed come first."""

_DEFAULT, _MOST = 10, 50
"""How many suggestions there are unless a limit is given, and at most."""

Suggestion = dict[str, Any]


class SuggestQuerySchema(StrictSchema):
    """The query parameters of suggestions."""

    q = WordsParameter("a name, or its beginning", required=True)
    noun = ListParameter(
        "Only records of these nouns, separated by commas. Default: all of them.", codes=NOUN_CODES
    )
    limit = LimitParameter("How many suggestions at most.", most=_MOST, default=_DEFAULT)


class SuggestionSchema(StrictSchema):
    """A record whose name fits what was typed."""

    noun = Told("its noun", required=True)
    id = Told("its id", required=True)
    text = Told("its name, title or text; its id if it has none of these", required=True)
    matched = Told("the name or alias that fits", required=True)
    score = Number("how well it fits, from 0 to 1", required=True)


class SuggestionsSchema(StrictSchema):
    """The suggestions, best first."""

    data = Listed(SuggestionSchema, "the suggestions")


def suggest_records(
    reader: Reader,
    text: str,
    *,
    nouns: Iterable[str] = (),
    limit: int = _DEFAULT,
    least: float = _LEAST,
) -> list[Suggestion]:
    """Return up to `limit` records by their names, as known at the reader's moment, best first.

    `nouns` narrows what is looked for. Each suggestion has noun, id, text, matched and score.
    """
    ends = [end for _, _, end in islice(locate_words(text), _MOST_WORDS + 1)]
    text = text[: ends[_MOST_WORDS - 1]] if len(ends) > _MOST_WORDS else text
    words, among = spell_sounds(text)[:_MOST_WORDS], [NOUNS_BY_NAME[each] for each in nouns]
    found: dict[Key, Suggestion] = {}
    for misspelt in (False, True):
        if words and sum(each["score"] >= _BEGINS for each in found.values()) < limit:
            for noun, body in reader.find_named(among or NOUNS, words, misspelt=misspelt):
                made = _make_suggestion(text, noun, parse_stored(noun, body))
                found[noun.name, made["id"]] = made
    fitting = (each for each in found.values() if each["score"] >= least)
    ranked = sorted(fitting, key=lambda each: (-each["score"], each["text"], each["id"]))
    return ranked[:limit]


def _make_suggestion(text: str, noun: Noun, record: Record) -> Suggestion:
    names = _choose_names(text, noun.list_names(record))
    score, matched = max(((score_name(text, each), each) for each in names), default=(0, ""))
    return {
        "noun": noun.name, "id": record["id"], "text": record[noun.label] or record["id"],
        "matched": matched, "score": round(score, 3),
    }  # fmt: skip


def _choose_names(text: str, names: Sequence[str]) -> Iterator[str]:
    """Yield the names to compare: all but those of a record that has an excess of them."""
    if sum(map(len, names)) > _MOST_LETTERS:
        plain = text.strip().casefold()
        names = sorted(names, key=lambda name: plain not in name.casefold())
    before = accumulate(map(len, names), initial=0)
    yield from (name for name, length in zip(names, before, strict=False) if length < _MOST_LETTERS)
