"""Reads what analysis needs from the ledger, as known at a reader's moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.actors import ACTORS
from api.analysis.engine.scene import Scene
from api.axioms import AXIOMS
from api.conflicts import CONFLICTS
from api.ledger.noun import Noun, Record
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes
from api.ledger.versions.lookup import Key
from api.positions import POSITIONS
from api.preconditions import PRECONDITIONS
from api.proposals import PROPOSALS

MOST = 5_000
"""How many records of one kind an answer draws on at most."""

_ANY: Mapping[str, Any] = {}
_SPOKEN_OF = frozenset({"actors", "propositions", "proposals"})


def load_scene(
    reader: Reader,
    conflict: str,
    narrowed: Mapping[str, Any] = _ANY,
    *,
    both: bool = False,
    positions: Sequence[Record] | None = None,
) -> Scene:
    """Load a conflict; raises NotFound or Gone, and Invalid where it is too large.

    `narrowed` are further filters of positions, as `api.ledger.reading.filters` takes them; with
    `both` they narrow the preconditions, too. Where `positions` are given, no others are read.
    """
    record = parse_bytes(reader.read_record(CONFLICTS, conflict).body)
    of_conflict: Mapping[str, Any] = {"conflict": [conflict]}
    if positions is None:
        positions = load_held(reader, POSITIONS, {**of_conflict, **narrowed})
    preconditions = load_held(reader, PRECONDITIONS, {**of_conflict, **(narrowed if both else {})})
    axioms = load_all(reader, AXIOMS, of_conflict)
    lookup = reader.open_lookup()
    for noun, records in ((POSITIONS, positions), (PRECONDITIONS, preconditions), (AXIOMS, axioms)):
        lookup.prefetch(_list_named(noun, records))
    proposals = [each for noun, each in lookup.loaded_records() if noun == PROPOSALS.name]
    lookup.prefetch(_list_named(PROPOSALS, proposals))
    lookup.prefetch((ACTORS.name, each["actor"]) for each in record["parties"])
    return Scene(record, positions, preconditions, axioms, lookup)


def load_all(reader: Reader, noun: Noun, given: Mapping[str, Any]) -> Sequence[Record]:
    """Read all records of a noun that fit filters; raises TooMany where they are too many."""
    return reader.read_all(noun, given, most=MOST)


def load_held(reader: Reader, noun: Noun, given: Mapping[str, Any]) -> list[Record]:
    """Read positions or preconditions that fit filters, also what the holder holds jointly."""
    found = {each["id"]: each for each in load_all(reader, noun, given)}
    if "holder" in given:
        jointly = {name: value for name, value in given.items() if name != "holder"}
        jointly["co_holder"] = given["holder"]
        found |= {each["id"]: each for each in load_all(reader, noun, jointly)}
    return list(found.values())


def _list_named(noun: Noun, records: Sequence[Record]) -> Iterator[Key]:
    """List the actors, propositions and proposals that records name."""
    references = [each for each in noun.references if each.to in _SPOKEN_OF]
    for record in records:
        yield from ((each.to, id) for each in references for _, id in each.walk_ids(record))
