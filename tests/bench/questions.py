"""The questions of the bench, as addresses: of ours, and of the same page elsewhere."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

from api.ledger import Ledger
from api.ledger.reader import Reader
from api.positions import POSITIONS
from api.web.queries import ListQuery, query_schema

PAGE = 50
_STEP, _PLACES_OF_A_PAIR = 5, 25
_ENOUGH_PLACES = 4000
_MOST_PATHS = 120_000
"""More than any memo holds, and more than a run asks for."""
_FIRST_DAY = date(2021, 1, 1)
_DAYS = 1500
_JSON_LISTS = ("doubts", "co_holders", "targets", "under", "evidence", "sources", "responds_to",
               "reason", "derived", "issues", "quotes", "links")  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """A holder and an issue on which it has more than a page of positions."""

    holder: str
    issue: str
    count: int

    @property
    def query(self) -> dict[str, str]:
        """The filters."""
        return {"holder": self.holder, "issue": self.issue}


@dataclass(frozen=True)
class Pages:
    """Addresses of a page of 50: one, many that nobody asked for yet, and the one elsewhere."""

    repeated: str
    first_seen: list[str]
    plain: str
    datasette: str


def pages(ledger: Ledger, database: str) -> Pages:
    """Find the pages of a registry; `database` is what Datasette calls its own."""
    with ledger.reading() as reader:
        pairs = list(_pairs(reader))
        assert pairs, "no holder has a full page on one issue"
        asked = pairs[0].query
        # Its own `_through` mixes up its parameters when another filter is there, and would make
        # SQLite gather all positions on the issue first.
        tagged = (
            "exists (select 1 from position_issue where position_issue.position = position.number "
            f"and position_issue.issue = '{asked['issue']}')"
        )
        shown = {"holder__exact": asked["holder"], "_where": tagged, "_size": PAGE,
                 "_shape": "objects", "_sort_desc": "number", "_nocount": 1, "_nofacet": 1,
                 "_nosuggest": 1}  # fmt: skip
        decoded = "".join(f"&_json={name}" for name in _JSON_LISTS)
        return Pages(
            f"/v1/positions?{urlencode({**asked, 'limit': PAGE})}",
            _first_seen(reader, pairs),
            f"/positions?{urlencode({**asked, 'limit': PAGE})}",
            f"/{database}/position.json?{urlencode(shown)}{decoded}",
        )


def _pairs(reader: Reader) -> Iterator[Pair]:
    by = [each for each in POSITIONS.groupings if each.name in ("holder", "issue")]
    names = [each.name for each in by]
    for group in reader.counts(POSITIONS, {}, by):
        values: dict[str, Any] = dict(zip(names, group.values, strict=True))
        if values["issue"] is not None and group.count > PAGE + _STEP:
            yield Pair(values["holder"], values["issue"], group.count)


def _first_seen(reader: Reader, pairs: list[Pair]) -> list[str]:
    """Make addresses that are all different: holder, issue, place in the list, limit, and the day.

    The day stands in the cursor, as it does for who pages through on another day.
    """
    places: list[tuple[Pair, Any]] = []
    for pair in pairs:
        places += [(pair, after) for after in _places(reader, pair)]
        if len(places) > _ENOUGH_PLACES:
            break
    schema = query_schema(POSITIONS)
    questions: dict[tuple[Pair, int], ListQuery] = {}
    found: list[str] = []
    for n in range(min(_MOST_PATHS, len(places) * _DAYS)):
        pair, after = places[n % len(places)]
        asked = {**pair.query, "limit": str(PAGE - 2 + n % 5)}
        if (pair, n % 5) not in questions:
            questions[pair, n % 5] = schema.load(asked)
        day = _FIRST_DAY + timedelta(days=n // len(places))
        moment = reader.moment._replace(valid_at=day.isoformat())
        cursor = questions[pair, n % 5].cursor(moment, after)
        found.append(f"/v1/positions?{urlencode({**asked, 'cursor': cursor})}")
    random.Random(7).shuffle(found)
    return found


def _places(reader: Reader, pair: Pair) -> Iterator[Any]:
    """Yield keys behind which a whole page follows."""
    given = {name: [value] for name, value in pair.query.items()}
    room = pair.count - PAGE - 2
    step = max(_STEP, room // _PLACES_OF_A_PAIR)
    after = None
    for _ in range(room // step):
        page = reader.page(POSITIONS, given, sort="valid_from", descending=True, limit=step,
                           after=after)  # fmt: skip
        after = page.after
        yield after


@dataclass(frozen=True)
class Singles:
    """Addresses whose answers are measured one by one, each in many variants."""

    record: list[str]
    agreement: list[str]
    counts: list[str]


def singles(ledger: Ledger) -> Singles:
    """Find records, pairs of states, and counts over all votes by changing days."""
    by = [each for each in POSITIONS.groupings if each.name == "holder"]
    with ledger.reading() as reader:
        holders = [str(g.values[0]) for g in reader.counts(POSITIONS, {}, by)[:60]]
        records = reader.page(POSITIONS, {"holder": holders[:1]}, limit=1000)
    pairs = list(combinations(holders, 2))
    random.Random(7).shuffle(pairs)
    days = (_FIRST_DAY + timedelta(days=n) for n in range(_DAYS))
    counted = {"by": "holder,force"}
    return Singles(
        [f"/v1/positions/{json.loads(body)['id']}" for body in records.bodies],
        [f"/v1/agreement?actors={one},{other}" for one, other in pairs],
        [f"/v1/positions/counts?{urlencode({**counted, 'valid_at': day})}" for day in days],
    )
