"""Reads what analysis needs from the ledger, as known at a reader's moment."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from api.actors import ACTORS
from api.analysis.engine.scene import Scene
from api.analysis.engine.stances import HIGHEST_VOICE, list_subjects, rank_voice
from api.axioms import AXIOMS
from api.conflicts import CONFLICTS
from api.errors import TooMany
from api.evidence.rules import list_holders, list_sources
from api.ledger.noun import Noun, Record
from api.ledger.reading.reader import Reader
from api.ledger.rules import bound_validity
from api.ledger.store.transactions import split_ids
from api.ledger.versions.lookup import AsOfLookup, Key
from api.positions import POSITIONS
from api.preconditions import PRECONDITIONS
from api.proposals import PROPOSALS
from api.sources import SOURCES

MOST = 5_000
"""How many records of one kind an answer draws on at most."""

MOST_STANCES, STANCES = 30_000, "stances of holders"
"""How many stances the records of an answer take at most together: a record does for each of up to
201 holders, and a precondition for each of up to 200 things as well."""

HELD = (POSITIONS, PRECONDITIONS)
"""The nouns of what an actor holds."""

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
    record = reader.read_record(CONFLICTS, conflict).record
    of_conflict: Mapping[str, Any] = {"conflict": [conflict]}
    if not (is_part := positions is not None):
        positions = load_held(reader, {**of_conflict, **narrowed}, [POSITIONS])
    given = {**of_conflict, **(narrowed if both else {})}
    preconditions = load_held(reader, given, [PRECONDITIONS])
    refuse_many_stances((*positions, *preconditions))
    axioms = load_all(reader, AXIOMS, of_conflict)
    lookup = reader.open_lookup()
    for noun, records in ((POSITIONS, positions), (PRECONDITIONS, preconditions), (AXIOMS, axioms)):
        lookup.prefetch(_list_named(noun, records))
    prefetch_sources(lookup, (*positions, *preconditions))
    proposals = [each for noun, each in lookup.loaded_records() if noun == PROPOSALS.name]
    lookup.prefetch(_list_named(PROPOSALS, proposals))
    lookup.prefetch((ACTORS.name, each["actor"]) for each in record["parties"])
    denials = load_denials(reader, positions) if narrowed or is_part else ()
    day = reader.moment.valid_at
    return Scene(record, positions, preconditions, axioms, lookup, denials=denials, day=day)


def load_whole_scene(reader: Reader, conflict: str) -> Scene:
    """Load a conflict with what had ended by then because it was met; raises as `load_scene`."""
    scene, always, day = load_scene(reader, conflict), reader.at_day(None), reader.moment.valid_at
    given: Mapping[str, Any] = {"conflict": [conflict], "end_reason": ["met"]}
    ended = load_held(always, given)
    met = [each for each in ended if day is None or bound_validity(each)["valid_end"] <= day]
    return replace(scene, met=met)


def refuse_many_stances(records: Iterable[Record]) -> None:
    """Raise TooMany where records take too many stances together."""
    if sum(len(list_holders(each)) * len(list_subjects(each)) for each in records) > MOST_STANCES:
        raise TooMany(MOST_STANCES, STANCES)


def prefetch_sources(lookup: AsOfLookup, records: Iterable[Record]) -> None:
    """Load the sources behind positions and preconditions: who reports, and what is doubtful."""
    lookup.prefetch((SOURCES.name, id) for each in records for id in list_sources(each))


def load_all(
    reader: Reader, noun: Noun, given: Mapping[str, Any], most: int | None = None
) -> Sequence[Record]:
    """Read all records of a noun that fit filters; raises TooMany where they are too many."""
    return reader.read_all(noun, given, most=most or MOST)


def load_held(
    reader: Reader, given: Mapping[str, Any], nouns: Iterable[Noun] = HELD, most: int | None = None
) -> list[Record]:
    """Read positions, then preconditions that fit filters, also what the holder holds jointly."""
    others = {name: value for name, value in given.items() if name != "holder"}
    jointly = [{**others, "co_holder": given["holder"]}] if "holder" in given else []
    found = {
        (noun.name, each["id"]): each
        for noun in nouns
        for filters in (given, *jointly)
        for each in load_all(reader, noun, filters, most)
    }
    return list(found.values())


def load_denials(reader: Reader, positions: Sequence[Record]) -> list[Record]:
    """Load the denials of what is only said of a holder, but for those among the positions."""
    known = {each["id"] for each in positions}
    said = (
        each["id"]
        for each in positions
        if rank_voice(each) < HIGHEST_VOICE and each["attestation"] != "recorded_vote"
    )
    return [
        each for some in split_ids(said)
        for each in load_all(reader, POSITIONS, {"responds_to_position": some, "force": ["deny"]})
        if each["id"] not in known
    ]  # fmt: skip


def _list_named(noun: Noun, records: Sequence[Record]) -> Iterator[Key]:
    """List the actors, propositions and proposals that records name."""
    references = [each for each in noun.references if each.to in _SPOKEN_OF]
    for record in records:
        yield from ((each.to, id) for each in references for _, id in each.walk_ids(record))
