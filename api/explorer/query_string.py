"""The query string of a page, and its canonical form.

A form sends every control, empty ones too, and each ticked box as a parameter of its own. So that
each state of a page has one address, the parameters are normalised and the browser is redirected
there. Only then are they parsed, as strictly as the API parses them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

import marshmallow as ma

from api import clock
from api.analysis.engine.scene import DEFAULT_VOICES
from api.web.contract.parameters import StrictParameter

Pairs = list[tuple[str, str]]

OPENED_BESIDE = ("positions", "preconditions", "statements")
"""The nouns whose evidence opens beside a page."""

NO_GOAL = "none"
"""The goal of a conflict's page that holds all demands against each other."""

_LISTS = frozenset({"actors", "axioms", "goal", "voices"})
"""Parameters that a form repeats, once for each value."""

_DAY, _NUMBER = len("2023-03-31"), re.compile("[1-9][0-9]{0,7}")


def normalise_parameters(pairs: Pairs, *, opens_today: bool = True) -> Pairs:
    """Return the canonical form: no empty values, lists joined by commas, no defaults."""
    kept: dict[str, str] = {}
    others: Pairs = []
    for name, value in ((name, value) for name, value in pairs if value.strip()):
        if name in kept and name not in _LISTS:
            others.append((name, value))  # The parser refuses the repetition.
        else:
            kept[name] = f"{kept[name]},{value}" if name in kept else value
    if "axioms" in kept:
        kept["axioms"] = _drop_none_marker(kept["axioms"].split(","))
    if set(kept.get("voices", "").split(",")) == set(DEFAULT_VOICES):
        del kept["voices"]
    return [*_normalise_clocks(kept, opens_today=opens_today).items(), *others]


def _drop_none_marker(axioms: Sequence[str]) -> str:
    """Keep `none`, which the form always sends, only where no rule is ticked."""
    chosen = [each for each in dict.fromkeys(axioms) if each != "none"]
    return ",".join(chosen) or "none"


def _normalise_clocks(kept: dict[str, str], *, opens_today: bool) -> dict[str, str]:
    """Turn a day in `known_at` into the end of that day, and drop what means now.

    A slider sends `day` as a number: 1 is 1 January of year 1. The end of today lies in the
    future, so such a `known_at` is dropped. `valid_at` of today is dropped, too, if the page
    `opens_today`, unless `known_at` makes the answer a permanent one.
    """
    known_at, today = kept.get("known_at", ""), clock.today()
    if len(known_at) == _DAY and known_at.count("-") == 2:  # noqa: PLR2004
        del kept["known_at"]
        if known_at < today:
            kept["known_at"] = f"{known_at}T23:59:59.999999Z"
    day = kept.get("day", "")
    if _NUMBER.fullmatch(day) and int(day) <= date.max.toordinal():
        kept["valid_at"] = date.fromordinal(int(kept.pop("day"))).isoformat()
    if opens_today and kept.get("valid_at") == today and "known_at" not in kept:
        del kept["valid_at"]
    return kept


def format_query(pairs: Iterable[tuple[str, str | None]]) -> str:
    """Format all parameters but None as a query; commas, colons and slashes stay readable."""
    query = urlencode([each for each in pairs if each[1] is not None], safe=",:!/")
    return f"?{query}" if query else ""


@dataclass(frozen=True, slots=True)
class PageQuery:
    """The parsed query of a page beside which evidence opens, besides the clocks."""

    open_record: tuple[str, str] | None
    since: str | None
    page: int = field(default=1, kw_only=True)


class OpenParameter(StrictParameter):
    """The record whose evidence is open beside a page, as NOUN/ID."""

    def __init__(self) -> None:
        super().__init__("The record that is open beside the page.", shape={"type": "string"})

    def parse_value(self, text: str, /) -> tuple[str, str]:
        noun, _, id = text.partition("/")
        if noun not in OPENED_BESIDE or not id:
            raise ma.ValidationError("must be positions/ID, preconditions/ID or statements/ID")
        return noun, id
