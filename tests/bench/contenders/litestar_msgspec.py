"""Litestar tuned by hand: Core rows, msgspec structs."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Litestar, get
from litestar.params import Parameter
from msgspec import Raw, Struct, defstruct

from tests.bench.contenders.plain_page import COLUMNS, IS_EMBEDDED, IS_JSON, NAMES, read_page

PositionStruct = defstruct(
    "PositionStruct",
    [
        (name, Raw if is_json else column.type.python_type | None)
        for name, column, is_json in zip(NAMES, COLUMNS, IS_JSON, strict=True)
    ],
)


class PageStruct(Struct):
    data: list[Any]
    next: str | None


@get("/positions", sync_to_thread=not IS_EMBEDDED)
def list_positions(
    holder: str,
    issue: str,
    limit: Annotated[int, Parameter(ge=1, le=1000)] = 50,
    after: int = 2**31 - 1,
) -> PageStruct:
    """List the positions of a holder on an issue, newest first, behind `after`."""
    rows, following = read_page(holder, issue, limit, after)
    records = [
        PositionStruct(
            *[
                Raw(value) if is_json else value
                for value, is_json in zip(row, IS_JSON, strict=False)
            ]
        )
        for row in rows
    ]
    return PageStruct(records, following)


app = Litestar([list_positions])
