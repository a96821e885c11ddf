"""How an answer is served, whether as JSON, as a picture or on a page.

An answer that the time cut short may be longer the next time, so it has no ETag and is not stored.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar, cast

from flask import Response, current_app

from api.analysis.loading import STANCES
from api.analysis.questions.queries import ParsedQuestion
from api.analysis.questions.question import AnalysisQuestion, QuestionInput, open_at
from api.concurrency import heavy_answers
from api.errors import TooMany
from api.ledger.reading.reader import Reader
from api.positions import POSITIONS
from api.web.requests import current_ledger
from api.web.responses import answer_computed

A = TypeVar("A")

_BY_TIME = frozenset({"time", "certificates", "cycles", "plans"})
"""What is cut by the time, and may be longer the next time."""


@contextmanager
def open_reader(asking: ParsedQuestion) -> Generator[Reader]:
    """Open the registry at the moment that was asked for, in a slot of the heavy answers.

    Whatever asks a question comes through here: the API, a page, a frame.
    """
    opened = open_at(current_ledger().open_reader, asking.asked, asking.moment_name)
    with heavy_answers.hold_slot(), opened as reader:
        yield reader


def solving_seconds() -> float:
    """Return the time for solving."""
    return cast("int", current_app.config["ANALYSIS_SECONDS"])


def make_input(reader: Reader, id: str, asking: ParsedQuestion) -> QuestionInput:
    """Return what a question is answered from."""
    return QuestionInput(reader, id, asking, current_ledger().open_reader, solving_seconds())


def _make_answer(question: AnalysisQuestion[A], asked: QuestionInput) -> A:
    """Make an answer; of one that draws on too many records, name the parameters that narrow it."""
    try:
        return question.make_answer(asked)
    except TooMany as error:
        narrowing = question.query.narrowing if error.noun in (POSITIONS.name, STANCES) else ()
        raise TooMany(error.most, error.noun, by=narrowing) from error


def serve_answer(
    question: AnalysisQuestion[A],
    asked: QuestionInput,
    media_type: str,
    write: Callable[[A], bytes],
) -> Response:
    """Serve what is written of the answer to a question, or 304; raises NotFound or Gone."""
    cut: list[str] = []
    if question.about is not None:  # What becomes 404 or 410 comes before 304.
        asked.reader.read_record(question.about, asked.id)

    def make_body() -> bytes:
        answer = _make_answer(question, asked)
        cut.extend(getattr(answer, "cut", ()))
        return write(answer)

    pinned = asked.asking.asked.is_pinned
    response = answer_computed(asked.reader.moment, make_body, media_type, pinned=pinned)
    if not _BY_TIME.isdisjoint(cut):
        forbid_storing(response)
    return response


def forbid_storing(response: Response) -> None:
    """Let nobody keep an answer that the time cut short."""
    del response.headers["ETag"]
    response.headers["Cache-Control"] = "no-store"
