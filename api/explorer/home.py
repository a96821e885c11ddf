"""The first page: what this is, and the conflicts that it knows."""

from __future__ import annotations

from typing import Any

from api.conflicts import CONFLICTS
from api.ledger.canonical import parse
from api.ledger.reader import Reader

_MAX_CONFLICTS = 100


def build_home_page(reader: Reader) -> dict[str, Any]:
    """List the conflicts, with their parties by name."""
    page = reader.page(CONFLICTS, {}, limit=_MAX_CONFLICTS)
    conflicts = [parse(each) for each in page.bodies]
    lookup = reader.lookup()
    lookup.prefetch(("actors", each["actor"]) for one in conflicts for each in one["parties"])
    return {
        "conflicts": [
            {**one, "names": [(lookup.label("actors", each["actor"]), each)
                              for each in one["parties"]]}
            for one in conflicts
        ],
        "more": page.after is not None,
    }  # fmt: skip
