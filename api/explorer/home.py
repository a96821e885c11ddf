"""The home page: what the registry is, and where each conflict stands."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from api import clock
from api.analysis.deadlock.answer import Deadlock
from api.analysis.deadlock.working import work_out_deadlock
from api.analysis.engine.scene import Choices
from api.analysis.loading import load_whole_scene
from api.analysis.serving import solving_seconds
from api.conflicts import CONFLICTS
from api.errors import TooMany
from api.explorer.addresses import current_page
from api.explorer.conflict_deadlock import choose_goals
from api.explorer.fields import FieldWriter, Piece
from api.explorer.pages import Context
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes
from api.nouns import NOUNS
from api.positions import POSITIONS
from api.preconditions import PRECONDITIONS

_MAX_CONFLICTS, _SECONDS = 30, 1.5
"""Conflicts with a card, and how long working out all their verdicts may take together."""


def build_home_page(reader: Reader) -> Context:
    """Show a card for each conflict, that with the newest word first."""
    page, end = current_page(), time.monotonic() + _SECONDS
    found = reader.read_page(CONFLICTS, {}, limit=_MAX_CONFLICTS)
    records = [parse_bytes(each) for each in found.whole_bodies]
    write = FieldWriter(reader.open_lookup())
    write.link_records(CONFLICTS.name, records)  # which loads the parties
    cards = [_build_card(reader, write, each, end) for each in records]
    return {
        "cards": sorted(cards, key=lambda each: each["day"] or "", reverse=True),
        "more": found.after is not None,
        "kinds": [each.name for each in NOUNS],
        "today": None if "known_at" in page.parameters else clock.today(),
        "out_of_time": any(each["out_of_time"] for each in cards),
    }


def _build_card(reader: Reader, write: FieldWriter, conflict: Record, end: float) -> Context:
    """Show a conflict as on the last day for which a source vouches for a record."""
    newest, day = find_last_word(reader, write, conflict["id"])
    seconds = min(end - time.monotonic(), solving_seconds())
    told = None
    if day and seconds > 0 and conflict["kind"] != "forum":
        told = _work_out_verdict(reader, conflict["id"], day, seconds)
    parties = [(write.name_record("actors", each["actor"]), f"/actors/{each['actor']}")
               for each in conflict["parties"]]  # fmt: skip
    verdict = told and told.sentence.removesuffix(told.basis.sentence).strip()
    return {"conflict": conflict, "day": day, "newest": newest, "parties": parties,
            "verdict": verdict, "blocked": told is not None and told.verdict == "blocked",
            "facing": told.collisions[0].members[:2] if told and told.collisions else [],
            "sources": len(told.basis.sources) if told else None,
            "out_of_time": seconds <= 0 or (told is not None and "time" in told.cut)}  # fmt: skip


def find_last_word(
    reader: Reader, write: FieldWriter, conflict: str
) -> tuple[Sequence[Piece], str | None]:
    """Return the newest position or condition in a conflict, and the last day that is attested."""
    asked = current_page().parameters.get("valid_at", "any")
    found: list[tuple[str, str, Record]] = []
    for noun in (POSITIONS, PRECONDITIONS):
        given = {"conflict": [conflict]}
        page = reader.read_page(noun, given, sort="attested_on", descending=True, limit=1)
        records = map(parse_bytes, page.whole_bodies)
        found += [(each["attested_on"], noun.name, each) for each in records]
    if not found:
        return (), None
    day, noun, record = max(found, key=lambda each: each[0])
    return write.link_records(noun, [record]) if day <= asked else (), min(day, asked)


def _work_out_verdict(reader: Reader, conflict: str, day: str, seconds: float) -> Deadlock | None:
    """Work out where a conflict stands on a day; None where it has too many records."""
    then = replace(reader, moment=reader.moment._replace(valid_at=day))
    try:
        scene = load_whole_scene(then, conflict)
    except TooMany:
        return None
    return work_out_deadlock(scene, Choices(choose_goals(scene)), seconds=seconds).answer
