"""Compose the coded source of a stored source: its records, and all that they name.

Its records are its statements, what rests on these or on the source itself, the analysts' axioms
and proposals that rest on no source and are about its propositions, and what was first recorded in
one changeset with it and is named by no other record. With all that they name, they can be sent
into an empty registry. The text of the source is not among them, because it can be taken down.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from api.coding.documents import EVIDENCED
from api.errors import TooLarge
from api.ledger.noun import Noun
from api.ledger.reading.page_queries import PAGE_BYTES
from api.ledger.reading.reader import Reader
from api.ledger.versions.lookup import Key
from api.nouns import NOUNS, NOUNS_BY_NAME, list_named
from api.sources import SOURCES
from api.web.contract.schemas import drop_empty

_MOST = 2_000
"""The most records of a coded source: a person can still work on so many."""

_NAMED = ("sources", "actors", "conflicts", "issues", "propositions")
"""The nouns whose records rest on no statement."""

_UNEVIDENCED = ("axioms", "proposals")
"""The nouns whose records may rest on no statement, and are about propositions."""

Records = dict[Key, dict[str, Any]]


def compose_coded_source(reader: Reader, id: str) -> dict[str, Any]:
    """Compose the coded source of a source; raises NotFound, Gone or TooLarge."""
    reader.read_record(SOURCES, id)
    key, bounded = ("sources", id), _BoundedReader(reader)
    found = bounded.read_records([key])
    found |= bounded.read_referring([key])
    found |= bounded.read_referring([each for each in found if each[0] == "statements"])
    _add_named(bounded, found)
    found |= _read_unnamed(bounded, id, found)
    propositions = [each for each in found if each[0] == "propositions"]
    about = bounded.read_referring(propositions, [NOUNS_BY_NAME[e] for e in _UNEVIDENCED])
    found |= {each: record for each, record in about.items() if _rests_on(each[0], record, found)}
    _add_named(bounded, found)
    return _arrange_records(found, key)


class _BoundedReader:
    """Reads records for one answer; raises TooLarge before it reads too many or too large ones."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self._lookup, self._left = reader, reader.open_lookup(), PAGE_BYTES
        self._known: set[Key] = set()

    def read_records(self, keys: Collection[Key]) -> Records:
        """Read the records with some keys; those that do not exist are left out."""
        _refuse_too_many(keys)
        self._left -= self.reader.measure_records({*keys} - self._known)
        if self._left < 0:
            raise _tell_too_large(f"{PAGE_BYTES:,} bytes of records")
        self._known.update(keys)
        self._lookup.prefetch(keys)
        read = ((key, self._lookup.get(*key)) for key in keys)
        return {key: dict(record) for key, record in read if record is not None}

    def read_referring(self, targets: Iterable[Key], nouns: Sequence[Noun] = NOUNS) -> Records:
        """Read the records that refer to records of one noun; translations do not count."""
        ids, found = sorted(id for _, id in targets), set[Key]()
        for noun in nouns if ids else ():
            for ref in noun.references:
                if ref.to == next(iter(targets))[0] and ref.field != "translation_of":
                    named = self.reader.find_referring(noun, ref, ids, most=_MOST + 1)
                    found.update((noun.name, each) for each in named)
        return self.read_records(found)


def _add_named(bounded: _BoundedReader, found: Records) -> None:
    """Add the records that those found name, and those that these name."""
    ahead = dict(found)
    while ahead:
        keys = set[Key]().union(*(list_named(noun, each) for (noun, _), each in ahead.items()))
        ahead = bounded.read_records(keys - found.keys())
        found |= ahead
        _refuse_too_many(found)


def _read_unnamed(bounded: _BoundedReader, id: str, found: Records) -> Records:
    """Read what the changeset of the source's first revision created and no other record names."""
    [first] = bounded.reader.read_history(SOURCES, id, limit=1)
    rows = bounded.reader.list_changes(_MOST + 1, number=first["changeset"], nouns=_NAMED)
    if len(rows) > _MOST:  # an import of many sources
        return {}
    created = {(each["noun"], each["id"]) for each in rows if each["number"] == 1}
    left = created.difference(found)
    for noun in _NAMED:
        referring = bounded.read_referring([each for each in left if each[0] == noun])
        for (other, _), record in referring.items():
            named = list_named(other, record)
            if other not in _UNEVIDENCED or any(to == "statements" for to, _ in named):
                left.difference_update(named)
    return bounded.read_records(left)


def _rests_on(noun: str, record: dict[str, Any], found: Records) -> bool:
    """Whether a record has no evidence, and names propositions that are all among those found."""
    named = list_named(noun, record)
    return all(
        to != "statements" and (to != "propositions" or (to, id) in found) for to, id in named
    )


def _refuse_too_many(found: Collection[Key]) -> None:
    if len(found) > _MOST:
        raise _tell_too_large(f"{_MOST:,} records")


def _tell_too_large(what: str) -> TooLarge:
    return TooLarge(f"the source has more than {what}, too many for one document; the lists of "
                    "statements, positions and preconditions have them, by `source`")  # fmt: skip


def _arrange_records(found: Records, source: Key) -> dict[str, Any]:
    """Arrange records as a document, with what a statement shows under it."""
    document: dict[str, Any] = {"source": _strip_record(*source, found)}
    for noun in NOUNS:
        keys = [key for key in found if key[0] == noun.name and key != source]
        keys.sort(key=lambda key: (found[key].get("start") or 0, key))
        document[noun.name] = [_strip_record(*key, found) for key in keys]
    _nest_evidence(document)
    return {name: each for name, each in document.items() if each}


def _nest_evidence(document: dict[str, Any]) -> None:
    """Move what a statement shows under the first statement that shows it."""
    statements = {each["id"]: each for each in document["statements"]}
    for noun in EVIDENCED:
        for record in document.pop(noun):
            above, *others = record.get("evidence") or [""]
            if above in statements:
                record |= {"evidence": others}
            holder = statements.get(above, document)
            holder.setdefault(noun, []).append(drop_empty(record))


def _strip_record(noun: str, id: str, found: Records) -> dict[str, Any]:
    """Return what the author wrote of a served record."""
    record = found[noun, id]
    implied = {*record.get("derived", ()), "derived"}
    if record.get("exact") is not None:
        implied.add("exact_sha256")
    fields = NOUNS_BY_NAME[noun].draft_schema.fields
    written = {name: record.get(name) for name in fields if name not in implied}
    defaults = {name: each.load_default for name, each in fields.items()}
    return {name: each for name, each in drop_empty(written).items() if each != defaults[name]}
