"""Days and EDTF dates in sentences: one format, and whether a deadline has passed."""

import re

from api import clock

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


def has_passed(deadline: str | None, day: str | None) -> bool:
    """Return whether a deadline (EDTF) lies before a day; False if either is None."""
    if deadline is None or day is None:
        return False
    return clock.parse_edtf(deadline).latest < day


def _format_bound(text: str) -> str:
    if text == "":
        return "unknown"
    return "open" if text == ".." else format_day(text)
