"""`POST /v1/candidates`: read a text, or the text of a source; nothing is written or kept."""

from collections.abc import Iterator, Sequence
from typing import Any

import marshmallow as ma
import orjson
from flask import Response

from api.actors import ACTORS
from api.concurrency import heavy_answers, texts
from api.ledger import Asked
from api.ledger.reading.reader import Reader
from api.ledger.store.transactions import split_ids
from api.reader.candidates import Candidate, read_text
from api.reader.cues import LANGUAGES, split_words
from api.sources.routes import load_text
from api.vocabulary import ANTECEDENTS_KIND, ATTESTATION, FORCE, MODALITY, CodeList
from api.web.auth import public
from api.web.contract.fields import Code, Count, Flag, Many, Part, Ref, Text, Told
from api.web.contract.openapi import Blueprint, answers
from api.web.contract.schemas import StrictSchema
from api.web.queries import NothingSchema
from api.web.requests import current_ledger, load_body, parse_json_body
from api.web.responses import JSON

_LONGEST, MOST_READ = 1_000_000, 200_000
"""Code points that a text may have, and that are read: two seconds of CPU if they are hostile."""

MOST_CANDIDATES, MOST_BYTES = 2_000, 4_000_000
"""So many candidates are told, or as many as fit into so many bytes."""

_LONGEST_NAME, _MOST_ACTORS = 5, 5_000
_LANGUAGE = CodeList(
    "reader_language", "A language with rules.", **{each: f"ISO 639: {each}" for each in LANGUAGES}
)
EXAMPLE = {"text": '"No truce without a withdrawal," Dmitry Peskov told reporters.'}

blp = Blueprint("reader", __name__, group="registry")


class ReadingSchema(StrictSchema):
    """What is to be read: exactly one of `text` and `source`."""

    text = Text("the text", longest=_LONGEST, kind="verbatim")
    source = Ref("sources", "a source whose text is attached")
    lang = Code(_LANGUAGE, "its language; recognised if it is left out", allow_none=True)

    @ma.validates_schema(skip_on_field_errors=True)
    def name_one_text(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse neither and both."""
        if (data.get("text") is None) == (data.get("source") is None):
            raise ma.ValidationError("give either this or source", "text")


class SpeakerSchema(StrictSchema):
    """Who speaks."""

    id = Ref("actors", "the actor that the words fit", allow_none=True, required=True)
    words = Told("the words that name who speaks", required=True)


class GuessSchema(StrictSchema):
    """What a candidate may show. It is a guess from single words: read the statement yourself."""

    kind = Told("`position` or `precondition`", required=True)
    force = Code(FORCE, allow_none=True, required=True)
    modality = Code(MODALITY, allow_none=True, required=True)
    antecedents_kind = Code(ANTECEDENTS_KIND, allow_none=True, required=True)
    words = Told("the words that suggest it", required=True)


class CandidateSchema(StrictSchema):
    """A statement that a person could accept."""

    exact = Told("its words", required=True)
    prefix = Told("up to 32 code points before it", required=True)
    suffix = Told("up to 32 code points after it", required=True)
    start = Count("its first code point", required=True)
    end = Count("the first code point after it", required=True)
    attestation = Code(ATTESTATION, required=True)
    speaker = Part(SpeakerSchema, "null if the reader finds nobody", allow_none=True, required=True)
    cue = Told("words that make something a condition, or exclude conditions", allow_none=True,
               required=True)  # fmt: skip
    guess = Part(GuessSchema, allow_none=True, required=True)


class CandidatesSchema(StrictSchema):
    """The candidates of a text, in order."""

    data = Many(Part(CandidateSchema, required=True), "the candidates", most=None, required=True)
    complete = Flag(
        f"false if the text has more than {MOST_READ:,} code points, more than "
        f"{MOST_CANDIDATES:,} candidates or more than fit into {MOST_BYTES:,} bytes; the rest of "
        "it, from `read` on, was not read",
        required=True,
    )
    read = Count("how many code points were read, to the end of a line where there is one",
                 required=True)  # fmt: skip


@blp.route("/v1/candidates", methods=["POST"])
@blp.describe(
    "readCandidates",
    "Find statements in a text",
    "Candidates for statements: quotations, reported speech and the turns of a transcript, each "
    "with its span, its speaker and a guess at force or condition. It works by rules for English, "
    "French, German, Russian and Ukrainian, without a model, and gives the same for the same text "
    "and actors. If `complete` is false, send the rest of the text, from `read` on, by itself. "
    "Candidates are never records; nothing is written or kept. The text of a source that is not "
    "public needs a key with the scope `texts`.",
)
@blp.arguments(ReadingSchema(), location="json", example=EXAMPLE, load=False)
@blp.arguments(NothingSchema(), location="query")
@blp.response(200, CandidatesSchema())
@blp.doc(security=[{}, {"bearer": []}, {"api_key": []}])
@answers(400, 401, 403, 404, 410, 413, 415, 422)
@public
def read_candidates(_query: object) -> Response:
    """Read a text."""
    body = load_body(ReadingSchema(), parse_json_body(), EXAMPLE)
    source: str | None = body.get("source")
    whole: str = load_text(Asked(), source).text if source else body["text"]
    text = _cut_long(whole)
    with texts.hold_slot(), heavy_answers.hold_slot():
        with current_ledger().open_reader() as reader:
            actors = load_actors(reader, text)
        found = read_text(text, actors, body.get("lang"), most=MOST_CANDIDATES + 1)
        told = [*_serialise_first(found)]
    end = len(text) if len(told) == len(found) else _find_end(text, found[len(told) - 1 :])
    shown = b",".join(told), orjson.dumps(end == len(whole)), end
    data = b'{"data":[%b],"complete":%b,"read":%d}' % shown
    return Response(data, content_type=JSON, headers={"Cache-Control": "no-store"})


def _cut_long(text: str) -> str:
    """Return what is read of a text."""
    return text if len(text) <= MOST_READ else text[: _find_line(text, 0, MOST_READ) or MOST_READ]


def _find_end(text: str, found: Sequence[Candidate]) -> int:
    """Return where a reading ends that tells the first of these candidates, but not the second."""
    return _find_line(text, found[0].end, found[1].start) or found[0].end


def _find_line(text: str, first: int, last: int) -> int:
    """Return where the last line begins that begins between two places; 0 if there is none."""
    return text.rfind("\n", first, last) + 1


def _serialise_first(found: Sequence[Candidate]) -> Iterator[bytes]:
    """Yield the JSON of the first candidates, as far as the bounds go."""
    size = 0
    for each in found[:MOST_CANDIDATES]:
        told = orjson.dumps(each.to_json())
        size += len(told)
        if size > MOST_BYTES:
            return
        yield told


def load_actors(reader: Reader, text: str) -> Sequence[dict[str, Any]]:
    """Load the actors whose names stand in a text, and those with an office in one of them."""
    named = reader.find_by_names(ACTORS, set(_list_possible_names(text)))[:_MOST_ACTORS]
    bodies = [each["id"] for each in named if each["kind"] != "person"]
    held = [
        each for some in split_ids(bodies)
        for each in reader.read_all(ACTORS, {"office_of": some}, most=_MOST_ACTORS)
    ]  # fmt: skip
    return list({each["id"]: each for each in [*named, *held]}.values())


def _list_possible_names(text: str) -> Iterator[str]:
    """Yield the runs of words that may be names: those in which a word has a capital letter."""
    words = split_words(text)
    for at, word in enumerate(words):
        if word.is_capital or len(word.folded) >= _LONGEST_NAME - 1:
            for length in range(1, (_LONGEST_NAME if word.is_capital else 1) + 1):
                yield " ".join(each.folded for each in words[at : at + length])
