"""Who speaks, seen from the holder."""

from __future__ import annotations

from api.ledger.noun import Lookup
from api.ledger.rules import holds


def classify_voice(
    speaker: str | None, speaker_as: str | None, holder: str, on: str, lookup: Lookup
) -> str:
    """Tell who speaks, seen from the holder (a value of `vocabulary.VOICE`).

    `on` is the day by which an office counts: one that possibly holds on that day speaks. An
    office speaks for the actor named in `speaks_for` and for every whole of which that is a part.
    """
    if speaker is None:
        return "anonymous" if speaker_as else "narrated"
    if speaker == holder:
        return "own"
    offices = (lookup.get("actors", speaker) or {}).get("offices", ())
    spoken_for = (o["speaks_for"] for o in offices if "speaks_for" in o and holds(o, on))
    if any(holder in list_wholes(each, lookup) for each in spoken_for):
        return "authorised"
    return "relayed"


def list_wholes(actor: str, lookup: Lookup) -> list[str]:
    """Give the actor and, in order, every actor that it is part of."""
    chain: list[str] = []
    part: str | None = actor
    while part is not None and part not in chain:
        chain.append(part)
        part = (lookup.get("actors", part) or {}).get("part_of")
    return chain
