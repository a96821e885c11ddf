"""Identical batches: records that differ only in ids are checked and rendered once.

Thousands of votes on one motion differ only in who casts them. They have the same faults
(`Noun.batch_key`), and their served form is the same except for the id and the fields of
`Noun.varying_fields`. The first record of a batch is checked, its facts are derived, and it is
rendered with placeholders for these ids. For each other record the placeholders are filled in: the
bytes are exactly those that it would get by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from api.errors import Problem
from api.ledger.noun import Lookup, Noun, Record, Reference
from api.ledger.versions.template import VersionTemplate, make_template


class IdenticalBatch:
    """Faults and version templates that the records of an identical batch share.

    They are made from the first record. The records may differ in the `varying_references`. A batch
    is valid as long as `lookup` returns the same.
    """

    def __init__(self, noun: Noun, first: Record, lookup: Lookup) -> None:
        self._noun, self._first, self._lookup = noun, first, lookup
        self._templates: dict[int, VersionTemplate] = {}
        self.varying_references = tuple(
            ref for ref in noun.references_of(first) if ref.field in noun.varying_fields
        )

    @cached_property
    def shared_problems(self) -> list[Problem]:
        """The faults of each record, except for missing targets of the varying references."""
        shared = (
            ref
            for ref in self._noun.references_of(self._first)
            if ref not in self.varying_references
        )
        missing = _missing_references(shared, self._first, self._lookup)
        return [*missing, *self._noun.check(self._first, self._lookup)]

    def version_template(self, number: int) -> VersionTemplate:
        """Return the template of the batch's versions with a revision number."""
        if number not in self._templates:
            derived = self._noun.derive(self._first, self._lookup)
            template = make_template(self._noun, self._first, number, derived)
            template.render = self._fill_in_ids(template.render)
            self._templates[number] = template
        return self._templates[number]

    def _fill_in_ids(self, render: Callable[[Record], bytes]) -> Callable[[Record], bytes]:
        """Return a function that renders as `render` does, by filling ids into the first body.

        An id needs no escaping in JSON. A placeholder has a NUL on each side, which no record has.
        """
        placeholders = {name: f"\0{name}\0" for name in ("id", *self._noun.varying_fields)}
        form = render({**self._first, **placeholders}).decode()
        parts = re.split(rf"\\u0000({'|'.join(placeholders)})\\u0000", form)
        gaps = [(index, parts[index]) for index in range(1, len(parts), 2)]

        def render_filled(record: Record) -> bytes:
            filled = parts.copy()
            for index, name in gaps:
                filled[index] = record[name]
            return "".join(filled).encode()

        return render_filled


def check_record(
    noun: Noun, record: Record, lookup: Lookup, batch: IdenticalBatch | None = None
) -> Iterator[Problem]:
    """Check the references of a record, and the rules of its noun."""
    if batch is None:
        yield from _missing_references(noun.references_of(record), record, lookup)
        yield from noun.check(record, lookup)
    else:
        yield from _missing_references(batch.varying_references, record, lookup)
        yield from batch.shared_problems


def _missing_references(
    refs: Iterable[Reference], record: Record, lookup: Lookup
) -> Iterator[Problem]:
    for ref in refs:
        for id in ref.ids(record):
            if lookup.get(ref.to, id) is None:
                detail = f"there is no {id!r} in {ref.to}; create it first, or import both together"
                yield from (
                    Problem(pointer, detail)
                    for pointer, named in ref.walk_ids(record)
                    if named == id
                )
