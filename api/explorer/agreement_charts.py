"""Inline SVG charts of agreement: a line chart and a heat map.

Scores lie between 0 and 1. Where a pair has no score, its line breaks and its cell stays empty. The
page has the same figures in a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Scores = Mapping[str, Mapping[str, float | None]]
"""Pair → group → score."""

MAX_LINES = 8

_LEFT, _RIGHT, _TOP, _WIDTH, _HEIGHT = 44, 190, 12, 900, 320
_CELL, _NAMES, _SHADES = 18, 200, 9
_MAX_TICKS = 12
_LABEL_DISTANCE = 17


_FRAME = {
    "width": _WIDTH, "height": _HEIGHT + _TOP + 30, "left": _LEFT, "right": _WIDTH - _RIGHT
}  # fmt: skip


def _draw_pairs(
    pairs: Sequence[tuple[str, Mapping[str, float | None]]], places: Mapping[str, float]
) -> list[dict[str, Any]]:
    drawn = [_draw_line(name, of, places, index) for index, (name, of) in enumerate(pairs)]
    _spread_labels([each for each in drawn if each["end"] is not None])
    return drawn


def draw_lines(scores: Scores, groups: Sequence[str]) -> dict[str, Any]:
    """Draw the first MAX_LINES pairs as lines over the groups, each labelled at its end."""
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(groups) - 1, 1)
    places = {group: _LEFT + step * index for index, group in enumerate(groups)}
    return {
        **_FRAME,
        "lines": _draw_pairs([*scores.items()][:MAX_LINES], places),
        "levels": [(tenth / 4, _score_height(tenth / 4)) for tenth in range(5)],
        "ticks": [(places[group], group) for group in _choose_ticks(groups)],
        "bottom": _score_height(0),
    }


def _score_height(score: float) -> float:
    return round(_TOP + (1 - score) * _HEIGHT, 1)


def _draw_line(
    name: str, of: Mapping[str, float | None], places: Mapping[str, float], index: int
) -> dict[str, Any]:
    path, pen, dots = "", "M", list[tuple[float, float, str]]()
    for group, x in places.items():
        score = of.get(group)
        if score is None:
            pen = "M"
            continue
        path += f"{pen}{x:.1f} {_score_height(score)}"
        pen = "L"
        dots.append((round(x, 1), _score_height(score), f"{name}, {group}: {score:.2f}"))
    end = dots[-1][1] if dots else None
    return {"name": name, "path": path, "dots": dots, "end": end, "colour": index}


def _spread_labels(drawn: Sequence[dict[str, Any]]) -> None:
    """Move overlapping line labels apart, but none below the zero line."""
    listed = sorted(drawn, key=lambda line: line["end"])
    highest, lowest = 0.0, _score_height(0)
    for each in listed:
        each["end"] = max(each["end"], highest)
        highest = each["end"] + _LABEL_DISTANCE
    for each in reversed(listed):
        each["end"] = min(each["end"], lowest)
        lowest = each["end"] - _LABEL_DISTANCE


def _choose_ticks(groups: Sequence[str]) -> Sequence[str]:
    every = -(-len(groups) // _MAX_TICKS) or 1
    return groups[::every]


def draw_heat_map(scores: Scores, groups: Sequence[str]) -> dict[str, Any]:
    """Draw a heat map with a row for each pair and a column for each group."""
    width = max(4, min(_CELL, (_WIDTH - _NAMES) // max(len(groups), 1)))
    places = {group: _NAMES + column * width for column, group in enumerate(groups)}
    return {
        "width": _NAMES + width * len(groups) + 40,
        "height": _CELL * len(scores) + 24,
        "cell": width,
        "row": _CELL,
        "rows": [_draw_row(name, of, places, n) for n, (name, of) in enumerate(scores.items())],
        "ticks": [(places[group], group) for group in _choose_ticks(groups)],
        "bottom": _CELL * len(scores),
        "shades": range(_SHADES),
    }


def _draw_row(
    name: str, scores: Mapping[str, float | None], places: Mapping[str, int], index: int
) -> dict[str, Any]:
    cells = [
        (place, _choose_shade(score), f"{name}, {group}: {score:.2f}")
        for group, place in places.items()
        if (score := scores.get(group)) is not None
    ]
    return {"name": name, "y": index * _CELL, "cells": cells}


def _choose_shade(score: float) -> int:
    return min(int(score * _SHADES), _SHADES - 1)
