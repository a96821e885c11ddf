"""How an answer is declared: as a frozen dataclass whose fields say what they are `about`.

The order of the fields is that of the keys in JSON. `api.analysis.schemas` derives the schema of
the contract from the declaration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, TypeVar, dataclass_transform

from api.vocabulary import CodeList

T = TypeVar("T")
Row = dict[str, Any]
"""A flat row: values by the names of their columns."""


def about(
    text: str = "",
    *,
    noun: str = "",
    codes: CodeList | None = None,
    form: str = "",
    each: str = "an id",
    unique: bool = True,
) -> Any:
    """Describe a field of an answer for the contract.

    `noun` makes it an id of that noun, `codes` a value of a code list; `form` is `day`, `edtf` or
    `sign`. Of a list of texts, `each` describes an entry.
    """
    return field(metadata={"text": text, "noun": noun, "codes": codes, "form": form, "each": each,
                           "unique": unique})  # fmt: skip


@dataclass_transform(frozen_default=True, field_specifiers=(about,))
def answer(declared: type[T]) -> type[T]:
    """Make an answer, or a part of one, of a class that declares its fields."""
    return dataclass(frozen=True)(declared)


@cache
def list_columns(declared: Any) -> tuple[str, ...]:
    """Return the names of an answer's fields, in order, as columns of flat rows."""
    return tuple(each.name for each in fields(declared))


def fill(declared: type[T], record: Mapping[str, Any], **more: Any) -> T:
    """Make an answer, or a part of one, of the fields that a record has, and more."""
    return declared(**{name: record.get(name) for name in list_columns(declared)} | more)
