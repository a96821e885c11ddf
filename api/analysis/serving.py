"""How an answer is served, whether as JSON, as a picture or on a page.

Whatever solves is answered in a turn. What was cut because the time was over may be longer the next
time, so it carries no ETag and is not to be stored.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, cast

from flask import Response, current_app

from api.analysis.answers import Given, opened
from api.analysis.engine.solving import turn
from api.analysis.questions.queries import AnalysisQuerySchema, Asking, NarrowedQuerySchema
from api.analysis.questions.question import Question
from api.errors import TooMany
from api.ledger.reader import Reader
from api.positions import POSITIONS
from api.web.requests import current_ledger
from api.web.responses import answer_computed

Answer = dict[str, Any]


def reading_for(asking: Asking) -> AbstractContextManager[Reader]:
    """Open the registry at the moment that was asked for."""
    return opened(current_ledger().reading, asking.asked, asking.moment_name)


def seconds() -> float:
    """Give the time for solving."""
    return cast("int", current_app.config["ANALYSIS_SECONDS"])


def given(reader: Reader, id: str, asking: Asking) -> Given:
    """Give a question what it is answered from."""
    return Given(reader, id, asking, current_ledger().reading, seconds())


def find_record(question: Question, reader: Reader, id: str) -> None:
    """Raise what becomes 404 or 410, before 304 is answered."""
    if question.about is not None:
        reader.record(question.about.noun, id)


@contextmanager
def _narrowable(query: type[AnalysisQuerySchema]) -> Generator[None]:
    """Say of a question that draws on too many records by which parameters it can be narrowed."""
    try:
        yield
    except TooMany as error:
        if error.noun != POSITIONS.name or not issubclass(query, NarrowedQuerySchema):
            raise
        raise TooMany(error.most, error.noun, by=query.narrowing) from error


def served(
    question: Question,
    asked: Given,
    media_type: str,
    write: Callable[[Answer], bytes],
) -> Response:
    """Serve what is written of the answer to a question, or 304."""
    made: Answer = {}

    def body() -> bytes:
        with turn() if question.solves else nullcontext(), _narrowable(question.query):
            made.update(question.answer(asked))
            return write(made)

    pinned = asked.asking.asked.is_pinned
    response = answer_computed(asked.reader.moment, body, media_type, pinned=pinned)
    if "time" in made.get("cut", ()):
        keep_out_of_stores(response)
    return response


def keep_out_of_stores(response: Response) -> None:
    """Let nobody keep an answer that the time cut short."""
    del response.headers["ETag"]
    response.headers["Cache-Control"] = "no-store"
