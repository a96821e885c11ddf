"""The deadlock as an UpSet plot: a row for each demand, a column of marks for each set.

Overlapping sets are hard to read as a graph and easy as an UpSet plot (Lex et al. 2014): a line
joins the members of a set, so a demand that is in every set shows as a row of marks. Each quarrel
is a block of its own rows and columns: its collisions, then its ways out. The analysts' rules and
the goals that a collision depends on have rows of their own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import ascii_uppercase
from typing import Any, NamedTuple

from api.analysis.deadlock.answer import Collision, Concession, Deadlock, DemandMember, Plan, WayOut
from api.analysis.engine.sentences import join_words
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


def name_quarrel(index: int) -> str:
    """Name a quarrel by a letter; its ways out are that letter with a number."""
    return ascii_uppercase[index] if index < len(ascii_uppercase) else f"Z{index}"


class _SetColumn(NamedTuple):
    """A set as a column: its quarrel's index, its place from the left, its name, and itself."""

    quarrel: int
    place: int
    name: str
    shown: Collision | WayOut


def draw_deadlock(answer: Deadlock, caption: Caption) -> Spec:
    """Draw the quarrels with their ways out, and list the order of moves."""
    title = f"What stands in the way: {caption.about}"
    columns = [*_place_columns(answer)]
    rows = _label_rows(answer, columns)
    parts = [_draw_sets(rows, columns)] if rows else []
    parts += _draw_lists(answer, max((min(len(each), _WIDE) for each in rows.values()), default=0))
    if not parts:
        return layout.draw_empty(title, caption, f"{answer.sentence} No recorded demands collide.")
    notes = [answer.sentence, *_tell_quarrels(answer), *_note_cut(answer, columns)]
    apart = dict.fromkeys(("shape", "fill", "stroke"), "independent")
    body = {"vconcat": parts, "resolve": {"legend": apart, "scale": {"y": "independent"}}}
    return layout.make_picture(title, caption, notes, _describe_deadlock(answer, columns), body)


def _note_cut(answer: Deadlock, columns: Sequence[_SetColumn]) -> Iterator[str]:
    sets = len(answer.collisions) + sum(len(each.ways_out) for each in answer.clusters)
    if len(columns) < sets:
        yield f"These are {len(columns)} of {sets} collisions and ways out. Narrow them by goal."
    if not answer.complete:
        yield f"Not everything is shown. Cut: {', '.join(answer.cut)}."


def _tell_quarrels(answer: Deadlock) -> Iterator[str]:
    """Say which quarrels stand in the way of the goals, and which whatever the goal."""
    for leans, where in ((True, "In the way of the goal"), (False, "Whatever the goal")):
        some = [name_quarrel(n) for n, each in enumerate(answer.clusters) if each.goals is leans]
        if some and answer.goals:
            yield f"{where}: quarrel{'s' if len(some) > 1 else ''} {join_words(some)}."


def _place_columns(answer: Deadlock) -> Iterator[_SetColumn]:
    """Give each set a column: a quarrel's collisions, its ways out, a gap, the next quarrel."""
    place, share = 0, max(MAX_SETS // max(len(answer.clusters), 1), 2)
    for index, cluster in enumerate(answer.clusters[: MAX_SETS // share]):
        named = [(str(n), answer.collisions[n - 1]) for n in cluster.collisions[:share]]
        ways = enumerate(cluster.ways_out[:share], 1)
        for name, shown in (*named, *((f"{name_quarrel(index)}{n}", way) for n, way in ways)):
            yield _SetColumn(index, place, name, shown)
            place += 1
        place += _GAP


def _label_rows(answer: Deadlock, columns: Sequence[_SetColumn]) -> dict[Key, str]:
    """Return the label of each row: members by quarrel and holder, then rules, then goals."""
    members = [(each.quarrel, member) for each in columns for member in each.shown.members]
    # A goal that may be given up is a member, too; its row is among the goals.
    members = [each for each in members if each[1].noun != "goals"]
    members.sort(key=lambda each: (each[0], each[1].holder or ""))
    found = {_row_key(member): member.sentence for _, member in members}
    marked = {key for each in columns for key, _ in _list_marks(each.shown)}
    for rule in answer.rules:
        if (key := ("rules", rule.id, None)) in marked:
            found[key] = f"Rule: {rule.sentence}"
    for goal in answer.goals:
        found["goals", goal.literal, None] = f"Goal: {goal.text}"
    return found if columns else {}


def _row_key(member: DemandMember) -> Key:
    return member.noun, member.id, member.holder


def _list_marks(each: Collision | WayOut) -> Iterator[tuple[Key, str]]:
    """Yield the rows that a set marks, each with its kind of mark."""
    for member in each.members:
        yield _row_key(member), getattr(member, "move", "collides")
    for name in ("axioms", "measures"):
        yield from ((("rules", id, None), "rule") for id in getattr(each, name, ()))
    yield from ((("goals", literal, None), "goal") for literal in getattr(each, "goals", ()))


def _draw_sets(rows: Mapping[Key, str], columns: Sequence[_SetColumn]) -> Spec:
    row_of = {key: row for row, key in enumerate(rows)}
    marks = [
        {"set": each.place, "name": each.name, "row": row_of[key], "mark": mark}
        for each in columns for key, mark in _list_marks(each.shown) if key in row_of
    ]  # fmt: skip
    firsts = {each.quarrel: each.place for each in reversed(columns)}
    groups = [{"set": n, "text": f"Quarrel {name_quarrel(q)}"} for q, n in sorted(firsts.items())]
    y = layout.encode_rows("row", [layout.wrap_text(each, _WIDE, 2) for each in rows.values()])
    places = [*range(columns[-1].place + 1)]
    x = {"field": "set", "type": "ordinal", "axis": None,
         "scale": {"domain": places, "padding": 0}}  # fmt: skip
    return {
        "width": {"step": _BAND},
        "height": {"step": _ROW},
        "encoding": {"x": x, "y": y},
        "layer": [
            _draw_blocks(columns, row_of),
            _draw_headings(groups, -30, align="left", xOffset=-_BAND // 2 + 6, fontWeight="bold"),
            _draw_headings([{"set": c.place, "text": c.name} for c in columns], -12, color=QUIET),
            _draw_spans(marks, y),
            _draw_members(marks),
        ],
    }


def _draw_blocks(columns: Sequence[_SetColumn], row_of: Mapping[Key, int]) -> Spec:
    """Shade the rows and columns of each quarrel."""
    owned: dict[int, set[int]] = {}
    for each in columns:
        keys = (_row_key(member) for member in each.shown.members if member.noun != "goals")
        owned.setdefault(each.quarrel, set()).update(row_of[key] for key in keys)
    cells = [{"set": c.place, "row": row} for c in columns for row in sorted(owned[c.quarrel])]
    return {"data": {"values": cells}, "mark": {"type": "rect", "color": "#eef1f4"}}


def _draw_spans(marks: Iterable[Mapping[str, Any]], y: Spec) -> Spec:
    """Join the members of each set by a line."""
    spans: dict[int, list[int]] = {}
    for each in marks:
        spans.setdefault(each["set"], []).append(each["row"])
    values = [{"set": n, "from": min(rows), "to": max(rows)} for n, rows in spans.items()]
    return {
        "data": {"values": values},
        "mark": {"type": "rule", "color": "#afb8c1", "strokeWidth": 2},
        "encoding": {"y": {**y, "field": "from"}, "y2": {"field": "to"}},
    }


def _draw_members(marks: Sequence[Mapping[str, Any]]) -> Spec:
    used = {each["mark"] for each in marks}
    shown = {mark: style for mark, style in _MARK_STYLES.items() if mark in used}
    return {
        "data": {"values": marks},
        "mark": {"type": "point", "size": 170, "opacity": 1, "strokeWidth": 1.8},
        "encoding": encode_marks("mark", shown, symbolSize=120, columns=3),
    }


def _draw_headings(values: Sequence[Mapping[str, Any]], y: int, **mark: Any) -> Spec:
    return {
        "data": {"values": values},
        "mark": {"type": "text", "baseline": "middle", **mark},
        "encoding": {"text": {"field": "text"}, "y": {"value": y}},
    }


def _draw_lists(answer: Deadlock, before: int) -> Iterator[Spec]:
    """List what no set shows, from the left edge of row labels of `before` characters on."""
    left = -round(before * _CHARACTER)
    plan, lead = _find_first_plan(answer)
    stages = plan.stages if plan else ()
    lists = (("It hangs on what is disputed", answer.cases),
             ("Who waits for whom", answer.cycles),
             ("In which order" if len(stages) > 1 else "What it takes", [*lead, *stages]),
             ("Asked and not answered", answer.open_asks))  # fmt: skip
    for heading, listed in lists:
        told, more = take_first([e.sentence for e in listed], MAX_SETS, "entries", "goal")
        if told:
            yield layout.draw_list(heading, [*told, *more], left)


def _find_first_plan(answer: Deadlock) -> tuple[Plan | None, Sequence[Concession]]:
    """Return the first plan of moves, and the concession after which it is possible."""
    first = answer.concessions[:1]
    return (first[0].plan if first else answer.plan), first


def _describe_deadlock(answer: Deadlock, columns: Sequence[_SetColumn]) -> str:
    """Say in words what the picture shows, in its order."""
    sets = [f"Quarrel {name_quarrel(c.quarrel)}, {c.name}: {c.shown.sentence}" for c in columns]
    plan, lead = _find_first_plan(answer)
    told = (*answer.cycles, *lead, *([plan] if plan else ()), *answer.open_asks)
    return " ".join([answer.sentence, *_tell_quarrels(answer), *sets,
                     *(each.sentence for each in told)])  # fmt: skip
