"""The sections of a conflict besides its deadlock: each begins with its answer in a sentence."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from api.analysis.engine.scene import Scene
from api.analysis.engine.sentences import Sentences
from api.analysis.engine.stances import list_holders
from api.analysis.questions.cells import Cell
from api.analysis.questions.diff import DiffQuery, answer_diff
from api.analysis.questions.layout import MatrixQuery, lay_out_matrix
from api.analysis.questions.matrix import load_proposals
from api.analysis.questions.queries import ParsedQuestion
from api.analysis.questions.timeline import Event, TimelineQuery, answer_timeline
from api.analysis.serving import make_input
from api.errors import Invalid
from api.evidence.rules import list_sources
from api.explorer.pages import Context
from api.explorer.words import _
from api.ledger import Asked
from api.ledger.reading.reader import Reader
from api.vocabulary import TIMELINE_KIND

_COLUMNS, _ROWS, _EVENTS, _ALL = 6, 15, 40, 1_000_000


def build_matrix(reader: Reader, scene: Scene, asking: ParsedQuestion, _: Context) -> Context:
    """Show the actors across and the issues down, the contested ones first."""
    asked = asking.of
    query = MatrixQuery(asked.by_issue, voices=asked.choices.voices)
    try:
        made = lay_out_matrix(scene, query, load_proposals(reader, scene))
    except Invalid:
        return {"matrix": None}
    rows = [each for each in made.rows if each.packages or any(map(_is_filled, each.cells))]
    shown = [each for each in rows if each.holder in asked.actors]
    # The parties first, then those of whom most is recorded.
    rated = sorted(rows, key=lambda e: (e.status != "party", -sum(map(_is_filled, e.cells))))
    shown = shown or rated[:_COLUMNS]
    lines = [(column, [each.cells[n] for each in shown], _is_contested(e.cells[n] for e in rows))
             for n, column in enumerate(made.columns)]  # fmt: skip
    lines = [each for each in lines if any(map(_is_filled, each[1]))]
    lines.sort(key=lambda each: (not each[2], -sum(map(_is_filled, each[1]))))
    after = asked.after + _ROWS
    return {"matrix": made, "rows": rows, "shown": shown, "lines_of": lines[asked.after : after],
            "next": after if len(lines) > after else None, "count": len(lines),
            "contested": [column for column, _, is_contested in lines if is_contested]}  # fmt: skip


def _is_filled(cell: Cell) -> bool:
    return bool(cell.positions or cell.conditions or cell.proposed_in)


def _is_contested(cells: Iterable[Cell]) -> bool:
    """Whether some holder is for a proposition and another against the same."""
    sides = {(line.proposition, line.sign)
             for cell in cells for line in cell.positions if line.state == "held"}  # fmt: skip
    return any((proposition, -sign) in sides for proposition, sign in sides if sign)


def build_conditions(_reader: Reader, scene: Scene, *_: object) -> Context:
    """Show who asks what of whom, those first of whom most is asked."""
    say = Sentences(scene.lookup)
    counted = [each for each in scene.preconditions if each["rank"] != "deprecated"]
    asked = Counter(who for each in counted for who in each["obligors"]).most_common()
    told = [(each, say.describe_precondition(each), say.describe_account(each),
             say.write_doubts(each)) for each in counted]  # fmt: skip
    groups = [(scene.name_actor(who), [each for each in told if who in each[0]["obligors"]])
              for who, _ in asked]  # fmt: skip
    groups += [(None, [each for each in told if not each[0]["obligors"]])]
    # A record may say that its holder sets none.
    stated = [each for each in counted if each["antecedents_kind"] != "none"]
    holders = {who for each in stated for who in list_holders(each)}
    return {"groups": [each for each in groups if each[1]], "count": len(stated),
            "holders": len(holders)}  # fmt: skip


def build_timeline(reader: Reader, scene: Scene, asking: ParsedQuestion, _: Context) -> Context:
    """Group the events of all days by date, newest first, without mere statements."""
    kinds = tuple(each for each in TIMELINE_KIND.values if each != "statement")
    query = TimelineQuery({}, None, None, kinds, _ALL, 0, asking.of.choices.voices)
    always = reader.at_day(None)
    asked = make_input(always, scene.conflict["id"], ParsedQuestion(asking.asked, query))
    try:
        found = answer_timeline(asked).data[::-1]
    except Invalid:
        return {"days": None}
    after = asking.of.after + _EVENTS
    days: dict[tuple[str | None, str | None], list[Event]] = {}
    for event in found[asking.of.after : after]:
        days.setdefault((event.earliest, event.latest), []).append(event)
    return {"days": days, "happened": found, "next": after if len(found) > after else None}


def build_changes(reader: Reader, scene: Scene, asking: ParsedQuestion, page: Context) -> Context:
    """Show what changed since a day, by default the one before on which something happened."""
    since = asking.of.since or page["before"]
    if since is None or reader.moment.valid_at is None:
        return {"changes": None, "since": since}
    query = DiffQuery(Asked(valid_at=since), "valid", asking.of.choices)
    asked = make_input(reader, scene.conflict["id"], replace(asking, of=query))
    changes = answer_diff(asked)
    return {"changes": changes, "since": since, "out_of_time": "time" in changes.cut}


def build_sources(_reader: Reader, scene: Scene, *_: object) -> Context:
    """List the sources of what is in force, those behind most records first."""
    behind: dict[str, list[str]] = {}
    for each in (*scene.positions, *scene.preconditions):
        for id in list_sources(each):
            behind.setdefault(id, []).append(each["last_attested_on"])
    listed: list[Any] = [(id, scene.lookup.get("sources", id) or {}, len(days), max(days))
                         for id, days in behind.items()]  # fmt: skip
    return {"listed": sorted(listed, key=lambda each: -each[2])}


SECTIONS = {
    "": (_("Deadlock"), None),
    "matrix": (_("Who stands where"), build_matrix),
    "conditions": (_("Conditions"), build_conditions),
    "timeline": (_("Timeline"), build_timeline),
    "changes": (_("Changes"), build_changes),
    "sources": (_("Sources"), build_sources),
}
"""The pages by the end of their address, each with its name and what builds it."""
