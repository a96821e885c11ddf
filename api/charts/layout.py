"""What all pictures share: paper, type, colours, a heading that says what and as of when.

A picture travels without its page, so it names its subject, both clocks and, where it had to leave
something out, what and how to see it. Its words are set in families that every reader has; marks
that carry meaning are drawn, because a sign may be missing from somebody's font.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Spec = dict[str, Any]

INK, QUIET, FAINT, PAPER = "#1f2328", "#57606a", "#d0d7de", "#ffffff"
"""Text, lesser text, lines, ground; text has a contrast of 4.5 and more on its ground."""

_LINE = 15
"""The height of a line of text."""

FONT = "Helvetica, Arial, sans-serif"

_CONFIG: Spec = {
    "font": FONT,
    "background": PAPER,
    "view": {"stroke": None},
    "axis": {
        "domain": False, "ticks": False, "grid": False, "labelColor": INK, "labelFontSize": 12,
        "titleColor": QUIET, "titleFontWeight": "normal", "labelLimit": 1000,
    },
    "legend": {
        "orient": "bottom", "direction": "horizontal", "title": None, "labelColor": INK,
        "labelFontSize": 12, "labelLimit": 1000, "columnPadding": 18, "symbolOpacity": 1,
    },
    "text": {"fontSize": 12, "color": INK, "lineHeight": _LINE},
    "concat": {"spacing": 28},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caption:
    """Of what a picture tells, and as known and in force when."""

    about: str
    known_at: int
    valid_at: str | None

    @property
    def moment(self) -> str:
        """Say both clocks in words."""
        day = "On any day" if self.valid_at is None else f"In force on {self.valid_at}"
        return f"{day}, as known at changeset {self.known_at}."


def compose_picture(
    title: str, caption: Caption, notes: Iterable[str], told: str, body: Spec
) -> Spec:
    """Put a picture's body under its heading; `told` is the same in words, for who cannot see."""
    lines = [line for each in (caption.moment, *notes) for line in wrap_text(each, 110)]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": f"{title}. {told}".strip(),
        "title": {
            "text": title, "subtitle": lines, "anchor": "start", "frame": "bounds",
            "fontSize": 17, "color": INK, "subtitleFontSize": 12, "subtitleColor": QUIET,
            "subtitleLineHeight": 16, "subtitlePadding": 6, "offset": 18,
        },
        "padding": 20,
        "config": _CONFIG,
        **body,
    }  # fmt: skip


def draw_empty(title: str, caption: Caption, why: str) -> Spec:
    """Say that there is nothing to show, and what would fill it."""
    mark = {"type": "text", "align": "left", "x": 0, "color": QUIET, "fontSize": 13}
    body = {
        "width": 560, "height": 40,
        "data": {"values": [{"text": wrap_text(why, 90)}]},
        "mark": mark,
        "encoding": {"text": {"field": "text"}},
    }  # fmt: skip
    return compose_picture(title, caption, (), why, body)


def wrap_text(text: str, width: int, most: int | None = None) -> list[str]:
    """Break a text into lines of at most `width` characters; no more than `most` of them."""
    return textwrap.wrap(text, width, max_lines=most, placeholder=" …") or [""]


def take_first(
    values: Sequence[Any], most: int, what: str, how: str
) -> tuple[Sequence[Any], list[str]]:
    """Take the first of many, with a note that says so."""
    if len(values) <= most:
        return values, []
    return values[:most], [
        f"Shown are the first {most} of {len(values)} {what}: narrow it by {how}."
    ]


def encode_rows(field: str, labels: Sequence[Sequence[str]], **axis: Any) -> Spec:
    """Lay a band for each number of `field` downwards, labelled by the lines at its place.

    Numbers, because two records may be called alike.
    """
    # A renderer centres the first line; the others would hang below.
    raised = [
        {
            "test": f"length({_to_json(labels)}[datum.value]) === {lines}",
            "value": -_LINE / 2 * (lines - 1),
        }
        for lines in sorted({len(each) for each in labels if len(each) > 1})
    ]
    offset: Any = {"condition": raised, "value": 0} if raised else 0
    return _encode_bands(field, labels, labelOffset=offset, labelPadding=12, **axis)


def encode_columns(field: str, labels: Sequence[Sequence[str]], **axis: Any) -> Spec:
    """Lay a band for each number of `field` across, labelled above by the lines at its place."""
    longest = max(len(each) for each in labels)
    padding = 8 + _LINE * (longest - 1)
    return _encode_bands(field, labels, orient="top", labelAngle=0, labelPadding=padding, **axis)


def _encode_bands(field: str, labels: Sequence[Sequence[str]], **axis: Any) -> Spec:
    named = _to_json(labels)
    return {
        "field": field,
        "type": "ordinal",
        "scale": {"domain": [*range(len(labels))], "padding": 0},
        "axis": {"title": None, "labelExpr": f"{named}[datum.value]", "labelLineHeight": _LINE,
                 **axis},
    }  # fmt: skip


def label_expression(names: Mapping[str, str]) -> str:
    """Write the expression that gives a legend's entry for each value."""
    return f"{json.dumps(dict(names))}[datum.value]"


def _to_json(lines: Sequence[Sequence[str]]) -> str:
    return json.dumps([*map(list, lines)])
