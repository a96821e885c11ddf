"""How much states agree, by their recorded votes.

The score of two actors is Voeten's: over the roll calls in which both voted, the mean of
1 - |a - b| / 2 with yes = 1, abstain = 2, no = 3; so agreement counts 1, an abstention against a
vote ½, opposite votes 0. Roll calls in which everybody who voted said the same tell nothing and are
dropped, unless they are to be kept. An absence is no vote: it is counted apart, never folded in.

Source: Erik Voeten, *Data and Analyses of Voting in the UN General Assembly*, in: Reinalda (ed.),
Routledge Handbook of International Organization (2013). The published scores are by session
(year = session + 1945); by calendar year they differ, because sessions run into the next year.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

Answer = dict[str, Any]
_PLACES = {"accept": 1, "abstain": 2, "reject": 3}


@dataclass(frozen=True, slots=True)
class RollCall:
    """What was voted on: when, in which groups it counts, and whether anybody dissented."""

    day: str
    groups: Sequence[str]
    is_unanimous: bool


def agreement(
    actors: Sequence[str],
    votes: Mapping[str, Mapping[str, str]],
    roll_calls: Mapping[str, RollCall],
    *,
    keep_unanimous: bool,
) -> list[Answer]:
    """Score each pair of actors in each group; `votes` maps roll calls to forces by actor."""
    counts: defaultdict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for id, roll_call in roll_calls.items():
        cast = votes.get(id, {})
        for one, other in combinations(actors, 2):
            what = _compared(cast.get(one), cast.get(other))
            if what in ("same", "partly", "opposite") and roll_call.is_unanimous:
                what = what if keep_unanimous else "unanimous"
            for group in roll_call.groups:
                counts[one, other, group][what] += 1
    order = {pair: place for place, pair in enumerate(combinations(actors, 2))}
    return [
        _row(one, other, group, counts[one, other, group])
        for one, other, group in sorted(counts, key=lambda key: (order[key[:2]], key[2]))
    ]


def _compared(one: str | None, other: str | None) -> str:
    if one is None or other is None:
        return "neither" if one is other else "one_absent"
    return ("same", "partly", "opposite")[abs(_PLACES[one] - _PLACES[other])]


def _row(one: str, other: str, group: str, counts: Counter[str]) -> Answer:
    both = counts["same"] + counts["partly"] + counts["opposite"]
    score = (counts["same"] + counts["partly"] / 2) / both if both else None
    return {
        "actor": one,
        "other": other,
        "group": group,
        "score": score,
        "both_voted": both,
        "same": counts["same"],
        "partly": counts["partly"],
        "opposite": counts["opposite"],
        "unanimous_dropped": counts["unanimous"],
        "one_absent": counts["one_absent"],
        "both_absent": counts["neither"],
    }


COLUMNS = ("actor", "actor_label", "other", "other_label", "group", "group_label", "score",
           "both_voted", "same", "partly", "opposite", "unanimous_dropped", "one_absent",
           "both_absent")  # fmt: skip
"""The columns of its rows."""
