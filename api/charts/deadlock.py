"""The deadlock as an UpSet plot: a row for each demand, a column of marks for each set.

Overlapping sets are hard to read as a graph and easy as an UpSet plot (Lex et al. 2014): a line
joins the members of a set, so a demand that is in every set shows as a row of marks. Collisions are
on the left, the smallest moves on the right. The analysts' rules and the goals that a collision
depends on have rows of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import ascii_lowercase
from typing import Any, NamedTuple

from api.analysis.deadlock.answer import Collision, Concession, Deadlock, DemandMember
from api.charts import layout
from api.charts.layout import QUIET, Caption, MarkStyle, Spec, encode_marks, take_first

Key = tuple[str, str, str | None]

MAX_SETS = 12
_BAND, _ROW, _GAP, _WIDE = 34, 42, 1, 84
_CHARACTER = 5.9
"""The mean width of a character, in pixels."""

_MARK_STYLES: Mapping[str, MarkStyle] = {
    "collides": MarkStyle("cannot hold with the others", "circle", "#8c510a", "#8c510a"),
    "yields": MarkStyle("would be given up", "diamond", "#01665e", "#01665e"),
    "goes_unmet": MarkStyle("would not be met", "diamond", "#ffffff", "#01665e"),
    "rule": MarkStyle("an analyst's rule or a measure", "square", "#ffffff", "#57606a"),
    "goal": MarkStyle("the goal", "triangle-up", "#ffffff", "#57606a"),
}
"""How a member of a set is drawn."""


def draw_deadlock(answer: Deadlock, caption: Caption) -> Spec:
    """Draw the collisions and the smallest moves that resolve them."""
    title = f"What stands in the way: {caption.about}"
    collisions, fewer = take_first(answer.collisions, MAX_SETS, "collisions", "goal")
    concessions, still_fewer = take_first(answer.concessions, MAX_SETS, "smallest moves", "goal")
    rows = _label_rows(answer, collisions, concessions)
    parts = [_draw_sets(rows, collisions, concessions)] if rows else []
    parts += _draw_lists(answer, max((min(len(each), _WIDE) for each in rows.values()), default=0))
    if not parts:
        return layout.draw_empty(title, caption, f"{answer.sentence} No recorded demands collide.")
    notes = [answer.sentence, *fewer, *still_fewer, *_note_cut(answer)]
    apart = dict.fromkeys(("shape", "fill", "stroke"), "independent")
    body = {"vconcat": parts, "resolve": {"legend": apart, "scale": {"y": "independent"}}}
    return layout.make_picture(title, caption, notes, _describe_deadlock(answer), body)


def _note_cut(answer: Deadlock) -> list[str]:
    return [] if answer.complete else [f"Not everything is shown. Cut: {', '.join(answer.cut)}."]


def _label_rows(answer: Deadlock, *sets: Sequence[Collision | Concession]) -> dict[Key, str]:
    """Return the label of each row: members by holder, then rules, then goals."""
    shown = [each for some in sets for each in some]
    found = {_row_key(member): member.sentence for each in shown for member in each.members}
    # A goal that may be given up is a member, too; its row is among the goals.
    members = [item for item in found.items() if item[0][0] != "goals"]
    found = dict(sorted(members, key=lambda item: item[0][2] or ""))
    names = ("axioms", "measures")
    used = {id for each in shown for name in names for id in getattr(each, name, ())}
    for rule in (each for each in answer.rules if each.id in used):
        found["rules", rule.id, None] = f"Rule: {rule.sentence}"
    for goal in answer.goals:
        found["goals", goal.literal, None] = f"Goal: {goal.text}"
    return found if shown else {}


def _row_key(member: DemandMember) -> Key:
    return member.noun, member.id, member.holder


def _list_marks(each: Collision | Concession) -> Iterator[tuple[Key, str]]:
    """Yield the rows that a set marks, each with its kind of mark."""
    for member in each.members:
        yield _row_key(member), getattr(member, "move", "collides")
    for name in ("axioms", "measures"):
        yield from ((("rules", id, None), "rule") for id in getattr(each, name, ()))
    yield from ((("goals", literal, None), "goal") for literal in getattr(each, "goals", ()))


class _SetColumn(NamedTuple):
    """A set as a column: its place from the left, its name, and the rows that it marks."""

    place: int
    name: str
    marks: Sequence[tuple[int, str]]

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last marked row."""
        rows = [row for row, _ in self.marks] or [0]
        return min(rows), max(rows)


def _place_sets(
    rows: Iterable[Key], collisions: Sequence[Collision], concessions: Sequence[Concession]
) -> Iterator[_SetColumn]:
    """Give each set a column: the collisions, a gap, then the smallest moves."""
    row_of = {key: row for row, key in enumerate(rows)}
    right = len(collisions) + _GAP
    sets = (
        *((place, str(place + 1), each) for place, each in enumerate(collisions)),
        *((right + n, ascii_lowercase[n], each) for n, each in enumerate(concessions)),
    )
    for place, name, each in sets:
        marks = [(row_of[key], mark) for key, mark in _list_marks(each) if key in row_of]
        yield _SetColumn(place, name, marks)


def _draw_sets(
    rows: Mapping[Key, str], collisions: Sequence[Collision], concessions: Sequence[Concession]
) -> Spec:
    columns = [*_place_sets(rows, collisions, concessions)]
    places = [*range(max((each.place for each in columns), default=0) + 1)]
    y = layout.encode_rows("row", [layout.wrap_text(each, _WIDE, 2) for each in rows.values()])
    groups = [
        {"set": place, "text": text}
        for place, text, some in (
            (0, "Collisions", collisions),
            (len(collisions) + _GAP, "Smallest moves", concessions),
        )
        if some
    ]
    return {
        "width": {"step": _BAND},
        "height": {"step": _ROW},
        "encoding": {
            "x": {"field": "set", "type": "ordinal", "scale": {"domain": places}, "axis": None},
            "y": y,
        },
        "layer": [
            _draw_headings(groups, -30, align="left", xOffset=-_BAND // 2 + 6, fontWeight="bold"),
            _draw_headings([{"set": c.place, "text": c.name} for c in columns], -12, color=QUIET),
            _draw_spans(columns, y),
            _draw_members(columns),
        ],
    }


def _draw_spans(columns: Iterable[_SetColumn], y: Spec) -> Spec:
    """Join the members of each set by a line."""
    values = [{"set": c.place, "from": c.span[0], "to": c.span[1]} for c in columns]
    return {
        "data": {"values": values},
        "mark": {"type": "rule", "color": "#afb8c1", "strokeWidth": 2},
        "encoding": {"y": {**y, "field": "from"}, "y2": {"field": "to"}},
    }


def _draw_members(columns: Sequence[_SetColumn]) -> Spec:
    values = [
        {"set": each.place, "name": each.name, "row": row, "mark": mark}
        for each in columns
        for row, mark in each.marks
    ]
    used = {mark for each in columns for _, mark in each.marks}
    return {
        "data": {"values": values},
        "mark": {"type": "point", "size": 170, "opacity": 1, "strokeWidth": 1.8},
        "encoding": encode_marks("mark", _MARK_STYLES, used, symbolSize=120, columns=3),
    }


def _draw_headings(values: Sequence[Mapping[str, Any]], y: int, **mark: Any) -> Spec:
    return {
        "data": {"values": values},
        "mark": {"type": "text", "baseline": "middle", **mark},
        "encoding": {"text": {"field": "text"}, "y": {"value": y}},
    }


def _draw_lists(answer: Deadlock, before: int) -> Iterator[Spec]:
    """List what no set shows: open asks, who waits for whom, and the stages of the first plan.

    The list starts at the left edge of the row labels, which are `before` characters long.
    """
    left = -round(before * _CHARACTER)
    asked, waiting = "Asked and not answered", "Who waits for whom"
    plans = [each.plan for each in answer.concessions[:1]] or [answer.plan]
    stages = [(n, s) for each in plans if each for n, s in enumerate(each.stages, 1)]
    moves = [f"Stage {n}: {each.sentence}" for n, stage in stages for each in stage.moves]
    order = "In which order, after move a" if answer.concessions else "In which order"
    lists = ((asked, [each.sentence for each in answer.open_asks]),
             (waiting, [each.sentence for each in answer.cycles]), (order, moves))  # fmt: skip
    for heading, listed in lists:
        told, more = take_first(listed, MAX_SETS, "entries", "goal")
        lines = [line for each in (*told, *more) for line in _bullet_lines(each)]
        if lines:
            yield _draw_text([heading, *lines], left)


def _draw_text(lines: Sequence[str], left: int) -> Spec:
    """Draw lines of text one below the other, the first one bold."""
    return {
        "width": 300,
        "height": {"step": 17},
        "data": {"values": [{"line": n, "text": text} for n, text in enumerate(lines)]},
        "mark": {"type": "text", "align": "left", "x": left,
                 "fontWeight": {"expr": "datum.line ? 'normal' : 'bold'"}},
        "encoding": {
            "y": {"field": "line", "type": "ordinal", "axis": None}, "text": {"field": "text"}
        },
    }  # fmt: skip


def _bullet_lines(sentence: str) -> list[str]:
    first, *rest = layout.wrap_text(sentence, 118, 4)
    return [f"•  {first}", *(f"    {each}" for each in rest)]


def _describe_deadlock(answer: Deadlock) -> str:
    plans = [each.plan for each in answer.concessions[:1]] or [answer.plan]
    told = (*answer.collisions, *answer.concessions, *answer.open_asks, *answer.cycles, *plans)
    return " ".join([answer.sentence, *(each.sentence for each in told if each)])
