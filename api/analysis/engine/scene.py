"""The input of a deadlock: the records of one conflict, and the caller's choices."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol, Self

from api.errors import Invalid
from api.evidence.rules import list_holders, list_wholes
from api.ledger.noun import Lookup, Record
from api.ledger.rules import drop_repeats, holds_on

Literals = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """What a proposal as a whole comes to.

    `common` are the literals that hold whatever is chosen; `options` those of each option.
    `conditional` are (literals, what they are due under), `order` (literals, what comes before).
    """

    common: Literals
    options: tuple[Literals, ...]
    conditional: tuple[tuple[Literals, Literals], ...]
    order: tuple[tuple[Literals, Literals], ...]

    @property
    def wholes(self) -> tuple[Literals, ...]:
        """All literals of the package carried out in full, for each option."""
        due = (each for pair in self.conditional for part in pair for each in part)
        shared = (*self.common, *due)
        return tuple(tuple(drop_repeats((*shared, *each))) for each in self.options or ((),))


class Labels(Lookup, Protocol):
    """Looks records up, and what people call them."""

    def find_label(self, noun: str, id: str | None) -> str | None:
        """Return what people call a record; its id where it has no such words."""
        ...


@dataclass(frozen=True)
class Scene:
    """The records of a conflict in force at a moment, each as it is served.

    What they name is looked up, as known then.
    """

    conflict: Record
    positions: Sequence[Record]
    preconditions: Sequence[Record]
    axioms: Sequence[Record]
    lookup: Labels = field(repr=False)
    omitted: Sequence[tuple[str, str]] = ()
    """The records that the caller excluded, as (noun, id)."""
    met: Sequence[Record] = ()
    """Positions and preconditions that ended because what they ask for came about."""
    denials: Sequence[Record] = ()
    """Positions that deny one of these, where the caller narrowed them."""
    day: str | None = None
    """The day in the world for which the records are in force; None for all days."""

    def leave_out(self, keys: Sequence[tuple[str, str]]) -> Self:
        """Return the scene as if some positions and preconditions were not there.

        Raises Invalid for one that nobody recorded.
        """
        for key in keys:
            if key not in self._in_force and self.lookup.get(*key) is None:
                raise Invalid(f"there is no {'/'.join(key)}", parameter="without")
        return replace(
            self,
            positions=[e for e in self.positions if ("positions", e["id"]) not in keys],
            preconditions=[e for e in self.preconditions if ("preconditions", e["id"]) not in keys],
            omitted=[*self.omitted, *(key for key in keys if key in self._in_force)],
        )

    @cached_property
    def parties(self) -> frozenset[str]:
        """The actors whose status is `party`."""
        listed = self.conflict["parties"]
        return frozenset(each["actor"] for each in listed if each["status"] == "party")

    def list_wholes(self, actor: str) -> list[str]:
        """List an actor and all of which it is part."""
        return list_wholes(actor, self.lookup)

    def list_members(self, actor: str) -> list[str]:
        """List the members of a bloc on the scene's day."""
        members = (self.lookup.get("actors", actor) or {}).get("members") or ()
        return [each["actor"] for each in members if self.day is None or holds_on(each, self.day)]

    @cached_property
    def _blocs(self) -> Mapping[str, frozenset[str]]:
        """Blocs of which answers or acts are recorded, by their members."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for bloc in self._list_named_actors():
            for member in self.list_members(bloc):
                found[member].add(bloc)
        return {member: frozenset(blocs) for member, blocs in found.items()}

    def _list_named_actors(self) -> set[str]:
        """List who holds a record, and who would have to do what one is about."""
        held = (*self.positions, *self.preconditions)
        acting = (self.find_proposition(each).get("by") or () for each in self._list_named())
        return {actor for some in (*acting, *map(list_holders, held)) for actor in some}

    def _list_named(self) -> set[str]:
        """List the propositions that records name: by themselves, or as parts of a proposal."""
        literals = {x for each in self.axioms for x in each["propositions"]}
        for record in self.preconditions:
            literals.update(*(record["antecedents"] or ()))
        for record in self.positions:
            literals.update(self.list_answered(record))
        return {each.removeprefix("!") for each in literals}

    def list_blocs(self, actor: str) -> frozenset[str]:
        """List the blocs of which an actor is a member."""
        return self._blocs.get(actor, frozenset())

    def is_party(self, actor: str) -> bool:
        """Whether an actor is a party, or part of one."""
        return not self.parties.isdisjoint(self.list_wholes(actor))

    @cached_property
    def _in_force(self) -> Mapping[tuple[str, str], Record]:
        nouns = (("positions", self.positions), ("preconditions", self.preconditions))
        return {(noun, each["id"]): each for noun, some in nouns for each in some}

    def find_records(self, noun: str, ids: Iterable[str | None]) -> list[Record]:
        """Return the positions or preconditions with these ids, without those not in force."""
        return [self._in_force[noun, id] for id in ids if id and (noun, id) in self._in_force]

    def find_proposition(self, id: str) -> Record:
        """Return a proposition that a record names."""
        return self.lookup.get("propositions", id) or {}

    def list_literals(self, proposal: str) -> list[str]:
        """List the literals of a proposal's components, each once."""
        parts = self._list_components(proposal)
        return drop_repeats(each for some in parts for each in some["propositions"])

    def list_answered(self, position: Record) -> list[str]:
        """List what a position is on: a proposition, or all literals of a proposal, or nothing."""
        if position["proposition"] is not None:
            return [position["proposition"]]
        answered: Record = position["responds_to"] or {}
        return self.list_literals(answered.get("proposal") or "")

    def _list_components(self, proposal: str) -> Sequence[Record]:
        return (self.lookup.get("proposals", proposal) or {}).get("components", ())

    def read_package(self, proposal: str) -> Package:
        """Read what a proposal as a whole comes to."""
        common: list[str] = []
        options: dict[str, list[str]] = {}
        conditional: list[tuple[Literals, Literals]] = []
        order: list[tuple[Literals, Literals]] = []
        of = {each["id"]: tuple(each["propositions"]) for each in self._list_components(proposal)}
        for part in self._list_components(proposal):
            literals = of[part["id"]]
            order += [(literals, of[each]) for each in part.get("after") or () if each in of]
            if part.get("if"):
                conditional.append((literals, tuple(part["if"])))
            elif part.get("option"):
                options.setdefault(part["option"], []).extend(literals)
            else:
                common += literals
        return Package(
            tuple(drop_repeats(common)),
            tuple(tuple(drop_repeats(each)) for each in options.values()),
            tuple(conditional),
            tuple(order),
        )

    def name_actor(self, id: str) -> str:
        """Return an actor's name."""
        return self.lookup.find_label("actors", id) or id


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
    without: tuple[tuple[str, str], ...] = ()
    """Records to leave out, as (noun, id): the answer is a hypothesis."""
