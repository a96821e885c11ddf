"""Parsed filters: the filters and values of a request, and their SQL parameters.

The values are lists for EQUAL, a bool for FLAG, `DayRange` for RANGE, text for TEXT, and the name
of a widening for THROUGH. The conditions of a list (`conditions`) depend only on the filter shape:
which filters are given, and how many values each has. The values are named parameters, so one
statement serves all requests of the same shape.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from api.ledger.noun import Filter, Kind, Noun
from api.ledger.rules import fold_text

FilterShape = tuple[tuple[str, Any], ...]
"""The given filters, and how many values each has: two lists of one shape share statements."""


@dataclass(frozen=True, slots=True)
class Range:
    """Two days, both included, between which an uncertain date may lie; None is no bound."""

    since: str | None = None
    until: str | None = None


class CompiledFilters:
    """Filters with the values that they compare, and with the shape and parameters of these.

    `ready` caches the statements that were made for them; `page_queries` fills it.
    """

    __slots__ = ("filters", "parameters", "ready", "shape")

    def __init__(self, filters: Sequence[tuple[Filter, Any]]) -> None:
        self.filters = filters
        self.shape: FilterShape = tuple(
            (each.name, _value_count(each, value)) for each, value in filters
        )
        self.parameters = {k: v for each in filters for k, v in parameter_values(*each).items()}
        self.ready: dict[Hashable, Any] = {}


class ParsedFilters(dict[str, Any]):
    """A noun's filters by name, with parsed values; cached for repeated requests."""

    def __init__(self, noun: Noun, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        known = _by_name(noun)
        self.with_wideners = [known[name] for name in values]
        self.compiled = CompiledFilters([
            (each, fold_text(values[each.name]).split() if each.kind is Kind.TEXT
             else values[each.name])
            for each, _ in self.with_wideners if each.kind is not Kind.THROUGH
        ])  # fmt: skip
        self.is_widened = len(self.compiled.filters) < len(values)
        """Whether a filter is widened, so that its values depend on the moment."""


@lru_cache(maxsize=32)
def _by_name(noun: Noun) -> dict[str, tuple[Filter, str | None]]:
    """Map the name of each filter to the filter and the name of the filter that widens it."""
    wideners = {each.on: each.name for each in noun.filters if each.kind is Kind.THROUGH}
    return {each.name: (each, wideners.get(each.name)) for each in noun.filters}


def _value_count(filter: Filter, value: Any) -> Any:
    if filter.kind is Kind.RANGE:
        return value.since is not None, value.until is not None
    return True if filter.kind is Kind.FLAG else len(value)


def parameter_values(filter: Filter, value: Any) -> dict[str, Any]:
    """Map the names of a filter's parameters to their values."""
    match filter.kind:
        case Kind.RANGE:
            return {f"{filter.name}_since": value.since, f"{filter.name}_until": value.until}
        case Kind.FLAG:
            return {filter.name: value}
        case Kind.TEXT:
            return {f"{filter.name}_{n}": f"%{_escape_like(word)}%" for n, word in enumerate(value)}
        case _:
            return {f"{filter.name}_{n}": each for n, each in enumerate(value)}


def _escape_like(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
