"""The deadlock as a picture: who wants what downwards, each smallest set a column of marks.

Sets that overlap are hard to draw as a graph and easy to read as an UpSet plot (Lex et al. 2014):
a line joins the members of one set, so that what recurs in all of them shows as a row of marks.
Collisions stand on the left, the smallest moves on the right; the analysts' rules and the goals
without which a collision would not be are rows of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from api.charts.frame import QUIET, Caption, Spec, cut, empty, framed, named, wrapped
from api.charts.frame import down as rows_of

Answer = Mapping[str, Any]
Key = tuple[str, str, str | None]

MOST_SETS, MOST_ROWS = 12, 50
_BAND, _ROW, _GAP, _WIDE = 34, 42, 1, 84
_CHARACTER = 5.9
"""The mean width of a character."""

_MARKS: Mapping[str, tuple[str, str, str, str]] = {
    "collides": ("cannot hold with the others", "circle", "#8c510a", "#8c510a"),
    "yields": ("would have to give way", "diamond", "#01665e", "#01665e"),
    "goes_unmet": ("would merely go unmet", "diamond", "#ffffff", "#01665e"),
    "rule": ("an analyst's rule or a measure", "square", "#ffffff", "#57606a"),
    "goal": ("the goal", "triangle-up", "#ffffff", "#57606a"),
}
"""How a member of a set is drawn: its name in the legend, shape, fill and stroke."""


def deadlock(answer: Answer, caption: Caption) -> Spec:
    """Draw what collides and what would open it."""
    title = f"What stands in the way: {caption.about}"
    collisions, fewer = cut(answer["collisions"], MOST_SETS, "collisions", "goal")
    concessions, still_fewer = cut(answer["concessions"], MOST_SETS, "smallest moves", "goal")
    rows = _rows(answer, collisions, concessions)
    parts = [_sets(rows, collisions, concessions)] if rows else []
    parts += _lists(answer, max((min(len(each), _WIDE) for each in rows.values()), default=0))
    if not parts:
        return empty(title, caption, f"{answer['sentence']} No recorded demands collide.")
    notes = [answer["sentence"], *fewer, *still_fewer, *_partial(answer)]
    apart = dict.fromkeys(("shape", "fill", "stroke"), "independent")
    body = {"vconcat": parts, "resolve": {"legend": apart, "scale": {"y": "independent"}}}
    return framed(title, caption, notes, _told(answer), body)


def _partial(answer: Answer) -> list[str]:
    return [] if answer["complete"] else [f"Not all is shown; cut: {', '.join(answer['cut'])}."]


def _rows(answer: Answer, *sets: Sequence[Answer]) -> dict[Key, str]:
    """Map each row to its words: members as they come, then rules, then goals."""
    shown = [each for some in sets for each in some]
    found = {_key(member): member["sentence"] for each in shown for member in each["members"]}
    # A goal that may be given up is a member, and needs no row of its own.
    found = {key: text for key, text in found.items() if key[0] != "goals"}
    found = dict(sorted(found.items(), key=lambda item: item[0][2] or ""))
    used = {id for each in shown for name in ("axioms", "measures") for id in each.get(name, ())}
    for rule in answer["rules"]:
        if rule["id"] in used:
            found["rules", rule["id"], None] = f"Rule: {rule['sentence']}"
    for goal in answer["goals"]:
        found["goals", goal["literal"], None] = f"Goal: {goal['text']}"
    return found if shown else {}


def _key(member: Answer) -> Key:
    return member["noun"], member["id"], member["holder"]


def _marked(each: Answer) -> Iterator[tuple[Key, str]]:
    """Yield which rows a set marks, and how."""
    for member in each["members"]:
        yield _key(member), member.get("move", "collides")
    for name in ("axioms", "measures"):
        yield from ((("rules", id, None), "rule") for id in each.get(name, ()))
    yield from ((("goals", literal, None), "goal") for literal in each.get("goals", ()))


def _sets(
    rows: Mapping[Key, str], collisions: Sequence[Answer], concessions: Sequence[Answer]
) -> Spec:
    places = {key: place for place, key in enumerate(rows)}
    names = [*map(str, range(1, len(collisions) + 1)), *map(_letter, range(len(concessions)))]
    across = [
        *range(len(collisions)),
        *(len(collisions) + _GAP + n for n in range(len(concessions))),
    ]
    values: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for place, name, each in zip(across, names, [*collisions, *concessions], strict=True):
        marked = [(places[key], mark) for key, mark in _marked(each) if key in places]
        values += ({"set": place, "name": name, "row": row, "mark": mark} for row, mark in marked)
        ends = [row for row, _ in marked]
        lines.append({"set": place, "from": min(ends, default=0), "to": max(ends, default=0)})
    columns = (max(across) if across else 0) + 1
    x = {"field": "set", "type": "ordinal", "scale": {"domain": [*range(columns)]}}
    y = rows_of("row", [wrapped(each, _WIDE, 2) for each in rows.values()])
    heads = [{"set": place, "text": name} for place, name in zip(across, names, strict=True)]
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
        "encoding": {"x": {**x, "axis": None}, "y": y},
        "layer": [
            _head(groups, -30, align="left", xOffset=-_BAND // 2 + 6, fontWeight="bold"),
            _head(heads, -12, color=QUIET),
            {
                "data": {"values": lines},
                "mark": {"type": "rule", "color": "#afb8c1", "strokeWidth": 2},
                "encoding": {"y": {**y, "field": "from"}, "y2": {"field": "to"}},
            },
            {
                "data": {"values": values},
                "mark": {"type": "point", "size": 170, "opacity": 1, "strokeWidth": 1.8},
                "encoding": _legend({each["mark"] for each in values}),
            },
        ],
    }  # fmt: skip


def _head(values: Sequence[Mapping[str, Any]], y: int, **mark: Any) -> Spec:
    return {
        "data": {"values": values},
        "mark": {"type": "text", "baseline": "middle", **mark},
        "encoding": {"text": {"field": "text"}, "y": {"value": y}},
    }


def _letter(place: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[place]


def _legend(used: Iterable[str]) -> Spec:
    domain = [each for each in _MARKS if each in used]
    names = named({each: _MARKS[each][0] for each in domain})
    shown = {"labelExpr": names, "symbolSize": 120, "columns": 3}
    return {
        channel: {
            "field": "mark", "type": "nominal", "legend": shown,
            "scale": {"domain": domain, "range": [_MARKS[each][place] for each in domain]},
        }
        for channel, place in (("shape", 1), ("fill", 2), ("stroke", 3))
    }  # fmt: skip


def _lists(answer: Answer, before: int) -> Iterator[Spec]:
    """List what no set shows: asks without an answer, circles of who moves first.

    The list begins where the labels of the rows do, which are `before` characters long.
    """
    left = -round(before * _CHARACTER)
    for heading, name in (
        ("Asked and not answered", "open_asks"),
        ("Who waits for whom", "cycles"),
    ):
        told, more = cut([each["sentence"] for each in answer[name]], MOST_SETS, "entries", "goal")
        lines = [line for each in (*told, *more) for line in _item(each)]
        if lines:
            values = [{"line": n, "text": text} for n, text in enumerate((heading, *lines))]
            yield {
                "width": 300,
                "height": {"step": 17},
                "data": {"values": values},
                "mark": {"type": "text", "align": "left", "x": left,
                         "fontWeight": {"expr": "datum.line ? 'normal' : 'bold'"}},
                "encoding": {
                    "y": {"field": "line", "type": "ordinal", "axis": None},
                    "text": {"field": "text"},
                },
            }  # fmt: skip


def _item(sentence: str) -> list[str]:
    first, *rest = wrapped(sentence, 118)
    return [f"•  {first}", *(f"    {each}" for each in rest)]


def _told(answer: Answer) -> str:
    sets = (*answer["collisions"], *answer["concessions"], *answer["open_asks"])
    return " ".join([answer["sentence"], *(each["sentence"] for each in sets)])
