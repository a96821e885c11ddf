"""The matrix as a picture: a row for each issue or proposition, a column for each holder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from api.analysis.engine.stances import CONDITIONAL
from api.charts import layout, stance
from api.charts.layout import QUIET, Caption, Spec, take_first

if TYPE_CHECKING:
    from api.analysis.questions.cells import Cell, Matrix, MatrixRow, Package

Line = tuple[str, list[list[stance.ShownStance]]]
"""A row of the picture: its label, and the positions of each holder."""

MAX_ROWS, MAX_HOLDERS = 60, 20
_BAND, _ROW, _LETTERS = 132, 50, 24


def draw_matrix(answer: Matrix, caption: Caption) -> Spec:
    """Draw who stands where."""
    title = f"Who stands where: {caption.about}"
    if not (answer.columns and answer.rows):
        return layout.draw_empty(title, caption, "No position is recorded that day. Try another.")
    rows, fewer = take_first([*_list_lines(answer)], MAX_ROWS, "rows", "issue or proposition")
    holders, still_fewer = take_first(answer.rows, MAX_HOLDERS, "holders", "holder")
    values = [
        {"row": number, "holder": place, **_encode_cell(shown)}
        for number, (_, cells) in enumerate(rows)
        for place, shown in enumerate(cells[: len(holders)])
    ]
    notes = (_KEY, *fewer, *still_fewer)
    return layout.make_picture(title, caption, notes, _describe_matrix(rows, holders), {
        "data": {"values": values},
        "width": {"step": _BAND},
        "height": {"step": _ROW},
        "encoding": {
            "x": layout.encode_columns(
                "holder", [layout.wrap_text(each.holder_label, 16, 3) for each in holders],
                labelFontWeight="bold",
            ),
            "y": layout.encode_rows("row", [layout.wrap_text(label, 46, 3) for label, _ in rows]),
        },
        "layer": _LAYERS,
    })  # fmt: skip


_KEY = (
    "A dashed border: only under conditions. Two colours: records of one day disagree. "
    "Hollow and dotted: only others say so, in no voice that counts. "
    "A dot: nothing is recorded, which is not neutral."
)

_TILE: Spec = {"type": "rect", "cornerRadius": 3, "width": _BAND - 4, "height": _ROW - 4}


def _fill_tiles(those: str, **mark: Any) -> Spec:
    return {"transform": [{"filter": those}], "mark": {**_TILE, **mark}}


def _outline_tiles(those: str, dash: Sequence[int], width: float) -> Spec:
    return _fill_tiles(those, filled=False, stroke=QUIET, strokeDash=dash, strokeWidth=width)


_HALF, _DISPUTED = _BAND // 2 - 2, "datum.disputed && !datum.hollow"
_FOR, _AGAINST = (stance.STANCE_STYLES[each].ground for each in ("for", "against"))

_LAYERS: list[Spec] = [
    {
        **_fill_tiles("datum.stance !== 'none' && !datum.hollow"),
        "encoding": {"color": {"field": "ground", "type": "nominal", "scale": None}},
    },
    _fill_tiles(_DISPUTED, color=_FOR, width=_HALF, xOffset=-_BAND // 4 + 1),
    _fill_tiles(_DISPUTED, color=_AGAINST, width=_HALF, xOffset=_BAND // 4 - 1),
    _outline_tiles("datum.conditional && !datum.hollow", [4, 3], 1.4),
    _outline_tiles("datum.hollow", [1, 3], 1.6),
    {
        "mark": {
            "type": "point", "size": 110, "strokeWidth": 0, "opacity": 1,
            "yOffset": {"expr": "datum.stance === 'none' ? 0 : -8"},
        },
        "encoding": layout.encode_marks(
            "stance", stance.STANCE_STYLES, ("shape", "fill"), symbolSize=110, symbolStrokeWidth=0
        ),
    },
    {
        "mark": {"type": "text", "yOffset": 12},
        "encoding": {"text": {"field": "word"}},
    },
]  # fmt: skip


def _list_lines(answer: Matrix) -> Iterator[Line]:
    for place, column in enumerate(answer.columns):
        label = column.label or "On no issue"
        yield label.removesuffix("."), [[*_list_shown(row.cells[place])] for row in answer.rows]
    packages = [each.proposal for row in answer.rows for each in row.packages]
    for proposal in dict.fromkeys(packages):
        held = [
            [_show_package(each) for each in row.packages if each.proposal == proposal]
            for row in answer.rows
        ]
        yield f"Proposal {proposal}, as a whole", held


def _list_shown(cell: Cell) -> Iterator[stance.ShownStance]:
    for at in cell.positions:
        yield stance.ShownStance(
            at.force, at.sign, at.negated, at.conditional, at.disagreement, at.state
        )
    for each in cell.conditions:
        yield stance.ShownStance("", 0, conditional=True, state=each.state, short=each.short)


def _show_package(each: Package) -> stance.ShownStance:
    return stance.ShownStance(
        each.force, each.sign, conditional=each.force == CONDITIONAL, state=each.state
    )


def _encode_cell(shown: Sequence[stance.ShownStance]) -> dict[str, Any]:
    style = stance.choose_style(shown)
    return {
        "stance": style,
        "ground": stance.STANCE_STYLES[style].ground,
        "word": _shorten_cell(shown),
        "hollow": stance.is_hollow(shown),
        "conditional": any(each.conditional for each in _list_first(shown)),
        "disputed": any(each.disagreement for each in shown),
    }


def _list_first(shown: Sequence[stance.ShownStance]) -> Sequence[stance.ShownStance]:
    """Return the positions of a cell, or its conditions where it has no position."""
    return [each for each in shown if not each.short] or shown


def _shorten_cell(shown: Sequence[stance.ShownStance]) -> str:
    first = _list_first(shown)
    said = stance.describe_stances(first) if shown else ""
    said += " + condition" if len(first) < len(shown) else ""
    return said if len(said) <= _LETTERS else layout.wrap_text(said, _LETTERS, 1)[0]


def _describe_matrix(rows: Sequence[Line], holders: Sequence[MatrixRow]) -> str:
    """Describe the matrix in words, holder by holder."""
    said: list[str] = []
    for place, holder in enumerate(holders):
        held = [f"{label}: {_describe_cell(cells[place])}" for label, cells in rows if cells[place]]
        said.append(f"{holder.holder_label}: {'; '.join(held) or 'nothing recorded'}.")
    return " ".join(said)


def _describe_cell(shown: Sequence[stance.ShownStance]) -> str:
    is_conditional = any(each.conditional and not each.short for each in shown)
    conditions = " under conditions" if is_conditional else ""
    return stance.describe_stances(shown) + conditions
