"""FastAPI tuned by hand: Core rows, orjson, no response model."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import FastAPI, Query, Response
from fastapi.concurrency import run_in_threadpool

from tests.bench.contenders.plain_page import IS_EMBEDDED, IS_JSON, NAMES, read_page

app = FastAPI()


@app.get("/positions")
async def list_positions(
    holder: str,
    issue: str,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    after: int = 2**31 - 1,
) -> Response:
    """List the positions of a holder on an issue, newest first, behind `after`."""
    asked = holder, issue, limit, after
    rows, following = (
        read_page(*asked) if IS_EMBEDDED else await run_in_threadpool(read_page, *asked)
    )
    records = [
        {
            name: orjson.Fragment(value) if is_json else value
            for name, value, is_json in zip(NAMES, row, IS_JSON, strict=False)
        }
        for row in rows
    ]
    body = orjson.dumps({"data": records, "next": following})
    return Response(body, media_type="application/json")
