"""Twins: what a schema would load, at a fraction of what marshmallow takes for it.

A twin accepts or is unsure. Where it is unsure, marshmallow decides and words the faults, so a twin
may be narrower than its schema, never wider. It declares nothing and decides nothing twice: it
replaces marshmallow's walk through objects and lists alone, and asks the schema's own fields about
every value, its own hooks about every object. Fields whose values recur remember what they
accepted, and objects which fields to ask when they hold these keys. A class of field, an option or
a kind of hook that is not looked after here leaves the twin unsure.

For a vote this takes a fifth of marshmallow's time. Structs of msgspec, made from the schema, with
the checks that they lack behind them, would save another third; but they would say again what the
fields say, to a library that takes the last of two equal keys, and a line feed before the end of a
pattern.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import marshmallow as ma
from marshmallow.decorators import POST_LOAD, PRE_LOAD, VALIDATES, VALIDATES_SCHEMA

from api.web.fields import Leaf, Many, Part
from api.web.schemas import StrictSchema

_VALUES, _SHAPES = 1024, 256
"""How many values a field and how many sets of keys an object remembers."""

Twin = Callable[[Any], Any]
"""Gives what the schema loads from a body, or None where marshmallow has to decide."""

_Read = Callable[[Any], Any]
"""Gives what a field or schema makes of a value; raises where that may be a fault."""


class Unsure(Exception):
    """Marshmallow has to decide."""


def compiled(schema: ma.Schema) -> Twin:
    """Make the twin of a schema."""
    read = _object(schema)

    def twin(data: Any) -> dict[str, Any] | None:
        try:
            return read(data)
        except (Unsure, ma.ValidationError, TypeError):
            # TypeError: no memo takes lists or objects for keys.
            return None

    return twin


def _object(schema: ma.Schema) -> _Read:
    if not _is_plain(schema):
        return _unsure
    planned = _planner(schema)
    checks = [
        (getattr(schema, name), options["pass_original"])
        for name, _, options in cast("StrictSchema", schema).hooks(VALIDATES_SCHEMA)
    ]
    changes = [getattr(schema, name) for name in _hooks(schema, POST_LOAD)]
    how: dict[str, Any] = {"many": False, "partial": schema.partial, "unknown": schema.unknown}

    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise Unsure
        given = cast("dict[str, Any]", value)
        found = {name: ask(given.get(key, ma.missing)) for key, name, ask in planned(tuple(given))}
        for check, with_original in checks:
            check(found, *((given,) if with_original else ()), **how)
        for change in changes:
            found = change(found, **how)
        return found

    return read


def _planner(schema: ma.Schema) -> Callable[[tuple[str, ...]], tuple[tuple[str, str, _Read], ...]]:
    """Tell which fields to ask, in the schema's order, of an object with some keys.

    Those that are absent are asked, too, where they are required or have a default.
    """
    fields = [
        (name if each.data_key is None else each.data_key, each.attribute or name,
         _reader(each), each.required or each.load_default is not ma.missing)
        for name, each in schema.load_fields.items()
    ]  # fmt: skip
    known = frozenset(key for key, *_ in fields)

    @lru_cache(_SHAPES)
    def planned(keys: tuple[str, ...]) -> tuple[tuple[str, str, _Read], ...]:
        if not known.issuperset(keys):
            raise Unsure
        return tuple((key, name, read) for key, name, read, always in fields
                     if always or key in keys)  # fmt: skip

    return planned


def _reader(field: ma.fields.Field[Any]) -> _Read:
    if not _is_plain_field(field):
        return _unsure
    if isinstance(field, Leaf) and field.recurs:
        return lru_cache(_VALUES)(field.deserialize)
    if isinstance(field, Leaf):
        return _if_given(field, field.parse_value)
    if isinstance(field, Many):
        return _if_given(field, _list(field))
    return _if_given(field, _object(cast("Part", field).schema))


def _if_given(field: ma.fields.Field[Any], read: _Read) -> _Read:
    """Read what is there; let the field say what null and absence come to."""

    def read_if_given(value: Any) -> Any:
        return field.deserialize(value) if value is None or value is ma.missing else read(value)

    return read_if_given


def _list(field: Many) -> _Read:
    each = _reader(field.inner)

    def read(value: Any) -> list[Any]:
        entries = [each(entry) for entry in field.measured(value)]
        if len(entries) > 1:
            field.refuse_repeats(entries)
        return entries

    return read


def _unsure(_: Any) -> Any:
    raise Unsure


def _is_plain_field(field: ma.fields.Field[Any]) -> bool:
    """Whether its class is known here, and no option has a say that is not asked here."""
    known = isinstance(field, Leaf) or type(field) in (Many, Part)
    nested = type(field) is Part and (field.many or field.unknown is not None)
    return (
        known
        and type(field).deserialize is ma.fields.Field.deserialize
        and not (nested or field.validators or field.pre_load or field.post_load)
        and not (callable(field.load_default) or "." in (field.attribute or ""))
    )


def _is_plain(schema: ma.Schema) -> bool:
    """Whether nothing but fields and the hooks that are asked here has a say in loading."""
    return (
        isinstance(schema, StrictSchema)
        and schema.unknown == ma.RAISE
        and schema.dict_class is dict
        and not (schema.many or schema.partial)
        and not (schema.hooks(PRE_LOAD) or schema.hooks(VALIDATES))
        and not any(
            many or (options["pass_original"] and tag == POST_LOAD)
            for tag in (VALIDATES_SCHEMA, POST_LOAD)
            for _, many, options in schema.hooks(tag)
        )
    )


def _hooks(schema: ma.Schema, tag: str) -> list[str]:
    return [name for name, *_ in cast("StrictSchema", schema).hooks(tag)]
