"""Names that renderers, XML or Vega's expressions stumble over, and every picture with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.analysis.deadlock.answer import (
    Ask,
    Cluster,
    Collision,
    ConcedingMember,
    Concession,
    Deadlock,
    DemandMember,
    Goal,
    WayOut,
)
from api.analysis.declarations import fill
from api.analysis.questions.agreement import Agreement, AgreementRow
from api.analysis.questions.cells import (
    Cell,
    CellCondition,
    CellPosition,
    Column,
    Matrix,
    MatrixRow,
)
from api.analysis.questions.timeline import Event, Timeline
from api.charts.agreement import draw_agreement
from api.charts.deadlock import draw_deadlock
from api.charts.layout import Caption
from api.charts.matrix import draw_matrix
from api.charts.timeline import draw_timeline

UKRAINE = "\U0001f1fa\U0001f1e6"

ODD_NAMES = (
    UKRAINE * 60, UKRAINE[0], f"{UKRAINE} and {UKRAINE}",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u200d", "\ufe0f", "a\ufe0e\ufe0fb",
    "1\ufe0f\u20e3", "\u0301", "Z" + "\u0300" * 300, "\u05d0\u05d1 \u0627\u0644\u0639",
    "a\u202eb", "\u200b", "\ufeffx", "a\u2028b", "x" * 10_000, "word " * 2_000, "\u4e2d" * 200,
    "\u0e01\u0e47" * 60, "   ", "a\r\nb\tc", "]]> & <b> ' \" \\ \\u001b {{x}}",
    "constructor", "toString", "__proto__", "datum", "\0", "a\x1bb", "a\x85\x9bb\x7f",
    "\ufdd0\ufffe\uffff", "\U0001fffe\U0010ffff", "\ud83c",
)  # fmt: skip


def list_specifications(names: Sequence[str]) -> Mapping[str, dict[str, Any]]:
    """Return the specification of every picture, each with all the names in all its places."""
    drawn: Mapping[str, Callable[[Sequence[str], Caption], dict[str, Any]]] = {
        "matrix": _draw_matrix,
        "timeline": _draw_timeline,
        "agreement by session": lambda names, at: _draw_agreement(names[:3], at, "session"),
        "agreement by issue": lambda names, at: _draw_agreement(names, at, "issue"),
        "deadlock": _draw_deadlock,
    }
    return {name: draw(names, Caption(names[0], 1, "2023-03-31")) for name, draw in drawn.items()}


def _draw_matrix(names: Sequence[str], at: Caption) -> dict[str, Any]:
    held = fill(CellPosition, {"id": "p", "force": "demand", "sign": 1, "conditional": True})
    columns = [Column(str(n), name) for n, name in enumerate(names)]
    only = fill(CellCondition, {"id": "c", "short": f"only if {names[0]}"})
    cells = [
        Cell("a", each.id, "held", [held][: each.id == "0"], [], [only][: each.id == "1"], [])
        for each in columns
    ]
    return draw_matrix(
        Matrix("issue", columns, [MatrixRow(name, name, None, cells, []) for name in names]), at
    )


def _draw_timeline(names: Sequence[str], at: Caption) -> dict[str, Any]:
    day = {"kind": "statement", "on": "2023", "earliest": "2023-01-01", "latest": "2023-12-31"}
    return draw_timeline(Timeline([fill(Event, {**day, "sentence": n}) for n in names], None), at)


def _draw_agreement(names: Sequence[str], at: Caption, by: str) -> dict[str, Any]:
    score = {"score": 0.5, "both_voted": 12}
    rows = [
        fill(AgreementRow, {"actor_label": name, "other_label": f"{name} too", "group": "1",
                            "group_label": name if by == "issue" else "68", **score})
        for name in names
    ]  # fmt: skip
    return draw_agreement(Agreement(by, rows), at)


def _draw_deadlock(names: Sequence[str], at: Caption) -> dict[str, Any]:
    member = {"noun": "positions", "records": [], "move": "yields"}
    each = [{**member, "id": name, "holder": name, "sentence": name} for name in names]
    sets = {"axioms": [], "measures": [], "goals": [], "actors": [], "goes_unmet": 0}
    answer = {
        "sentence": names[0], "complete": True, "cut": [], "rules": [], "cycles": [],
        "goals": [Goal(name, name) for name in names], "cases": [],
        "collisions": [fill(Collision, {**sets, "members": [fill(DemandMember, m) for m in each]})],
        "concessions": [
            fill(Concession, {**sets, "members": [fill(ConcedingMember, m) for m in each]})
        ],
        "open_asks": [fill(Ask, {"sentence": name}) for name in names],
    }  # fmt: skip
    way = fill(WayOut, {"members": answer["concessions"][0].members, "sentence": names[0]})
    answer["clusters"] = [fill(Cluster, {"collisions": [1], "goals": True, "ways_out": [way]})]
    sentences = {"collisions": Collision, "concessions": Concession}
    for name, kind in sentences.items():
        answer[name] = [fill(kind, {**vars(one), "sentence": names[0]}) for one in answer[name]]
    return draw_deadlock(fill(Deadlock, answer), at)
