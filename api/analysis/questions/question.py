"""A question of analysis, as data: what it asks, what it answers, and what it is called."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from api.analysis.declarations import Row
from api.analysis.questions.queries import AnalysisQuerySchema, ParsedQuestion
from api.errors import Invalid
from api.ledger import Asked
from api.ledger.reading.reader import Reader
from api.vocabulary import CodeList
from api.web.cells import join_values
from api.web.resource import Resource

A = TypeVar("A")
OpenReader = Callable[[Asked], AbstractContextManager[Reader]]


@dataclass(frozen=True, slots=True)
class QuestionInput:
    """What an answer is made from: a snapshot, the record asked about, and what was asked.

    `open_reader` opens the registry at another moment, `seconds` is the time for solving.
    """

    reader: Reader
    id: str
    asking: ParsedQuestion
    open_reader: OpenReader
    seconds: float

    @property
    def of(self) -> Any:
        """What the query left to the caller."""
        return self.asking.of

    @property
    def clocks(self) -> dict[str, Any]:
        """Both clocks as they were resolved, as parameters of an address."""
        moment = self.reader.moment
        return {"known_at": moment.known_at, "valid_at": moment.valid_at or "any"}


@dataclass(frozen=True)
class AnalysisQuestion(Generic[A]):
    """One question: its address, its answer, its words; most ask about a record of `about`.

    `answer_type` declares what `make_answer` returns. `make_rows` makes its flat rows: what is no
    column is dropped from them, and what they lack is null. `kinds` are the values of the column
    `kind` by which they may be chosen. `group` is where the documentation lists it.
    """

    name: str
    about: Resource | None
    summary: str
    text: str
    query: type[AnalysisQuerySchema]
    answer_type: type[A]
    make_answer: Callable[[QuestionInput], A]
    columns: Sequence[str]
    make_rows: Callable[[A], Iterable[Row]]
    tried: Mapping[str, Any] = field(default_factory=dict[str, Any])
    kinds: CodeList | None = None
    group: str = "deadlock"

    @property
    def title(self) -> str:
        """Its name as part of an operationId."""
        return (self.about.singular.title() if self.about else "") + self.name.title()

    @property
    def url(self) -> str:
        """Its address."""
        place = f"{self.about.name}/<slug:id>/" if self.about else ""
        return f"/v1/{place}{self.name}"

    def list_rows(self, answer: A) -> Iterator[Row]:
        """Yield the flat rows of an answer; lists are joined."""
        for row in self.make_rows(answer):
            yield {name: _make_cell(row.get(name)) for name in self.columns}


def _make_cell(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return join_values(cast("Sequence[str]", value))
    return value


@contextmanager
def open_at(open_reader: OpenReader, asked: Asked, parameter: str) -> Generator[Reader]:
    """Open the registry at a moment; a wrong one is blamed on the parameter that gave it."""
    with ExitStack() as stack:
        try:
            reader = stack.enter_context(open_reader(asked))
        except Invalid as error:
            raise Invalid(str(error), parameter=parameter) from error
        yield reader
