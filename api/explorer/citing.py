"""Citations of a page with both clocks fixed, as text, BibTeX and CSL-JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass

import orjson
from markupsafe import Markup

from api.analysis.engine.days import format_day
from api.explorer.addresses import PageRequest
from api.ledger.reading.moment import Moment

_REGISTRY = "Sine Qua Non"
_OWN_NAME = f" · {_REGISTRY}"
_TEX = re.compile(r"[\\{}$&#^_%~]")
_COMMANDS = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}


@dataclass(frozen=True, slots=True)
class Citation:
    """How to cite a page: its permanent address and the reference in three formats."""

    path: str
    url: str
    text: str
    bibtex: str
    csl: str


def cite_page(page: PageRequest, moment: Moment, recorded_on: str | None, title: str) -> Citation:
    """Return the citation of a page with that title, as HTML, at a moment."""
    name = Markup(title).unescape().removesuffix(_OWN_NAME)  # noqa: S704  # it becomes plain text
    path = page.permalink(moment)
    url, key = page.root + path, f"sinequanon{moment.known_at}"
    day = f"in force on {format_day(moment.valid_at)}" if moment.valid_at else "of all days"
    state = f"Records {day}, as known at changeset {moment.known_at}"
    issued, year = recorded_on or "", (recorded_on or "")[:4]
    fields = {"title": _escape_tex(name), "howpublished": _REGISTRY, "year": year,
              "note": state, "url": url}  # fmt: skip
    bibtex = [f"  {field} = {{{value}}}," for field, value in fields.items() if value]
    csl = {"id": key, "type": "webpage", "title": name, "container-title": _REGISTRY,
           "note": state, "URL": url}  # fmt: skip
    if issued:
        csl["issued"] = {"date-parts": [[int(part) for part in issued.split("-")]]}
    return Citation(
        path=path,
        url=url,
        text=f"“{name}”, {_REGISTRY}{f', {format_day(issued)}' if issued else ''}. {state}. {url}",
        bibtex="\n".join([f"@misc{{{key},", *bibtex, "}"]),
        csl=orjson.dumps([csl], option=orjson.OPT_INDENT_2).decode(),
    )


def _escape_tex(text: str) -> str:
    return _TEX.sub(lambda found: _COMMANDS.get(found[0], f"\\{found[0]}"), text)
