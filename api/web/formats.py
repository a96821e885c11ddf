"""The formats of an answer: `format=csv`, or `.csv` behind the path, which means the same.

A question is one operation in all formats. Without `format` it answers in JSON with an envelope;
flat rows and pictures are asked for by name. `with_formats` adds the parameters to a query schema,
`read_format` reads them.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import marshmallow as ma

from api.vocabulary import CodeList
from api.web.contract.parameters import ChoiceParameter, ListParameter, StrictParameter
from api.web.contract.schemas import StrictSchema
from api.web.rows import MEDIA_TYPES, encode_table

TABLES = tuple(sorted(MEDIA_TYPES))
"""The formats of flat rows."""

_OF_TABLES = {"columns": "columns", "excel": "excel", "row_kinds": "kind"}
"""Parameters that only flat rows take: the name of the field, and the one in the URL."""

FORMAT_FIELDS = frozenset({"format", *_OF_TABLES})
"""The fields that `read_format` reads."""


class ColumnsParameter(StrictParameter):
    def __init__(self, known: Sequence[str]) -> None:
        each = {"type": "string", "enum": list(known)}
        shape = {"type": "array", "minItems": 1, "uniqueItems": True, "items": each}
        about = "Of flat rows: only these columns, in this order, separated by commas."
        super().__init__(about, shape=shape, listed=True)
        self._known = known

    def parse_value(self, text: str, /) -> tuple[str, ...]:
        chosen = tuple(text.split(","))
        for each in chosen:
            if each not in self._known:
                near = difflib.get_close_matches(each, self._known, n=1, cutoff=0)
                raise ma.ValidationError(f"{each!r} is no column here; did you mean {near[0]}?")
        if len(set(chosen)) < len(chosen):
            raise ma.ValidationError("names a column twice")
        return chosen


class Format(NamedTuple):
    """The format of an answer; for flat rows also the columns and kinds of rows."""

    name: str | None = None
    columns: tuple[str, ...] | None = None
    excel: bool = False
    kinds: tuple[str, ...] | None = None

    @property
    def is_table(self) -> bool:
        """Whether flat rows are asked for."""
        return self.name in MEDIA_TYPES

    @property
    def media_type(self) -> str:
        """The media type of flat rows, or of the envelope."""
        return MEDIA_TYPES[self.name or "json"]

    def write_table(self, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
        """Encode flat rows; `columns` are those that are written by default."""
        return encode_table(self.columns or columns, rows, cast("str", self.name), excel=self.excel)


ENVELOPE = Format()
"""JSON with an envelope around the records, the format without a name."""


def with_formats(
    query: StrictSchema,
    columns: Sequence[str],
    *,
    pictures: Sequence[str] = (),
    kinds: CodeList | None = None,
) -> Any:
    """Add the parameters of formats to a query schema.

    `columns` are those of its flat rows, `kinds` the kinds of rows that may be chosen.
    """
    made = type(query)
    fields = _format_fields(columns, pictures, kinds)
    return type(made.__name__, (made,), fields)()


def _format_fields(
    columns: Sequence[str], pictures: Sequence[str], kinds: CodeList | None
) -> dict[str, Any]:
    excel = ("Of flat rows. A byte order mark for spreadsheets, and no cell that runs as a formula "
             "where commas separate cells.")  # fmt: skip
    of_tables: dict[str, Any] = {
        "columns": ColumnsParameter(columns), "excel": ChoiceParameter(excel, ["1", "0"]),
    }  # fmt: skip
    if kinds is not None:
        told = "Of flat rows: only those of these kinds."
        of_tables["row_kinds"] = ListParameter(told, codes=kinds, name=_OF_TABLES["row_kinds"])
    for each in of_tables.values():
        each.metadata["rare"] = True
    form = ChoiceParameter(_describe_formats(pictures), [*TABLES, *pictures])
    return {"format": form, **of_tables}


def _describe_formats(pictures: Sequence[str]) -> str:
    drawn = ""
    if pictures:
        drawn = f" {_join_names(pictures)} are pictures and what they are drawn from."
    return (
        f"The format of the answer: by default JSON in an envelope. {_join_names(TABLES)} are flat "
        "rows, one a record, for pandas, spreadsheets and dashboards; json is a bare array of "
        f"them.{drawn} The same may stand behind the path: .csv is format=csv. "
        "The header Accept is not read."
    )


def read_format(data: Mapping[str, Any]) -> Format:
    """Read the format from parsed parameters.

    Raises ValidationError for what only flat rows take, asked of anything else.
    """
    name = data.get("format")
    if name not in MEDIA_TYPES and (wrong := [each for each in _OF_TABLES if each in data]):
        detail = f"goes with format={_join_names(TABLES)}, or .csv behind the path"
        raise ma.ValidationError({_OF_TABLES[each]: [detail] for each in wrong})
    return Format(name, data.get("columns"), data.get("excel") == "1", data.get("row_kinds"))


def _join_names(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
