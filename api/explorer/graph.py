"""The graph of conditions, laid out on the server as SVG coordinates.

Boxes are propositions. Between them are labels with the holder's name, one for each alternative of
a precondition. The arrows run from the condition, on the right, through the label to what it is a
condition of, on the left. A precondition without stated conditions has a label only. Cycles are
broken for the layout; all their arrows are drawn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any

from api.ledger.noun import Record

MAX_PRECONDITIONS = 40
"""Preconditions that are drawn; the page lists all of them below."""

COLOURS = 8
"""Holders with a colour of their own; further ones reuse them."""

_BOX, _LABEL, _GAP, _ROW = 224, 148, 48, 16
_BINDINGS = {
    "none": "without conditions",
    "unspecified": "conditions not said",
    "necessary": "only if",
    "sufficient": "if",
    "necessary_and_sufficient": "if and only if",
    "offer": "offers, if",
    "unknown": "in connection with",
}

_LINE, _PADDING, _LETTERS, _LETTERS_OF_LABEL, _MAX_LINES = 17, 9, 28, 16, 5


@dataclass
class Shape:
    """A box or a label: its place, its lines of text and its link."""

    key: str
    rank: int
    lines: Sequence[str]
    width: int
    colour: int | None = None
    href: str | None = None
    about: str = ""
    x: int = 0
    y: int = 0

    @property
    def height(self) -> int:
        """From top to bottom."""
        return _LINE * len(self.lines) + 2 * _PADDING

    @property
    def middle(self) -> int:
        """Where arrows begin and end."""
        return self.y + self.height // 2


@dataclass
class _Layout:
    shapes: dict[str, Shape] = field(default_factory=dict[str, Shape])
    arrows: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    """(from, to, colour) of each; `from` is on the right."""


def draw_graph(
    preconditions: Sequence[Record],
    literal: Callable[[str], str],
    actor: Callable[[str], str],
    said: Callable[[Record], str],
) -> dict[str, Any] | None:
    """Lay out preconditions; return None where there are none."""
    drawn = preconditions[:MAX_PRECONDITIONS]
    if not drawn:
        return None
    ranks = _rank_literals(drawn)
    holders = list(dict.fromkeys(each["holder"] for each in drawn))
    layout = _Layout()
    for record in drawn:
        holder = record["holder"]
        colour = holders.index(holder) % COLOURS
        for name in _list_literals(record):
            if name not in layout.shapes:
                lines = _wrap_text(literal(name), _LETTERS)
                layout.shapes[name] = Shape(name, 2 * ranks[name], lines, _BOX)
        for key, needed in _list_alternatives(record):
            _add_alternative(layout, record, key, needed, colour, actor(holder), said(record))
    width, height = _place_shapes(layout)
    return {
        "width": width,
        "height": height,
        "shapes": list(layout.shapes.values()),
        "arrows": [_draw_arrow(layout, *each) for each in layout.arrows],
        "left_out": len(preconditions) - len(drawn),
    }


def _add_alternative(
    layout: _Layout, record: Record, key: str, needed: Sequence[str], colour: int, holder: str,
    about: str,
) -> None:  # fmt: skip
    """Add the label of an alternative, and its arrows from the needed literals to the goals."""
    rank = max(layout.shapes[each].rank for each in record["consequents"]) + 1
    lines = [*_wrap_text(holder, _LETTERS_OF_LABEL)[:2], _describe_binding(record)]
    href = f"/preconditions/{record['id']}"
    layout.shapes[key] = Shape(key, rank, lines, _LABEL, colour, href, about)
    layout.arrows += [(each, key, colour) for each in needed]
    layout.arrows += [(key, each, colour) for each in record["consequents"]]


def _describe_binding(record: Record) -> str:
    kind = record["antecedents_kind"]
    return _BINDINGS[record["modality"] if kind == "stated" else kind]


def _list_alternatives(record: Record) -> Iterator[tuple[str, Sequence[str]]]:
    for number, needed in enumerate(record["antecedents"] or [[]]):
        yield f"{record['id']} {number}", needed


def _list_literals(record: Record) -> Iterator[str]:
    yield from record["consequents"]
    for needed in record["antecedents"]:
        yield from needed


def _rank_literals(records: Iterable[Record]) -> dict[str, int]:
    """Rank literals from left to right, so that a condition is right of what it is for."""
    needs: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        for consequent in record["consequents"]:
            needs[consequent] += (each for some in record["antecedents"] for each in some)
    ranks: dict[str, int] = {}
    for root in list(needs):
        _raise_rank(root, 0, needs, ranks, ())
    return ranks


def _raise_rank(
    at: str, rank: int, needs: dict[str, list[str]], ranks: dict[str, int], path: tuple[str, ...]
) -> None:
    if at in path or ranks.get(at, -1) >= rank or rank > MAX_PRECONDITIONS:
        return
    ranks[at] = rank
    for each in needs.get(at, ()):
        _raise_rank(each, rank + 1, needs, ranks, (*path, at))


def _place_column(layout: _Layout, column: list[Shape], x: int) -> int:
    """Place shapes one below the other, each near what points at it; return the lower end."""
    column.sort(key=lambda shape: _wanted_height(layout, shape))
    y = 1
    for shape in column:
        y = max(y, _wanted_height(layout, shape) - shape.height // 2)
        shape.x, shape.y = x, y
        y += shape.height + _ROW
    return y


def _place_shapes(layout: _Layout) -> tuple[int, int]:
    """Place the shapes column by column; return the width and height of the graph."""
    columns: defaultdict[int, list[Shape]] = defaultdict(list)
    for shape in layout.shapes.values():
        columns[shape.rank].append(shape)
    x, height = 1, 0
    for rank in sorted(columns):
        column = columns[rank]
        height = max(height, _place_column(layout, column, x))
        x += max(shape.width for shape in column) + _GAP
    return x - _GAP + 1, height - _ROW + 1


def _wanted_height(layout: _Layout, shape: Shape) -> int:
    """Return the height at which a shape is level with its targets on the left."""
    levels = [
        layout.shapes[to].middle
        for start, to, _ in layout.arrows
        if start == shape.key and layout.shapes[to].rank < shape.rank
    ]
    return sum(levels) // len(levels) if levels else 0


def _draw_arrow(layout: _Layout, start: str, to: str, colour: int) -> dict[str, Any]:
    one, other = layout.shapes[start], layout.shapes[to]
    x, y, right, level = one.x, one.middle, other.x + other.width, other.middle
    bend = max(abs(x - right) // 2, _GAP // 2)
    head = f"{right},{level} {right + 8},{level - 4} {right + 8},{level + 4}"
    path = f"M{x} {y}C{x - bend} {y} {right + bend} {level} {right + 6} {level}"
    return {"path": path, "head": head, "colour": colour}


def _wrap_text(text: str, letters: int) -> list[str]:
    lines = wrap(text, letters) or [text]
    if len(lines) > _MAX_LINES:
        lines = [*lines[: _MAX_LINES - 1], lines[_MAX_LINES - 1] + "…"]
    return lines
