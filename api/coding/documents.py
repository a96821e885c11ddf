"""List the records of a document, each with the objects in which its fields are written."""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, cast

import marshmallow as ma
import orjson

from api.coding.records import CodedRecord, Placed, Shorthand
from api.ledger.rules import text_hash
from api.nouns import NOUNS, NOUNS_BY_NAME
from api.vocabulary import FORCE
from api.web.contract.limits import GIVEN
from api.web.contract.problems import refuse_excess, suggest_name

EVIDENCED = ("positions", "preconditions")
"""The nouns whose records may stand under a statement."""

SHOWN = (*EVIDENCED, *FORCE.values)
"""The names under which a statement holds records: `demand: X` is a position of that force."""

_PASSED_ON = (
    frozenset(name for noun in EVIDENCED for name in NOUNS_BY_NAME[noun].draft_schema.fields)
    - NOUNS_BY_NAME["statements"].draft_schema.fields.keys()
)
"""The fields that a statement, or a group of them, gives to the records under it."""

AddFault = Callable[[str, str], None]
"""Takes the pointer and the detail of a fault."""


def list_records(document: Mapping[str, Any], add_fault: AddFault) -> Iterator[CodedRecord]:
    """Yield the records of a document, its source first, and a statement before those under it.

    A record under a statement is made when that has its id. Raises RequestRefused when groups give
    the records in them more than a limit, because each record repeats what it is given.
    """
    source = {**document["source"]}
    text = source.pop("text", None)
    if isinstance(text, str) and not source.keys() <= {"id"}:
        source = {"text_sha256": text_hash(text), "text_length": len(text), **source}
    yield CodedRecord("sources", (("/source", document["source"]),), source)
    given = 0
    for noun in NOUNS:
        listed = _list_objects(document.get(noun.name), f"/{noun.name}", add_fault)
        for record in _list_noun(noun.name, listed, add_fault):
            given += _measure_given(record)
            if given > GIVEN.most:
                raise refuse_excess(GIVEN)
            yield record


def _measure_given(record: CodedRecord) -> int:
    """Return how many bytes of JSON a record is given by what is around it."""
    own = record.written[0][1]
    given = {name: each for name, each in record.data.items() if name not in own}
    return len(orjson.dumps(given)) if given else 0


def _list_noun(noun: str, listed: Iterator[Placed], add_fault: AddFault) -> Iterator[CodedRecord]:
    """Yield the records of a list, and behind each statement what it shows."""
    for written in _open_groups(noun, listed, (), add_fault):
        above = CodedRecord(noun, written, _merge_fields(written, noun))
        yield above
        for below in EVIDENCED if noun == "statements" else ():
            shown = _list_shown(below, *written[0], add_fault)
            for each in _open_groups(below, shown, (), add_fault):
                data = _merge_fields(each, below, written)
                yield CodedRecord(below, (*each, *written), data, [above.key[1]])


def _open_groups(
    noun: str, listed: Iterator[Placed], around: tuple[Placed, ...], add_fault: AddFault
) -> Iterator[tuple[Placed, ...]]:
    """Yield each object of a list, followed by the groups around it."""
    for place, given in listed:
        written = ((place, given), *around)
        if noun in given:
            _check_group(noun, place, given, add_fault)
            grouped = _list_objects(given[noun], f"{place}/{noun}", add_fault)
            yield from _open_groups(noun, grouped, written, add_fault)
        else:
            yield written


def _check_group(noun: str, place: str, given: Mapping[str, Any], add_fault: AddFault) -> None:
    fields = NOUNS_BY_NAME[noun].draft_schema.fields.keys() - {"id"}
    known = sorted({*fields, noun, *(_PASSED_ON if noun == "statements" else ())})
    for name in given.keys() - set(known):
        add_fault(f"{place}/{name}", f"unknown field; {suggest_name(name, known)}")


def _list_objects(listed: Any, pointer: str, add_fault: AddFault) -> Iterator[Placed]:
    """Yield the objects of a list, or the only one; a text stands for a record's id."""
    if isinstance(listed, list):
        for index, given in enumerate(cast("list[Any]", listed)):
            if isinstance(given, list | None):
                add_fault(f"{pointer}/{index}", "must be an object, or the id of a record")
            else:
                yield from _list_objects(given, f"{pointer}/{index}", add_fault)
    elif isinstance(listed, dict):
        yield pointer, cast("dict[str, Any]", listed)
    elif isinstance(listed, str):
        yield pointer, {"id": listed}
    elif listed is not None:
        add_fault(pointer, "must be an object, or the id of a record, or a list of these")


def _list_shown(
    noun: str, place: str, statement: Mapping[str, Any], add_fault: AddFault
) -> Iterator[Placed]:
    """Yield the objects of a noun that a statement shows, positions by their force, too."""
    yield from _list_objects(statement.get(noun), f"{place}/{noun}", add_fault)
    for force in FORCE.values if noun == "positions" else ():
        yield from _spell_out(force, statement.get(force), f"{place}/{force}")


def _spell_out(force: str, written: Any, pointer: str) -> Iterator[Placed]:
    """Yield positions of a force; a text stands for one with that proposition."""
    if isinstance(written, list):
        for index, each in enumerate(cast("list[Any]", written)):
            yield from _spell_out(force, each, f"{pointer}/{index}")
    elif isinstance(written, dict):
        yield pointer, {**written, "force": force}
    elif written is not None:
        yield pointer, Shorthand(force=force, proposition=written)


def _merge_fields(
    written: tuple[Placed, ...], noun: str, above: tuple[Placed, ...] = ()
) -> dict[str, Any]:
    """Return the fields of a record, with those that are given by what is around it.

    Groups give it fields of its noun; the statement above it, and the groups around that, those
    that are passed on.
    """
    fields = NOUNS_BY_NAME[noun].draft_schema.fields
    own = {name: each for name, each in written[0][1].items() if name not in SHOWN}
    if noun == "statements" and not written[0][1].keys().isdisjoint(SHOWN):
        own = {name: each for name, each in own.items() if name not in _PASSED_ON}
    if own.keys() != {"id"}:
        own = {**_list_given(written[1:], fields.keys()), **own}
    if not own.keys() <= {"id"}:
        own = {**_list_given(above, fields.keys() & _PASSED_ON), **own}
    return _list_singles(own, fields)


def _list_given(around: tuple[Placed, ...], names: AbstractSet[str]) -> dict[str, Any]:
    return {name: each for _, given in reversed(around) for name, each in given.items()
            if name in names and name != "id"}  # fmt: skip


def _list_singles(given: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Make a list of a single value wherever a field takes one, in parts of the record, too."""
    return {name: _list_single(each, fields.get(name)) for name, each in given.items()}


def _list_single(value: Any, field: ma.fields.Field[Any] | None) -> Any:
    if isinstance(field, ma.fields.List) and value is not None:
        listed = cast("list[Any]", value if isinstance(value, list) else [value])
        return [_list_single(each, field.inner) for each in listed]
    if isinstance(field, ma.fields.Nested) and isinstance(value, dict):
        return _list_singles(cast("dict[str, Any]", value), field.schema.fields)
    return value
