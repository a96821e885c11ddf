"""`/v1/search`: words across the nouns; `/v1/suggest`: names while they are typed."""

from typing import Any

import orjson
from flask import Response

from api.ledger import NOW
from api.ledger.reading.reader import Reader
from api.search import queries
from api.search.answers import SearchAnswer, find_hits
from api.search.queries import SearchSchema
from api.search.suggestions import SuggestionsSchema, SuggestQuerySchema, suggest_records
from api.web import reading
from api.web.auth import public
from api.web.contract.headers import KNOWN
from api.web.contract.openapi import Blueprint, answers, try_with
from api.web.formats import with_formats
from api.web.responses import link_next
from api.web.rows import MEDIA_TYPES

blp = Blueprint("search", __name__, description="Words in records of any kind.")

TEXT = (
    "Searches the text of propositions, positions, statements and proposals, and the names and "
    "aliases of actors, as known at `known_at`. A position is found by its quotes and its note. A "
    "position with neither, such as a recorded vote, is found through its proposition: "
    "`/v1/positions?proposition=…`. A name of an actor stands for all of its names: `Kiev` also "
    "finds records that say Kyiv. A snippet is a list of pieces; highlight those with `hit`.\n\n"
    "Hits come newest first by default, in the order in which the registry learned of the records; "
    "follow `next` for more. `sort=relevance` ranks only the newest "
    f"{queries.RELEVANCE_BOUND} hits; if there are more, the answer has `complete: false`. It also "
    f"has that if one name stands for more than {queries.MOST_NAMES} names: only so many are "
    "looked for."
)

SUGGEST_TEXT = (
    "For type-ahead. Looks into the names, aliases, titles and texts of the live records of all "
    "ten nouns, and into the ids of records that have none of these. Case, accents, hyphens, the "
    "order of words and the script do not matter: `Київ`, `Kyiv` and `Kiev` find one another. "
    "Names that begin as typed come first, then those with such words, then similar spellings. "
    "`matched` is the name that fits, `score` is from 0 to 1: at least .9 if the name begins so, "
    "at least .8 if words of it do. Signs such as * and % have no meaning here."
)


@blp.route("/v1/search", methods=["GET"], formats=MEDIA_TYPES)
@blp.describe("search", "Search all records for words", TEXT)
@blp.arguments(with_formats(queries.SearchQuerySchema(), queries.COLUMNS), location="query")
@blp.response(200, SearchSchema(), headers=KNOWN)
@try_with(q="truce")
@answers(304, 422)
@public
def get_hits(query: queries.SearchQuery) -> Response:
    """Search all records for words."""
    links: list[str] = []

    def make_body(reader: Reader) -> bytes:
        found, following = find_hits(reader, query), None
        if found.after is not None:
            cursor = query.write_cursor(reader.moment, found.after)
            following = reading.rewrite_address(cursor=cursor)
        if not query.format.is_table:
            return orjson.dumps({"data": found.data, "next": following, "complete": found.complete})
        links.extend([following] if following else [])
        return query.format.write_table(queries.COLUMNS, _make_rows(reader, found))

    media_type = query.format.media_type
    heavy = query.by_relevance or query.limit > reading.LARGE
    return link_next(reading.answer_asked(query.asked, make_body, media_type, heavy=heavy), links)


def _make_rows(reader: Reader, found: SearchAnswer) -> list[dict[str, Any]]:
    lookup = reader.open_lookup()
    lookup.prefetch(("conflicts", each["conflict"]) for each in found.data if each["conflict"])
    return [
        {
            **each,
            "conflict_label": lookup.find_label("conflicts", each["conflict"]),
            "snippet": "".join(piece["text"] for piece in each["snippet"]),
            "complete": found.complete,
        }
        for each in found.data
    ]


@blp.route("/v1/suggest", methods=["GET"])
@blp.describe("suggest", "Suggest records by name", SUGGEST_TEXT)
@blp.arguments(SuggestQuerySchema(), location="query")
@blp.response(200, SuggestionsSchema(), headers=KNOWN)
@try_with(q="Lukashenka")
@answers(304, 422)
@public
def get_suggestions(query: dict[str, Any]) -> Response:
    """Suggest records by a name as it is typed."""
    given = {"nouns" if name == "noun" else name: value for name, value in query.items()}
    text = given.pop("q")
    return reading.answer_asked(
        NOW, lambda reader: orjson.dumps({"data": suggest_records(reader, text, **given)})
    )
