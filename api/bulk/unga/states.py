"""Find the states that vote among the actors, by their names."""

import re

from api.actors import ACTORS
from api.bulk.unga.records import make_change
from api.ledger import Change, Ledger
from api.ledger.rules import fold_text
from api.ledger.words import make_slug

_MOST_ACTORS = 100_000


class VotingStates:
    """The states that are known, by name."""

    def __init__(self, ledger: Ledger) -> None:
        self._by_name: dict[str, str] = {}
        self._ids: set[str] = set()
        self._by_country: dict[str, str] = {}
        with ledger.open_reader() as reader:
            for record in reader.read_all(ACTORS, {"kind": ["state"]}, most=_MOST_ACTORS):
                for name in (record["name"], *record["aliases"]):
                    self._by_name.setdefault(fold_text(name), record["id"])
            self._ids = {r["id"] for r in reader.read_all(ACTORS, {}, most=_MOST_ACTORS)}
            self._ids |= reader.retracted_ids(ACTORS)

    def find_id(self, country: str) -> str:
        """Return the id of a known state."""
        return self._by_country[country]

    def make_missing_state(self, country: str) -> list[Change]:
        """Return the change that adds a state of this name; none if the state is known."""
        if country in self._by_country:
            return []
        plain = re.sub(r"\s*\(.*\)$", "", country.replace("&", "and"))
        for name in (country, plain):
            if id := self._by_name.get(fold_text(name)):
                self._by_country[country] = id
                return []
        id = make_slug(plain) if make_slug(plain) not in self._ids else f"{make_slug(plain)}-state"
        self._by_country[country] = id
        self._ids.add(id)
        return [make_change("actors", {"id": id, "name": country, "kind": "state"})]
