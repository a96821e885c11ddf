"""How values are told apart in a picture: by shape and ink, with one legend that names them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from api.charts.layout import Spec, label_expression


class MarkStyle(NamedTuple):
    """How one value is drawn: its name in the legend, shape, fill and stroke."""

    name: str
    shape: str
    fill: str
    stroke: str


def encode_marks(
    field: str, marks: Mapping[str, MarkStyle], used: Collection[str], **legend: Any
) -> Spec:
    """Draw a field's values by their marks; the legend names those that are used, in order."""
    shown = {value: mark for value, mark in marks.items() if value in used}
    names = {value: mark.name for value, mark in shown.items()}
    channels = {
        channel: [getattr(mark, channel) for mark in shown.values()]
        for channel in ("shape", "fill", "stroke")
    }
    return encode_channels(field, names, channels, **legend)


def encode_channels(
    field: str, names: Mapping[str, str], channels: Mapping[str, Sequence[str]], **legend: Any
) -> Spec:
    """Tell a field's values apart in several channels; equal legends are drawn as one."""
    return {
        channel: {
            "field": field, "type": "nominal",
            "legend": {"labelExpr": label_expression(names), **legend},
            "scale": {"domain": [*names], "range": [*values]},
        }
        for channel, values in channels.items()
    }  # fmt: skip
