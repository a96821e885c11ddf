"""Texts for codes and dates on the pages.

A stance has a sign and a word as well as a colour, so that nothing depends on colour alone. These
are short names for cells and lines; `api.vocabulary` explains what each code means.
"""

import gettext
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from api import clock
from api.vocabulary import PARTY_STATUS, VERBS

TEXTS = gettext.translation(
    "pages", f"{Path(__file__).parent}/translations", languages=["en"], fallback=True
)
"""The translation of `docs/pages.pot`; English needs none, because its texts are the keys."""

_ = TEXTS.gettext

_MONTHS_TOLD = 24
"""An age is told in years from so many months on."""

SIGNS: Mapping[int, str] = {1: "for", -1: "against", 0: "aside"}
"""Sign of a stance → the CSS class that colours it."""


def describe_stance(force: str, sign: int, negated: bool) -> tuple[str, str]:  # noqa: FBT001
    """Return the sign and verb of a stance; to demand the opposite is to be against."""
    word, mark = VERBS[force][1:]
    if not negated:
        return mark, word
    return {1: "✓", -1: "✕"}.get(sign, mark), _("%(verb)s the opposite") % {"verb": word}


STATES = {
    "held": "",
    "reported": _("only reported"),
    "denied": _("denied by the holder"),
    "outranked": _("others say so, the holder speaks otherwise"),
    "superseded": _("no longer"),
    "deprecated": _("deprecated"),
}
"""How a record counts for its holder, as a mark beside it."""


STATUSES = {
    **{code: code.replace("_", " ") for code in PARTY_STATUS.values},
    "co_belligerent_alleged": _("alleged co-belligerent"),
    "not_direct_party": _("not a direct party"),
}

EVENTS = {
    "statement": _("said"),
    "position_opened": _("position"),
    "position_closed": _("position ends"),
    "precondition_opened": _("condition"),
    "precondition_closed": _("condition ends"),
    "deadline": _("deadline"),
    "proposal": _("proposal"),
    "response": _("answer"),
}

VERDICTS = {
    "blocked": _("Blocked."),
    "disputed": _("Disputed."),
    "no_recorded_obstacle": _("No obstacle on record."),
    "incomplete": _("Not fully searched."),
}
BLOCKED_AT_LEAST = _("Blocked, and not fully searched.")

PROBLEMS = {
    404: _("Page not found"),
    405: _("This page is read-only"),
    410: _("This record was retracted"),
    422: _("This address has a mistake"),
    500: _("Something went wrong"),
    503: _("Not available right now"),
}

VOICES = {
    "own": _("the speaker is the holder"),
    "authorised": _("the speaker\N{RIGHT SINGLE QUOTATION MARK}s office speaks for the holder"),
    "relayed": _("somebody else reports the holder\N{RIGHT SINGLE QUOTATION MARK}s position"),
    "anonymous": _("the speaker is described but not named"),
    "narrated": _("nobody is quoted: the source itself reports the position"),
}


def describe_age(day: str | None, on: str | None) -> str:
    """Return how old a day or EDTF date is on another day; nothing below two months."""
    latest = clock.parse_edtf(day).latest if day else ""
    if not on or not latest < on:
        return ""
    months = (date.fromisoformat(on) - date.fromisoformat(latest)).days * 12 // 365
    if months >= _MONTHS_TOLD:
        return _("%(count)s years old") % {"count": months // 12}
    return _("%(count)s months old") % {"count": months} if months > 1 else ""
