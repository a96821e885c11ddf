"""Plain English beside the ids: what members, rules, collisions and concessions say.

A sentence says no more than the records do: who holds what, by which force; which rules an analyst
added; what would have to give way, and whether somebody yields or merely goes without.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from api.analysis.engine import model
from api.analysis.engine.clauses import LetGo
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
    "leave_open": "does not rule out",
    "defer": "puts off its answer to",
    "abstain": "abstains on",
}


_RULE_LEADS = {"axiom": "by the analyst's rule that", "measure": "by measure, because"}


class Sentences:
    """Writes sentences that call records by their names."""

    def __init__(self, lookup: Labels) -> None:
        self._lookup = lookup

    def name_actor(self, id: str | None) -> str:
        """Name an actor."""
        return self._lookup.find_label("actors", id) or id or "nobody that is recorded"

    def name_literal(self, literal: str) -> str:
        """Quote a proposition, or name the opposite of it."""
        id = model.atom_of(literal)
        text = self._lookup.find_label("propositions", id) or id
        quoted = f"“{text.removesuffix('.')}”"
        return quoted if id == literal else f"the opposite of {quoted}"

    def _join_literals(self, literals: Iterable[str]) -> str:
        return join_words(map(self.name_literal, literals))

    def describe_stance(
        self, holder: str, force: str, about: str, targets: Sequence[str] = ()
    ) -> str:
        """Say what a holder does with something."""
        return f"{self.name_actor(holder)} {self._describe_act(force, about, targets)}"

    def _describe_act(self, force: str, about: str, targets: Sequence[str]) -> str:
        verb = VERBS[force]
        if force == "accuse" and targets:
            verb = f"accuses {join_words(map(self.name_actor, targets))} of"
        return f"{verb} {about}"

    def describe_record(self, noun: str, record: Record) -> str:
        """Say what a position, a precondition or a statement says."""
        of = {
            "positions": self.describe_position,
            "preconditions": self.describe_precondition,
            "statements": self.describe_statement,
        }
        return of[noun](record)

    def describe_statement(self, record: Record) -> str:
        """Say who said what: the very words, or the gist of them."""
        speaker = record["speaker"]
        who = self.name_actor(speaker) if speaker else record["speaker_as"] or "The source"
        return f"{who}: “{record['exact']}”" if record["exact"] else f"{who}: {record['gist']}"

    def describe_position(self, record: Record) -> str:
        """Say what a position says, or that its holder denies holding what is ascribed to it."""
        denied = self._find_denied(record)
        act = self._describe_held(denied or record)
        said = f"{self.name_actor(record['holder'])} {'denies that it ' if denied else ''}{act}"
        others = join_words(map(self.name_actor, record["co_holders"]))
        return f"{said} (jointly with {others})" if others else said

    def _describe_held(self, record: Record) -> str:
        """Say what a position does, without its holder; of a threat also when it holds."""
        if record["proposition"] is None:
            title = self._lookup.find_label("proposals", record["responds_to"]["proposal"])
            return self._describe_act(record["force"], f"“{title}” as a whole", ())
        literal = f"{'!' if record['negated'] else ''}{record['proposition']}"
        act = self._describe_act(record["force"], self.name_literal(literal), record["targets"])
        under = record["under"] if record["force"] == "threaten" else ()
        for each in filter(None, (self._lookup.get("preconditions", id) for id in under)):
            if each["antecedents"] and literal in each["consequents"]:
                return (
                    f"{act} {self._describe_tie(model.read_condition(each, literal_offers=True))}"
                )
        return act

    def _find_denied(self, record: Record) -> Record | None:
        """Return the position that a denial answers if it is ascribed to the denier."""
        answered: Record = record["responds_to"] or {}
        if record["force"] != "deny" or not answered.get("position"):
            return None
        denied = self._lookup.get("positions", answered["position"])
        if denied is None or denied["proposition"] != record["proposition"]:
            return None
        return denied if record["holder"] in (denied["holder"], *denied["co_holders"]) else None

    def describe_precondition(self, record: Record) -> str:
        """Say what a precondition says, also where its conditions are none or unknown."""
        said = self._join_literals(record["consequents"])
        if record["antecedents_kind"] == "none":
            said += " without preconditions"
        elif record["antecedents_kind"] == "unspecified":
            said += " under conditions that are not said"
        elif record["modality"] == "unknown":
            conditions = " or ".join(self._join_literals(a) for a in record["antecedents"])
            said += f" in connection with {conditions}"
        else:
            said = self.describe_condition(model.read_condition(record, literal_offers=True))
        holders = (record["holder"], *record["co_holders"])
        return f"{join_words(map(self.name_actor, holders))}: {said}"

    def describe_member(self, member: model.Member) -> str:
        """Say what a member wants."""
        claim = member.claim
        if isinstance(claim, model.Condition):
            return f"{self.name_actor(member.holder)}: {self.describe_condition(claim)}"
        if isinstance(claim, model.NotAll):
            title = self._lookup.find_label("proposals", claim.proposal)
            return self.describe_stance(member.holder or "", "reject", f"“{title}” as a whole")
        if member.holder is None:
            return f"the goal {self.name_literal(claim.literal)}"
        return self._describe_member_position(member, claim)

    def _describe_member_position(self, member: model.Member, claim: model.Holds) -> str:
        force, literal = member.forces[0], claim.literal
        about = self.name_literal(model.negate_literal(literal) if force == "reject" else literal)
        return self.describe_stance(member.holder or "", force, about)

    def describe_condition(self, claim: model.Condition) -> str:
        """Say what is tied to which conditions."""
        return f"{self._join_literals(claim.consequents)} {self._describe_tie(claim)}"

    def _describe_tie(self, claim: model.Condition) -> str:
        conditions = " or ".join(self._join_literals(each) for each in claim.alternatives)
        if claim.inferred:
            return f"if, and as we read the offer only if, {conditions}"
        if claim.necessary and claim.sufficient:
            return f"if and only if {conditions}"
        return f"{'only if' if claim.necessary else 'if'} {conditions}"

    def describe_rule(self, rule: model.HardRule) -> str:
        """Say what a rule says."""
        first, *rest = named = [*map(self.name_literal, rule.propositions)]
        listed = join_words(named)
        return {
            "implies": f"{first} implies {join_words(rest)}",
            "reads_as": f"{first} means {' or '.join(rest)}",
            "excludes": f"{listed} exclude each other",
            "not_all": f"{listed} cannot all hold",
            "at_least_one": f"at least one of {listed} holds",
            "fact": f"{first} came about",
        }.get(rule.relation, f"{listed} come to the same")

    def describe_collision(
        self, members: Sequence[model.Member], rules: Sequence[model.HardRule], goals: Sequence[str]
    ) -> str:
        """Say what cannot all hold, and by which rules and goals."""
        said = "; ".join(map(self.describe_member, members))
        if not members:
            said = f"{self._join_literals(goals) or 'The rules'} cannot hold"
        else:
            said = f"{'This cannot' if len(members) == 1 else 'These cannot all'} hold: {said}"
        parts = [said, *self._describe_rules(rules)]
        if goals and members:
            parts.append(f"given the goal {self._join_literals(goals)}")
        return ", ".join(parts) + "."

    def _describe_rules(self, rules: Sequence[model.HardRule]) -> Iterator[str]:
        for kind, lead in _RULE_LEADS.items():
            if said := join_words(self.describe_rule(each) for each in rules if each.kind == kind):
                yield f"{lead} {said}"

    def describe_concession(self, moves: Iterable[tuple[model.Member, Sequence[LetGo]]]) -> str:
        """Say who would have to do what so that all the rest fits."""
        said = [self._describe_move(*each) for each in moves]
        return f"All the rest fits if {join_words(said)}."

    def _describe_move(self, member: model.Member, let_go: Sequence[LetGo]) -> str:
        if member.holder is None:
            return f"{self.describe_member(member)} is given up"
        holder = self.name_actor(member.holder)
        if member.gives_way == "goes_unmet":
            return f"what {holder} asks goes unmet ({self.describe_member(member)})"
        asked = [each.literal for each in let_go if each.part == "antecedents"]
        promised = [each.literal for each in let_go if each.part == "consequents"]
        if asked and not promised:
            return f"{holder} lets the condition {self._join_literals(asked)} go"
        return f"{holder} yields ({self.describe_member(member)})"

    def describe_ask(self, literal: str, of: str | None, consequent: str) -> str:
        """Say what is needed of whom, for what, without a recorded answer."""
        needed = "It takes" if literal == consequent else f"{self.name_literal(consequent)} takes"
        what, whom = self.name_literal(literal), self.name_actor(of)
        return f"{needed} {what}, which is up to {whom}; no answer is recorded."


def join_words(parts: Iterable[str]) -> str:
    """Join words as English does: a, b and c."""
    *most, last = [*parts] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def count_things(number: int, what: str) -> str:
    """Say how many of what there are; `what` is one of them."""
    return f"{number} {what}{'' if number == 1 else 's'}"
