"""How a stance is shown: by a drawn sign, a word and a colour.

The colours are a diverging scale that the colour-blind can read (blue-green for, brown against,
grey neither), each on a light background of its own.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from api.vocabulary import VERBS


class ShownStance(NamedTuple):
    """A position, an answer to a whole proposal, or a condition in `short`, as a cell shows it."""

    force: str
    sign: int
    negated: bool = False
    conditional: bool = False
    disagreement: bool = False
    state: str | None = "held"
    short: str = ""


@dataclass(frozen=True, slots=True)
class StanceStyle:
    """How a kind of stance is drawn: its name in the legend, sign, colour and background."""

    name: str
    shape: str
    fill: str
    ground: str


_PLUS = "M-1,-0.22H-0.22V-1H0.22V-0.22H1V0.22H0.22V1H-0.22V0.22H-1Z"
_CROSS = (
    "M-0.85,-0.54L-0.54,-0.85L0,-0.31L0.54,-0.85L0.85,-0.54L0.31,0L0.85,0.54L0.54,0.85"
    "L0,0.31L-0.54,0.85L-0.85,0.54L-0.31,0Z"
)
_RING = (
    "M-0.8,0A0.8,0.8,0,1,1,0.8,0A0.8,0.8,0,1,1,-0.8,0Z"
    "M-0.45,0A0.45,0.45,0,1,0,0.45,0A0.45,0.45,0,1,0,-0.45,0Z"
)
_UNEQUAL = (
    "M-0.9,-0.5H0.9V-0.12H-0.9ZM-0.9,0.12H0.9V0.5H-0.9ZM0.32,-1L0.62,-0.85L-0.32,1L-0.62,0.85Z"
)
_DIAMOND = "M0,-0.9L0.9,0L0,0.9L-0.9,0ZM0,-0.5L-0.5,0L0,0.5L0.5,0Z"
_DOT = "M-0.3,0A0.3,0.3,0,1,1,0.3,0A0.3,0.3,0,1,1,-0.3,0Z"

STANCE_STYLES: Mapping[str, StanceStyle] = {
    "for": StanceStyle("for it", _PLUS, "#01665e", "#d9efec"),
    "against": StanceStyle("against it", _CROSS, "#8c510a", "#f7ead0"),
    "neither": StanceStyle("neither", _RING, "#57606a", "#eaeef2"),
    "differs": StanceStyle("for and against", _UNEQUAL, "#1f2328", "#eaeef2"),
    "condition": StanceStyle("sets a condition", _DIAMOND, "#57606a", "#ffffff"),
    "none": StanceStyle("nothing recorded (not: neutral)", _DOT, "#6e7781", "#ffffff"),
}

_BY_SIGN = {1: "for", -1: "against", 0: "neither"}


def choose_style(shown: Sequence[ShownStance]) -> str:
    """Return the name of the style for a cell with these positions and conditions."""
    positions = [each for each in shown if not each.short]
    if not positions:
        return "condition" if shown else "none"
    signs = {each.sign for each in positions}
    if any(each.disagreement for each in positions) or {1, -1} <= signs:
        return "differs"
    return _BY_SIGN[next((each for each in signs if each), 0)]


def is_hollow(shown: Sequence[ShownStance]) -> bool:
    """Whether a cell has nothing but what others say, which is no fact."""
    return bool(shown) and all(each.state != "held" for each in shown)


def describe_stances(shown: Sequence[ShownStance]) -> str:
    """Describe the positions and conditions of a cell in a few words."""
    positions = [each for each in shown if not each.short]
    said = [*_describe_positions(positions), *(each.short for each in shown if each.short)]
    states = dict.fromkeys(each.state for each in shown if each.state)
    lead = f"{' and '.join(states)}: " if states and is_hollow(shown) else ""
    return lead + ", ".join(said)


def _describe_positions(shown: Sequence[ShownStance]) -> Iterator[str]:
    if len(shown) == 1:
        [only] = shown
        _, verb, _ = VERBS[only.force]
        yield f"{verb} the opposite" if only.negated else verb
        return
    counts = Counter(_BY_SIGN[each.sign] for each in shown)
    yield from (f"{counts[key]} {key}" for key in ("for", "against", "neither") if counts[key])
