"""Widens words to their other English forms, and to spellings with or without a hyphen.

A form that is no word finds nothing, so lists of endings do without a dictionary.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from api.ledger.words import Phrase, PhraseChoice

_LONG = ("ment", "ments", "ement", "ements", "ance", "ances", "ion", "ions", "or", "ors",
         "ate", "ates", "ated", "ating", "ation", "ations", "ator", "ators")  # fmt: skip
_Y = ("y", "ies", "ied", "ying")
_SHORT = ("s", "es", "e", "ed", "er", "ers", "ing", "ings", "al", "als", "ly")
_ENDINGS = ((5, _LONG), (3, _Y), (4, _SHORT), (3, ("s", "ed", "ing")))
"""How many letters of a word its endings leave at least."""

_SHORTEST_PART = 3
_IZE = re.compile(r"i([sz])(?=(?:e[ds]?|ing|ations?)$)")


def widen_to_forms(choices: Sequence[PhraseChoice]) -> list[PhraseChoice]:
    """Return the choices with the other forms of what was typed, the first of each choice."""
    widened = [[*each, *_list_forms(each[0])] for each in choices]
    for one, other in pairwise(widened):
        words = (*one[0].words, *other[0].words)
        if len(words) == 2 and not one[0].is_beginning:  # noqa: PLR2004
            # (cease and fire) or ceasefire = (cease or ceasefire) and (fire or ceasefire)
            together = Phrase(("".join(words),), other[0].is_beginning)
            one.append(together)
            other.append(together)
    return [tuple(dict.fromkeys(each)) for each in widened]


def _list_forms(phrase: Phrase) -> Iterator[Phrase]:
    *before, last = phrase.words
    if phrase.is_beginning:
        return
    for form in _list_word_forms(last):
        yield Phrase((*before, form))
        yield Phrase(("".join((*before, form)),))
    for place in range(_SHORTEST_PART, len(last) - _SHORTEST_PART + 1):
        yield Phrase((*before, last[:place], last[place:]))


def _list_word_forms(word: str) -> Iterator[str]:
    """Yield a word's stem with other endings, in British and American spelling."""
    for spelt in dict.fromkeys((word, _IZE.sub("is", word), _IZE.sub("iz", word))):
        fitting = ((spelt.removesuffix(each), each) for least, endings in _ENDINGS
                   for each in sorted(endings, key=len, reverse=True)
                   if spelt.endswith(each) and len(spelt) >= least + len(each))  # fmt: skip
        stem, ending = next(fitting, (spelt, ""))
        kinds = [_Y] if ending in _Y else [of for least, of in _ENDINGS
                                           if len(stem) >= least and of is not _Y]  # fmt: skip
        doubled = stem[:-1] if stem[-2:-1] == stem[-1:] else stem + stem[-1:]
        others = [] if ending in _Y else [stem, doubled, f"{doubled}ed", f"{doubled}ing"]
        yield from (spelt, *others, *(stem + each for kind in kinds for each in kind))
