"""Who stands where: holders against propositions or issues, with the positions in force.

A cell lists, for each proposition, the position that shows where the holder stands, chosen as in a
deadlock (`api.analysis.engine.selection`), what others say of it instead, and the holder's
conditions for it. An empty cell says that nothing is recorded, which is not the same as having no
opinion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from api.analysis.declarations import Row, about, answer, fill, flatten
from api.analysis.engine.model import atom_of
from api.analysis.engine.scene import DEFAULT_VOICES, Scene
from api.analysis.engine.selection import NONE_RECORDED
from api.analysis.engine.stances import CONDITIONAL, list_holders, sign_of
from api.analysis.loading import load_all, load_scene
from api.analysis.questions import lines
from api.analysis.questions.queries import NarrowedQuerySchema, ids_parameter
from api.analysis.questions.question import AnalysisQuestion, QuestionInput
from api.conflicts.routes import RESOURCE as CONFLICTS
from api.errors import Invalid
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.ledger.store.transactions import split_ids
from api.proposals import PROPOSALS
from api.vocabulary import FORCE, LINE_STATE, PARTY_STATUS
from api.web.contract.parameters import ChoiceParameter

MOST_CELLS = 100_000


@dataclass(frozen=True, slots=True)
class MatrixQuery:
    """What a matrix shows: positions that fit `narrowed`, by issue or by proposition."""

    by_issue: bool
    narrowed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    voices: tuple[str, ...] = DEFAULT_VOICES


class MatrixQuerySchema(NarrowedQuerySchema):
    """The question for a matrix."""

    narrowing = ("issue", "holder", "proposition")
    by = ChoiceParameter("What the columns are.", ["proposition", "issue"], "proposition")
    issue = ids_parameter("issue", "Only positions on this issue", "issues")
    holder = ids_parameter("holder", "Only what these hold", "actors")
    proposition = ids_parameter("proposition", "Only positions on this", "propositions")

    voices = lines.make_voices_parameter()

    def read_parameters(self, data: dict[str, Any]) -> MatrixQuery:
        return MatrixQuery(
            data.get("by") == "issue", self.read_narrowing(data), lines.read_voices(data)
        )


@answer
class CellPosition(lines.RecordLine):
    """Where a holder stands on one proposition."""

    id: str = about("the position that shows it", noun="positions")
    proposition: str = about("what it is about", noun="propositions")
    text: str = about("the proposition")
    force: str = about(codes=FORCE)
    negated: bool = about("it is about the proposition's opposite")
    sign: int = about("1 for, -1 against the proposition, 0 neither", form="sign")
    conditional: bool = about("it holds only under preconditions")
    evidence: Sequence[str] = about("the statements that show it")
    disagreement: bool = about("records of the same day say the opposite of each other")
    records: Sequence[str] = about("all positions in force of the holder on it")


@answer
class CellCondition(lines.RecordLine):
    """A condition of the holder for what the column is about."""

    id: str = about("the precondition", noun="preconditions")
    short: str = about("it in few words, such as “only if …”")


@answer
class Cell:
    """A holder's positions in one column."""

    holder: str = about("the holder", noun="actors")
    column: str | None = about("the proposition or issue; null for no issue")
    state: str = about(codes=LINE_STATE)
    positions: Sequence[CellPosition] = about("one for each proposition")
    others: Sequence[CellPosition] = about("what others say of it instead, in a lower voice")
    conditions: Sequence[CellCondition] = about("what it makes a condition of it")
    proposed_in: Sequence[str] = about("its proposals with a component of this")


@answer
class Package(lines.RecordLine):
    """An answer to a proposal as a whole, which is in no single cell."""

    id: str = about("the position", noun="positions")
    proposal: str = about("what it answers", noun="proposals")
    force: str = about(codes=FORCE)
    sign: int = about("1 for, -1 against all of it together, 0 neither", form="sign")


@answer
class Column:
    """A column of a matrix."""

    id: str | None = about("the proposition or issue; null for no issue")
    label: str | None = about("what it is called")


@answer
class MatrixRow:
    """A holder's row."""

    holder: str = about("the holder", noun="actors")
    holder_label: str = about("what it is called")
    status: str | None = about("its standing in the conflict", codes=PARTY_STATUS)
    cells: Sequence[Cell] = about("a cell for each column, in order")
    packages: Sequence[Package] = about("its answers to whole proposals")


@answer
class Matrix:
    """Who stands where."""

    by: str = about("`proposition` or `issue`")
    columns: Sequence[Column] = about("what is stood for or against")
    rows: Sequence[MatrixRow] = about("the holders, those with a standing in the conflict first")


def answer_matrix(asked: QuestionInput) -> Matrix:
    """Answer who stands where."""
    query = cast("MatrixQuery", asked.of)
    scene = load_scene(asked.reader, asked.id, query.narrowed)
    return lay_out_matrix(scene, query, load_proposals(asked.reader, scene))


def load_proposals(reader: Reader, scene: Scene) -> Sequence[Record]:
    """Load the proposals that propose what there are positions on or conditions for."""
    subjects = {each["proposition"] for each in scene.positions if each["proposition"]}
    subjects |= {atom_of(c) for each in scene.preconditions for c in each["consequents"]}
    found = (load_all(reader, PROPOSALS, {"proposition": some}) for some in split_ids(subjects))
    return list({each["id"]: each for some in found for each in some}.values())


def lay_out_matrix(scene: Scene, query: MatrixQuery, proposals: Iterable[Record] = ()) -> Matrix:
    """Lay out what is in force, a row for each holder, a column for each proposition or issue.

    Raises Invalid for too many cells.
    """
    made = _Layout(scene, query)
    made.group_records(proposals)
    issues = query.narrowed.get("issue") if query.by_issue else None
    columns = [each for each in made.columns if not issues or each in issues]
    rows = query.narrowed.get("holder") or made.order_holders()
    _refuse_too_many(rows, columns)
    noun = "issues" if query.by_issue else "propositions"
    return Matrix(
        by="issue" if query.by_issue else "proposition",
        columns=[Column(each, scene.lookup.find_label(noun, each)) for each in columns],
        rows=[made.make_row(each, columns) for each in rows],
    )


def _refuse_too_many(rows: Sequence[str], columns: Sequence[str | None]) -> None:
    if len(rows) * len(columns) > MOST_CELLS:
        raise Invalid(
            f"{len(rows)} holders and {len(columns)} columns are too many cells for one matrix; "
            "narrow it by issue, holder or proposition"
        )


_Key = tuple[str, str | None]
"""A holder and a column."""


class _Layout:
    """The records of a scene by cell, and how a cell is made of them."""

    def __init__(self, scene: Scene, query: MatrixQuery) -> None:
        self._scene, self._query = scene, query
        self._writer = lines.make_line_writer(scene, query.voices)
        self._held, self._asked = (
            [each for each in some if each["rank"] != "deprecated"]
            for some in (scene.positions, scene.preconditions)
        )
        self._positions = defaultdict[_Key, list[Record]](list)
        self._conditions = defaultdict[_Key, list[tuple[Record, str]]](list)
        self._proposed = defaultdict[_Key, list[str]](list)
        self.columns: dict[str | None, None] = {}

    def group_records(self, proposals: Iterable[Record]) -> None:
        """Group records by cell; positions and conditions make columns, proposals do not."""
        for record in self._held:
            for key in self._list_keys(list_holders(record), record["proposition"]):
                self._positions[key].append(record)
                self.columns[key[1]] = None
        for record in self._asked:
            for literal in filter(self._is_asked, record["consequents"]):
                for key in self._list_keys(list_holders(record), atom_of(literal)):
                    if key[0] in self._query.narrowed.get("holder", key):
                        self._conditions[key].append((record, literal))
                        self.columns[key[1]] = None
        for record in proposals:
            literals = (each for part in record["components"] for each in part["propositions"])
            for literal in dict.fromkeys(literals):
                for key in self._list_keys(record["proposers"], atom_of(literal)):
                    self._proposed[key].append(record["id"])

    def _is_asked(self, literal: str) -> bool:
        """Whether the query is not narrowed to other propositions or issues."""
        about, narrowed = atom_of(literal), self._query.narrowed
        issues = self._scene.find_proposition(about).get("issues") or ()
        on_issue = "issue" not in narrowed or not set(issues).isdisjoint(narrowed["issue"])
        return on_issue and about in narrowed.get("proposition", (about,))

    def _list_keys(self, holders: Sequence[str], proposition: str | None) -> Iterator[_Key]:
        if proposition is not None:
            issues = self._scene.find_proposition(proposition).get("issues") or [None]
            for column in issues if self._query.by_issue else [proposition]:
                yield from ((holder, column) for holder in holders)

    def order_holders(self) -> list[str]:
        """Order holders: those with a standing in the conflict first, audiences never."""
        listed = [each["actor"] for each in self._scene.conflict["parties"]]
        having = [who for each in (*self._held, *self._asked) for who in list_holders(each)]
        named = dict.fromkeys([*listed, *having])
        known = ((self._scene.lookup.get("actors", each) or {}, each) for each in named)
        return [id for actor, id in known if actor.get("kind") != "audience"]

    def make_row(self, holder: str, columns: Sequence[str | None]) -> MatrixRow:
        """Make the row of a holder."""
        parties = self._scene.conflict["parties"]
        return MatrixRow(
            holder=holder,
            holder_label=self._scene.name_actor(holder),
            status=next((each["status"] for each in parties if each["actor"] == holder), None),
            cells=[self._make_cell(holder, each) for each in columns],
            packages=[*self._list_packages(holder)],
        )

    def _list_packages(self, holder: str) -> Iterator[Package]:
        for each in self._held:
            if each["proposition"] is None and holder in list_holders(each):
                line = self._writer.describe_line("positions", each, holder)
                answered = each["responds_to"]["proposal"]
                yield fill(Package, {**each, **line}, proposal=answered, sign=sign_of(each))

    def _make_cell(self, holder: str, column: str | None) -> Cell:
        positions, others = [*self._list_shown(holder, column)], list[CellPosition]()
        for shown in positions:
            others += self._list_others(holder, shown, self._positions[holder, column])
        conditions = [self._show_condition(holder, *e) for e in self._conditions[holder, column]]
        states = {each.state for each in (*positions, *conditions)}
        state = next((each for each in LINE_STATE.values if each in states), NONE_RECORDED)
        proposed = list(dict.fromkeys(self._proposed[holder, column]))
        return Cell(holder, column, state, positions, others, conditions, proposed)

    def _list_shown(self, holder: str, column: str | None) -> Iterator[CellPosition]:
        of: defaultdict[str, list[Record]] = defaultdict(list)
        for each in self._positions[holder, column]:
            of[each["proposition"]].append(each)
        for rivals in of.values():
            stand = self._writer.weighing.find_stand(rivals)
            if (shown := stand.shown) is not None:
                ids = [each["id"] for each in rivals]
                yield self._show_position(holder, shown, ids)

    def _list_others(
        self, holder: str, shown: CellPosition, rivals: Sequence[Record]
    ) -> Iterator[CellPosition]:
        """List what others say of the holder that differs from where it stands."""
        for each in rivals:
            same = each["proposition"] == shown.proposition and each["id"] != shown.id
            if same and (each["force"], each["negated"]) != (shown.force, shown.negated):
                line = self._show_position(holder, each, [each["id"]])
                if line.state in ("reported", "denied", "outranked"):
                    yield line

    def _show_position(self, holder: str, shown: Record, rivals: Sequence[str]) -> CellPosition:
        line = self._writer.describe_line("positions", shown, holder)
        return fill(
            CellPosition,
            {**shown, **line},
            text=self._scene.find_proposition(shown["proposition"])["text"],
            sign=sign_of(shown),
            conditional=bool(shown["under"]) or shown["force"] == CONDITIONAL,
            disagreement=bool(line["disputed_with"]),
            records=rivals,
        )

    def _show_condition(self, holder: str, record: Record, literal: str) -> CellCondition:
        line = self._writer.describe_line("preconditions", record, holder)
        short = self._writer.say.shorten_condition(record, literal)
        return fill(CellCondition, {**record, **line}, short=short)


_COLUMNS = ("holder", "holder_label", "status", "column", "column_label", "state", "position",
            "proposition", "text", "proposal", "force", "negated", "sign", "conditional", "voice",
            "last_attested_on", "disagreement", "records", "precondition", "proposed_in",
            *(name for name in lines.LINE_COLUMNS
              if name not in ("state", "voice", "last_attested_on")))  # fmt: skip


def _make_rows(matrix: Matrix) -> Iterator[Row]:
    """Make a row for each position and condition in a cell, each empty cell, and each package."""
    labels = {each.id: each.label for each in matrix.columns}
    for row in matrix.rows:
        own = {name: getattr(row, name) for name in ("holder", "holder_label", "status")}
        holder = dict.fromkeys(_COLUMNS) | own
        for cell in row.cells:
            place = {"column": cell.column, "column_label": labels[cell.column]}
            place = {**holder, **place, **flatten(cell, "state", "proposed_in")}
            shown = [("position", each) for each in (*cell.positions, *cell.others)]
            shown += [("precondition", each) for each in cell.conditions]
            yield from ({**place, **flatten(each), name: each.id} for name, each in shown)
            if not shown:
                yield place
        for each in row.packages:  # in no single column
            yield {**holder, **flatten(each), "position": each.id}


QUESTION = AnalysisQuestion(
    name="matrix",
    about=CONFLICTS,
    summary="Compare who stands where",
    text=(
        "Holders against propositions or issues: each cell lists the positions in force, one "
        "for each proposition, with force, sign, whether it is conditional, whose account it is, "
        "evidence, and whether records of one day disagree. What only others say, in none of the "
        "`voices`, is `reported`, not held; what they say beside the holder's own word is in "
        "`others`, and what the holder denies is `denied`. `conditions` are what it makes a "
        "condition of this, `proposed_in` its proposals of it. An empty cell is `none_recorded`, "
        "never neutral. Rows begin with those who have a standing in the conflict "
        f"({', '.join(f'`{each}`' for each in PARTY_STATUS.values)}); answers to whole proposals "
        "are `packages`."
    ),
    query=MatrixQuerySchema,
    answer_type=Matrix,
    make_answer=answer_matrix,
    columns=_COLUMNS,
    make_rows=_make_rows,
)
