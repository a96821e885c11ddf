"""What a page's address asks.

A form sends every control, also empty ones, and a box of boxes sends its name again and again. So
that each state has one address, what is sent is tidied first, and the browser led there; then it is
parsed by the query schema of the API, as strictly as there.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

import marshmallow as ma
from flask import request

from api import clock
from api.analysis.choices import DEFAULT_VOICES
from api.web.parameters import StrictParameter

Pairs = list[tuple[str, str]]

_LISTS = frozenset({"actors", "axioms", "goal", "voices"})
"""Parameters of which a form sends each value by itself."""

_DAY = len("2023-03-31")


def read_parameters() -> Pairs:
    """Give the parameters of the request as they were sent, in order."""
    query = request.query_string.decode("ascii", "replace")
    return parse_qsl(query, keep_blank_values=True)


def normalise_parameters(pairs: Pairs) -> Pairs:
    """Drop what says nothing, join values of one name, and read a day of the registry's clock."""
    kept: dict[str, str] = {}
    others: Pairs = []
    for name, value in pairs:
        if not value.strip():
            continue
        if name in kept and name not in _LISTS:
            others.append((name, value))  # which the parser refuses
        else:
            kept[name] = f"{kept[name]},{value}" if name in kept else value
    if "axioms" in kept:
        kept["axioms"] = _drop_none_marker(kept["axioms"].split(","))
    if set(kept.get("voices", "").split(",")) == set(DEFAULT_VOICES):
        del kept["voices"]
    return [*_normalise_clocks(kept).items(), *others]


def _drop_none_marker(axioms: Sequence[str]) -> str:
    """Let `none`, which the form always sends, stand only where no rule is switched on."""
    chosen = [each for each in dict.fromkeys(axioms) if each != "none"]
    return ",".join(chosen) or "none"


def _normalise_clocks(kept: dict[str, str]) -> dict[str, str]:
    """Take a bare day of the registry for its end, and today for now.

    The end of today lies in the future, so it is left out. Today on the world's clock is the
    default; only beside a moment of the registry does it make an answer that never changes.
    """
    known_at, today = kept.get("known_at", ""), clock.today()
    if len(known_at) == _DAY and known_at.count("-") == 2:  # noqa: PLR2004
        del kept["known_at"]
        if known_at < today:
            kept["known_at"] = f"{known_at}T23:59:59.999999Z"
    if kept.get("valid_at") == today and "known_at" not in kept:
        del kept["valid_at"]
    return kept


def format_query(pairs: Pairs) -> str:
    """Write parameters as a query, readable where that is allowed."""
    query = urlencode(pairs, safe=",:!/")
    return f"?{query}" if query else ""


class OpenParameter(StrictParameter):
    """Which record's evidence lies open beside a page."""

    def __init__(self) -> None:
        super().__init__("The record whose evidence is shown beside it.", shape={"type": "string"})

    def read(self, text: str) -> tuple[str, str]:
        noun, _, id = text.partition("/")
        if noun not in ("positions", "preconditions", "statements") or not id:
            raise ma.ValidationError("must be positions/ID, preconditions/ID or statements/ID")
        return noun, id
