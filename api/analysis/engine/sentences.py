"""Plain English beside the ids: what members, rules, collisions and concessions say.

A sentence says no more than the records do: who holds what, by which force; which rules an analyst
added; what would have to give way, and whether somebody yields or merely goes without.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api.analysis.engine.clauses import LetGo
from api.analysis.engine.model import (
    Condition,
    Holds,
    Member,
    NotAll,
    Rule,
    atom,
    condition_of,
    opposite,
)
from api.analysis.engine.scene import Labels
from api.ledger.noun import Record

VERBS = {
    "assert": "asserts",
    "accuse": "accuses somebody of",
    "allege": "alleges",
    "deny": "denies",
    "warn": "warns of",
    "threaten": "threatens with",
    "concern": "is concerned about",
    "propose": "proposes",
    "demand": "demands",
    "commit": "commits itself to",
    "intend": "intends",
    "accept": "accepts",
    "accept_conditionally": "accepts under conditions",
    "concede": "concedes",
    "reject": "rejects",
    "defer": "puts off its answer to",
    "abstain": "abstains on",
}


class Sentences:
    """Writes sentences, with what people call the records that they name."""

    def __init__(self, lookup: Labels) -> None:
        self._lookup = lookup

    def actor(self, id: str | None) -> str:
        """Name an actor."""
        return self._lookup.label("actors", id) or id or "nobody that is recorded"

    def literal(self, literal: str) -> str:
        """Quote a proposition, or name the opposite of it."""
        id = atom(literal)
        text = self._lookup.label("propositions", id) or id
        quoted = f"“{text.removesuffix('.')}”"
        return quoted if id == literal else f"the opposite of {quoted}"

    def position(self, holder: str, force: str, about: str, targets: Sequence[str] = ()) -> str:
        """Say what a holder does with something."""
        verb = VERBS[force]
        if force == "accuse" and targets:
            verb = f"accuses {joined(map(self.actor, targets))} of"
        return f"{self.actor(holder)} {verb} {about}"

    def of_record(self, noun: str, record: Record) -> str:
        """Say what a position, a precondition or a statement says."""
        of = {
            "positions": self.of_position,
            "preconditions": self.of_precondition,
            "statements": self.of_statement,
        }
        return of[noun](record)

    def of_statement(self, record: Record) -> str:
        """Say who said what: the very words, or the gist of them."""
        speaker = record["speaker"]
        who = self.actor(speaker) if speaker else record["speaker_as"] or "The source"
        return f"{who}: “{record['exact']}”" if record["exact"] else f"{who}: {record['gist']}"

    def of_position(self, record: Record) -> str:
        """Say what a position says."""
        if record["proposition"] is None:
            title = self._lookup.label("proposals", record["responds_to"]["proposal"])
            return self.position(record["holder"], record["force"], f"“{title}” as a whole")
        literal = f"{'!' if record['negated'] else ''}{record['proposition']}"
        about = self.literal(literal)
        said = self.position(record["holder"], record["force"], about, record["targets"])
        others = joined(map(self.actor, record["co_holders"]))
        return f"{said} (jointly with {others})" if others else said

    def of_precondition(self, record: Record) -> str:
        """Say what a precondition says, also where its conditions are none or unknown."""
        said = joined(map(self.literal, record["consequents"]))
        modality = record["modality"]
        if record["antecedents_kind"] == "none":
            said += " without preconditions"
        elif record["antecedents_kind"] == "unspecified":
            said += " under conditions that are not said"
        elif modality == "unknown":
            conditions = " or ".join(joined(map(self.literal, a)) for a in record["antecedents"])
            said += f" in connection with {conditions}"
        else:
            claim = condition_of(record, literal_offers=True)
            said = self.condition(claim)
        return f"{self.actor(record['holder'])}: {said}"

    def member(self, member: Member) -> str:
        """Say what a member wants."""
        claim = member.claim
        if isinstance(claim, Condition):
            return f"{self.actor(member.holder)}: {self.condition(claim)}"
        if isinstance(claim, NotAll):
            title = self._lookup.label("proposals", claim.proposal)
            return self.position(member.holder or "", "reject", f"“{title}” as a whole")
        if member.holder is None:
            return f"the goal {self.literal(claim.literal)}"
        return self._held(member, claim)

    def _held(self, member: Member, claim: Holds) -> str:
        force = member.forces[0]
        about = claim.literal
        if force == "reject":
            about = opposite(about)
        return self.position(member.holder or "", force, self.literal(about))

    def condition(self, claim: Condition) -> str:
        """Say what is tied to which conditions."""
        what = joined(map(self.literal, claim.consequents))
        conditions = " or ".join(joined(map(self.literal, each)) for each in claim.alternatives)
        if claim.inferred:
            return f"{what} if, and as we read the offer only if, {conditions}"
        if claim.necessary and claim.sufficient:
            return f"{what} if and only if {conditions}"
        return f"{what} {'only if' if claim.necessary else 'if'} {conditions}"

    def rule(self, rule: Rule) -> str:
        """Say what a rule says."""
        first, *rest = map(self.literal, rule.propositions)
        if rule.relation == "implies":
            return f"{first} implies {joined(rest)}"
        if rule.relation == "excludes":
            return f"{joined([first, *rest])} exclude each other"
        return f"{joined([first, *rest])} come to the same"

    def collision(
        self, members: Sequence[Member], rules: Sequence[Rule], goals: Sequence[str]
    ) -> str:
        """Say what cannot all hold, and by which rules and goals."""
        said = "; ".join(map(self.member, members))
        if not members:
            said = f"{joined(map(self.literal, goals)) or 'The rules'} cannot hold"
        elif len(members) == 1:
            said = f"This cannot hold: {said}"
        else:
            said = f"These cannot all hold: {said}"
        axioms = [each for each in rules if each.kind == "axiom"]
        measures = [each for each in rules if each.kind == "measure"]
        parts = [said]
        if axioms:
            parts.append(f"by the analyst's rule that {joined(map(self.rule, axioms))}")
        if measures:
            parts.append(f"by measure, because {joined(map(self.rule, measures))}")
        if goals and members:
            parts.append(f"given the goal {joined(map(self.literal, goals))}")
        return ", ".join(parts) + "."

    def concession(self, members: Sequence[Member], let_go: Sequence[Sequence[LetGo]]) -> str:
        """Say who would have to do what so that all the rest fits."""
        said = [self._given_up(*each) for each in zip(members, let_go, strict=True)]
        return f"All the rest fits if {joined(said)}."

    def _given_up(self, member: Member, let_go: Sequence[LetGo]) -> str:
        if member.holder is None:
            return f"{self.member(member)} is given up"
        holder = self.actor(member.holder)
        if member.gives_way == "goes_unmet":
            return f"what {holder} asks goes unmet ({self.member(member)})"
        asked = [each.literal for each in let_go if each.part == "antecedents"]
        promised = [each.literal for each in let_go if each.part == "consequents"]
        if asked and not promised:
            return f"{holder} lets the condition {joined(map(self.literal, asked))} go"
        return f"{holder} yields ({self.member(member)})"

    def ask(self, literal: str, of: str | None, consequent: str) -> str:
        """Say what is needed of whom, for what, without a recorded answer."""
        needed = "It takes" if literal == consequent else f"{self.literal(consequent)} takes"
        whom = self.actor(of)
        return f"{needed} {self.literal(literal)}, which is up to {whom}; no answer is recorded."


def joined(parts: Iterable[str]) -> str:
    """Join words as English does: a, b and c."""
    *most, last = [*parts] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def counted(number: int, what: str) -> str:
    """Say how many of what there are; `what` is one of them."""
    return f"{number} {what}{'' if number == 1 else 's'}"
