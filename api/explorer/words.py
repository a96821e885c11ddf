"""Texts for codes and dates on the pages.

A stance has a sign and a word as well as a colour, so that nothing depends on colour alone. These
are short names for cells and lines; `api.vocabulary` explains what each code means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from api.nouns import NOUNS
from api.vocabulary import ATTESTATION, PARTY_STATUS, TIMELINE_KIND

STANCES: Mapping[str, tuple[str, str]] = {
    "demand": ("◆", "demands"),
    "propose": ("◇", "proposes"),
    "commit": ("■", "commits to"),
    "intend": ("→", "intends"),
    "accept": ("✓", "accepts"),
    "accept_conditionally": ("✓", "accepts if"),
    "concede": ("✓", "concedes"),
    "reject": ("✕", "rejects"),
    "assert": ("○", "asserts"),
    "accuse": ("!", "accuses"),
    "allege": ("!", "alleges"),
    "deny": ("○", "denies"),
    "warn": ("!", "warns"),
    "threaten": ("!", "threatens"),
    "concern": ("!", "is concerned"),
    "defer": ("…", "puts off"),
    "leave_open": ("…", "does not rule out"),
    "abstain": ("\N{EN DASH}", "abstains"),
}
"""Force → its sign and its verb."""

SIGNS: Mapping[int, str] = {1: "for", -1: "against", 0: "aside"}
"""Sign of a stance → the CSS class that colours it."""


def describe_stance(force: str, sign: int, negated: bool) -> tuple[str, str]:  # noqa: FBT001
    """Return the sign and verb of a stance; to demand the opposite is to be against."""
    mark, word = STANCES[force]
    if not negated:
        return mark, word
    return {1: "✓", -1: "✕"}.get(sign, mark), f"{word} the opposite"


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

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_SEASONS = {"21": "spring", "22": "summer", "23": "autumn", "24": "winter"}
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?([?~%]?)", re.ASCII)
_DOUBT = {"?": " (uncertain)", "~": " (about)", "%": " (about, uncertain)", "": ""}


def format_day(text: str | None) -> str:
    """Format a day or an EDTF date for people; rare forms of EDTF stay as they are."""
    if not text:
        return "no date"
    if "/" in text:
        first, _, last = text.partition("/")
        return f"{_format_bound(first)} to {_format_bound(last)}"
    if (match := _DATE.fullmatch(text)) is None:
        return text
    year, month, number, mark = match.groups()
    named = _SEASONS.get(month) or (_MONTHS[int(month) - 1] if month else "")
    parts = [str(int(number)) if number else "", named, year]
    return " ".join(each for each in parts if each) + _DOUBT[mark]


def _format_bound(text: str) -> str:
    return format_day(text) if text not in ("", "..") else "open" if text else "unknown"


def describe_attestation(code: str) -> str:
    """Return the explanation of an attestation code."""
    return ATTESTATION.values[code]


def spell_out(code: str) -> str:
    """Write a code such as `armed_force` as words."""
    return code.replace("_", " ")
