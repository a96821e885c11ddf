"""Who stands where: holders against propositions or issues, with the positions in force.

A cell lists, for each proposition, the position that shows where the holder stands, as
`stances` picks it. An empty cell says that nothing is recorded, which is not the same as having no
opinion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.analysis.engine.scene import Scene
from api.analysis.engine.stances import CONDITIONAL, held_by, sign, standing
from api.errors import Invalid
from api.ledger.noun import Record

Answer = dict[str, Any]

MOST_CELLS = 100_000


def matrix(
    scene: Scene, *, by_issue: bool, holders: Sequence[str] = (), issues: Sequence[str] = ()
) -> Answer:
    """Lay out the positions in force, a row for each holder, a column for each proposition.

    `holders` and `issues` narrow rows and columns to these. Raises Invalid for too many cells.
    """
    cells = _cells(scene, by_issue=by_issue)
    columns = [
        each
        for each in dict.fromkeys(column for _, column in cells)
        if not (by_issue and issues) or each in issues
    ]
    rows = holders or _holders(scene)
    if len(rows) * len(columns) > MOST_CELLS:
        raise Invalid(
            f"{len(rows)} holders and {len(columns)} columns are too many cells for one matrix; "
            "narrow it by issue, holder or proposition"
        )
    return {
        "by": "issue" if by_issue else "proposition",
        "columns": [_column(scene, each, by_issue=by_issue) for each in columns],
        "rows": [_row(scene, holder, columns, cells) for holder in rows],
    }


def _row(
    scene: Scene,
    holder: str,
    columns: Sequence[str | None],
    cells: Mapping[tuple[str, str | None], Sequence[Record]],
) -> Answer:
    packages = [
        each
        for each in scene.positions
        if each["proposition"] is None and _counts(each) and holder in held_by(each)
    ]
    return {
        "holder": holder,
        "holder_label": scene.actor(holder),
        "status": _status(scene, holder),
        "cells": [_cell(scene, holder, each, cells.get((holder, each), ())) for each in columns],
        "packages": [
            {
                "id": each["id"],
                "proposal": each["responds_to"]["proposal"],
                "force": each["force"],
                "sign": sign(each),
            }
            for each in packages
        ],
    }


def _counts(record: Record) -> bool:
    return record["rank"] != "deprecated"


def _cells(scene: Scene, *, by_issue: bool) -> dict[tuple[str, str | None], list[Record]]:
    found: defaultdict[tuple[str, str | None], list[Record]] = defaultdict(list)
    for record in scene.positions:
        if record["proposition"] is not None and _counts(record):
            columns = (record["issues"] or [None]) if by_issue else [record["proposition"]]
            for holder in held_by(record):
                for column in columns:
                    found[holder, column].append(record)
    return dict(found)


def _holders(scene: Scene) -> list[str]:
    """Order holders: those with a standing in the conflict first, audiences never."""
    listed = [each["actor"] for each in scene.conflict["parties"]]
    having = [holder for each in scene.positions if _counts(each) for holder in held_by(each)]
    known = ((scene.lookup.get("actors", each) or {}, each) for each in [*listed, *having])
    return list(dict.fromkeys(id for actor, id in known if actor.get("kind") != "audience"))


def _status(scene: Scene, holder: str) -> str | None:
    listed = scene.conflict["parties"]
    return next((each["status"] for each in listed if each["actor"] == holder), None)


def _column(scene: Scene, id: str | None, *, by_issue: bool) -> Answer:
    noun = "issues" if by_issue else "propositions"
    return {"id": id, "label": scene.lookup.label(noun, id)}


def _cell(scene: Scene, holder: str, column: str | None, records: Sequence[Record]) -> Answer:
    return {
        "holder": holder,
        "column": column,
        "state": "held" if records else "none_recorded",
        "positions": [*_shown(scene, records)],
    }


def _shown(scene: Scene, records: Sequence[Record]) -> Iterator[Answer]:
    of: defaultdict[str, list[Record]] = defaultdict(list)
    for each in records:
        of[each["proposition"]].append(each)
    for proposition, rivals in of.items():
        stands = standing(rivals)
        shown = stands.shown
        if shown is not None:
            yield {
                "id": shown["id"],
                "proposition": proposition,
                "text": scene.proposition(proposition)["text"],
                "force": shown["force"],
                "negated": shown["negated"],
                "sign": sign(shown),
                "conditional": bool(shown["under"]) or shown["force"] == CONDITIONAL,
                "voice": shown["voice"],
                "last_attested_on": shown["last_attested_on"],
                "evidence": shown["evidence"],
                "disagreement": stands.is_disputed,
                "records": [each["id"] for each in rivals],
            }
