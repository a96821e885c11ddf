"""Loads roll calls, and the votes that actors cast in them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from api import clock
from api.ledger.reading.reader import Reader
from api.ledger.store.transactions import split_ids
from api.positions import POSITIONS
from api.proposals import PROPOSALS
from api.propositions import PROPOSITIONS
from api.vocabulary import FORCE

MOST_ROLL_CALLS = 100_000
VOTES = ("accept", "abstain", "reject")
"""The forces of votes; with another one somebody is on record who did not vote."""

_VOTES = {"attestation": ["recorded_vote"]}
_COUNTING = {**_VOTES, "rank": ["normal", "preferred"]}
_IRREGULAR = (
    {**_VOTES, "rank": ["deprecated", "preferred"]},
    {**_VOTES, "force": [each for each in FORCE.values if each not in VOTES]},
)
"""What is rare, and read from the table: no covering index has the rank."""


@dataclass(frozen=True, slots=True)
class RollCall:
    """What was voted on: when, in which session, on which issues, and whether all voted alike.

    It is irregular if a vote in it is deprecated or preferred, or a record in it is no vote.
    """

    day: str
    session: str
    issues: Sequence[str]
    is_unanimous: bool
    is_irregular: bool = False

    def list_groups(self, by: str) -> Sequence[str]:
        """List the groups in which it counts."""
        return {"session": [self.session], "year": [self.day[:4]], "issue": self.issues or [""]}[by]


RollCalls = Mapping[str, RollCall]
"""Roll calls by the proposition that was voted on."""

Votes = Mapping[str, Mapping[str, str]]
"""Forces by roll call and actor."""

_MOST_CACHED = 8
_cache: dict[tuple[bytes, str], RollCalls] = {}


def load_votes(reader: Reader, actors: Sequence[str], roll_calls: RollCalls) -> Votes:
    """Load the votes of actors in all forums; a covering index holds all but a few.

    A preferred vote counts before a normal one, and an own vote before a joint one.
    """
    filters = {**_VOTES, "holder": list(actors)}
    votes: defaultdict[str, dict[str, str]] = defaultdict(dict)
    irregular = {id for id, each in roll_calls.items() if each.is_irregular}
    for id, holder, force in reader.read_columns(POSITIONS, filters, *_COLUMNS):
        if id not in irregular:
            votes[id][holder] = force
    few = [*_read_joint(reader, actors), *_read_irregular(reader, actors, irregular)]
    for *_, id, holder, force in sorted(few, reverse=True):
        votes[id].setdefault(holder, force)
    return votes


_COLUMNS = ("proposition", "holder", "force")
_RankedVote = tuple[bool, bool, str, str, str]
"""Whether a vote is preferred, and the actor's own; then the roll call, the actor and the force."""


def _read_joint(reader: Reader, actors: Sequence[str]) -> Iterator[_RankedVote]:
    """Yield the votes that actors cast as joint holders."""
    filters = {**_VOTES, "co_holder": list(actors)}
    found = reader.read_all(POSITIONS, filters, most=MOST_ROLL_CALLS)
    for each in (e for e in found if e["rank"] != "deprecated" and e["force"] in VOTES):
        for holder in set(actors).intersection(each["co_holders"]):
            if each["proposition"] is not None:
                is_preferred = each["rank"] == "preferred"
                yield is_preferred, False, each["proposition"], holder, each["force"]


def _read_irregular(
    reader: Reader, actors: Sequence[str], roll_calls: Iterable[str]
) -> Iterator[_RankedVote]:
    """Yield the own votes of actors that count in irregular roll calls."""
    for some in split_ids(roll_calls):
        # Not by force as well: SQLite would take the index of forces, which are votes mostly.
        filters = {**_COUNTING, "holder": list(actors), "proposition": some}
        found = reader.read_columns(POSITIONS, filters, *_COLUMNS, "rank")
        for id, holder, force, rank in (each for each in found if each[2] in VOTES):
            yield rank == "preferred", True, id, holder, force


def load_roll_calls(reader: Reader, conflict: str) -> RollCalls:
    """Return the roll calls of a forum; those of a few forums and changesets are cached."""
    key = (reader.moment.hash, conflict)
    found = _cache.get(key)
    if found is None:
        if len(_cache) >= _MOST_CACHED:
            _cache.clear()
        found = _cache[key] = dict(_read_roll_calls(reader, conflict))
    return found


def _read_roll_calls(reader: Reader, conflict: str) -> Iterator[tuple[str, RollCall]]:
    of_forum = {"conflict": [conflict]}
    propositions = reader.read_all(PROPOSITIONS, of_forum, most=MOST_ROLL_CALLS)
    issues = {each["id"]: each["issues"] for each in propositions}
    irregular = _find_irregular(reader)
    varied = _find_varied(reader, issues.keys() - irregular)
    varied |= _find_varied_irregular(reader, issues.keys() & irregular)
    for proposal in reader.read_all(PROPOSALS, of_forum, most=MOST_ROLL_CALLS):
        day = clock.parse_edtf(proposal["made_on"]).earliest if proposal["made_on"] else ""
        for component in proposal["components"]:
            session = (component.get("phase") or "").removeprefix("session ")
            for id in component["propositions"]:
                is_unanimous, is_irregular = id not in varied, id in irregular
                yield id, RollCall(day, session, issues.get(id, ()), is_unanimous, is_irregular)


def _find_irregular(reader: Reader) -> set[str]:
    """Find what was voted on in irregular roll calls, of all forums."""
    return {
        id
        for filters in _IRREGULAR
        for (id,) in reader.read_columns(POSITIONS, filters, "proposition")
    }


def _find_varied(reader: Reader, propositions: Iterable[str]) -> set[str]:
    """Find those on which not all votes are the same; asked by proposition, an index tells."""
    return {
        id
        for some in split_ids(propositions)
        for id in reader.find_varied(
            POSITIONS, {**_VOTES, "proposition": some}, "proposition", "force"
        )
    }


def _find_varied_irregular(reader: Reader, propositions: Iterable[str]) -> set[str]:
    """Find those on which not all votes that count are the same."""
    cast: defaultdict[str, set[str]] = defaultdict(set)
    for some in split_ids(propositions):
        filters = {**_COUNTING, "proposition": some}
        for id, force in reader.read_columns(POSITIONS, filters, "proposition", "force"):
            cast[id].add(force)
    return {id for id, forces in cast.items() if len(forces.intersection(VOTES)) > 1}
