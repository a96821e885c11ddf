"""Who stands where: holders against propositions or issues, with the positions in force."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from api.analysis.declarations import Row
from api.analysis.engine.model import atom_of
from api.analysis.engine.scene import Scene
from api.analysis.loading import load_all, load_scene
from api.analysis.questions import lines
from api.analysis.questions.cells import Matrix
from api.analysis.questions.layout import MatrixQuery, lay_out_matrix
from api.analysis.questions.queries import AnalysisQuerySchema, ids_parameter
from api.analysis.questions.question import AnalysisQuestion, QuestionInput
from api.conflicts import CONFLICTS
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.ledger.store.transactions import split_ids
from api.proposals import PROPOSALS
from api.vocabulary import PARTY_STATUS
from api.web.contract.parameters import ChoiceParameter


class MatrixQuerySchema(AnalysisQuerySchema):
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


_COLUMNS = tuple(dict.fromkeys((
    "holder", "holder_label", "status", "column", "column_label", "state", "position",
    "proposition", "text", "proposal", "force", "negated", "sign", "conditional", "voice",
    "last_attested_on", "disagreement", "records", "precondition", "proposed_in",
    *lines.LINE_COLUMNS)))  # fmt: skip


def _make_rows(matrix: Matrix) -> Iterator[Row]:
    """Make a row for each position and condition in a cell, each empty cell, and each package."""
    labels = {each.id: each.label for each in matrix.columns}
    for row in matrix.rows:
        for cell in row.cells:
            place = {**vars(row), **vars(cell), "column_label": labels[cell.column]}
            shown = [("position", each) for each in (*cell.positions, *cell.others)]
            shown += [("precondition", each) for each in cell.conditions]
            yield from ({**place, **vars(each), name: each.id} for name, each in shown)
            if not shown:
                yield place
        for each in row.packages:  # in no single column
            yield {**vars(row), **vars(each), "position": each.id}


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
