"""What happened, in the order of the world's time.

Uncertain dates are placed by their bounds: by the earliest possible day, then by the latest. A
beginning that is unknown counts from the day of attestation, and says so in `dated_by`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from api import clock
from api.analysis.engine.scene import Scene
from api.analysis.engine.sentences import Sentences
from api.ledger.noun import Record

Event = dict[str, Any]


def timeline(
    scene: Scene, statements: Iterable[Record], proposals: Iterable[Record]
) -> list[Event]:
    """Order all that happened in a conflict; undated events come last."""
    events = [*_told(scene, statements, proposals)]
    events.sort(key=lambda e: (e["earliest"] or clock.OPEN, e["latest"] or clock.OPEN, e["order"]))
    return [{name: event[name] for name in EVENT} for event in events]


EVENT = ("kind", "on", "earliest", "latest", "dated_by", "noun", "id", "actor", "end_reason",
         "sentence")  # fmt: skip
"""The fields of an event."""

_END = ("valid_to",)


def _told(
    scene: Scene, statements: Iterable[Record], proposals: Iterable[Record]
) -> Iterator[Event]:
    say = Sentences(scene.lookup)
    for each in statements:
        said, dates = say.of_statement(each), ("stated_on", "attested_on")
        yield _event("statement", "statements", each, each["speaker"], said, dates)
    for each in proposals:
        names = ", ".join(map(scene.actor, each["proposers"]))
        sentence = f"{names}: “{each['title']}”"
        yield _event("proposal", "proposals", each, each["proposers"][0], sentence, ("made_on",))
    for each in scene.positions:
        said = say.of_position(each)
        kind = "response" if each["responds_to"] else "position_opened"
        yield _event(kind, "positions", each, each["holder"], said, ("valid_from", "attested_on"))
        if each["valid_to"]:
            ended = f"No longer: {said}"
            yield _event("position_closed", "positions", each, each["holder"], ended, _END)
    for each in scene.preconditions:
        said = say.of_precondition(each)
        dates = ("valid_from", "attested_on")
        yield _event("precondition_opened", "preconditions", each, each["holder"], said, dates)
        if each["valid_to"]:
            ended = f"No longer: {said}"
            yield _event("precondition_closed", "preconditions", each, each["holder"], ended, _END)


def _event(
    kind: str, noun: str, record: Record, actor: str | None, sentence: str, dates: Iterable[str]
) -> Event:
    field = next((each for each in dates if record[each]), None)
    bounds = clock.parse_edtf(record[field]) if field else None
    earliest = bounds.earliest if bounds and bounds.earliest != clock.UNKNOWN else None
    latest = bounds.latest if bounds and bounds.latest != clock.OPEN else None
    order = ("statement", "proposal").index(kind) if kind in ("statement", "proposal") else 2
    return {
        "kind": kind,
        "on": record[field] if field else None,
        "earliest": earliest,
        "latest": latest,
        "dated_by": field,
        "noun": noun,
        "id": record["id"],
        "actor": actor,
        "end_reason": record["end_reason"] if kind.endswith("closed") else None,
        "sentence": sentence,
        "order": (order, record["id"]),
    }
