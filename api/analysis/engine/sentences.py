"""Plain English beside the ids: what members, rules, collisions and concessions say.

A sentence says no more than the records do: who holds what, by which force; which rules an analyst
added; what would have to give way, and whether somebody yields or merely goes without.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from api.analysis.engine import model
from api.analysis.engine.scene import Labels
from api.analysis.engine.solution import LetGo
from api.errors import TooLarge
from api.evidence.rules import list_holders, list_sources
from api.ledger.noun import Record
from api.vocabulary import VERBS

_ONE = re.compile(r"(an?|one)\s+", re.IGNORECASE)
_SAYS_UNNAMED = re.compile(r"unnamed|anonymous|not named|unidentified", re.IGNORECASE)

_RULE_LEADS = {
    "axiom": ("by the analyst's rule that", "by the analyst's rules that"),
    "measure": ("by measure, because",) * 2,
    "reading": ("as we read it, because",) * 2,
}
"""What a sentence says before one rule, and before several."""

_UNSTATED = {"none": "without preconditions", "unspecified": "under conditions that are not said"}
_LEADS = {"sufficient": "if", "necessary_and_sufficient": "if and only if",
          "unknown": "in connection with"}  # fmt: skip


MOST_WRITTEN = 10_000_000
"""How many characters the sentences of an answer have at most: each names all that its record
names, and a line tells the doubts of all its sources."""


class Sentences:
    """Writes the sentences of an answer, which call records by their names.

    Raises TooLarge where they get too long together.
    """

    def __init__(self, lookup: Labels) -> None:
        self._lookup, self._room = lookup, MOST_WRITTEN
        self._doubts_of_sources: dict[str, list[str]] = {}

    def write(self, said: str) -> str:
        """Return what is said, and count it."""
        self._room -= len(said)
        if self._room < 0:
            raise TooLarge(
                f"what the records say is longer than {MOST_WRITTEN} characters, too long for one "
                "answer; narrow the request, or choose a day with fewer records"
            )
        return said

    def name_actor(self, id: str | None) -> str:
        """Name an actor."""
        return self._lookup.find_label("actors", id) or id or "nobody that is recorded"

    def name_actors(self, ids: Iterable[str]) -> str:
        """Return the names of actors, joined by commas and "and"."""
        return join_words(map(self.name_actor, ids))

    def name_literal(self, literal: str) -> str:
        """Quote a proposition, or name the opposite of it."""
        id = model.atom_of(literal)
        text = self._lookup.find_label("propositions", id) or id
        quoted = f"“{text.removesuffix('.')}”"
        return quoted if id == literal else f"the opposite of {quoted}"

    def _join_literals(self, literals: Iterable[str]) -> str:
        return join_words(map(self.name_literal, literals))

    def join_alternatives(self, alternatives: Sequence[Sequence[str]]) -> str:
        """Join alternatives so that it can be told which literals belong together."""
        joined = [self._join_literals(each) for each in alternatives]
        if len(joined) > 1 and any(len(each) > 1 for each in alternatives):
            return f"either {', or '.join(joined)}"
        return " or ".join(joined)

    def _describe_act(self, force: str, about: str, targets: Sequence[str]) -> str:
        verb, *_ = VERBS[force]
        if force == "accuse" and targets:
            verb = f"accuses {self.name_actors(targets)} of"
        return f"{verb} {about}"

    def describe_record(self, noun: str, record: Record) -> str:
        """Say what a position, a precondition or a statement says."""
        of = {
            "positions": self.describe_position,
            "preconditions": self.describe_precondition,
            "statements": self.describe_statement,
        }
        return self.write(of[noun](record))

    def describe_statement(self, record: Record) -> str:
        """Say who said what: the very words, or the gist of them."""
        speaker = record["speaker"]
        who = self.name_actor(speaker) if speaker else record["speaker_as"] or "The source"
        return f"{who}: “{record['exact']}”" if record["exact"] else f"{who}: {record['gist']}"

    def describe_account(self, record: Record, holder: str | None = None) -> str:
        """Say by whose account a holder holds a record, such as "as Ukraine says"."""
        speaker, voice, first = record["speaker"], record["voice"], record["holder"]
        if voice == "own":
            return self._describe_own(first, holder or first)
        if voice == "authorised":
            return f"by {self.name_actor(speaker)}, for {self.name_actor(holder or first)}"
        if voice == "relayed":
            return f"as {self.name_actor(speaker)} says"
        return f"by {_tell_unnamed(record)}" if voice == "anonymous" else self._narrate(record)

    def _describe_own(self, speaker: str, holder: str) -> str:
        if speaker != holder:
            return f"by {self.name_actor(speaker)}, jointly with {self.name_actor(holder)}"
        actor = self._lookup.get("actors", holder) or {}
        return f"by {'their' if actor.get('kind') == 'person' else 'its'} own word"

    def _narrate(self, record: Record) -> str:
        if record["attestation"] == "recorded_vote":
            return "by recorded vote"
        by = list(dict.fromkeys(map(self._name_publisher, list_sources(record))))
        return f"as {join_words(by) or 'the source'} {'report' if len(by) > 1 else 'reports'}"

    def _name_publisher(self, source: str) -> str:
        record = self._lookup.get("sources", source) or {}
        return record.get("publisher") or f"“{record.get('title') or source}”"

    def write_doubts(self, record: Record) -> list[str]:
        """List the doubts of a record and of the sources behind it, and count their texts."""
        return [*map(self.write, self.list_doubts(record))]

    def list_doubts(self, record: Record) -> list[str]:
        """List the doubts of a record and of the sources behind it, each in a short text."""
        return [*_tell_doubts(record), *chain(*map(self._list_doubts_of, list_sources(record)))]

    def _list_doubts_of(self, source: str) -> list[str]:
        if source not in self._doubts_of_sources:
            record = self._lookup.get("sources", source) or {}
            owner = f"source “{record.get('title') or source}”, "
            self._doubts_of_sources[source] = [owner + each for each in _tell_doubts(record)]
        return self._doubts_of_sources[source]

    def describe_position(self, record: Record) -> str:
        """Say what a position says, or that its holder denies holding what is ascribed to it."""
        denied = self._find_denied(record)
        act = self._describe_held(denied or record)
        said = f"{self.name_actor(record['holder'])} {'denies that it ' if denied else ''}{act}"
        others = self.name_actors(record["co_holders"])
        return f"{said} (jointly with {others})" if others else said

    def _describe_held(self, record: Record) -> str:
        """Say what a position does, without its holder; of a threat also when it holds."""
        if record["proposition"] is None:
            title = self._lookup.find_label("proposals", record["responds_to"]["proposal"])
            return self._describe_act(record["force"], f"“{title}” as a whole", ())
        literal = f"{'!' if record['negated'] else ''}{record['proposition']}"
        act = self._describe_act(record["force"], self.name_literal(literal), record["targets"])
        for id in record["under"] if record["force"] == "threaten" else ():
            tie = self._lookup.get("preconditions", id)
            if tie and literal in tie["consequents"] and tie["modality"] != "unknown":
                claim = model.read_condition(tie, literal_offers=True)
                return f"{act} {self._describe_tie(claim)}" if claim.alternatives else act
        return act

    def _find_denied(self, record: Record) -> Record | None:
        """Return the position that a denial answers if it is ascribed to the denier."""
        answered: Record = record["responds_to"] or {}
        if record["force"] != "deny" or not answered.get("position"):
            return None
        denied = self._lookup.get("positions", answered["position"])
        if denied is None or denied["proposition"] != record["proposition"]:
            return None
        return denied if record["holder"] in list_holders(denied) else None

    def describe_precondition(self, record: Record) -> str:
        """Say what a precondition says, also where its conditions are none or unknown."""
        said = f"{self._join_literals(record['consequents'])} {self.shorten_condition(record)}"
        if record["antecedents_kind"] == "stated" and record["modality"] != "unknown":
            said = self.describe_condition(model.read_condition(record, literal_offers=True))
        return f"{self.name_actors(list_holders(record))}: {said}"

    def shorten_condition(self, record: Record, literal: str = "") -> str:
        """Say in few words what a precondition makes one of its consequents depend on."""
        if record["antecedents_kind"] != "stated":
            return _UNSTATED[record["antecedents_kind"]]
        lead = _LEADS.get(record["modality"], "only if")
        said = f"{lead} {self.join_alternatives(record['antecedents'])}"
        return f"the opposite {said}" if literal.startswith("!") else said

    def describe_member(self, member: model.Member) -> str:
        """Say what a member wants."""
        return self.write(self._describe_claim(member))

    def _describe_claim(self, member: model.Member) -> str:
        claim, holder = member.claim, self.name_actor(member.holder)
        if claim.kind == "condition":
            return f"{holder}: {self.describe_condition(claim)}"
        if claim.kind != "holds":
            return f"{holder} {self._describe_package(member, claim)}"
        [literal] = claim.literals
        if member.holder is None:
            return f"the goal {self.name_literal(literal)}"
        force = member.forces[0]
        about = model.negate_literal(literal) if force == "reject" else literal
        return f"{holder} {VERBS[force][0]} {self.name_literal(about)}"

    def _describe_package(self, member: model.Member, claim: model.Claim) -> str:
        if claim.kind == "any_of" and self._lookup.get("propositions", claim.about):
            verb = VERBS[member.forces[0]][0]
            return f"{verb} {self.name_literal(claim.about)} in one of its meanings"
        title = f"“{self._lookup.find_label('proposals', claim.about)}”"
        if claim.kind == "none_of":
            return f"rejects {title} as a whole"
        return f"accepts one of the options of {title}"

    def name_sides(self, claim: model.Claim) -> tuple[str, str]:
        """Name what is tied to conditions, and the conditions."""
        conditions = self.join_alternatives(claim.alternatives)
        return self._join_literals(claim.consequents), conditions

    def describe_condition(self, claim: model.Claim) -> str:
        """Say what is tied to which conditions."""
        return f"{self._join_literals(claim.consequents)} {self._describe_tie(claim)}"

    def _describe_tie(self, claim: model.Claim) -> str:
        conditions = self.join_alternatives(claim.alternatives)
        if claim.inferred:
            return f"if and only if, as we read it, {conditions}"
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
        self, members: Sequence[str], rules: Sequence[model.HardRule], goals: Sequence[str]
    ) -> str:
        """Say what cannot all hold, each member in words, and by which rules and goals."""
        said = "; ".join(members)
        if not members:
            said = f"{self._join_literals(goals) or 'The rules'} cannot hold"
        else:
            said = f"{'This cannot' if len(members) == 1 else 'These cannot all'} hold: {said}"
        parts = [said, *self._describe_rules(rules)]
        if goals and members:
            parts.append(f"given the goal {self._join_literals(goals)}")
        return self.write(", ".join(parts) + ".")

    def _describe_rules(self, rules: Sequence[model.HardRule]) -> Iterator[str]:
        for kind, leads in _RULE_LEADS.items():
            if said := [self.describe_rule(each) for each in rules if each.kind == kind]:
                yield f"{leads[len(said) > 1]} {join_words(said)}"

    def describe_cluster(self, collisions: Sequence[int], ways_out: int) -> str:
        """Say which collisions make one quarrel, and how many ways out it has."""
        named = join_words(map(str, collisions))
        lead = f"Collision {named} is" if len(collisions) == 1 else f"Collisions {named} are"
        ways = count_things(ways_out, "smallest way") if ways_out else "no way"
        return f"{lead} one quarrel, independent of any other, with {ways} out."

    def describe_concession(
        self, moves: Iterable[tuple[model.Member, LetGo | None]], opens: str
    ) -> str:
        """Say who would have to do what; `opens` is what that brings about."""
        said = [self._describe_move(*each) for each in moves]
        return self.write(f"{opens} if {join_words(said)}.")

    def _describe_move(self, member: model.Member, let_go: LetGo | None) -> str:
        if member.holder is None:
            return f"{self.describe_member(member)} is given up"
        holder, said = self.name_actor(member.holder), self.describe_member(member)
        if member.claim.kind == "condition":
            return self._describe_dropping(member, let_go)
        if member.gives_way == "goes_unmet":
            return f"{said} in vain"
        return f"{holder} no longer {said.removeprefix(f'{holder} ')}"

    def _describe_dropping(self, member: model.Member, let_go: LetGo | None) -> str:
        """Say which condition goes unmet, or what its holder lets go of it."""
        holder, claim = self.name_actor(member.holder), member.claim
        if member.gives_way == "goes_unmet":
            return f"{holder} asks in vain: {self.describe_condition(claim)}"
        asked, promised = let_go or ((), ())
        if asked and not promised:
            return f"{holder} drops its condition that {self._join_literals(asked)}"
        if promised and not asked:
            conditions = self.name_sides(claim)[1]
            return f"{holder} no longer ties {self._join_literals(promised)} to {conditions}"
        return f"{holder} drops this condition: {self.describe_condition(claim)}"

    def describe_ask(self, literal: str, of: str | None, consequent: str) -> str:
        """Say what is needed of whom, for what, without a recorded answer."""
        needed = "It takes" if literal == consequent else f"{self.name_literal(consequent)} takes"
        what, whom = self.name_literal(literal), self.name_actor(of)
        return f"{needed} {what}, which is up to {whom}; no answer is recorded."


def _tell_doubts(record: Record) -> Iterator[str]:
    for each in record.get("doubts") or ():
        yield f"{spell_out(each['field'])} ({spell_out(each['kind'])}): {each['text']}"


def _tell_unnamed(record: Record) -> str:
    """Name a speaker by the description that a source gives: it is all there is."""
    told = next((each["speaker_as"] for each in record["quotes"] if each["speaker_as"]), None)
    if told is None or _SAYS_UNNAMED.search(told):
        return told or "somebody who is not named"
    match = _ONE.match(told)
    return f"an unnamed {told[match.end() :]}" if match else f"{told} (not named)"


def spell_out(code: str) -> str:
    """Write a code such as `armed_force` as words."""
    return code.replace("_", " ")


def join_words(parts: Iterable[str]) -> str:
    """Join words as English does: a, b and c."""
    *most, last = [*parts] or [""]
    return f"{', '.join(most)} and {last}" if most else last


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def count_things(number: int, what: str) -> str:
    """Say how many of what there are; `what` is one of them."""
    plural = "" if number == 1 else "es" if what.endswith("sh") else "s"
    return f"{_NUMBERS[number] if number < len(_NUMBERS) else number} {what}{plural}"
