"""Encodes values by shape and colour, with one legend that names them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from api.charts.layout import Spec, label_expression


class MarkStyle(NamedTuple):
    """How a value is drawn: its name in the legend, shape, fill and stroke."""

    name: str
    shape: str
    fill: str
    stroke: str


def encode_marks(
    field: str, marks: Mapping[str, MarkStyle], used: Collection[str], **legend: Any
) -> Spec:
    """Encode a field by the styles of its values; the legend names the used ones in order."""
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
    """Encode a field in several channels; Vega-Lite merges their equal legends."""
    return {
        channel: {
            "field": field, "type": "nominal",
            "legend": {"labelExpr": label_expression(names), **legend},
            "scale": {"domain": [*names], "range": [*values]},
        }
        for channel, values in channels.items()
    }  # fmt: skip
