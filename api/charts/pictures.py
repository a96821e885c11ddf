"""The pictures, as data: which question each answers, and how its answer is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.analysis.questions import QUESTIONS, Question
from api.charts.deadlock import deadlock
from api.charts.frame import Caption, Spec
from api.charts.matrix import matrix
from api.charts.timeline import timeline

Draw = Callable[[Mapping[str, Any], Caption], Spec]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a question's answer: what it is called on a page, and how it is drawn.

    `columns` are those of the question's flat rows that tell the same as a table.
    """

    question: Question
    draw: Draw
    columns: tuple[str, ...]


_QUESTIONS = {each.name: each for each in QUESTIONS}

PICTURES = (
    Picture(
        _QUESTIONS["matrix"],
        matrix,
        (
            "holder_label",
            "column_label",
            "state",
            "force",
            "negated",
            "conditional",
            "last_attested_on",
        ),
    ),
    Picture(_QUESTIONS["timeline"], timeline, ("on", "kind", "sentence")),
    Picture(_QUESTIONS["deadlock"], deadlock, ("kind", "set", "move", "sentence")),
)
"""The pictures of a conflict, each beside its JSON form."""
