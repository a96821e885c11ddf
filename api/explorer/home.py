"""The home page: what the registry is, and its conflicts."""

from __future__ import annotations

from api.conflicts import CONFLICTS
from api.explorer.pages import Context
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes

_MAX_CONFLICTS = 100


def build_home_page(reader: Reader) -> Context:
    """Show the conflicts with the names of their parties."""
    page = reader.read_page(CONFLICTS, {}, limit=_MAX_CONFLICTS)
    conflicts = [parse_bytes(each) for each in page.whole_bodies]
    lookup = reader.open_lookup()
    lookup.prefetch(("actors", each["actor"]) for one in conflicts for each in one["parties"])
    return {
        "conflicts": [
            {**one, "names": [(lookup.find_label("actors", each["actor"]), each)
                              for each in one["parties"]]}
            for one in conflicts
        ],
        "more": page.after is not None,
    }  # fmt: skip
