"""What all pictures share: fonts, colours, heading, axes, marks.

A picture is shown without its page, so its heading names the subject, both clocks, and what was
left out. Fonts are families that every reader has. Marks with a meaning are drawn as paths, because
a reader's font may lack a sign.

Texts are cut and cleaned here: Vega would cut emoji in two, and vl-convert aborts at a character
that XML excludes.
"""

import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from api.web.characters import replace_for_xml

Spec = dict[str, Any]

INK, QUIET, FAINT, PAPER = "#1f2328", "#57606a", "#d0d7de", "#ffffff"
"""Text, secondary text, lines, background; text has a contrast of at least 4.5."""

_LINE = 15
"""The height of a line of text, in pixels."""

_CONFIG: Spec = {
    "font": "Helvetica, Arial, sans-serif",
    "background": PAPER,
    "view": {"stroke": None},
    "axis": {
        "domain": False, "ticks": False, "grid": False, "labelColor": INK, "labelFontSize": 12,
        "titleColor": QUIET, "titleFontWeight": "normal", "labelLimit": 0,
    },
    "legend": {
        "orient": "bottom", "direction": "horizontal", "title": None, "labelColor": INK,
        "labelFontSize": 12, "labelLimit": 0, "columnPadding": 18, "symbolOpacity": 1,
    },
    "text": {"fontSize": 12, "color": INK, "lineHeight": _LINE},
    "concat": {"spacing": 28},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caption:
    """The subject of a picture and the moment that it shows."""

    about: str
    known_at: int
    valid_at: str | None

    @property
    def moment(self) -> str:
        """Both clocks in words."""
        day = "On any day" if self.valid_at is None else f"In force on {self.valid_at}"
        return f"{day}, as known at changeset {self.known_at}."


_TITLE: Spec = {
    "anchor": "start", "frame": "bounds", "offset": 18, "fontSize": 17, "color": INK,
    "subtitleFontSize": 12, "subtitleColor": QUIET, "subtitleLineHeight": 16, "subtitlePadding": 6,
}  # fmt: skip


def make_picture(title: str, caption: Caption, notes: Iterable[str], told: str, body: Spec) -> Spec:
    """Put the body of a picture under its heading; `told` is its description in words."""
    lines = [line for each in (caption.moment, *notes) for line in wrap_text(each, 110, 8)]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": replace_for_xml(f"{title}. {told}".strip()),
        "title": {"text": wrap_text(title, 110, 1)[0], "subtitle": lines, **_TITLE},
        "padding": 20,
        "config": _CONFIG,
        **body,
    }  # fmt: skip


def draw_empty(title: str, caption: Caption, why: str) -> Spec:
    """Draw a picture that says why there is nothing to show."""
    mark = {"type": "text", "align": "left", "x": 0, "color": QUIET, "fontSize": 13}
    body = {
        "width": 560, "height": 40,
        "data": {"values": [{"text": wrap_text(why, 90)}]},
        "mark": mark,
        "encoding": {"text": {"field": "text"}},
    }  # fmt: skip
    return make_picture(title, caption, (), why, body)


def wrap_text(text: str, width: int, most: int | None = None) -> list[str]:
    """Break a text into at most `most` lines of at most `width` characters."""
    lines = textwrap.wrap(replace_for_xml(text), width, max_lines=most, placeholder=" …") or [""]
    # Vega would take the word `constructor` for an operator, but not with a blank behind it.
    return [f"{line} " if line.isidentifier() else line for line in lines]


def take_first(
    values: Sequence[Any], most: int, what: str, how: str
) -> tuple[Sequence[Any], list[str]]:
    """Return the first `most` values, and a note if there are more."""
    if len(values) <= most:
        return values, []
    note = f"These are the first {most} of {len(values)} {what}. Narrow them by {how}."
    return values[:most], [note]


def encode_rows(field: str, labels: Sequence[Sequence[str]], **axis: Any) -> Spec:
    """Encode `field`, the index of a row, on the vertical axis, labelled by `labels`.

    Rows are encoded by index, because two records may have the same name.
    """
    # The renderer centres the first line only, so labels of several lines are moved up.
    told = f"length({label_expression(labels)})"
    heights = sorted({len(each) for each in labels if len(each) > 1})
    raised = [{"test": f"{told} === {n}", "value": -_LINE / 2 * (n - 1)} for n in heights]
    offset: Any = {"condition": raised, "value": 0} if raised else 0
    return _encode_bands(field, labels, labelOffset=offset, labelPadding=12, **axis)


def encode_columns(field: str, labels: Sequence[Sequence[str]], **axis: Any) -> Spec:
    """Encode `field`, the index of a column, on the horizontal axis, labelled by `labels`."""
    longest = max(len(each) for each in labels)
    padding = 8 + _LINE * (longest - 1)
    return _encode_bands(field, labels, orient="top", labelAngle=0, labelPadding=padding, **axis)


def _encode_bands(field: str, labels: Sequence[Sequence[str]], **axis: Any) -> Spec:
    return {
        "field": field,
        "type": "ordinal",
        "scale": {"domain": [*range(len(labels))], "padding": 0},
        "axis": {"title": None, "labelExpr": label_expression(labels), "labelLineHeight": _LINE,
                 **axis},
    }  # fmt: skip


def label_expression(labels: Mapping[str, str] | Sequence[Sequence[str]]) -> str:
    """Return the Vega expression that labels a value by its key or its index."""
    return f"{json.dumps(labels)}[datum.value]"


class MarkStyle(NamedTuple):
    """How a value is drawn: its name in the legend, shape, fill and stroke."""

    name: str
    shape: str
    fill: str
    stroke: str


_CHANNELS = ("shape", "fill", "stroke")


def encode_marks(
    field: str, marks: Mapping[str, Any], channels: Sequence[str] = _CHANNELS, **legend: Any
) -> Spec:
    """Encode a field by the styles of its values; Vega-Lite merges the channels' equal legends."""
    names = label_expression({value: mark.name for value, mark in marks.items()})
    return {
        channel: {
            "field": field, "type": "nominal", "legend": {"labelExpr": names, **legend},
            "scale": {"domain": [*marks], "range": [getattr(m, channel) for m in marks.values()]},
        }
        for channel in channels
    }  # fmt: skip


def draw_list(heading: str, sentences: Iterable[str], left: int) -> Spec:
    """Draw sentences as a list below a bold heading."""
    lines = [heading]
    for each in sentences:
        first, *rest = wrap_text(each, 118, 8)
        lines += [f"•  {first}", *(f"    {line}" for line in rest)]
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
