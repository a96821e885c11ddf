"""The parameters of a deadlock: whose records count, how they are read, what is assumed."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_VOICES = ("own", "authorised", "narrated")
"""Somebody who speaks for the holder, or a source that says itself what the holder holds."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The parameters of a deadlock; `axioms` names those in use, None all of them."""

    goals: tuple[str, ...] = ()
    soft_goals: bool = False
    voices: tuple[str, ...] = DEFAULT_VOICES
    parties_only: bool = False
    attested_since: str | None = None
    standing_demands: bool = False
    literal_offers: bool = False
    axioms: tuple[str, ...] | None = None
    measures: bool = True
    limit: int = 50
