"""Compose the coded source of a stored source: its records, and all that they name.

Its records are its statements, what rests on these or on the source itself, the analysts' axioms
and proposals that rest on no source and are about its propositions, and what was first recorded in
one changeset with it and is named by no other record. With all that they name, they can be sent
into an empty registry. The text of the source is not among them, because it can be taken down.
"""

from collections.abc import Callable, Iterable
from typing import Any

from api.coding.documents import EVIDENCED
from api.errors import TooMany
from api.ledger.reading.reader import Reader
from api.ledger.versions.lookup import Key
from api.nouns import NOUNS, RESOURCES_BY_NAME, list_named
from api.sources import SOURCES
from api.web.contract.schemas import drop_empty

_MOST = 2_000
"""The most records of a coded source: a person can still work on so many."""

_NAMED = ("sources", "actors", "conflicts", "issues", "propositions")
"""The nouns whose records rest on no statement."""

Records = dict[Key, dict[str, Any]]


def compose_coded_source(reader: Reader, id: str) -> dict[str, Any]:
    """Compose the coded source of a source; raises NotFound, Gone or TooMany."""
    key = ("sources", id)
    found: Records = {key: reader.read_record(SOURCES, id).record}
    found |= _read_referring(reader, [key])
    found |= _read_referring(reader, [each for each in found if each[0] == "statements"])
    _add_named(reader, found)
    found |= _read_unnamed(reader, id, found)
    about = _read_referring(reader, [each for each in found if each[0] == "propositions"])
    found |= {each: record for each, record in about.items() if _rests_on(each[0], record, found)}
    _add_named(reader, found)
    return _arrange_records(found, key)


def _read_referring(reader: Reader, targets: Iterable[Key]) -> Records:
    """Read the records that refer to records of one noun; translations of a source do not count."""
    ids, found = sorted(id for _, id in targets), Records()
    for noun in NOUNS if ids else ():
        for ref in noun.references:
            if ref.to == next(iter(targets))[0] and ref.field != "translation_of":
                for record in reader.find_referring(noun, ref, ids, most=_MOST + 1):
                    found[noun.name, record["id"]] = record
    return _refuse_too_many(found)


def _add_named(reader: Reader, found: Records) -> None:
    """Add the records that those found name, and those that these name."""
    lookup, ahead = reader.open_lookup(), dict(found)
    while ahead:
        keys = set[Key]().union(*(list_named(noun, each) for (noun, _), each in ahead.items()))
        lookup.prefetch(keys - found.keys())
        read = ((key, lookup.get(*key)) for key in keys - found.keys())
        ahead = {key: dict(record) for key, record in read if record is not None}
        found |= ahead
        _refuse_too_many(found)


def _read_unnamed(reader: Reader, id: str, found: Records) -> Records:
    """Read what the changeset of the source's first revision created and no other record names."""
    [first] = reader.read_history(SOURCES, id, limit=1)
    rows = reader.list_changes(_MOST + 1, number=first["changeset"], nouns=_NAMED)
    if len(rows) > _MOST:  # an import of many sources
        return {}
    created = {(each["noun"], each["id"]) for each in rows if each["number"] == 1}
    left = created.difference(found)
    for noun in _NAMED:
        for (other, _), record in _read_referring(
            reader, [e for e in left if e[0] == noun]
        ).items():
            named = list_named(other, record)
            if other not in ("axioms", "proposals") or any(to == "statements" for to, _ in named):
                left.difference_update(named)
    lookup = reader.open_lookup()
    read = ((key, lookup.get(*key)) for key in left)
    return {key: dict(record) for key, record in read if record is not None}


def _rests_on(noun: str, record: dict[str, Any], found: Records) -> bool:
    """Whether a record has no evidence, and names propositions that are all among those found."""
    named = list_named(noun, record)
    return noun in ("axioms", "proposals") and all(
        to != "statements" and (to != "propositions" or (to, id) in found) for to, id in named
    )


def _refuse_too_many(found: Records) -> Records:
    if len(found) > _MOST:
        raise TooMany(_MOST, "records of one source")
    return found


def _arrange_records(found: Records, source: Key) -> dict[str, Any]:
    """Arrange records as a document, with what a statement shows under it."""
    document: dict[str, Any] = {"source": _strip_record(*source, found)}
    for noun in NOUNS:
        keys = [key for key in found if key[0] == noun.name and key != source]
        order: Callable[[Key], Any] = lambda key: (found[key].get("start") or 0, key)  # noqa: E731
        document[noun.name] = [_strip_record(*key, found) for key in sorted(keys, key=order)]
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
    fields = RESOURCES_BY_NAME[noun].draft_schema.fields
    written = {name: record.get(name) for name in fields if name not in implied}
    defaults = {name: each.load_default for name, each in fields.items()}
    return {name: each for name, each in drop_empty(written).items() if each != defaults[name]}
