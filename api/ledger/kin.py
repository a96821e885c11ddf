"""Kin: records that are alike but for their ids are looked at once, and rendered by filling in.

Thousands of votes on one motion differ in who casts them. The rules have the same to say of each
(`Noun.kin`), and what is served of them is the same but for the id and the fields of `Noun.apart`.
So the first of them is held against the rules, derived from and rendered with marks in these
places, and the others are that form filled in: byte for byte what each would be by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from api.errors import Problem
from api.ledger.noun import Lookup, Noun, Record, Reference
from api.ledger.versions import Mould, mould


class Kin:
    """What is worked out once for records of one changeset that are alike, by the first of them.

    `apart` are the references in which they may differ. It holds for as long as what records are
    looked up in stays as it is.
    """

    def __init__(self, noun: Noun, first: Record, lookup: Lookup) -> None:
        self._noun, self._first, self._lookup = noun, first, lookup
        self._moulds: dict[int, Mould] = {}
        self.apart = tuple(ref for ref in noun.naming(first) if ref.field in noun.apart)

    @cached_property
    def problems(self) -> list[Problem]:
        """What all of them are blamed for: all but what the references `apart` name."""
        alike = (ref for ref in self._noun.naming(self._first) if ref not in self.apart)
        missing = _missing_references(alike, self._first, self._lookup)
        return [*missing, *self._noun.check(self._first, self._lookup)]

    def mould(self, number: int) -> Mould:
        """Give what makes versions of their revisions of a number."""
        if number not in self._moulds:
            derived = self._noun.derive(self._first, self._lookup)
            made = mould(self._noun, self._first, number, derived)
            made.opening = self._fill_in_ids(made.opening)
            self._moulds[number] = made
        return self._moulds[number]

    def _fill_in_ids(self, render: Callable[[Record], bytes]) -> Callable[[Record], bytes]:
        """Give what renders one of them as `render` would, by filling their ids in between parts.

        An id is JSON as it is. Its mark has a NUL on each side, which no record holds.
        """
        marks = {name: f"\0{name}\0" for name in ("id", *self._noun.apart)}
        form = render({**self._first, **marks}).decode()
        parts = re.split(rf"\\u0000({'|'.join(marks)})\\u0000", form)
        gaps = [(place, parts[place]) for place in range(1, len(parts), 2)]

        def render_filled(record: Record) -> bytes:
            whole = parts.copy()
            for place, name in gaps:
                whole[place] = record[name]
            return "".join(whole).encode()

        return render_filled


def problems(
    noun: Noun, record: Record, lookup: Lookup, kin: Kin | None = None
) -> Iterator[Problem]:
    """Hold a record against its references and the rules of its noun."""
    if kin is None:
        yield from _missing_references(noun.naming(record), record, lookup)
        yield from noun.check(record, lookup)
    else:
        yield from _missing_references(kin.apart, record, lookup)
        yield from kin.problems


def _missing_references(
    refs: Iterable[Reference], record: Record, lookup: Lookup
) -> Iterator[Problem]:
    for ref in refs:
        for id in ref.ids(record):
            if lookup.get(ref.to, id) is None:
                told = f"there is no {id!r} in {ref.to}; create it first, or import both together"
                yield from (Problem(pointer, told) for pointer, at in ref.walk(record) if at == id)
