"""Links from a page: elsewhere with both clocks kept, here with something changed, to the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import request

from api.explorer import query_string
from api.ledger.moment import Moment
from api.nouns import PAGED

_CLOCKS = ("valid_at", "known_at")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One request for a page: its path, its parameters, and the address of the server."""

    path: str
    parameters: Mapping[str, str]
    root: str

    def link_to(self, path: str, **more: str | None) -> str:
        """Lead to another page, with the clocks of this one."""
        query = _format_pairs({**self._keep_parameters(_CLOCKS), **more})
        return path + (query.replace("?", "&", 1) if "?" in path else query)

    def link_here(self, **changed: str | None) -> str:
        """Lead to this page with some parameters changed, or without those that are None."""
        return self.path + _format_pairs({**self.parameters, **changed})

    def link_data(self, path: str, names: Iterable[str] = (), **more: str | None) -> str:
        """Lead to an answer of the API to what this page asks by the named parameters."""
        return f"/v1/{path}" + _format_pairs({**self._keep_parameters([*_CLOCKS, *names]), **more})

    def permalink(self, moment: Moment) -> str:
        """Lead to what this page shows now, whatever is written later."""
        day = moment.valid_at or "any"
        return self.link_here(valid_at=day, known_at=str(moment.known_at))

    def _keep_parameters(self, names: Iterable[str]) -> dict[str, str]:
        return {name: self.parameters[name] for name in names if name in self.parameters}


def current_page() -> PageRequest:
    """Give the visit at hand."""
    return PageRequest(
        request.path, dict(query_string.read_parameters()), request.url_root.rstrip("/")
    )


def record_url(noun: str, id: str, conflict: str | None = None) -> str:
    """Lead to the page of a record; to its data where it has none.

    A proposition is looked at as what might be wanted, on the page of its conflict.
    """
    if noun == "propositions" and conflict:
        return f"/conflicts/{conflict}{_format_pairs({'goal': id})}"
    return f"/{noun}/{id}" if noun in PAGED else f"/v1/{noun}/{id}"


def with_format(url: str, form: str) -> str:
    """Turn the address of an answer into that of its flat rows, or of its picture."""
    path, mark, query = url.partition("?")
    return f"{path}.{form}{mark}{query}"


def embed_url(url: str, behind: str = "") -> str:
    """Turn the address of an answer into that of the page that shows it in a frame."""
    path, mark, query = url.partition("?")
    return f"/embed{path.removeprefix('/v1')}{behind}{mark}{query}"


def _format_pairs(pairs: Mapping[str, str | None]) -> str:
    return query_string.format_query(
        [(name, value) for name, value in pairs.items() if value is not None]
    )
