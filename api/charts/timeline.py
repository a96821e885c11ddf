"""The timeline as a picture: a row for each event, with its mark in time and its sentence.

An uncertain date is a bar from the earliest day to the latest. An event without a date has no mark.
What did not count in the voices asked for is pale, and its sentence says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from api.analysis.engine.sentences import spell_out
from api.charts import layout
from api.charts.layout import FAINT, QUIET, Caption, MarkStyle, Spec, encode_marks, take_first

if TYPE_CHECKING:
    from api.analysis.questions.timeline import Event, Timeline

MAX_EVENTS = 100
_ROW, _WIDTH, _WORDS = 40, 240, 92

_EVENT_STYLES: Mapping[str, MarkStyle] = {
    "statement": MarkStyle("said", "circle", "#57606a", "#57606a"),
    "proposal": MarkStyle("proposal made", "diamond", "#5e3c99", "#5e3c99"),
    "response": MarkStyle("answered", "diamond", "#ffffff", "#5e3c99"),
    "position_opened": MarkStyle("position begins", "triangle-up", "#01665e", "#01665e"),
    "position_closed": MarkStyle("position ends", "triangle-down", "#ffffff", "#01665e"),
    "precondition_opened": MarkStyle("condition set", "square", "#8c510a", "#8c510a"),
    "deadline": MarkStyle("deadline", "cross", "#8c510a", "#8c510a"),
    "precondition_closed": MarkStyle("condition dropped", "square", "#ffffff", "#8c510a"),
}
"""How a kind of event is drawn."""


def draw_timeline(answer: Timeline, caption: Caption) -> Spec:
    """Draw the events of a conflict."""
    title = f"What happened: {caption.about}"
    events, notes = take_first(answer.data, MAX_EVENTS, "events", "issue, holder, from and to")
    if not events:
        return layout.draw_empty(title, caption, "No event is recorded for this time. Try another.")
    values = [_encode_event(place, each) for place, each in enumerate(events)]
    if answer.next and not notes:
        notes = ["More events follow. Choose them by limit, from and to."]
    told = " ".join(f"{each.on or 'Undated'}: {_tell_event(each)}" for each in events)
    return layout.make_picture(title, caption, notes, told, {
        "data": {"values": values},
        "width": _WIDTH,
        "height": {"step": _ROW},
        "encoding": {
            "y": layout.encode_rows("row", [[each.on or "no date"] for each in events]),
            "x": {"field": "from", "type": "temporal", "scale": {"type": "utc"},
                  "axis": _time_axis(values)},
        },
        "layer": _build_layers({each.kind for each in events}),
    })  # fmt: skip


def _time_axis(values: list[dict[str, Any]]) -> Spec:
    # With less than two days the axis would show hours.
    days = sorted(day for each in values for day in (each["from"], each["to"]) if day)
    shown = bool(days) and days[0] < days[-1]
    form = "%b %Y" if shown and days[0][:4] < days[-1][:4] else "%-d %b %Y"
    return {
        "title": None, "orient": "top", "grid": True, "gridColor": FAINT, "labels": shown,
        "labelColor": QUIET, "tickCount": 3, "labelPadding": 8, "format": form,
    }  # fmt: skip


def _encode_event(place: int, event: Event) -> dict[str, Any]:
    first, last = event.earliest, event.latest
    return {
        "row": place,
        "kind": event.kind,
        "opacity": 1 if event.state in ("held", None) else 0.35,
        "from": first or last,
        "to": last or first,
        "on": event.on,
        "sentence": layout.wrap_text(_tell_event(event), _WORDS, 2),
    }


def _tell_event(event: Event) -> str:
    lead = "" if event.state in ("held", None) else f"{spell_out(event.state).capitalize()}: "
    doubts = " (doubtful)" if event.doubts else ""
    return f"{lead}{event.sentence}{doubts}"


def _build_layers(used: set[str]) -> list[Spec]:
    shown = {kind: style for kind, style in _EVENT_STYLES.items() if kind in used}
    points = {
        "transform": [{"filter": "datum.from !== null"}],
        "mark": {
            "type": "point",
            "size": 110,
            "opacity": {"expr": "datum.opacity"},
            "strokeWidth": 1.6,
        },
        "encoding": encode_marks("kind", shown, symbolSize=100, columns=len(shown)),
    }
    return [_PERIODS, points, _SENTENCES]


_PERIODS: Spec = {
    "transform": [{"filter": "datum.from !== datum.to"}],
    "mark": {"type": "rule", "strokeWidth": 5, "opacity": 0.35, "strokeCap": "round"},
    "encoding": {"x2": {"field": "to"}},
}

_SENTENCES: Spec = {
    "mark": {
        "type": "text", "align": "left", "baseline": "middle",
        "yOffset": {"expr": "-7.5 * (length(datum.sentence) - 1)"},
    },
    "encoding": {"text": {"field": "sentence"}, "x": {"value": _WIDTH + 16}},
}  # fmt: skip
