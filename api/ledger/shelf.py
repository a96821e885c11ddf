"""The shelf: whole versions once more, in the order of the pages that are asked for most.

A page that is looked up by an index or by facets has each of its records in another part of the
index table, and among a million of them waits for memory most of the time. On the shelf they stand
side by side, with all that a page by some filters (`Noun.shelves`) is chosen by and shows. It costs
a copy of each rendered record for each value that it has of these filters, and what becomes of a
version later must be said there, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam, select, update

from api.ledger.lookup import chunks
from api.ledger.noun import Noun, Record
from api.ledger.render import reopened
from api.ledger.tables import LIVE, shelf


class Part(NamedTuple):
    """A part of the shelf: its name, the filters that ask for it, and what these are on."""

    name: str
    filters: tuple[str, ...]
    fields: tuple[str, ...]

    def endings(self, facts: Record) -> list[str]:
        """Give what follows the first field in each value under which a record stands here."""
        if len(self.fields) == 1:
            return [ending()]
        return [ending(each) for each in dict.fromkeys(facts.get(self.fields[1], ()))]


def ending(*others: str) -> str:
    """Write what follows the value of the first filter: nothing, or that of another one.

    None of them holds a blank.
    """
    return "".join(f" {each}" for each in others)


@lru_cache(maxsize=32)
def parts(noun: Noun) -> tuple[Part, ...]:
    """Give the parts of the shelf that a noun has."""
    on = {each.name: each.on for each in noun.filters}
    fields = [tuple(on[name] for name in names) for names in noun.shelves]
    return tuple(
        Part(" ".join(each), names, each) for names, each in zip(noun.shelves, fields, strict=True)
    )


def end_on_shelf(connection: Connection, noun: Noun, ordinals: Iterable[int], number: int) -> None:
    """Say that the live versions of some records end with a changeset, before they do."""
    if not noun.shelves:
        return
    version = noun.table
    query = select(*placed(version)).where(version.c.superseded == LIVE)
    for some in chunks(ordinals):
        rows = connection.execute(query.where(version.c.ordinal.in_(some)))
        _change(connection, noun, [(row, number) for row in rows], "superseded")


def put_back_on_shelf(connection: Connection, noun: Noun, versions: Iterable[Row[Any]]) -> None:
    """Give the copies of versions the bodies that they had `before`."""
    if noun.shelves:
        _change(connection, noun, [(row, row.before) for row in versions], "body")


def placed(version: Table) -> list[ColumnElement[Any]]:
    """Give the columns that tell where a version stands; without a start it stands nowhere."""
    names = ("ordinal", "recorded", "valid_start", "body")
    return [version.c[name] for name in names if name in version.c]


def _change(
    connection: Connection, noun: Noun, versions: Iterable[tuple[Row[Any], Any]], column: str
) -> None:
    """Give a column a new value wherever a version stands."""
    found = [
        {"new": value, **dict(zip(_HERE, key, strict=True))}
        for version, value in versions
        for key in _keys(noun, version)
    ]
    if found:
        here = [shelf.c[name[1:]] == bindparam(name) for name in _HERE]
        statement = update(shelf).where(*here).values({column: bindparam("new")})
        connection.execute(statement, found)


def _keys(noun: Noun, version: Row[Any]) -> Iterator[tuple[Any, ...]]:
    record = reopened(noun, version.body + b"}")
    place = (version.valid_start, version.ordinal, version.recorded)
    for part in parts(noun):
        for ending in part.endings(record):
            yield noun.name, part.name, record[part.fields[0]] + ending, *place


_HERE = tuple(f"_{each.name}" for each in shelf.primary_key)
"""The parameters that name a row; a statement that changes it takes columns' own names itself."""
