"""Rows that are inserted behind the back of who makes more of them are inserted, or nothing is."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from api.ledger import Ledger
from api.ledger.tables import text


def rows(first: int, count: int) -> list[tuple[str, str]]:
    return [(f"{n:064}", "words") for n in range(first, first + count)]


def test_what_is_asked_meanwhile_waits_for_them(ledger: Ledger):
    with ledger.database.writing() as write:
        for first in range(0, 20_000, 2_000):
            write.insert(text, rows(first, 2_000))
        assert write.connection.scalar(select(func.count()).select_from(text)) == 20_000
        write.insert(text, rows(20_000, 3))
    assert kept(ledger) == 20_003


def insert(ledger: Ledger, *lots: list[tuple[str, str]], fault: Exception | None = None) -> None:
    """Insert lots of rows in one write, and fail at its end if that is asked for."""
    with ledger.database.writing() as write:
        for lot in lots:
            write.insert(text, lot)
        if fault is not None:
            raise fault


def kept(ledger: Ledger) -> int | None:
    with ledger.database.reading() as snapshot:
        return snapshot.connection.scalar(select(func.count()).select_from(text))


def test_a_fault_in_them_undoes_the_whole_write(ledger: Ledger):
    with pytest.raises(IntegrityError):
        insert(ledger, rows(0, 1_000), rows(500, 1_000), rows(3_000, 1_000))
    assert kept(ledger) == 0


def test_a_fault_of_the_caller_undoes_what_is_behind(ledger: Ledger):
    with pytest.raises(RuntimeError):
        insert(ledger, rows(0, 5_000), fault=RuntimeError())
    assert kept(ledger) == 0
