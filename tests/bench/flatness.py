"""What a page costs inside the ledger, without HTTP, as it grows.

Synthetic registries are made by inserting rows of almost empty positions into the index tables.
Columns are read from the tables, so that new ones get a value of their type. Every tenth record has
a second version. Half of the positions are open-ended, the others hold for up to 90 days.
*Backdated* is the share that began on any day before it was recorded; the rest are recorded on the
day on which they begin.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby, islice, product
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Boolean, Column, Integer, LargeBinary, Table

from api import clock
from api.ledger import Asked
from api.ledger.store.tables import LIVE, changeset, facet, facet_kind, horizon, revision
from api.positions import POSITIONS
from tests.bench import raw
from tests.bench.cores import LOAD, run_on_cores
from tests.bench.databases import open_registry, run_command
from tests.bench.report import Section

_PAGE = 50
_A_CHANGESET = 100
_AT_ONCE = 10_000
_FIRST_DAY, _LAST_DAY = date(1946, 1, 1), date(2026, 1, 1)
_SPAN = (_LAST_DAY - _FIRST_DAY).days
_COMMON, _RARE = "common", "rare"
SORTS = ["-valid_from", "valid_from", "recorded", "-recorded"]
"""The orders that are measured."""

KEYSET_ABOUT = """\
Microseconds in the ledger: 50 positions after 90 % of the records; `common` holds half. Goal: at
most 1.1.
"""
ASOF_ABOUT = """\
Microseconds in the ledger: the first 50 positions of `common`. Old clocks stand at a tenth of
history; *backdated* positions began on any earlier day. Goal: at most 1.5, except by `-recorded`,
which sorts all matches where few had begun.
"""


def measure_flatness(
    folder: Path, sizes: Sequence[int], backdated: Sequence[float], sorts: Sequence[str],
    *, rounds: int, seconds: float,
) -> Iterator[Section]:  # fmt: skip
    """Make the registries and yield both tables."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {(n, b): make_registry(folder, n, b) for n in sizes for b in backdated}
    yield _measure_keyset({n: made[n, backdated[0]] for n in sizes}, sorts, rounds, seconds)
    large = [n for n in sizes if n >= 100_000] or sizes[-1:]
    chosen = {key: url for key, url in made.items() if key[0] in large}
    yield _measure_as_of(chosen, sorts, rounds, seconds)


Question = Callable[[], Any]


def _measure_keyset(
    urls: dict[int, str], sorts: Sequence[str], rounds: int, seconds: float
) -> Section:
    givens: dict[str, dict[str, Any]] = {"all": {}, _COMMON: {"holder": [_COMMON]}}
    rows: list[list[Any]] = []
    for sort in sorts:
        for name, given in givens.items():
            asked = {
                size: _make_question(url, Asked(valid_at="any"), given, sort,
                                     _find_deep_key(url, given, sort, size))
                for size, url in urls.items()
            }  # fmt: skip
            found = _time_in_turn(asked, rounds, seconds)
            rows.append([sort, name, *found.values(), _growth_ratio(found)])
    header = ("order", "holder", *(f"{size:,}" for size in urls), "largest ÷ smallest")
    return Section("Flatness: keyset at 90 % depth", KEYSET_ABOUT, header, rows)


def _find_deep_key(url: str, given: dict[str, Any], sort: str, size: int) -> Any:
    """Return the key after 90 % of a list, or earlier if less than a page follows it."""
    keys: list[Any] = []
    step = max(10, size // 50)
    with open_registry(url) as ledger, ledger.open_reader(Asked(valid_at="any")) as reader:
        while not keys or keys[-1] is not None:
            page = reader.read_page(POSITIONS, given, sort=sort.lstrip("-"), limit=step,
                               descending=sort.startswith("-"),
                               after=keys[-1] if keys else None)  # fmt: skip
            keys.append(page.after)
    return keys[min(len(keys) * 9 // 10, len(keys) - 2 - -(-_PAGE // step))]


def _measure_as_of(
    urls: dict[tuple[int, float], str], sorts: Sequence[str], rounds: int, seconds: float
) -> Section:
    sizes = sorted({size for size, _ in urls})
    rows: list[list[Any]] = []
    shares, clocks = sorted({share for _, share in urls}), ("new", "old")
    for share, sort, known, valid in product(shares, sorts, clocks, clocks):
        asked = {
            size: _make_question(urls[size, share], _choose_moment(size, known, valid),
                                 {"holder": [_COMMON]}, sort, None)
            for size in sizes
        }  # fmt: skip
        found = _time_in_turn(asked, rounds, seconds)
        rows.append([sort, f"{share:.0%}", known, valid, *found.values(), _growth_ratio(found)])
    header = ("order", "backdated", "known_at", "valid_at", *(f"{size:,}" for size in sizes),
              "largest ÷ smallest")  # fmt: skip
    return Section("Flatness: as-of", ASOF_ABOUT, header, rows)


def _choose_moment(size: int, known: str, valid: str) -> Asked:
    number = _count_changesets(size) if known == "new" else max(1, _count_changesets(size) // 10)
    return Asked(number=number, valid_at=_day_at(0.9999 if valid == "new" else 0.1))


def _make_question(
    url: str, asked: Asked, given: dict[str, Any], sort: str, after: Any
) -> Question:
    """Return a function that opens one snapshot and returns the microseconds of a page."""

    def time_page(seconds: float) -> float:
        taken: list[float] = []
        with open_registry(url) as ledger, ledger.open_reader(asked) as reader:
            end = time.perf_counter() + seconds
            while len(taken) < 3 or time.perf_counter() < end:
                start = time.perf_counter()
                found = reader.read_page(POSITIONS, given, sort=sort.lstrip("-"), limit=_PAGE,
                                    descending=sort.startswith("-"), after=after)  # fmt: skip
                taken.append(time.perf_counter() - start)
                assert len(found.whole_bodies) == _PAGE
        return 1e6 * median(taken)

    return time_page


def _time_in_turn(asked: dict[int, Question], rounds: int, seconds: float) -> dict[int, float]:
    """Ask all sizes in turn, round after round, and return the medians."""
    found: dict[int, list[float]] = {size: [] for size in asked}
    with run_on_cores(LOAD):
        for _ in range(rounds):
            for size, question in asked.items():
                found[size].append(question(seconds))
    return {size: median(each) for size, each in found.items()}


def _growth_ratio(found: dict[int, float]) -> float:
    return found[max(found)] / found[min(found)]


def _count_changesets(size: int) -> int:
    return max(1, size // _A_CHANGESET)


def _day_at(share: float) -> str:
    return (_FIRST_DAY + timedelta(days=int(share * _SPAN))).isoformat()


def make_registry(folder: Path, size: int, backdated: float = 0.0) -> str:
    """Make a registry of so many versions, unless it exists, and return its URL."""
    file = folder / f"flat-{size}-{backdated:.0%}.db"
    url = f"sqlite:///{file}"
    if not file.exists():
        making = folder / "making.db"
        for old in folder.glob("making.db*"):
            old.unlink()
        run_command(f"sqlite:///{making}", "db", "upgrade")
        _fill_tables(making, size, backdated)
        run_command(f"sqlite:///{making}", "db", "compact")
        making.rename(file)
    return url


def _fill_tables(file: Path, size: int, backdated: float) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in (*raw.PRAGMAS, "synchronous = OFF", "cache_size = -400000"):
        connection.execute(f"PRAGMA {pragma}")
    # Indexes are built faster from all rows at once, and are the same afterwards.
    tables = (POSITIONS.table.name, facet.name)
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
        "AND tbl_name IN (?, ?)", tables
    ).fetchall()  # fmt: skip
    connection.execute("BEGIN")
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    for table, rows in (
        (changeset, _changeset_rows(size)),
        (revision, _revision_rows(size)),
        (POSITIONS.table, _version_rows(size, backdated)),
        (facet, _facet_rows(size, backdated)),
        (horizon, _horizon_rows(size, backdated)),
    ):
        _insert_rows(connection, table, rows)
    for _, sql in indexes:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _insert_rows(
    connection: sqlite3.Connection, table: Table, rows: Iterator[dict[str, Any]]
) -> None:
    statement = raw.insert_statement(table.name, [column.name for column in table.c])
    columns = [(column.name, _blank_value(column)) for column in table.c]
    while some := list(islice(rows, _AT_ONCE)):
        connection.executemany(statement, [[r.get(n, blank) for n, blank in columns] for r in some])


def _blank_value(column: Column[Any]) -> Any:
    """Return the smallest value that a column may hold."""
    if column.nullable:
        return None
    if isinstance(column.type, LargeBinary):
        return b"\0" * 32
    return 0 if isinstance(column.type, Integer | Boolean) else ""


def _changeset_rows(size: int) -> Iterator[dict[str, Any]]:
    for number in range(1, _count_changesets(size) + 1):
        yield {"number": number, "recorded_at": number, "author": "bench"}


def _revision_rows(size: int) -> Iterator[dict[str, Any]]:
    """Yield the revisions, which tell how many records were known at a changeset."""
    for n in range(size):
        recorded = min(_count_changesets(size), 1 + n // _A_CHANGESET)
        yield {"seq": n + 1, "noun": POSITIONS.name, "id": f"p-{n}", "number": 1,
               "changeset": recorded}  # fmt: skip


def _version_rows(size: int, backdated: float) -> Iterator[dict[str, Any]]:
    """Yield versions in recording order; the next changeset replaces a tenth of them."""
    chance = random.Random(7)
    last = _count_changesets(size)
    for n in range(size):
        recorded = min(last, 1 + n // _A_CHANGESET)
        # The second version of a record replaces one of the changeset before.
        second = n % 10 == 9 and recorded > 1
        ordinal = n - _A_CHANGESET - 1 if second else n
        amended = n % 10 == 8 and recorded < last
        start = n / size if chance.random() >= backdated else chance.random() * n / size
        days = int(start * _SPAN)
        open_ended = chance.random() < 0.5
        end = _FIRST_DAY + timedelta(days=days + chance.randint(1, 90))
        began = _day_at(start)
        yield {
            "place": n + 1, "seq": n + 1, "ordinal": ordinal, "id": f"p-{ordinal}",
            "recorded": recorded,
            "superseded": recorded + 1 if amended else LIVE, "changeset": recorded,
            "conflict": "c", "holder": _COMMON if n % 2 else f"{_RARE}-{n % 199}",
            "force": "accept", "proposition": f"p-{n // 150}", "voice": "own", "rank": "normal",
            "attestation": "direct", "attested_on": began, "stated_from": began,
            "stated_to": began, "valid_start": began,
            "valid_end": clock.OPEN if open_ended else end.isoformat(), "body": b'{"id":"p"',
        }  # fmt: skip


def _horizon_rows(size: int, backdated: float) -> Iterator[dict[str, Any]]:
    """Yield the latest start that was known at each changeset."""
    newest = clock.UNKNOWN
    rows = _version_rows(size, backdated)
    for recorded, written in groupby(rows, key=lambda row: row["recorded"]):
        newest = max(newest, *(row["valid_start"] for row in written))
        yield {"noun": POSITIONS.name, "recorded": recorded, "start": newest}


def _facet_rows(size: int, backdated: float) -> Iterator[dict[str, Any]]:
    """Yield one facet for each version, in the order of the table's key."""
    kind = facet_kind(POSITIONS.name, "issues")
    for row in _version_rows(size, backdated):
        yield {**row, "kind": kind, "value": "i"}
