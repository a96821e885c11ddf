"""The addresses that the bench asks for: ours, and those of the same page elsewhere."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import JSON, create_engine, make_url, select

from api.ledger import Ledger
from api.ledger.reading.reader import Reader
from api.positions import POSITIONS
from api.web.queries import ListQuery, make_query_schema
from tests.bench.contenders.models import Position
from tests.bench.databases import DatabasePair, open_registry

PAGE = 50
_STEP, _PLACES_OF_A_PAIR = 5, 25
_ENOUGH_PLACES = 4000
_MOST_PATHS = 120_000
"""More than any cache holds, and more than a run asks for."""
_FIRST_DAY = date(2021, 1, 1)
_DAYS = 1500
_JSON_COLUMNS = [each.name for each in Position.__table__.columns if isinstance(each.type, JSON)]


@dataclass(frozen=True)
class HolderIssue:
    """A holder and an issue on which it has more than a page of positions."""

    holder: str
    issue: str
    count: int

    @property
    def query(self) -> dict[str, str]:
        """The filters of the list."""
        return {"holder": self.holder, "issue": self.issue}


@dataclass(frozen=True)
class PagePaths:
    """Addresses of one page of 50 and of many first-seen pages, in ours and elsewhere."""

    ours: str
    ours_first_seen: Sequence[str]
    plain: str
    plain_first_seen: Sequence[str]
    datasette: str


def find_pages(databases: DatabasePair) -> PagePaths:
    """Return the addresses of the page in a registry and in its plain tables."""
    database = Path(make_url(databases.plain).database or "").stem
    with open_registry(databases.url) as ledger, ledger.open_reader() as reader:
        pairs = list(_find_pairs(reader))
        assert pairs, "no holder has a full page on one issue"
        asked = pairs[0].query
        # Datasette's own `_through` mixes up its parameters when there is another filter, and would
        # make SQLite gather all positions on the issue first.
        tagged = (
            "exists (select 1 from position_issue where position_issue.position = position.number "
            f"and position_issue.issue = '{asked['issue']}')"
        )
        shown = {"holder__exact": asked["holder"], "_where": tagged, "_size": PAGE,
                 "_shape": "objects", "_sort_desc": "number", "_nocount": 1, "_nofacet": 1,
                 "_nosuggest": 1}  # fmt: skip
        decoded = "".join(f"&_json={name}" for name in _JSON_COLUMNS)
        own, plain = zip(*_build_first_seen(reader, pairs, databases.plain), strict=True)
        return PagePaths(
            f"/v1/positions?{urlencode({**asked, 'limit': PAGE})}",
            own,
            f"/positions?{urlencode({**asked, 'limit': PAGE})}",
            plain,
            f"/{database}/position.json?{urlencode(shown)}{decoded}",
        )


def _find_pairs(reader: Reader) -> Iterator[HolderIssue]:
    for group in reader.count_groups(POSITIONS, {}, ["issue", "holder"]):
        issue, holder = group.values
        if issue is not None and group.count > PAGE + _STEP:
            yield HolderIssue(str(holder), issue, group.count)


def _build_first_seen(
    reader: Reader, pairs: list[HolderIssue], plain: str
) -> list[tuple[str, str]]:
    """Return different pages as (our address, plain address), in random order.

    They differ in holder, issue, place, limit or day. The day stands in our cursor. Plain tables
    know no day: there, pages that differ in it alone have one address.
    """
    places: list[tuple[HolderIssue, Any, str]] = []
    for pair in pairs:
        places += [(pair, *place) for place in _find_places(reader, pair)]
        if len(places) > _ENOUGH_PLACES:
            break
    numbers = _read_numbers(plain, [id for *_, id in places])
    schema = make_query_schema(POSITIONS)
    questions: dict[tuple[HolderIssue, int], ListQuery] = {}
    found: list[tuple[str, str]] = []
    for n in range(min(_MOST_PATHS, len(places) * _DAYS)):
        pair, after, id = places[n % len(places)]
        asked = {**pair.query, "limit": str(PAGE - 2 + n % 5)}
        if (pair, n % 5) not in questions:
            questions[pair, n % 5] = schema.load(asked)
        day = _FIRST_DAY + timedelta(days=n // len(places))
        moment = reader.moment._replace(valid_at=day.isoformat())
        cursor = questions[pair, n % 5].next_cursor(moment, after)
        found.append((
            f"/v1/positions?{urlencode({**asked, 'cursor': cursor})}",
            f"/positions?{urlencode({**asked, 'after': numbers[id]})}",
        ))  # fmt: skip
    random.Random(7).shuffle(found)
    return found


def _read_numbers(plain: str, ids: Sequence[str]) -> dict[str, int]:
    """Return the numbers of positions in the plain tables, by id."""
    engine = create_engine(plain)
    query = select(Position.id, Position.number).where(Position.id.in_(ids))
    with engine.connect() as connection:
        found = dict(connection.execute(query).tuples().all())
    engine.dispose()
    return found


def _find_places(reader: Reader, pair: HolderIssue) -> Iterator[tuple[Any, str]]:
    """Yield keys after which a whole page follows, each with the id of its record."""
    given = {name: [value] for name, value in pair.query.items()}
    room = pair.count - PAGE - 2
    step = max(_STEP, room // _PLACES_OF_A_PAIR)
    after = None
    for _ in range(room // step):
        page = reader.read_page(POSITIONS, given, sort="valid_from", descending=True, limit=step,
                           after=after)  # fmt: skip
        after = page.after
        yield after, json.loads(page.whole_bodies[-1])["id"]


@dataclass(frozen=True)
class QuestionPaths:
    """Addresses of large questions and of single records, each in many variants."""

    record: list[str]
    agreement: list[str]
    counts: list[str]


def find_questions(ledger: Ledger) -> QuestionPaths:
    """Return addresses of records, of pairs of states, and of counts on changing days."""
    with ledger.open_reader() as reader:
        holders = [str(g.values[0]) for g in reader.count_groups(POSITIONS, {}, ["holder"])[:60]]
        records = reader.read_page(POSITIONS, {"holder": holders[:1]}, limit=1000)
    pairs = list(combinations(holders, 2))
    random.Random(7).shuffle(pairs)
    days = (_FIRST_DAY + timedelta(days=n) for n in range(_DAYS))
    counted = {"by": "holder,force"}
    return QuestionPaths(
        [f"/v1/positions/{json.loads(body)['id']}" for body in records.whole_bodies],
        [f"/v1/agreement?actors={one},{other}" for one, other in pairs],
        [f"/v1/positions/counts?{urlencode({**counted, 'valid_at': day})}" for day in days],
    )
