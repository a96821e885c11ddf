"""The page of agreement: how often a set of states votes alike."""

from __future__ import annotations

from collections.abc import Sequence

from api.actors import ACTORS
from api.analysis.questions.agreement import Agreement, AgreementRow, answer_agreement
from api.analysis.questions.queries import ParsedQuestion
from api.conflicts import CONFLICTS
from api.explorer import agreement_charts
from api.explorer.pages import Context
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes

_MAX_STATES, _MAX_FORUMS = 300, 50
_COUNTS = ("both_voted", "same", "partly", "opposite")


def build_agreement_page(reader: Reader, asking: ParsedQuestion | None, forum: str) -> Context:
    """Show the scores of the chosen states; without a choice, only the form."""
    states = reader.read_page(ACTORS, {"kind": ["state"]}, sort="id", limit=_MAX_STATES)
    forums = reader.read_page(CONFLICTS, {"kind": ["forum"]}, limit=_MAX_FORUMS)
    asked = asking.of if asking else None
    return {
        "states": sorted(map(parse_bytes, states.whole_bodies), key=lambda each: each["name"]),
        "forums": [*map(parse_bytes, forums.whole_bodies)],
        "asked": asked,
        "forum": forum,
        "scored": _group_scores(answer_agreement(reader, asked)) if asked else None,
    }


def _group_scores(answer: Agreement) -> Context:
    """Group the rows by pair for the charts and tables."""
    scores: dict[str, dict[str, float | None]] = {}
    for each in answer.data:
        pair = f"{each.actor_label} \N{EN DASH} {each.other_label}"
        scores.setdefault(pair, {})[_name_group(each)] = each.score
    groups = list(dict.fromkeys(map(_name_group, answer.data)))
    if answer.by != "issue":
        groups.sort(key=lambda group: group.zfill(6))
    return {
        "by": answer.by,
        "groups": groups,
        "pairs": _sum_pairs(answer.data),
        "lines": agreement_charts.draw_lines(scores, groups),
        "map": agreement_charts.draw_heat_map(scores, groups),
        "drawn": min(len(scores), agreement_charts.MAX_LINES),
        "scores": scores,
    }


def _name_group(row: AgreementRow) -> str:
    return str(row.group_label or "no issue")


def _sum_pairs(rows: Sequence[AgreementRow]) -> list[Context]:
    """Add up the counts of each pair over all groups; the best score comes first."""
    found: dict[tuple[str, str], Context] = {}
    for row in rows:
        new = {"one": row.actor_label, "other": row.other_label, **dict.fromkeys(_COUNTS, 0)}
        pair = found.setdefault((row.actor, row.other), new)
        for name in _COUNTS:
            pair[name] += getattr(row, name)
    for pair in found.values():
        counted = pair["both_voted"]
        agreed = pair["same"] + pair["partly"] / 2
        pair["score"] = agreed / counted if counted else None
    return sorted(found.values(), key=_order_key, reverse=True)


def _order_key(pair: Context) -> float:
    """Sort pairs that never both voted behind those that always disagree."""
    return -1 if pair["score"] is None else pair["score"]
