"""Derives the schemas of the contract from the dataclasses that declare answers."""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import marshmallow as ma

from api.web.contract import fields
from api.web.contract.schemas import StrictSchema

_SCALARS = {"day": fields.Day, "edtf": fields.Edtf,
            bool: fields.Flag, int: fields.Count, float: fields.Number}  # fmt: skip
"""The strict fields by the form, or else the type, that is declared."""


@cache
def answer_schema(declared: Any) -> type[StrictSchema]:
    """Derive the schema of an answer, which is named after its dataclass."""
    types = get_type_hints(declared)
    made = {f.name: _make_field(types[f.name], f.metadata) for f in dataclasses.fields(declared)}
    return type(f"{declared.__name__}Schema", (StrictSchema,), made)


def _make_field(declared: Any, about: Mapping[str, Any]) -> ma.fields.Field[Any]:
    if get_origin(declared) is Sequence:
        [entry] = get_args(declared)
        is_text = entry is str and not about["codes"]
        make = _make_field if get_origin(entry) is Sequence else _make_single
        each = make(entry, {**about, "text": about["each"] if is_text else ""})
        return fields.Many(each, about["text"], most=None, required=True, unique=about["unique"])
    is_mapping = get_origin(declared) is Mapping
    kinds = (declared,) if is_mapping else get_args(declared) or (declared,)
    [kind] = [each for each in kinds if each is not NoneType]
    return _make_single(kind, about, allow_none=NoneType in kinds)


def _make_single(
    kind: Any, about: Mapping[str, Any], *, allow_none: bool = False
) -> ma.fields.Field[Any]:
    """Make the field of a single value; plain text, signs and parts are there even where null."""
    if dataclasses.is_dataclass(kind):
        return fields.Part(answer_schema(kind), about["text"], required=True, allow_none=allow_none)
    if get_origin(kind) is Mapping:
        described = {"description": about["text"]}
        return ma.fields.Dict(required=True, allow_none=allow_none, metadata=described)
    if about["codes"]:
        return fields.Code(about["codes"], about["text"], required=not allow_none)
    if about["noun"]:
        return fields.Ref(about["noun"], about["text"], required=not allow_none)
    if scalar := _SCALARS.get(about["form"] or kind):
        return scalar(about["text"], required=not allow_none)
    plain = fields.Sign if about["form"] == "sign" else fields.Told
    return plain(about["text"], required=True, allow_none=allow_none)
