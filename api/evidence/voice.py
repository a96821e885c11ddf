"""How the speaker relates to the holder."""

from api.ledger.noun import Lookup
from api.ledger.rules import holds_on


def classify_voice(
    speaker: str | None, speaker_as: str | None, holder: str, on: str, lookup: Lookup
) -> str:
    """Return how the speaker relates to the holder, as a value of `vocabulary.VOICE`.

    An office counts if it is possibly held on the day `on`. It speaks for the actor named in
    `speaks_for` and for every actor of which that one is a part.
    """
    if speaker is None:
        return "anonymous" if speaker_as else "narrated"
    if speaker == holder:
        return "own"
    offices = (lookup.get("actors", speaker) or {}).get("offices", ())
    spoken_for = (o["speaks_for"] for o in offices if "speaks_for" in o and holds_on(o, on))
    if any(holder in list_wholes(each, lookup) for each in spoken_for):
        return "authorised"
    return "relayed"


def list_wholes(actor: str, lookup: Lookup) -> list[str]:
    """Return the actor and, from the nearest up, every actor that it is a part of."""
    chain: list[str] = []
    part: str | None = actor
    while part is not None and part not in chain:
        chain.append(part)
        part = (lookup.get("actors", part) or {}).get("part_of")
    return chain
