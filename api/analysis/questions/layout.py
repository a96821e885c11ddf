"""The layout of a matrix: what is in force by cell, and what a cell says.

A cell lists, for each proposition, the position that shows where the holder stands, chosen as in a
deadlock (`api.analysis.engine.selection`), what others say of it instead, and the holder's
conditions for it. An empty cell says that nothing is recorded, which is not the same as having no
opinion.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from api.analysis.declarations import fill
from api.analysis.engine.model import atom_of
from api.analysis.engine.parts import group_by
from api.analysis.engine.scene import DEFAULT_VOICES, Scene
from api.analysis.engine.stances import CONDITIONAL, list_holders, sign_of
from api.analysis.engine.weighing import NONE_RECORDED
from api.analysis.questions import cells, lines
from api.errors import TooLarge
from api.ledger.noun import Record
from api.vocabulary import LINE_STATE

MOST_CELLS, MOST_ENTRIES = 50_000, 50_000
"""How many cells a matrix has at most, and how many entries in them, each counted with its
statements: a record stands in the cells of all its holders."""

_TOO_MANY = "narrow it by issue, holder or proposition"


@dataclass(frozen=True, slots=True)
class MatrixQuery:
    """What a matrix shows: positions that fit `narrowed`, by issue or by proposition."""

    by_issue: bool
    narrowed: Mapping[str, Any] = field(default_factory=dict[str, Any])
    voices: tuple[str, ...] = DEFAULT_VOICES


def lay_out_matrix(
    scene: Scene, query: MatrixQuery, proposals: Iterable[Record] = ()
) -> cells.Matrix:
    """Lay out what is in force, a row for each holder, a column for each proposition or issue.

    Raises TooLarge for too many cells.
    """
    made = _Layout(scene, query)
    made.group_records(proposals)
    issues = query.narrowed.get("issue") if query.by_issue else None
    columns = [each for each in made.columns if not issues or each in issues]
    rows = query.narrowed.get("holder") or made.order_holders()
    _refuse_too_many(rows, columns)
    noun = "issues" if query.by_issue else "propositions"
    return cells.Matrix(
        by="issue" if query.by_issue else "proposition",
        columns=[cells.Column(each, scene.lookup.find_label(noun, each)) for each in columns],
        rows=[made.make_row(each, columns) for each in rows],
    )


def _refuse_too_many(rows: Sequence[str], columns: Sequence[str | None]) -> None:
    if len(rows) * len(columns) > MOST_CELLS:
        raise TooLarge(
            f"{len(rows)} holders and {len(columns)} columns are too many cells for one matrix; "
            f"{_TOO_MANY}"
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
        self._packages = defaultdict[str, list[Record]](list)
        self._entries = 0
        self.columns: dict[str | None, None] = {}

    def group_records(self, proposals: Iterable[Record]) -> None:
        """Group records by cell; positions and conditions make columns, proposals do not."""
        for record in self._held:
            self._group_position(record)
        for record in self._asked:
            self._group_condition(record)
        for record in proposals:
            literals = (each for part in record["components"] for each in part["propositions"])
            for literal in dict.fromkeys(literals):
                for key in self._list_keys(record["proposers"], atom_of(literal)):
                    self._count_entry()
                    self._proposed[key].append(record["id"])

    def _count_entry(self, record: Record | None = None) -> None:
        """Count what stands in a cell; raises TooLarge for too much."""
        self._entries += 1 + len(record["evidence"] if record else ())
        if self._entries > MOST_ENTRIES:
            raise TooLarge(
                f"more than {MOST_ENTRIES} entries are too many for one matrix, each counted with "
                f"its statements for each of its holders; {_TOO_MANY}"
            )

    def _group_position(self, record: Record) -> None:
        holders = self._select_rows(list_holders(record))
        for key in self._list_keys(holders, record["proposition"]):
            self._count_entry(record)
            self._positions[key].append(record)
            self.columns[key[1]] = None
        for holder in holders if record["proposition"] is None else ():
            self._count_entry()
            self._packages[holder].append(record)

    def _select_rows(self, holders: Sequence[str]) -> list[str]:
        """Select the holders that have a row."""
        asked = self._query.narrowed.get("holder")
        return [each for each in holders if asked is None or each in asked]

    def _group_condition(self, record: Record) -> None:
        for literal in filter(self._is_asked, record["consequents"]):
            for key in self._list_keys(self._select_rows(list_holders(record)), atom_of(literal)):
                self._count_entry()
                self._conditions[key].append((record, literal))
                self.columns[key[1]] = None

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

    def make_row(self, holder: str, columns: Sequence[str | None]) -> cells.MatrixRow:
        """Make the row of a holder."""
        parties = self._scene.conflict["parties"]
        return cells.MatrixRow(
            holder=holder,
            holder_label=self._scene.name_actor(holder),
            status=next((each["status"] for each in parties if each["actor"] == holder), None),
            cells=[self._make_cell(holder, each) for each in columns],
            packages=[*self._list_packages(holder)],
        )

    def _list_packages(self, holder: str) -> Iterator[cells.Package]:
        for each in self._packages[holder]:
            line = self._writer.describe_line(each, holder)
            answered = each["responds_to"]["proposal"]
            yield fill(cells.Package, {**each, **line}, proposal=answered, sign=sign_of(each))

    def _make_cell(self, holder: str, column: str | None) -> cells.Cell:
        positions, others = list[cells.CellPosition](), list[cells.CellPosition]()
        for rivals in group_by(self._positions[holder, column], itemgetter("proposition")):
            stand = self._writer.weighing.find_stand(rivals, [holder])
            if stand.shown is not None:
                ids = [each["id"] for each in rivals]
                positions.append(self._show_position(holder, stand.shown, ids))
                others += self._list_others(holder, stand.shown, rivals)
        conditions = [self._show_condition(holder, *e) for e in self._conditions[holder, column]]
        states = {each.state for each in (*positions, *conditions)}
        state = next((each for each in LINE_STATE.values if each in states), NONE_RECORDED)
        proposed = list(dict.fromkeys(self._proposed[holder, column]))
        return cells.Cell(holder, column, state, positions, others, conditions, proposed)

    def _list_others(
        self, holder: str, shown: Record, rivals: Sequence[Record]
    ) -> Iterator[cells.CellPosition]:
        """List what others say of the holder that differs from where it stands."""
        for each in rivals:
            if (each["force"], each["negated"]) != (shown["force"], shown["negated"]):
                line = self._show_position(holder, each, [each["id"]])
                if line.state in ("reported", "denied", "outranked"):
                    yield line

    def _show_position(
        self, holder: str, shown: Record, rivals: Sequence[str]
    ) -> cells.CellPosition:
        line = self._writer.describe_line(shown, holder)
        return fill(
            cells.CellPosition,
            {**shown, **line},
            text=self._scene.find_proposition(shown["proposition"])["text"],
            sign=sign_of(shown),
            conditional=bool(shown["under"]) or shown["force"] == CONDITIONAL,
            disagreement=bool(line["disputed_with"]),
            records=rivals,
        )

    def _show_condition(self, holder: str, record: Record, literal: str) -> cells.CellCondition:
        line = self._writer.describe_line(record, holder, literal)
        short = self._writer.say.shorten_condition(record, literal)
        return fill(cells.CellCondition, {**record, **line}, short=short)
