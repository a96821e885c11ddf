"""Pages are the same by every access path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest

from api.ledger import Asked, Change, Ledger
from api.ledger.noun import Noun
from api.ledger.reading import page_queries as pages_module
from api.ledger.reading.reader import Reader
from api.ledger.rules import bound_validity
from api.ledger.store.database import Database
from api.ledger.store.transactions import Transaction
from api.nouns import NOUNS
from tests.worlds import RESOURCE, Databases, read_records

BY_NAME = {noun.name: noun for noun in NOUNS}
DAYS = ("any", "2023-03-28", "2024-03-06", "2024-05-01", "2026-01-01")
QUESTIONS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "positions": (
        {},
        {"holder": ["sudmark"]},
        {"issue": ["transit"]},
        {"holder": ["sudmark"], "issue": ["transit"]},
        {"holder": ["sudmark"], "issue": ["transit"], "force": ["reject"]},
        {"holder": ["sudmark", "russia"], "force": ["reject", "demand"]},
        {"issue": ["transit", "survey"], "holder": ["sudmark"]},
        {"conflict": ["varn-strait-dispute"], "negated": False},
        {"text": "strait"},
    ),
    "preconditions": ({}, {"obligor": ["russia"]}, {"holder": ["ukraine"]}),
    "conflicts": ({}, {"party": ["norland"]}),
    "proposals": ({}, {"conflict": ["varn-strait-dispute"]}),
}
SORTS = ("-valid_from", "valid_from", "recorded", "-recorded", "attested_on", "-made_on")


@pytest.fixture
def registry(databases: Databases, engine: str) -> Iterator[Ledger]:
    """Yield a registry of some changesets: amended, ended, backdated and retracted records."""
    with databases.fresh(engine, "both") as url:
        ledger = Ledger(Database(url), NOUNS)
        rejects = next(
            r for r in read_records("positions") if r["id"] == "sudmark-rejects-free-passage"
        )
        for number, changed in enumerate(
            (
                {**rejects, "note": "Read again."},
                {**rejects, "valid_to": "2024-04-01", "end_reason": "dropped"},
                {
                    **rejects,
                    "id": "long-ago",
                    "valid_from": "1999-01-01",
                    "attested_on": "1999-01-01",
                },
                {**rejects, "id": "far-ahead", "valid_from": "2031-01-01"},
            )
        ):
            loaded = RESOURCE["positions"].load_draft(changed)
            change = Change("positions", changed["id"], loaded)
            ledger.append_changes([change], author="a", message=str(number))
        ledger.append_changes([Change("positions", "long-ago", None)], author="a")
        yield ledger
        ledger.database.close_connections()


def read_all_pages(
    reader: Reader, noun: Noun, given: Mapping[str, Any], sort: str, limit: int
) -> list[bytes]:
    """Read all matching records, page by page."""
    found: list[bytes] = []
    after = None
    while True:
        page = reader.read_page(noun, given, sort=sort.lstrip("-"), descending=sort.startswith("-"),
                           limit=limit, after=after)  # fmt: skip
        found += page.whole_bodies
        after = page.after
        if after is None:
            return found


def test_a_page_is_the_same_by_every_access_path(registry: Ledger, monkeypatch):
    paths = [(0, 10, False), (pages_module.SMALL_HISTORY, 10, False)]
    if registry.database.is_sqlite:
        paths += [(0, further, True) for further in (0, 1, 10)]
    with registry.open_reader() as reader:
        head = reader.moment.known_at
    for name, day, number in product(QUESTIONS, DAYS, range(1, head + 1)):
        noun = BY_NAME[name]
        with registry.open_reader(Asked(number=number, valid_at=day)) as reader:
            sorts = [each for each in SORTS if each.lstrip("-") in noun.sorts]
            for given, sort in product(QUESTIONS[name], sorts):
                answers = []
                for few, further, is_own in paths:
                    monkeypatch.setattr(pages_module, "SMALL_HISTORY", few)
                    monkeypatch.setattr(pages_module, "_SCANNED_EXTRA", further)
                    reader._transaction.is_sqlite = is_own
                    answers += [read_all_pages(reader, noun, given, sort, 3),
                                read_all_pages(reader, noun, given, sort, 1000)]  # fmt: skip
                assert all(each == answers[0] for each in answers), (name, day, number, given, sort)


@pytest.mark.parametrize("most", [1, 4_000, 10**9])
def test_pages_that_end_early_together_are_the_whole_list(registry: Ledger, monkeypatch, most: int):
    with registry.open_reader() as reader:
        head = reader.moment.known_at
    for name, day, number in product(QUESTIONS, DAYS, (head - 1, head)):
        noun = BY_NAME[name]
        with registry.open_reader(Asked(number=number, valid_at=day)) as reader:
            sorts = [each for each in SORTS if each.lstrip("-") in noun.sorts]
            for given, sort in product(QUESTIONS[name], sorts):
                whole = read_all_pages(reader, noun, given, sort, 1000)
                with monkeypatch.context() as patched:
                    patched.setattr(pages_module, "PAGE_BYTES", most)
                    patched.setattr(pages_module, "_PART", 2)
                    found = [read_all_pages(reader, noun, given, sort, n) for n in (3, 1000)]
                assert found == [whole, whole], (name, day, number, given, sort)


def test_a_page_ends_with_the_record_that_makes_it_large(registry: Ledger, monkeypatch):
    with registry.open_reader(Asked(valid_at="any")) as reader:
        whole = reader.read_page(BY_NAME["positions"], {}, limit=10)
        for count in range(1, 10):
            most = sum(map(len, whole.stored[:count]))
            monkeypatch.setattr(pages_module, "PAGE_BYTES", most)
            page = reader.read_page(BY_NAME["positions"], {}, limit=10)
            assert page.stored == whole.stored[:count]
            assert page.after is not None


def test_a_long_page_is_read_by_one_statement_in_parts(registry: Ledger, monkeypatch):
    """A statement for each part sorted all matches again: 1,000 votes took three times as long."""
    fetched: list[list[int]] = []

    def count_parts(self: Transaction, *given: Any) -> Iterator[Any]:
        fetched.append([])
        for part in whole_parts(self, *given):
            fetched[-1].append(len(part))
            yield part

    whole_parts = Transaction.fetch_parts
    monkeypatch.setattr(Transaction, "fetch_parts", count_parts)
    monkeypatch.setattr(pages_module, "_PART", 4)
    with registry.open_reader(Asked(valid_at="any")) as reader:
        page = reader.read_page(BY_NAME["positions"], {}, limit=12)
        assert (len(page.stored), fetched) == (12, [[4, 4, 4, 1]])
        monkeypatch.setattr(pages_module, "PAGE_BYTES", sum(map(len, page.stored[:6])))
        early = reader.read_page(BY_NAME["positions"], {}, limit=12)
        assert (early.stored, fetched[1:]) == (page.stored[:6], [[4, 4]])
        assert len(reader.read_all(BY_NAME["positions"], {}, most=100)) > 12  # not a page


@pytest.mark.parametrize("also", [{}, {"issue": ["transit"]}])
def test_a_page_is_the_same_by_the_pair_and_by_each_filter(
    registry: Ledger, also: Mapping[str, Any]
):
    """A second holder, without positions, keeps the facet of the pair from being read."""
    noun, found = BY_NAME["positions"], 0
    with registry.open_reader() as reader:
        head = reader.moment.known_at
    for day, number in product(DAYS, range(1, head + 1)):
        with registry.open_reader(Asked(number=number, valid_at=day)) as reader:
            for sort in ("-valid_from", "valid_from", "recorded"):
                by_pair, by_each = (
                    read_all_pages(reader, noun, {"holder": holders, **also}, sort, 3)
                    for holders in (["sudmark"], ["sudmark", "nobody"])
                )
                assert by_pair == by_each, (day, number, sort)
                found += len(by_pair)
    assert found


@pytest.mark.parametrize("sort", ["recorded", "valid_from", "attested_on", "id"])
def test_a_descending_list_is_the_reverse_of_the_ascending_one(
    registry: Ledger, monkeypatch, sort: str
):
    monkeypatch.setattr(pages_module, "SMALL_HISTORY", 0)
    noun = BY_NAME["positions"]
    with registry.open_reader() as reader:
        head = reader.moment.known_at
    for day, number in product(DAYS, range(head + 1)):
        with registry.open_reader(Asked(number=number, valid_at=day)) as reader:
            for given in QUESTIONS["positions"]:
                there, back = (
                    read_all_pages(reader, noun, given, f"{sign}{sort}", 3) for sign in ("", "-")
                )
                assert there == back[::-1], (day, number, given)


def test_a_page_holds_what_was_known_and_in_force(registry: Ledger, monkeypatch):
    monkeypatch.setattr(pages_module, "SMALL_HISTORY", 0)
    noun = BY_NAME["positions"]
    with registry.open_reader() as reader:
        head = reader.moment.known_at
    for day, number in product(DAYS, range(1, head + 1)):
        with registry.open_reader(Asked(number=number, valid_at=day)) as reader:
            expected = {
                id for id in _ids_ever_known(registry)
                if (shown := _read_known(reader, noun, id)) is not None and _is_in_force(shown, day)
            }  # fmt: skip
            found = reader.read_all(noun, {}, most=1000)
            assert {each["id"] for each in found} == expected


def _ids_ever_known(ledger: Ledger) -> list[str]:
    with ledger.open_reader(Asked(valid_at="any")) as reader:
        known = {each["id"] for each in reader.read_all(BY_NAME["positions"], {}, most=1000)}
    return sorted({*known, "long-ago"})


def _read_known(reader: Reader, noun: Noun, id: str) -> Mapping[str, Any] | None:
    found = reader.open_lookup().get(noun.name, id)
    return None if found is None else {k: v for k, v in found.items() if v is not None}


def _is_in_force(record: Mapping[str, Any], day: str) -> bool:
    bounds = bound_validity(record)
    return day == "any" or bounds["valid_start"] <= day < bounds["valid_end"]
