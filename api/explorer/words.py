"""Texts for codes and dates on the pages.

A stance has a sign and a word as well as a colour, so that nothing depends on colour alone. These
are short names for cells and lines; `api.vocabulary` explains what each code means.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from api import clock
from api.nouns import NOUNS
from api.vocabulary import ATTESTATION, PARTY_STATUS, TIMELINE_KIND, VERBS

SIGNS: Mapping[int, str] = {1: "for", -1: "against", 0: "aside"}
"""Sign of a stance → the CSS class that colours it."""


def describe_stance(force: str, sign: int, negated: bool) -> tuple[str, str]:  # noqa: FBT001
    """Return the sign and verb of a stance; to demand the opposite is to be against."""
    _, word, mark = VERBS[force]
    if not negated:
        return mark, word
    return {1: "✓", -1: "✕"}.get(sign, mark), f"{word} the opposite"


STATES = {
    "held": "",
    "reported": "only reported",
    "denied": "denied by the holder",
    "outranked": "others say so, the holder speaks otherwise",
    "superseded": "no longer",
    "deprecated": "deprecated",
}
"""How a record counts for its holder, as a mark beside it."""


STATUSES = {
    **{code: code.replace("_", " ") for code in PARTY_STATUS.values},
    "co_belligerent_alleged": "alleged co-belligerent",
    "not_direct_party": "not a direct party",
}

EVENTS = {
    **dict.fromkeys(TIMELINE_KIND.values, ""),
    "statement": "said",
    "position_opened": "position",
    "position_closed": "position ends",
    "precondition_opened": "condition",
    "precondition_closed": "condition ends",
    "deadline": "deadline",
    "proposal": "proposal",
    "response": "answer",
}

SINGULAR = {each.name: each.singular for each in NOUNS}

PROBLEMS = {
    404: "Page not found",
    405: "This page is read-only",
    410: "This record was retracted",
    422: "This address has a mistake",
    500: "Something went wrong",
    503: "Not available right now",
}

VOICES = {
    "own": "the speaker is the holder",
    "authorised": "the speaker\N{RIGHT SINGLE QUOTATION MARK}s office speaks for the holder",
    "relayed": "somebody else reports the holder\N{RIGHT SINGLE QUOTATION MARK}s position",
    "anonymous": "the speaker is described but not named",
    "narrated": "nobody is quoted: the source itself reports the position",
}


def describe_age(day: str | None, on: str | None) -> str:
    """Return how old a day or EDTF date is on another day; nothing below two months."""
    latest = clock.parse_edtf(day).latest if day else ""
    if not on or not latest < on:
        return ""
    months = (date.fromisoformat(on) - date.fromisoformat(latest)).days * 12 // 365
    return f"{months // 12} years old" if months >= 24 else f"{months} months old" * (months > 1)  # noqa: PLR2004


def describe_attestation(code: str) -> str:
    """Return the explanation of an attestation code."""
    return ATTESTATION.values[code]
