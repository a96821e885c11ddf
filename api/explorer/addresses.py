"""The links on a page: to other pages at the same moment, to variants of itself, to its data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import request

from api import clock
from api.explorer.query_string import format_query
from api.ledger.reading.moment import Moment

_CLOCKS = ("valid_at", "known_at")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The request for a page: its path, its parameters and the root address of the server."""

    path: str
    parameters: Mapping[str, str]
    root: str

    def link_to(self, path: str, **more: str | None) -> str:
        """Return the address of another page with this page's clocks."""
        query = format_query({**self._keep_parameters(_CLOCKS), **more}.items())
        return path + (query.replace("?", "&", 1) if "?" in path else query)

    def link_here(self, **changed: str | None) -> str:
        """Return this page's address with parameters changed, or removed where None."""
        return self.path + format_query({**self.parameters, **changed}.items())

    def link_data(self, path: str, names: Iterable[str] = (), **more: str | None) -> str:
        """Return the API address that takes this page's clocks and its named parameters."""
        kept = self._keep_parameters([*_CLOCKS, *names])
        return f"/v1/{path}" + format_query({**kept, **more}.items())

    @property
    def age_day(self) -> str | None:
        """The day on which ages are told; a page pinned to a changeset alone never changes."""
        day = self.parameters.get("valid_at", "any")
        return day if day != "any" else None if "known_at" in self.parameters else clock.today()

    @property
    def canonical(self) -> str:
        """The address of this page at the newest moment, for search engines."""
        return self.root + self.link_here(**dict.fromkeys((*_CLOCKS, "open")))

    def permalink(self, moment: Moment) -> str:
        """Return this page's address with both clocks fixed, so that it never changes."""
        day = moment.valid_at or self.parameters.get("valid_at")
        return self.link_here(valid_at=day, known_at=str(moment.known_at))

    def _keep_parameters(self, names: Iterable[str]) -> dict[str, str]:
        return {name: self.parameters[name] for name in names if name in self.parameters}


def current_page() -> PageRequest:
    """Return the request that is being answered."""
    root = request.url_root.rstrip("/")
    return PageRequest(request.path, request.args.to_dict(), root)


def record_url(noun: str, id: str, conflict: str | None = None) -> str:
    """Return the address of a record's page; a proposition is shown as the goal of its conflict."""
    if noun == "propositions" and conflict:
        return f"/conflicts/{conflict}?goal={id}"
    return f"/{noun}/{id}"


def with_format(url: str, form: str) -> str:
    """Add a format such as csv or svg to the path of an API address."""
    path, mark, query = url.partition("?")
    return f"{path}.{form}{mark}{query}"


def embed_url(url: str, behind: str = "") -> str:
    """Turn an API address into that of the embeddable page of its picture."""
    path, mark, query = url.partition("?")
    return f"/embed{path.removeprefix('/v1')}{behind}{mark}{query}"
