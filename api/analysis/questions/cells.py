"""The answer of a matrix: a row for each holder, a cell for each column."""

from collections.abc import Sequence

from api.analysis.declarations import about, answer
from api.analysis.questions import lines
from api.vocabulary import FORCE, LINE_STATE, PARTY_STATUS


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
