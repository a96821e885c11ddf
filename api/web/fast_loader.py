"""Fast-path loader: loads what a schema would load, and falls back to marshmallow.

It accepts a body, or returns None; then marshmallow loads it and words the faults. So the fast path
may accept less than its schema, never more. It declares nothing: it replaces marshmallow's walk
through objects and lists alone, and calls the schema's own fields for every value, its own hooks
for every object. Fields whose values recur cache what they accepted. A class of field, an option
or a kind of hook that is unknown here falls back.

For a vote this takes a fifth of marshmallow's time. Structs of msgspec, made from the schema, with
the checks that they lack behind them, would save another third; but they would say again what the
fields say, to a library that takes the last of two equal keys, and a line feed before the end of a
pattern.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import marshmallow as ma
from marshmallow.decorators import POST_LOAD, PRE_LOAD, VALIDATES, VALIDATES_SCHEMA

from api.web.contract.fields import Ids, Many, Part, ScalarField
from api.web.contract.schemas import StrictSchema

_VALUES = 1024
"""How many values a field caches."""

FastLoader = Callable[[Any], Any]
"""Returns what the schema loads from a body, or None where marshmallow has to load it."""

_Load = Callable[[Any], Any]
"""Returns what a field or schema makes of a value; raises where that may be a fault."""


class _FallBack(Exception):
    """Marshmallow has to load the body."""


def make_fast_loader(schema: ma.Schema) -> FastLoader:
    """Make the fast-path loader of a schema."""
    load = _object_loader(schema)

    def load_or_fall_back(data: Any) -> Any:
        try:
            return load(data)
        except (_FallBack, ma.ValidationError, TypeError):
            # TypeError: no cache takes lists or objects for keys.
            return None

    return load_or_fall_back


def _object_loader(schema: ma.Schema) -> _Load:
    if not _is_plain(schema):
        return _fall_back
    fields = [
        (name if each.data_key is None else each.data_key, each.attribute or name,
         _field_loader(each), each.required or each.load_default is not ma.missing)
        for name, each in schema.load_fields.items()
    ]  # fmt: skip
    known = frozenset(key for key, *_ in fields)
    checks = [
        (getattr(schema, name), options["pass_original"])
        for name, _, options in cast("StrictSchema", schema).list_hooks(VALIDATES_SCHEMA)
    ]
    changes = [
        getattr(schema, name) for name, *_ in cast("StrictSchema", schema).list_hooks(POST_LOAD)
    ]
    context: dict[str, Any] = {"many": False, "partial": schema.partial, "unknown": schema.unknown}

    def load_object(value: Any) -> Any:
        given = cast("dict[str, Any]", value)
        if type(value) is not dict or not known.issuperset(given):
            raise _FallBack
        # Absent ones are loaded, too, where they are required or have a default.
        found = {name: load(given.get(key, ma.missing))
                 for key, name, load, always in fields if always or key in given}  # fmt: skip
        for check, with_original in checks:
            check(found, *((given,) if with_original else ()), **context)
        for change in changes:
            found = change(found, **context)
        return found

    return load_object


def _field_loader(field: ma.fields.Field[Any]) -> _Load:
    if not _is_plain_field(field):
        return _fall_back
    if isinstance(field, ScalarField):
        if field.is_cacheable:
            return lru_cache(_VALUES)(field.deserialize)
        load = field.parse_value
    elif isinstance(field, Many):
        load = _list_loader(field)
    else:
        load = _object_loader(cast("Part", field).schema)

    def load_field(value: Any) -> Any:
        # The field itself tells what null and absence come to.
        return field.deserialize(value) if value is None or value is ma.missing else load(value)

    return load_field


def _list_loader(field: Many) -> _Load:
    load = _field_loader(field.inner)

    def load_list(value: Any) -> list[Any]:
        entries = [load(entry) for entry in field.check_length(value)]
        if len(entries) > 1:
            field.refuse_repeats(entries)
        return entries

    return load_list


def _fall_back(_: Any) -> Any:
    raise _FallBack


def _is_plain_field(field: ma.fields.Field[Any]) -> bool:
    """Whether its class is known here, and no option changes how it loads."""
    known = isinstance(field, ScalarField) or type(field) in (Many, Ids, Part)
    nested = type(field) is Part and (field.many or field.unknown is not None)
    return (
        known
        and type(field).deserialize is ma.fields.Field.deserialize
        and not (nested or field.validators or field.pre_load or field.post_load)
        and not (callable(field.load_default) or "." in (field.attribute or ""))
    )


def _is_plain(schema: ma.Schema) -> bool:
    """Whether nothing but fields and the hooks that are called here takes part in loading."""
    return (
        isinstance(schema, StrictSchema)
        and schema.unknown == ma.RAISE
        and schema.dict_class is dict
        and not (schema.many or schema.partial)
        and not (schema.list_hooks(PRE_LOAD) or schema.list_hooks(VALIDATES))
        and not any(
            many or (options["pass_original"] and tag == POST_LOAD)
            for tag in (VALIDATES_SCHEMA, POST_LOAD)
            for _, many, options in schema.list_hooks(tag)
        )
    )
