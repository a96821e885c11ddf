"""Instants, days and EDTF dates: the only module that reads the system clock.

There are two times. *Recorded* time is the registry's: an instant, stored as whole microseconds
since 1970 in UTC. *Valid* time is the world's: a day, stored as ISO 8601 text, which sorts
chronologically. Uncertain dates have outer bounds: the earliest possible first day and the latest
possible last day. A missing bound is a sentinel, so that every bound can be compared: `UNKNOWN`
("") sorts before all days, `OPEN` ("~") after them.

EDTF (ISO 8601-2:2019) is supported at level 1: dates, months, years, `?` `~` `%`, `X` for
unspecified digits from the right, seasons 21 to 24, and intervals of these. The package `edtf` is
not used: it takes 8 ms for a date, bounds an unknown end at ten years, and a season as it falls on
one hemisphere. What holds everywhere is the year, and that a winter may last until the end of
February.
"""

import re
import time
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

UNKNOWN = ""
OPEN = "~"

DAY = 86_400_000_000
"""Microseconds in a day."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EDTF_POINT = re.compile(
    r"\d\d(\d\d|\dX|XX)(-(?P<month>0[1-9]|1[0-2]|XX)(-(?P<day>\d\d|XX))?)?[?~%]?", re.ASCII
)
_EDTF_SEASON = re.compile(r"(\d{4})-2[1-4][?~%]?", re.ASCII)


def now() -> int:
    """Return the present instant in microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def today() -> str:
    """Return the present day in UTC as ISO 8601 text."""
    return _format_day(now() // DAY)


@lru_cache(maxsize=2)
def _format_day(number: int) -> str:
    return (_EPOCH + timedelta(days=number)).date().isoformat()


def format_instant(microseconds: int) -> str:
    """Format an instant as RFC 3339 with six decimals and Z."""
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse_instant(text: str) -> int:
    """Parse an RFC 3339 instant with offset into microseconds; further decimals are cut.

    Raises ValueError with a message that says what to write instead.
    """
    if _RFC3339.fullmatch(text) is None:
        hint = " (a + in a URL must be written %2B)" if " " in text else ""
        message = "not an RFC 3339 instant with offset, such as 2023-05-03T00:00:00Z"
        raise ValueError(f"{message}{hint}")
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise ValueError(f"there is no such instant: {text}") from error
    return (moment - _EPOCH) // timedelta(microseconds=1)


def start_of_day(day: str) -> int:
    """Return the first microsecond of a day in UTC; raises ValueError for any other text."""
    return parse_instant(f"{parse_day(day)}T00:00:00Z")


@lru_cache(maxsize=4096)
def parse_day(text: str) -> str:
    """Return an ISO 8601 calendar day unchanged; raises ValueError for any other text."""
    if not _DAY.fullmatch(text):
        raise ValueError("not a day, such as 2023-03-31")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError(f"there is no such day: {text}; write a day as 2023-03-31") from error


@dataclass(frozen=True, slots=True)
class Bounds:
    """The earliest possible first day and the latest possible last day, as text that sorts."""

    earliest: str
    latest: str


@lru_cache(maxsize=4096)
def parse_edtf(text: str) -> Bounds:
    """Parse an EDTF level 1 date or interval into its outer bounds.

    An unknown (`/2023`) or open start (`../2023`) becomes `UNKNOWN`, an unknown or open end `OPEN`.
    Raises ValueError with a message if the text is not EDTF of level 1.
    """
    if _DAY.fullmatch(text):  # as most are; the EDTF grammar takes a thousand times longer
        return Bounds(parse_day(text), text)
    return _parse_edtf_interval(text) if "/" in text else _parse_edtf_point(text)


def _parse_edtf_interval(text: str) -> Bounds:
    first, last = (None if end in ("", "..") else end for end in text.split("/", 1))
    if first is last is None:
        raise ValueError("an interval needs at least one known end; leave the field out instead")
    earliest = UNKNOWN if first is None else _parse_edtf_point(first).earliest
    latest = OPEN if last is None else _parse_edtf_point(last).latest
    if earliest > latest:
        raise ValueError("the interval ends before it starts")
    return Bounds(earliest, latest)


_NO_EDTF = "not an EDTF date of level 1, such as 2023-03-31, 2023-03, 2022?, 201X or 2022/2023-03"


def _bound_season(year: int, *, is_winter: bool) -> Bounds:
    """Return the bounds of a season: the year, and of a winter also the months after it."""
    last = date(year + 1, 3, 1) - timedelta(days=1) if is_winter else date(year, 12, 31)
    return Bounds(f"{year:04d}-01-01", last.isoformat())


def _parse_edtf_point(text: str) -> Bounds:
    try:
        if season := _EDTF_SEASON.fullmatch(text):
            return _bound_season(int(season[1]), is_winter=text[5:7] == "24")
        if point := _EDTF_POINT.fullmatch(text):
            return _bound_point(text[:4], *point.group("month", "day"))
    except ValueError as error:  # of a year or a day that there is not
        raise ValueError(_NO_EDTF) from error
    raise ValueError(_NO_EDTF)


def _bound_point(year: str, *rest: str | None) -> Bounds:
    """Return the bounds of a year, month or day; XX stands for any."""
    month, day = (None if each == "XX" else each for each in rest)
    first, last = (int(year.replace("X", digit)) for digit in "09")
    end = int(month or 12)
    start = date(first, int(month or 1), int(day or 1))
    latest = date(last, end, int(day or monthrange(last, end)[1]))
    return Bounds(start.isoformat(), latest.isoformat())
