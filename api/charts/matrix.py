"""The matrix as a picture: what is stood on downwards, holders across, a stance in each cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.analysis.stances import CONDITIONAL
from api.charts.frame import QUIET, Caption, Spec, across, cut, down, empty, framed, wrapped
from api.charts.stance import LOOKS, legend, look, word

Answer = Mapping[str, Any]
Line = tuple[str, list[list[Answer]]]
"""A line of the picture: what it is about, and the positions of each holder."""

MOST_ROWS, MOST_HOLDERS = 60, 20
_BAND, _ROW = 132, 50


def matrix(answer: Answer, caption: Caption) -> Spec:
    """Draw who stands where."""
    title = f"Who stands where: {caption.about}"
    if not (answer["columns"] and answer["rows"]):
        return empty(title, caption, "Nobody's position is recorded for this day: try another.")
    rows, fewer = cut([*_lines(answer)], MOST_ROWS, "rows", "issue or proposition")
    holders, still_fewer = cut(answer["rows"], MOST_HOLDERS, "holders", "holder")
    values = [
        {"row": number, "holder": place, **_cell(shown)}
        for number, (_, cells) in enumerate(rows)
        for place, shown in enumerate(cells[: len(holders)])
    ]
    notes = (_KEY, *fewer, *still_fewer)
    return framed(title, caption, notes, _told(rows, holders), {
        "data": {"values": values},
        "width": {"step": _BAND},
        "height": {"step": _ROW},
        "encoding": {
            "x": across("holder", [wrapped(each["holder_label"], 16, 3) for each in holders],
                        labelFontWeight="bold"),
            "y": down("row", [wrapped(label, 46, 3) for label, _ in rows]),
        },
        "layer": _LAYERS,
    })  # fmt: skip


_KEY = (
    "A dashed border: only under conditions. Two grounds: records of one day disagree. "
    "A dot: nothing is recorded, which is not neutral."
)

_TILE: Spec = {"type": "rect", "cornerRadius": 3, "width": _BAND - 4, "height": _ROW - 4}

_LAYERS: list[Spec] = [
    {
        "transform": [{"filter": "datum.stance !== 'none'"}],
        "mark": _TILE,
        "encoding": {"color": {"field": "ground", "type": "nominal", "scale": None}},
    },
    {
        "transform": [{"filter": "datum.disputed"}],
        "mark": {**_TILE, "color": LOOKS["for"].ground, "width": _BAND // 2 - 2,
                 "xOffset": -_BAND // 4 + 1},
    },
    {
        "transform": [{"filter": "datum.disputed"}],
        "mark": {**_TILE, "color": LOOKS["against"].ground, "width": _BAND // 2 - 2,
                 "xOffset": _BAND // 4 - 1},
    },
    {
        "transform": [{"filter": "datum.conditional"}],
        "mark": {**_TILE, "filled": False, "stroke": QUIET, "strokeDash": [4, 3],
                 "strokeWidth": 1.4},
    },
    {
        "mark": {
            "type": "point", "size": 110, "strokeWidth": 0, "opacity": 1,
            "yOffset": {"expr": "datum.stance === 'none' ? 0 : -8"},
        },
        "encoding": legend("stance"),
    },
    {
        "mark": {"type": "text", "yOffset": 12},
        "encoding": {"text": {"field": "word"}},
    },
]  # fmt: skip


def _lines(answer: Answer) -> Iterator[Line]:
    for place, column in enumerate(answer["columns"]):
        label = column["label"] or "On no issue"
        yield label.removesuffix("."), [row["cells"][place]["positions"] for row in answer["rows"]]
    packages = [each["proposal"] for row in answer["rows"] for each in row["packages"]]
    for proposal in dict.fromkeys(packages):
        held = [
            [_whole(each) for each in row["packages"] if each["proposal"] == proposal]
            for row in answer["rows"]
        ]
        yield f"Proposal {proposal}, as a whole", held


def _whole(package: Answer) -> Answer:
    conditional = package["force"] == CONDITIONAL
    return {**package, "negated": False, "disagreement": False, "conditional": conditional}


def _cell(shown: list[Answer]) -> dict[str, Any]:
    stance = look(shown)
    return {
        "stance": stance,
        "ground": LOOKS[stance].ground,
        "word": word(shown) if shown else "",
        "conditional": any(each["conditional"] for each in shown),
        "disputed": any(each["disagreement"] for each in shown),
    }


def _told(rows: Sequence[Line], holders: Sequence[Answer]) -> str:
    """Say the same in words, holder by holder."""
    said: list[str] = []
    for place, holder in enumerate(holders):
        held = [f"{label}: {_said(cells[place])}" for label, cells in rows if cells[place]]
        said.append(f"{holder['holder_label']}: {'; '.join(held) or 'nothing recorded'}.")
    return " ".join(said)


def _said(shown: list[Answer]) -> str:
    conditions = " under conditions" if any(each["conditional"] for each in shown) else ""
    return word(shown) + conditions
