"""The actors that vote, by what they are called."""

from __future__ import annotations

import re

from api.actors import ACTORS
from api.bulk.unga.records import make_change
from api.ledger import Change, Ledger
from api.ledger.rules import fold
from api.web.names import slug

_MOST_ACTORS = 100_000


class VotingStates:
    """Finds the actors that vote, by what they are called."""

    def __init__(self, ledger: Ledger) -> None:
        self._by_name: dict[str, str] = {}
        self._ids: set[str] = set()
        self._known: dict[str, str] = {}
        with ledger.reading() as reader:
            for record in reader.every(ACTORS, {"kind": ["state"]}, most=_MOST_ACTORS):
                for name in (record["name"], *record["aliases"]):
                    self._by_name.setdefault(fold(name), record["id"])
            self._ids = {r["id"] for r in reader.every(ACTORS, {}, most=_MOST_ACTORS)}
            self._ids |= reader.retracted(ACTORS)

    def find_id(self, country: str) -> str:
        """Give the id of a state that is known."""
        return self._known[country]

    def make_missing_state(self, country: str) -> list[Change]:
        """Give what adds a state that nobody knows by this name; nothing for one that is known."""
        if country in self._known:
            return []
        plain = re.sub(r"\s*\(.*\)$", "", country.replace("&", "and"))
        for name in (country, plain):
            if id := self._by_name.get(fold(name)):
                self._known[country] = id
                return []
        id = slug(plain) if slug(plain) not in self._ids else f"{slug(plain)}-state"
        self._known[country] = id
        self._ids.add(id)
        return [make_change("actors", {"id": id, "name": country, "kind": "state"})]
