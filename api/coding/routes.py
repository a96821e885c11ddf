"""`POST /v1/coded-sources`, and `GET /v1/sources/{id}/coded`."""

from contextlib import nullcontext
from functools import partial
from typing import Any

import orjson
from flask import Response

from api.bulk.routes import answer_receipt, write_or_try
from api.bulk.schemas import BulkQuery
from api.coding.composing import compose_coded_source
from api.coding.schemas import CodedQuerySchema, CodedReceiptSchema, CodedSourceSchema
from api.coding.translating import CodedSource, write_coded
from api.concurrency import dry_runs, lots
from api.errors import Forbidden
from api.ledger import Asked
from api.sources import SOURCES
from api.web.auth import current_holder, list_rights, public, requires
from api.web.contract.headers import KNOWN, WRITTEN, make_id_parameter
from api.web.contract.openapi import Blueprint, answers, try_with
from api.web.queries import ClockQuerySchema
from api.web.reading import answer_asked
from api.web.requests import current_ledger, parse_json_body

blp = Blueprint("coding", __name__, group="registry")

EXAMPLE: dict[str, Any] = {
    "source": {
        "title": "Lukashenko repeats his call",
        "kind": "news_report",
        "language": "en",
        "published": "2023-04-01",
    },
    "statements": [{
        "exact": "Stop now, and talk without preconditions",
        "speaker": "Alexander Lukashenko",
        "on_behalf_of": "Belarus",
        "positions": [
            {"holder": "Belarus", "force": "propose", "proposition": "truce"},
        ],
        "preconditions": [
            {"holder": "Belarus", "antecedents_kind": "none", "consequents": ["talks"],
             "cue": "without preconditions"},
        ],
    }],
}  # fmt: skip


@blp.route("/v1/coded-sources", methods=["POST"])
@blp.describe(
    "writeCodedSource",
    "Write a source with its records",
    "One document for one source: its statements, under each the positions and preconditions that "
    "it shows, and beside them whatever else is new. All of it is written as one changeset, or "
    "nothing; the faults come back together, by their places in the document. A record without "
    "an id gets one that is made from what is written of it, so the same document sent twice "
    "writes nothing the second time.",
    "Wherever a record is named by its id, a name will do: *Alexander Lukashenko*. If several "
    "records have the name, or none, the answer is a 422 that lists them, or the nearest. A quote "
    "needs no offsets (see `POST /v1/statements`). `source.text` brings the text with it: to "
    "attach it takes the scope `texts`, too.",
)
@blp.arguments(CodedSourceSchema(), load=False, example=EXAMPLE)
@blp.arguments(CodedQuerySchema(), location="query")
@blp.response(200, CodedReceiptSchema(), headers=WRITTEN)
@answers(400, 401, 403, 404, 409, 410, 412, 413, 415, 422)
@requires("write", tried_by="propose")
def write_coded_source(query: BulkQuery) -> Response:
    """Write a coded source."""
    document, rights = parse_json_body(), list_rights(current_holder())

    def translate() -> CodedSource:
        slot = nullcontext() if query.dry_run else lots.hold_slot()
        with slot, current_ledger().open_reader(Asked(valid_at="any")) as reader:
            coded = CodedSource(document, reader, reads_texts="texts" in rights)
        if coded.texts and "write" in rights and "texts" not in rights:
            raise Forbidden("to attach /source/text takes a key with the scope texts; leave it out")
        return coded

    with dry_runs.hold_slot() if query.dry_run else nullcontext():
        coded, written = write_coded(translate, partial(write_or_try, query=query))
    receipt, effect = written
    return answer_receipt(receipt, len(coded.records), query, **coded.describe(receipt), **effect)


@blp.route("/v1/sources/<slug:id>/coded", methods=["GET"], parameters=[make_id_parameter(SOURCES)])
@blp.describe(
    "getCodedSource",
    "Read a source as a coded source",
    "The source with its statements, under each the positions and preconditions that it shows, and "
    "all records that these name. Change it, and send it back to `POST /v1/coded-sources`: what "
    "you did not change is not written. Sent into an empty registry, it makes the same records. "
    "The text is not in it: `GET /v1/sources/{id}/text` has it, if it is public.",
)
@blp.arguments(ClockQuerySchema(), location="query")
@blp.response(200, CodedSourceSchema(), headers=KNOWN)
@try_with()
@answers(304, 404, 410, 422)
@public
def get_coded_source(asked: Asked, id: str) -> Response:
    """Compose the coded source of a source."""
    return answer_asked(
        asked, lambda reader: orjson.dumps(compose_coded_source(reader, id)), heavy=True
    )
