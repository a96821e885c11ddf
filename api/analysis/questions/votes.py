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

MOST_ROLL_CALLS = 100_000
_VOTES = {"attestation": ["recorded_vote"]}


@dataclass(frozen=True, slots=True)
class RollCall:
    """What was voted on: when, in which session, on which issues, and whether all voted alike."""

    day: str
    session: str
    issues: Sequence[str]
    is_unanimous: bool

    def list_groups(self, by: str) -> Sequence[str]:
        """List the groups in which it counts."""
        return {"session": [self.session], "year": [self.day[:4]], "issue": self.issues or [""]}[by]


RollCalls = Mapping[str, RollCall]
"""Roll calls by the proposition that was voted on."""

Votes = Mapping[str, Mapping[str, str]]
"""Forces by roll call and actor."""

_MOST_CACHED = 8
_cache: dict[tuple[bytes, str], RollCalls] = {}


def load_votes(reader: Reader, actors: Sequence[str]) -> Votes:
    """Load the votes of actors in all forums: the index of holders tells them without the table."""
    filters = {**_VOTES, "holder": list(actors)}
    votes: defaultdict[str, dict[str, str]] = defaultdict(dict)
    columns = ("proposition", "holder", "force")
    for proposition, holder, force in reader.read_columns(POSITIONS, filters, *columns):
        votes[proposition][holder] = force
    return votes


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
    varied = _find_varied(reader, issues)
    for proposal in reader.read_all(PROPOSALS, of_forum, most=MOST_ROLL_CALLS):
        day = clock.parse_edtf(proposal["made_on"]).earliest if proposal["made_on"] else ""
        for component in proposal["components"]:
            session = (component.get("phase") or "").removeprefix("session ")
            for id in component["propositions"]:
                yield id, RollCall(day, session, issues.get(id, ()), id not in varied)


def _find_varied(reader: Reader, propositions: Iterable[str]) -> set[str]:
    """Find those on which not all votes are the same; asked by proposition, an index tells."""
    return {
        id
        for some in split_ids(propositions)
        for id in reader.find_varied(
            POSITIONS, {**_VOTES, "proposition": some}, "proposition", "force"
        )
    }
