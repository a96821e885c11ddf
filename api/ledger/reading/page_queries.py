"""Page queries: read a keyset page of versions by the best access path.

A page in the default order (`tables`) reads an index from the newest possible start, and stops when
it is full. There are three access paths:

- the index of a filtered column, or of the whole table; the engine chooses it,
- a facet, if the list is filtered by one value of it, or by a pair of values with a compound facet,
- the small-history scan: if the registry was small at the moment, all its versions are read.

The newest possible start is the requested day, or the `horizon` for a moment before the newest
changeset. Without the horizon, a page of what holds today, as known long ago, would first skip all
records that were added since. Later records about earlier days are still skipped, and so are those
that had ended by the day. The cost of a page then depends on their share, not on the number of
records.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from itertools import accumulate
from operator import add, itemgetter
from typing import Any, NamedTuple, TypeVar

from api import clock
from api.ledger.reading.filters import NO_FACET, Conditions
from api.ledger.reading.moment import find_last_seq
from api.ledger.reading.page_statements import PlanKey, SortOrder, page_statements
from api.ledger.store.tables import LIVE
from api.ledger.store.transactions import PreparedStatement
from api.ledger.truth.canonical import parse_bytes
from api.ledger.versions.as_of import HORIZON

SMALL_HISTORY = 2_000
"""Up to so many revisions a page is read by a small-history scan."""

_SCANNED_EXTRA = 500
"""How many versions a bounded scan reads beyond the limit of the page."""

PAGE_BYTES = 8_000_000
"""A page ends with the record by which its bodies have so many bytes."""

_PART = 200
"""How many records of a page one statement gives at once, so that few large ones are in vain."""

Entry = TypeVar("Entry")

_MOST_STATEMENTS = 512
"""How many statements are cached by the shapes of requests; a large one takes 100 KB."""

_statements: dict[PlanKey, tuple[PreparedStatement, ...]] = {}


class Page(NamedTuple):
    """A page of records: stored bodies and what ends them; the key of the last if more follow."""

    stored: list[bytes]
    endings: list[bytes]
    after: tuple[Any, ...] | None

    @property
    def whole_bodies(self) -> list[bytes]:
        """The whole bytes of each record."""
        return [*map(add, self.stored, self.endings)]

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records, parsed from their bytes."""
        return [*map(parse_bytes, self.whole_bodies)]

    def join_bodies(self, before: bytes, after: bytes) -> bytes:
        """Join all records with commas, between two texts; the bytes are copied once."""
        if not self.stored:
            return before + after
        pieces = [b","] * (3 * len(self.stored) + 1)
        pieces[1::3], pieces[2::3] = self.stored, self.endings
        pieces[0], pieces[-1] = before, after
        return b"".join(pieces)


def read_rows(
    conditions: Conditions,
    order: SortOrder,
    limit: int,
    after: Sequence[Any] | None,
    room: float | None = None,
) -> tuple[list[tuple[Any, ...]], bool]:
    """Return (body, changeset, *key) of versions after a key, as `take_page` cuts them."""
    start = _start_values(conditions, order, after)
    is_small = "last" in start
    facet, answers, leading = NO_FACET if is_small else conditions.compiled.leading_facet
    plan = PlanKey(
        conditions.noun.name, conditions.compiled.shape, order, facet, answers, conditions.in_force,
        follows_key="after_0" in start, has_bound="until" in start, is_small=is_small,
        is_sqlite=conditions.transaction.is_sqlite,
    )  # fmt: skip
    values = {
        **conditions.collect_values(), **start, "leading": leading,
        "limit": limit + 1, "steps": _SCANNED_EXTRA + limit + 1,
    }  # fmt: skip
    fetch, rows, more = conditions.transaction, list[tuple[Any, ...]](), False
    for statement in _prepare_statements(plan, conditions):
        if limit <= _PART or room is not None:
            opened = nullcontext(iter([fetch.fetch_alone(statement, values)]))
        else:
            opened = closing(fetch.fetch_parts(statement, values, _PART))
        with opened as parts:
            rows, more = take_page(parts, limit, lambda r: map(len, map(itemgetter(0), r)), room)
        if more:
            break
    return rows, more


def read_one_more(
    read: Callable[[int], Sequence[Entry]], limit: int
) -> tuple[Sequence[Entry], bool]:
    """Return up to `limit` entries, and whether more follow: one more is read than is shown."""
    found = read(limit + 1)
    return found[:limit], len(found) > limit


def take_page(
    parts: Iterator[Sequence[Entry]],
    limit: int,
    sizes: Callable[[Sequence[Entry]], Iterable[int]],
    room: float | None = None,
) -> tuple[list[Entry], bool]:
    """Take up to `limit` entries that come in parts; return them, and whether more follow.

    They end with the one by which they have `room` bytes, `PAGE_BYTES` by default; `sizes` returns
    the bytes of each.
    """
    taken, room = list[Entry](), PAGE_BYTES if room is None else room
    for part in parts:
        if (total := sum(sizes(part))) >= room:
            sums = accumulate(sizes(part))
            fitting = next(n for n, some in enumerate(sums, 1) if some >= room)
            taken += part[:fitting]
            more = len(taken) > limit or fitting < len(part) or next(parts, None) is not None
            return taken[:limit], more
        taken += part
        room -= total
    return taken[:limit], len(taken) > limit


def read_in_parts(
    read: Callable[[int, Any], Sequence[Entry]],
    limit: int,
    after: Any,
    key: Callable[[Entry], Any],
    at_once: int = _PART,
) -> Iterator[Sequence[Entry]]:
    """Yield `limit` entries and one more; `read` returns up to so many that follow a key."""
    left = limit + 1
    while left and (part := read(min(left, at_once), after)):
        yield part
        left, after = left - len(part), key(part[-1])


def _start_values(
    conditions: Conditions, order: SortOrder, after: Sequence[Any] | None
) -> dict[str, Any]:
    """Return the parameters of where a page starts, and of a small-history scan."""
    newest_first = conditions.noun.sorts[order.sort] if order.descending else None
    until = _newest_start(conditions) if newest_first == "valid_start" else None
    moment = conditions.moment
    last = None if moment.is_newest else find_last_seq(conditions.transaction, moment.known_at)
    if after is None and last is not None and newest_first == "ordinal":
        after = (last + 1,)
    start: dict[str, Any] = {} if until is None else {"until": until}
    if after is not None:
        start = _key_values(after, until)
    if last is not None and last <= SMALL_HISTORY:
        start["last"] = last
    return start


def _newest_start(conditions: Conditions) -> str | None:
    """Return the newest possible start of a version; None if there is no bound."""
    moment = conditions.moment
    if moment.is_newest:
        return moment.valid_at
    values = {"noun": conditions.noun.name, "known_at": moment.known_at}
    found = conditions.transaction.fetch_alone(HORIZON, values)
    latest = found[0][0] if found else clock.UNKNOWN
    return latest if moment.valid_at is None else min(moment.valid_at, latest)


def _prepare_statements(plan: PlanKey, conditions: Conditions) -> tuple[PreparedStatement, ...]:
    if (statements := _statements.get(plan)) is None:
        if len(_statements) >= _MOST_STATEMENTS:
            _statements.clear()
        statements = _statements[plan] = page_statements(plan, conditions)
    return statements


def _key_values(after: Sequence[Any], until: str | None) -> dict[str, Any]:
    """Return the parameters of a key; one before the newest possible start is moved to that."""
    if until is not None and after[0] > until:
        after = (until, LIVE)
    return {f"after_{n}": each for n, each in enumerate(after)}
