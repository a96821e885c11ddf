"""A holder's records on one thing that are in force on a day, by rank, as days go by.

The best rank is where the holder stands. It is looked up, not searched for among all records, so
that many days of many records are swept over in little more than the time to sort them.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from api.analysis.engine.stances import Overrides, lean_of, noun_of, sign_of
from api.ledger.noun import Record

Rank = tuple[int, bool, bool, int, str]
"""How much a record counts: whether it is held (2), reported (1) or denied (0), takes a stand, is
preferred; its voice, and its day. The greater counts; those equal but for the day are heard."""

MOST_DISPUTED = 25
"""How many records that contradict one are named at most: all of them would be a square."""


class _Equals:
    """Records of one rank: their places in order by side, and how many take which side.

    `places` and `sides` are indexed by the side: 1, -1 (the last), or 0. `sides` also counts the
    challengers of these records, `stands` the records that take a stand.
    """

    __slots__ = ("challengers", "places", "sides", "stands")

    def __init__(self) -> None:
        # Lists and not Counters: most records have no rival, and one of these each.
        self.places: tuple[list[int], ...] = ([], [], [])
        self.sides, self.stands = [0, 0, 0], 0
        self.challengers: dict[str, int] = {}


def list_disputing(
    record: Record, rivals: Iterable[Record], leans: Callable[[Record], int]
) -> list[str]:
    """List the ids of rivals, at most `MOST_DISPUTED`: first those that lean otherwise, if more."""
    others = [each for each in rivals if each["id"] != record["id"]]
    if len(others) > MOST_DISPUTED:
        others.sort(key=lambda each: leans(each) == leans(record))
    return [each["id"] for each in others[:MOST_DISPUTED]]


class RecordsInForce:
    """Records of one holder on one thing, known by their places, which come and go."""

    def __init__(
        self, rivals: Sequence[tuple[Record, Rank | None]], overrides: Overrides, holder: str
    ) -> None:
        self._rivals, self._overrides, self._holder = rivals, overrides, holder
        self._in_force: set[int] = set()
        self._ranks: list[Rank] = []
        self._equals: dict[Rank | None, _Equals] = {}
        self._newest: dict[int, Rank | None] = {}

    def add(self, place: int) -> None:
        """Add a record; a deprecated one, which has no rank, counts for nothing."""
        if (rank := self._rivals[place][1]) is None:
            return
        if (equals := self._equals.get(rank)) is None:
            insort(self._ranks, rank)
            equals = self._equals[rank] = _Equals()
        insort(equals.places[lean_of(self._rivals[place][0])], place)
        self._in_force.add(place)
        self._count(equals, place, 1)

    def drop(self, place: int) -> None:
        """Drop a record that was added."""
        if (rank := self._rivals[place][1]) is None:
            return
        equals = self._equals[rank]
        places = equals.places[lean_of(self._rivals[place][0])]
        del places[bisect_left(places, place)]
        self._in_force.remove(place)
        self._count(equals, place, -1)
        if not any(equals.places):
            del self._equals[rank], self._ranks[bisect_left(self._ranks, rank)]

    def _count(self, equals: _Equals, place: int, number: int) -> None:
        self._newest.clear()
        record = self._rivals[place][0]
        equals.sides[lean_of(record)] += number
        equals.stands += number * (noun_of(record) == "preconditions" or sign_of(record) != 0)
        for challenger in self._overrides.list_challengers(record, self._holder):
            equals.sides[lean_of(challenger)] += number
            id = challenger["id"]
            equals.challengers[id] = equals.challengers.get(id, 0) + number

    @property
    def best(self) -> Rank | None:
        """The rank of the newest of the records heard; None where none is in force."""
        return self._ranks[-1] if self._ranks else None

    def find_newest(self, side: int) -> Rank | None:
        """Return the best rank of those that take this side; None where none does."""
        if side not in self._newest:
            ranks = (rank for rank in self._ranks if self._equals[rank].places[side])
            self._newest[side] = max(ranks, default=None)
        return self._newest[side]

    def is_newest(self, place: int) -> bool:
        """Whether a record is one of the newest of those heard."""
        return self._rivals[place][1] == self.best and place in self._in_force

    def hears(self, place: int) -> bool:
        """Whether a record in force is of the best rank and in the highest voice."""
        rank, best = self._rivals[place][1], self.best
        is_heard = rank is not None and best is not None and rank[:-1] == best[:-1]
        return is_heard and place in self._in_force

    def agrees_with(self, lean: int) -> bool:
        """Whether all of the newest take this side."""
        if (best := self.best) is None:
            return False
        return not any(self._equals[best].places[side] for side in {-1, 0, 1} - {lean})

    def list_disputing(self, place: int) -> list[str]:
        """List the first ids of the equal records that contradict a record, if it is disputed."""
        record = self._rivals[place][0]
        if (best := self.best) is None:
            return []
        equals = self._equals[best]
        is_disputed = equals.stands > 0 and min(equals.sides[1], equals.sides[-1]) > 0
        is_involved = self.is_newest(place) or equals.challengers.get(record["id"])
        if not (is_disputed and is_involved):
            return []
        first = sorted(chain(*(places[: MOST_DISPUTED + 1] for places in equals.places)))
        newest = [self._rivals[each][0] for each in first]
        challengers = chain(*(self._overrides.list_challengers(e, self._holder) for e in newest))
        return list_disputing(record, [*newest, *challengers], lean_of)
