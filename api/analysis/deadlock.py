"""A conflict's deadlock: what collides, what would open it, what nobody has answered.

`deadlock` takes a scene and the caller's choices and gives the answer as plain data, each set with
its records and a sentence: translated into logic (`translation`), solved (`solving`), and told
(`telling`). What the words mean is written in docs/deadlock.md.
"""

from __future__ import annotations

from typing import Any

from api.analysis.choices import Choices
from api.analysis.scene import Scene
from api.analysis.solving import solved
from api.analysis.telling import Telling
from api.analysis.translation import translate


def deadlock(scene: Scene, choices: Choices, *, seconds: float) -> dict[str, Any]:
    """Work a deadlock out within about `seconds`; raises Invalid for unknown goals or axioms."""
    asked = translate(scene, choices)
    found = solved(asked.problem, limit=choices.limit, seconds=seconds)
    return Telling(scene, choices, asked, found).answer()
