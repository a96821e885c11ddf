"""The home page: what the registry is, and where each conflict stands."""

import time
from collections.abc import Sequence
from contextlib import suppress

from api.analysis.engine.scene import Choices
from api.analysis.loading import load_whole_scene
from api.conflicts import CONFLICTS
from api.errors import TooLarge
from api.explorer.conflict import complete_choices, open_on_last_day
from api.explorer.conflict_deadlock import build_deadlock
from api.explorer.fields import FieldWriter, Piece
from api.explorer.pages import Context
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.nouns import NOUNS
from api.positions import POSITIONS
from api.preconditions import PRECONDITIONS
from api.proposals import PROPOSALS

_MAX_CONFLICTS, HOME_SECONDS = 30, 1.5
"""Conflicts with a card, and how long working out all their verdicts may take together."""


def build_home_page(reader: Reader, seconds: float) -> Context:
    """Show a card for each conflict, the newest word first; verdicts may take `seconds`."""
    end = time.monotonic() + seconds
    found = reader.read_page(CONFLICTS, {}, limit=_MAX_CONFLICTS)
    records = found.records
    write = FieldWriter(reader.open_lookup())
    write.link_records(CONFLICTS.name, records)  # which loads the parties
    cards = [_build_card(reader, write, each, end) for each in records]
    return {
        "cards": sorted(cards, key=lambda each: each["day"] or "", reverse=True),
        "more": found.after is not None,
        "kinds": [each.name for each in NOUNS],
        "out_of_time": any(each["out_of_time"] for each in cards),
    }


def _build_card(reader: Reader, write: FieldWriter, conflict: Record, end: float) -> Context:
    """Show a conflict as its own page does, unless it is a forum or the time is up."""
    parties = [(write.name_record("actors", each["actor"]), f"/actors/{each['actor']}")
               for each in conflict["parties"]]  # fmt: skip
    day, newest = _find_newest(reader, write, conflict)
    late = time.monotonic() > end
    card: Context = {"conflict": conflict, "parties": parties, "day": day, "newest": newest,
                     "out_of_time": late, "deadlock": None}  # fmt: skip
    if late or not day or conflict["kind"] == "forum":
        return card
    with suppress(TooLarge):  # too large for a page: its own says so
        then, coverage = open_on_last_day(reader, conflict)
        card["day"] = (coverage and coverage.last_word) or day
        scene = load_whole_scene(then, conflict["id"])
        card |= build_deadlock(scene, complete_choices(scene, Choices()))
    return card


def _find_newest(
    reader: Reader, write: FieldWriter, conflict: Record
) -> tuple[str | None, Sequence[Piece]]:
    """Return the last day of a conflict, and its position or condition, or a forum's roll call."""
    is_forum, found = conflict["kind"] == "forum", list[tuple[str, str, Record]]()
    day = "made_on" if is_forum else "attested_on"
    for noun in (PROPOSALS,) if is_forum else (POSITIONS, PRECONDITIONS):
        given = {"conflict": [conflict["id"]]}
        page = reader.read_page(noun, given, sort=day, descending=True, limit=1)
        found += [(e[day] or "", noun.name, e) for e in page.records]
    if not found:
        return None, ()
    newest, noun, record = max(found, key=lambda each: each[0])
    return newest, write.link_records(noun, [record])
