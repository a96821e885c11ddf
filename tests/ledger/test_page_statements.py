"""The statements by which SQLite reads a page."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from api.ledger import Asked, Ledger
from api.ledger.reading import page_queries
from api.ledger.store.tables import facet_kind
from api.positions import POSITIONS
from tests.bench.databases import open_registry
from tests.bench.flatness import make_registry
from tests.worlds import Registry

MANY = "a,b,c,d,e,f,g,h,i"
"""More values than get parameters of their own."""


@pytest.mark.parametrize(
    ("asked", "facet", "is_sorted"),
    [
        ("holder=h", None, False),
        ("holder=h&sort=valid_from", None, False),
        ("holder=h&issue=i", "holder issues", False),
        ("holder=h&issue=i&sort=valid_from", "holder issues", False),
        ("holder=h&issue=i&sort=recorded", "holder issues", True),
        ("holder=h&issue=i&force=accept", "holder issues", False),
        ("issue=i", "issues", False),
        ("holder=h&sort=recorded", None, True),
        ("holder=h&force=accept", None, False),
        ("holder=h,g", None, True),
        (f"holder={MANY}", None, True),
        (f"holder={MANY}&issue=i", "issues", False),
        ("", None, False),
    ],
)
def test_a_page_by_a_holder_and_an_issue_reads_the_facet_of_the_pair(
    registry_of: Callable[..., Registry], asked: str, facet: str | None, *, is_sorted: bool
):
    *_, (page, plan) = _explain_page(registry_of("empty"), asked)
    assert ("facet.kind = " in page) == (facet is not None)
    assert facet is None or f"facet.kind = {facet_kind('positions', facet)} " in page
    assert any("TEMP B-TREE" in each for each in plan) == is_sorted


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("holder=h&sort=recorded", "sqlite_autoindex_positions_1"),
        ("holder=h&sort=-recorded&valid_at=any", "sqlite_autoindex_positions_1"),
        ("conflict=c&force=accept,reject&sort=attested_on", "positions_by_attested_on"),
        (f"holder={MANY}&sort=recorded", "sqlite_autoindex_positions_1"),
        ("holder=h&attested_on=2020&sort=-id", "positions_by_id"),
        ("holder=h&attested_on=2020&sort=attested_on", None),
        ("holder=h&text=w&sort=recorded", None),
        ("negated=true&sort=-id", None),
        ("issue=i&sort=recorded", None),
        ("holder=h", None),
        ("holder=h,g&sort=-valid_from", None),
        ("sort=recorded", None),
    ],
)
def test_a_bounded_scan_comes_first_if_all_matches_would_be_sorted(
    registry_of: Callable[..., Registry], asked: str, index: str | None
):
    *scanned, _ = _explain_page(registry_of("empty"), asked)
    assert len(scanned) == (index is not None)
    for _, plan in scanned:
        assert any(f"USING INDEX {index}" in each for each in plan)
        assert any("COVERING INDEX positions_by_" in each for each in plan)
        assert not any("TEMP B-TREE FOR ORDER BY" in each for each in plan)


@pytest.mark.parametrize("asked", [
    "id=a", "id=a,b", "id=a&holder=h", "id=a&holder=h&issue=i", "id=a&conflict=c&force=accept",
    "id=a&issue=i", "id=a&sort=recorded", "id=a,b&sort=-id", "id=a&attested_on=2020", "id=a&text=w",
    f"id={MANY}", f"id={MANY}&holder={MANY}", f"id={MANY}&issue={MANY}&sort=recorded",
    f"id={MANY}&issue=i", f"id={MANY}&issue=i,j&sort=-id",
])  # fmt: skip
def test_ids_are_looked_up_before_anything_else(registry_of: Callable[..., Registry], asked: str):
    [(_, plan)] = _explain_page(registry_of("empty"), asked)
    assert "SEARCH positions USING INDEX positions_by_id (id=?" in plan[0]


def test_a_page_that_most_versions_match_is_read_without_reading_all_of_them(
    tmp_path: Path,
):
    sorts = ("recorded", "-recorded", "attested_on", "-id")
    taken: list[dict[tuple[str, str], int]] = []
    with open_registry(make_registry(tmp_path, 10_000)) as ledger:
        for scans in (True, False):
            asked = product(sorts, ("common", "rare-8"))
            taken.append({each: _count_steps(ledger, *each, scans=scans) for each in asked})
    scanned, direct = taken
    for sort in sorts:
        assert scanned[sort, "common"] * 4 < direct[sort, "common"]
        assert scanned[sort, "rare-8"] < direct[sort, "rare-8"] + 1_000


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize("path", ["positions?", "positions/counts?by=force&"])
def test_lists_of_any_lengths_share_few_statements(
    registry_of: Callable[..., Registry], engine: str, path: str
):
    registry = registry_of("fixtures", engine=engine)
    compiled: Any = registry.ledger.database._reader._compiled_cache
    compiled.clear()
    page_queries._statements.clear()
    ids = registry.ids("/v1/actors", limit=1000)
    for count in range(1, 60):
        some = ",".join([*ids, *(f"a{n}" for n in range(60))][:count])
        assert registry.get(f"/v1/{path}holder={some}&issue={some}").status_code in _ANSWERED
    assert len(page_queries._statements) <= 10
    assert len(compiled) <= 16


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize(("name", "field"), [("holder", "holder"), ("issue", "issues")])
def test_a_long_list_finds_what_its_parts_find(
    registry_of: Callable[..., Registry], engine: str, name: str, field: str
):
    registry = registry_of("both", engine=engine)
    fields = {each["id"]: {*_as_list(each[field])} for each in registry.data(_ALL)}
    values = sorted(set().union(*fields.values()))
    for count in (1, 2, 3, 8, 9, 40):
        some = values[:count]
        wanted = {id for id, own in fields.items() if own.intersection(some)}
        assert {*registry.ids(f"{_ALL}&{name}={','.join(some)}")} == wanted
        counted = registry.data("/v1/positions/counts", by="force", **{name: ",".join(some)})
        assert sum(each["count"] for each in counted) == len(wanted)


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


_ALL = "/v1/positions?limit=1000"
_ANSWERED = (200, 422)
"""An id of nothing is looked for, and then refused."""


def _explain_page(registry: Registry, asked: str) -> list[tuple[str, list[str]]]:
    """Get a page of positions; returns the statements that select bodies, each with its plan."""
    database, ran = registry.ledger.database, list[str]()
    with database.read_snapshot() as snapshot:
        snapshot._driver.set_trace_callback(ran.append)
    assert registry.get(f"/v1/positions?{asked}").status_code in _ANSWERED
    explained = (
        (each, snapshot._driver.execute(f"EXPLAIN QUERY PLAN {each}"))
        for each in ran.copy() if ".body" in each
    )  # fmt: skip
    return [(each, [row[3] for row in plan]) for each, plan in explained]


def _count_steps(ledger: Ledger, sort: str, holder: str, *, scans: bool) -> int:
    """Count the instructions of SQLite's virtual machine for one page."""
    counted = [0]

    def add_steps() -> None:
        counted[0] += 10

    with ledger.open_reader(Asked(valid_at="any")) as reader:
        reader._transaction.is_sqlite = scans
        reader._transaction._driver.set_progress_handler(add_steps, 10)
        reader.read_page(POSITIONS, {"holder": [holder]}, sort=sort.lstrip("-"),
                    descending=sort.startswith("-"), limit=50)  # fmt: skip
        reader._transaction._driver.set_progress_handler(None, 10)
    return counted[0]
