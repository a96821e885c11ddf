"""The answer to a search."""

from __future__ import annotations

from api.web.contract.fields import Flag, Many, Next, Part, Told
from api.web.contract.schemas import StrictSchema


class PieceSchema(StrictSchema):
    """A piece of a snippet."""

    text = Told("the text; … stands where it was cut", required=True)
    hit = Flag("it is one of the phrases that were looked for", required=True)


class HitSchema(StrictSchema):
    """A record in which the words were found."""

    noun = Told("its noun", required=True)
    id = Told("its id", required=True)
    label = Told("its name, title or text; its id if it has none of these", required=True)
    conflict = Told("the conflict it belongs to; null if it belongs to none", allow_none=True,
                    required=True)  # fmt: skip
    snippet = Many(
        Part(PieceSchema, required=True), "the text around the words, in pieces to be joined",
        most=None, unique=False, required=True,
    )  # fmt: skip
    recorded_at = Told("when the shown revision was recorded (RFC 3339)", required=True)
    url = Told("its address", required=True)


class SearchSchema(StrictSchema):
    """A page of hits."""

    data = Many(Part(HitSchema, required=True), "the hits, in order", most=None, required=True)
    next = Next()
    complete = Flag(
        "false if there are more hits than were ranked, or a name stands for more names than were "
        "looked for",
        required=True,
    )


_PIECES = (
    ("In Moscow's view no end of the conflict is possible unless ", False),
    ("Kyiv", True),
    (" gives in to what Russia asks, among other things by taking the ", False),
    ("annexation", True),
    (" of five regions as final.", False),
)

EXAMPLE = {
    "data": [
        {
            "noun": "positions",
            "id": "russia-demands-ukraine-yields",
            "label": "russia-demands-ukraine-yields",
            "conflict": "war-in-ukraine",
            "snippet": [{"text": text, "hit": is_hit} for text, is_hit in _PIECES],
            "recorded_at": "2026-01-01T12:00:00.000000Z",
            "url": "/v1/positions/russia-demands-ukraine-yields",
        }
    ],
    "next": "/v1/search?q=Kiev+annexation&limit=1&cursor=WzEsImFueSIs",
    "complete": True,
}
"""What the seed answers to `q=Kiev annexation&limit=1`."""
