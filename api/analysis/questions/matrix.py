"""Who stands where: holders against propositions or issues, with the positions in force.

A cell lists, for each proposition, the position that shows where the holder stands, as
`api.analysis.engine.stances` picks it. An empty cell says that nothing is recorded, which is not
the same as having no opinion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from api.analysis.declarations import Row, about, answer, fill, flatten
from api.analysis.engine.scene import Scene
from api.analysis.engine.stances import CONDITIONAL, find_standing, list_holders, sign_of
from api.analysis.loading import load_scene
from api.analysis.questions.queries import NarrowedQuerySchema, ids_parameter
from api.analysis.questions.question import AnalysisQuestion, QuestionInput
from api.conflicts.routes import RESOURCE as CONFLICTS
from api.errors import Invalid
from api.ledger.noun import Record
from api.vocabulary import FORCE, PARTY_STATUS, VOICE
from api.web.contract.parameters import ChoiceParameter

MOST_CELLS = 100_000


@dataclass(frozen=True, slots=True)
class MatrixQuery:
    """What a matrix shows: positions that fit `narrowed`, by issue or by proposition."""

    by_issue: bool
    narrowed: Mapping[str, Any]


class MatrixQuerySchema(NarrowedQuerySchema):
    """The question for a matrix."""

    narrowing = ("issue", "holder", "proposition")
    by = ChoiceParameter("What the columns are.", ["proposition", "issue"], "proposition")
    issue = ids_parameter("issue", "Only positions on this issue", "issues")
    holder = ids_parameter("holder", "Only what these hold", "actors")
    proposition = ids_parameter("proposition", "Only positions on this", "propositions")

    def read_parameters(self, data: dict[str, Any]) -> MatrixQuery:
        return MatrixQuery(data.get("by") == "issue", self.read_narrowing(data))


@answer
class CellPosition:
    """Where a holder stands on one proposition."""

    id: str = about("the position that shows it", noun="positions")
    proposition: str = about("what it is about", noun="propositions")
    text: str = about("the proposition")
    force: str = about(codes=FORCE)
    negated: bool = about("it is about the proposition's opposite")
    sign: int = about("1 for, -1 against the proposition, 0 neither", form="sign")
    conditional: bool = about("it holds only under preconditions")
    voice: str = about(codes=VOICE)
    last_attested_on: str = about("when it is attested last", form="day")
    evidence: Sequence[str] = about("the statements that show it")
    disagreement: bool = about("records of the same day say the opposite of each other")
    records: Sequence[str] = about("all positions in force of the holder on it")


@answer
class Cell:
    """A holder's positions in one column."""

    holder: str = about("the holder", noun="actors")
    column: str | None = about("the proposition or issue; null for no issue")
    state: str = about("`held`, or `none_recorded`: which is not neutral")
    positions: Sequence[CellPosition] = about("one for each proposition")


@answer
class Package:
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
    holders, issues = (query.narrowed.get(name, ()) for name in ("holder", "issue"))
    return lay_out_matrix(scene, by_issue=query.by_issue, holders=holders, issues=issues)


def lay_out_matrix(
    scene: Scene, *, by_issue: bool, holders: Sequence[str] = (), issues: Sequence[str] = ()
) -> Matrix:
    """Lay out the positions in force, a row for each holder, a column for each proposition.

    `holders` and `issues` narrow rows and columns to these. Raises Invalid for too many cells.
    """
    cells = _group_by_cell(scene, by_issue=by_issue)
    narrowed = by_issue and bool(issues)
    named = dict.fromkeys(column for _, column in cells)
    columns = [each for each in named if not narrowed or each in issues]
    rows = holders or _order_holders(scene)
    _refuse_too_many(rows, columns)
    noun = "issues" if by_issue else "propositions"
    return Matrix(
        by="issue" if by_issue else "proposition",
        columns=[Column(each, scene.lookup.find_label(noun, each)) for each in columns],
        rows=[_make_row(scene, holder, columns, cells) for holder in rows],
    )


def _refuse_too_many(rows: Sequence[str], columns: Sequence[str | None]) -> None:
    if len(rows) * len(columns) > MOST_CELLS:
        raise Invalid(
            f"{len(rows)} holders and {len(columns)} columns are too many cells for one matrix; "
            "narrow it by issue, holder or proposition"
        )


def _make_row(
    scene: Scene,
    holder: str,
    columns: Sequence[str | None],
    cells: Mapping[tuple[str, str | None], Sequence[Record]],
) -> MatrixRow:
    return MatrixRow(
        holder=holder,
        holder_label=scene.name_actor(holder),
        status=next((p["status"] for p in scene.conflict["parties"] if p["actor"] == holder), None),
        cells=[_make_cell(scene, holder, each, cells.get((holder, each), ())) for each in columns],
        packages=[*_list_packages(scene, holder)],
    )


def _list_packages(scene: Scene, holder: str) -> Iterator[Package]:
    for each in scene.positions:
        if each["proposition"] is None and _is_counted(each) and holder in list_holders(each):
            answered = each["responds_to"]["proposal"]
            yield Package(each["id"], answered, each["force"], sign_of(each))


def _is_counted(record: Record) -> bool:
    return record["rank"] != "deprecated"


def _group_by_cell(scene: Scene, *, by_issue: bool) -> dict[tuple[str, str | None], list[Record]]:
    found: defaultdict[tuple[str, str | None], list[Record]] = defaultdict(list)
    for record in scene.positions:
        if record["proposition"] is not None and _is_counted(record):
            columns = (record["issues"] or [None]) if by_issue else [record["proposition"]]
            for holder in list_holders(record):
                for column in columns:
                    found[holder, column].append(record)
    return found


def _order_holders(scene: Scene) -> list[str]:
    """Order holders: those with a standing in the conflict first, audiences never."""
    listed = [each["actor"] for each in scene.conflict["parties"]]
    having = [who for each in scene.positions if _is_counted(each) for who in list_holders(each)]
    known = ((scene.lookup.get("actors", each) or {}, each) for each in [*listed, *having])
    return list(dict.fromkeys(id for actor, id in known if actor.get("kind") != "audience"))


def _make_cell(scene: Scene, holder: str, column: str | None, records: Sequence[Record]) -> Cell:
    state = "held" if records else "none_recorded"
    return Cell(holder, column, state, [*_list_shown(scene, records)])


def _list_shown(scene: Scene, records: Sequence[Record]) -> Iterator[CellPosition]:
    of: defaultdict[str, list[Record]] = defaultdict(list)
    for each in records:
        of[each["proposition"]].append(each)
    for rivals in of.values():
        stands = find_standing(rivals)
        if stands.shown is not None:
            ids = [each["id"] for each in rivals]
            yield _show_position(scene, stands.shown, ids, is_disputed=stands.is_disputed)


def _show_position(
    scene: Scene, shown: Record, rivals: Sequence[str], *, is_disputed: bool
) -> CellPosition:
    return fill(
        CellPosition,
        shown,
        text=scene.find_proposition(shown["proposition"])["text"],
        sign=sign_of(shown),
        conditional=bool(shown["under"]) or shown["force"] == CONDITIONAL,
        disagreement=is_disputed,
        records=rivals,
    )


_COLUMNS = ("holder", "holder_label", "status", "column", "column_label", "state", "position",
            "proposition", "text", "proposal", "force", "negated", "sign", "conditional", "voice",
            "last_attested_on", "disagreement", "records")  # fmt: skip


def _make_rows(matrix: Matrix) -> Iterator[Row]:
    """Make a row for each position in a cell, for each empty cell, and for each package."""
    labels = {each.id: each.label for each in matrix.columns}
    for row in matrix.rows:
        own = {name: getattr(row, name) for name in ("holder", "holder_label", "status")}
        holder = dict.fromkeys(_COLUMNS) | own
        for cell in row.cells:
            place = {"column": cell.column, "column_label": labels[cell.column]}
            place = {**holder, **place, "state": cell.state}
            yield from ({**place, **flatten(p), "position": p.id} for p in cell.positions)
            if not cell.positions:
                yield place
        for each in row.packages:  # in no single column
            yield {**holder, **flatten(each), "state": "held", "position": each.id}


QUESTION = AnalysisQuestion(
    name="matrix",
    about=CONFLICTS,
    summary="Compare who stands where",
    text=(
        "Holders against propositions or issues: each cell lists the positions in force, one "
        "for each proposition, with force, sign, whether it is conditional, voice, evidence, "
        "and whether records of one day disagree. An empty cell is `none_recorded`, never "
        "neutral. Rows begin with those who have a standing in the conflict "
        f"({', '.join(f'`{each}`' for each in PARTY_STATUS.values)}); answers to whole proposals "
        "are `packages`."
    ),
    query=MatrixQuerySchema,
    answer_type=Matrix,
    make_answer=answer_matrix,
    columns=_COLUMNS,
    make_rows=_make_rows,
)
