"""Agreement as a picture: a line chart of few pairs, a heat map of many.

A score always comes with the number of roll calls behind it: in the legend of a line, and in the
cells of the heat map.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from api.charts import layout
from api.charts.layout import FAINT, INK, PAPER, Caption, Spec, take_first
from api.web.characters import replace_for_xml

if TYPE_CHECKING:
    from api.analysis.questions.agreement import Agreement, AgreementRow

Rows = Sequence["AgreementRow"]
Score = dict[str, Any]
"""A score as Vega gets it: `pair`, `group`, `score`, and `n`, the roll calls behind it."""
ScoresByPair = Mapping[str, Sequence[Score]]

MAX_LINES, MAX_PAIRS = 6, 60

_INKS = ("#0072b2", "#d55e00", "#009e73", "#7b3294", "#8c6d00", "#444444")
"""Six colours that the colour-blind can tell apart (after Okabe and Ito), dark enough for text."""


def draw_agreement(answer: Agreement, caption: Caption) -> Spec:
    """Draw how often states vote alike."""
    title = f"How often they vote alike: {caption.about}"
    scores = _list_scores(answer.data)
    if not scores:
        return layout.draw_empty(title, caption, "No roll call has votes of two of them.")
    pairs = list(dict.fromkeys(each["pair"] for each in scores))
    draw = _draw_lines if len(pairs) <= MAX_LINES and answer.by != "issue" else _draw_heat_map
    shown, notes = take_first(pairs, MAX_PAIRS, "pairs", "actors")
    of_pairs = {pair: [each for each in scores if each["pair"] == pair] for pair in shown}
    told = " ".join(_describe_pair(*each) for each in of_pairs.items())
    return layout.make_picture(title, caption, [_KEY, *notes], told, draw(of_pairs, answer.by))


def tell_apart(rows: Rows) -> Rows:
    """Return the rows with an actor's id behind its name where another one has the same name."""
    bearers = defaultdict[str, set[str]](set)
    for each in rows:
        bearers[each.actor_label].add(each.actor)
        bearers[each.other_label].add(each.other)

    def name(id: str, label: str) -> str:
        return f"{label} ({id})" if len(bearers[label]) > 1 else label

    return [
        replace(
            each,
            actor_label=name(each.actor, each.actor_label),
            other_label=name(each.other, each.other_label),
        )
        for each in rows
    ]


_KEY = (
    "1: always the same vote; 0: always opposite votes; an abstention against a vote counts half "
    "(Voeten 2013). n: roll calls that count and in which both voted."
)


def _list_scores(rows: Rows) -> list[Score]:
    return [
        {
            "pair": replace_for_xml(f"{each.actor_label} and {each.other_label}"),
            "group": replace_for_xml(each.group_label or each.group or "none"),
            "score": each.score,
            "n": each.both_voted,
        }
        for each in tell_apart(rows) if each.score is not None
    ]  # fmt: skip


def _describe_pair(pair: str, scores: Sequence[Score]) -> str:
    said = (f"{each['group']} {each['score']:.2f} (n = {each['n']})" for each in scores)
    return f"{pair}: {', '.join(said)}."


def _draw_lines(of_pairs: ScoresByPair, by: str) -> Spec:
    values = [*chain(*of_pairs.values())]
    # The first pair may begin later than the others.
    groups = sorted({each["group"] for each in values}, key=lambda group: group.zfill(6))
    axis = {"title": by, **_GROUP_LABELS, "values": groups[:: max(1, len(groups) // 20)]}
    return {
        "data": {"values": values},
        "width": max(360, min(900, 26 * len(groups))),
        "height": 320,
        "encoding": {
            "x": {"field": "group", "type": "ordinal", "sort": groups, "axis": axis},
            "y": _SCORE_AXIS,
            **_encode_pairs(of_pairs),
        },
        "layer": _LINE_LAYERS,
    }


_GROUP_LABELS: Spec = {"labelAngle": 0, "labelOverlap": True, "labelPadding": 8}

_SCORE_AXIS: Spec = {
    "field": "score", "type": "quantitative", "scale": {"domain": [0, 1]},
    "axis": {"title": None, "grid": True, "gridColor": FAINT, "tickCount": 5},
}  # fmt: skip

_LINE_LAYERS: list[Spec] = [
    {"mark": {"type": "line", "strokeWidth": 2.2}},
    {
        "mark": {"type": "point", "filled": True, "size": 36, "opacity": 1},
        "encoding": {"strokeDash": {"value": [1, 0]}},
    },
]


def _encode_pairs(of_pairs: ScoresByPair) -> Spec:
    """Encode pairs of actors by colour and dashes; the legend tells how many votes they share."""
    names = layout.label_expression({
        pair: f"{layout.wrap_text(pair, 110, 1)[0]} (n = {sum(each['n'] for each in scores):,})"
        for pair, scores in of_pairs.items()
    })  # fmt: skip
    color = {"domain": [*of_pairs], "range": [*_INKS[: len(of_pairs)]]}
    dashes = {"domain": [*of_pairs], "range": _DASHES[: len(of_pairs)]}
    legend = {"labelExpr": names, "columns": 1, "symbolType": "stroke", "symbolStrokeWidth": 3,
              "symbolSize": 300}  # fmt: skip
    return {
        "color": {"field": "pair", "type": "nominal", "scale": color, "legend": legend},
        "strokeDash": {"field": "pair", "type": "nominal", "scale": dashes},
    }


_SCALE = ["#d8b365", "#f5f5f5", "#5ab4ac"]
_DASHES = [[1, 0], [6, 3], [2, 3], [9, 3, 2, 3], [1, 0], [6, 3]]


def _draw_heat_map(of_pairs: ScoresByPair, by: str) -> Spec:
    groups = list(dict.fromkeys(each["group"] for each in chain(*of_pairs.values())))
    values = [
        {**each, "row": row, "column": groups.index(each["group"])}
        for row, scores in enumerate(of_pairs.values()) for each in scores
    ]  # fmt: skip
    width, letters = (130, 18) if by == "issue" else (46, 6)
    headings = [layout.wrap_text(each, letters, 3) for each in groups]
    x = layout.encode_columns("column", headings, title=by)
    y = layout.encode_rows("row", [layout.wrap_text(each, 46, 2) for each in of_pairs])
    return {
        "data": {"values": values},
        "width": {"step": width},
        "height": {"step": 40},
        "encoding": {"y": y, "x": x},
        "layer": _CELL_LAYERS,
    }


_CELL_LAYERS: list[Spec] = [
    {
        "mark": {"type": "rect", "stroke": PAPER, "strokeWidth": 2},
        "encoding": {
            "color": {
                "field": "score", "type": "quantitative",
                "scale": {"domain": [0, 0.5, 1], "range": _SCALE},
                "legend": {"title": "score", "tickCount": 3, "gradientLength": 160},
            },
        },
    },
    {
        "mark": {"type": "text", "yOffset": -7, "color": INK},
        "encoding": {"text": {"field": "score", "format": ".2f"}},
    },
    {
        "mark": {"type": "text", "yOffset": 8, "fontSize": 10, "color": INK},
        "encoding": {"text": {"field": "n", "format": ",", "type": "quantitative"}},
    },
]  # fmt: skip
"""The colour of a cell, its score, and how many votes it is of."""
