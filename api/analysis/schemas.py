"""What analysis answers."""

from api.vocabulary import (
    DIFFERENCE,
    END_REASON,
    FORCE,
    LEFT_OUT,
    MOVE,
    PARTY_STATUS,
    RESPONSE,
    TIMELINE_KIND,
    VERDICT,
    VOICE,
)
from api.web.contract.fields import (
    Code,
    Count,
    Day,
    Edtf,
    Flag,
    Many,
    Next,
    Number,
    Part,
    Ref,
    Sign,
    Told,
)
from api.web.contract.schemas import StrictSchema


def _many(schema: type[StrictSchema], about: str) -> Many:
    return Many(Part(schema, required=True), about, most=None, required=True)


def _told(about: str, *, each: str = "an id") -> Many:
    return Many(Told(each, required=True), about, most=None, required=True)


class DemandMemberSchema(StrictSchema):
    """One thing that one holder wants, with every record that shows it."""

    noun = Told("`positions`, `preconditions` or `goals`", required=True)
    id = Told("the first of its records; of a goal its literal", required=True)
    records = _told("all records that show it: three reports of one refusal are one member")
    holder = Ref("actors", "who wants it; null for a goal")
    literal = Told(
        "what must be true; null where it is a condition or the rejection of a package",
        required=True, allow_none=True,
    )  # fmt: skip
    inferred = Flag("the words of an offer give one direction, the other is read into it",
                    required=True)  # fmt: skip
    sentence = Told("it in plain English", required=True)


class CollisionSchema(StrictSchema):
    """Members that cannot all hold, while any fewer of them can."""

    members = _many(
        DemandMemberSchema, "who wants what; none where goals and rules contradict themselves"
    )
    axioms = _told("the analysts' rules without which they could all hold")
    measures = _told("the comparisons of measures without which they could all hold")
    goals = _told("the goals without which they could all hold, soft ones, which are members, too; "
                  "empty: they collide whatever the goal", each="a literal")  # fmt: skip
    sentence = Told("it in plain English", required=True)


class WeakenSchema(StrictSchema):
    """The least that has to be let go of a precondition, instead of all of it."""

    antecedents = _told("conditions that are no longer asked", each="a literal")
    consequents = _told("what is no longer promised for them", each="a literal")


class ConcedingMemberSchema(DemandMemberSchema):
    """A member that gives way, and how."""

    move = Code(MOVE, required=True)
    weaken = Part(WeakenSchema, "of a precondition, the least to let go; null for all else",
                  required=True, allow_none=True)  # fmt: skip


class ConcessionSchema(StrictSchema):
    """A smallest set that must give way so that all the rest, rules and goals fit together."""

    members = _many(ConcedingMemberSchema, "who gives what up")
    actors = _told("who has to move or to go without")
    goes_unmet = Count("how many of them merely go unmet", required=True)
    sentence = Told("it in plain English", required=True)


class FittingSchema(StrictSchema):
    """A member by its name."""

    noun = Told("`positions`, `preconditions` or `goals`", required=True)
    id = Told("the first of its records", required=True)
    holder = Ref("actors", "who wants it; null for a goal")
    literal = Told("what must be true", required=True, allow_none=True)


class CompatibleSchema(StrictSchema):
    """A largest set of members that fit together: what is left by the concession of its number."""

    members = _many(FittingSchema, "who may keep what")


class AskSchema(StrictSchema):
    """Something that the goals would need, to which no answer is recorded."""

    literal = Told("what is needed", required=True)
    of = Ref("actors", "whose act would bring it about; null where that is not recorded")
    needed_for = Told("what needs it", required=True)
    noun = Told("who says so: `goals`, `preconditions`, `axioms` or `measures`", required=True)
    id = Told("which of them", required=True)
    alternative = Flag("another way is named beside it", required=True)
    sentence = Told("it in plain English", required=True)


class CycleSchema(StrictSchema):
    """Conditions that each must come first: nobody can begin, though all could hold in the end."""

    actors = _told("whose conditions they are")
    preconditions = _told("the preconditions")
    axioms = _told("the analysts' rules in it")
    measures = _told("the comparisons of measures in it")
    literals = Many(Told("a literal", required=True), "what must come before what, in order",
                    most=None, required=True, unique=False)  # fmt: skip
    way_round = Flag("some condition in it names an alternative", required=True)
    sentence = Told("it in plain English", required=True)


class RuleSchema(StrictSchema):
    """What ties propositions together though nobody holds it."""

    kind = Told("`axiom`: an analyst's; `measure`: the arithmetic of one scale", required=True)
    id = Told("its id", required=True)
    sentence = Told("it in plain English", required=True)
    in_use = Flag("whether this answer leans on it where it can", required=True)


class LeftOutSchema(StrictSchema):
    """A record that contributes nothing here, and why."""

    noun = Told("`positions`, `preconditions` or `axioms`", required=True)
    id = Told("its id", required=True)
    holder = Ref("actors", "for which of its holders; null where the caller left it out")
    literal = Told(
        "where only one literal of a package is left out, which", required=True, allow_none=True
    )
    reason = Code(LEFT_OUT, required=True)
    sentence = Told("the reason in plain English", required=True)


class GoalSchema(StrictSchema):
    """What is to be reached."""

    literal = Told("a proposition, or `!` and its id for the opposite", required=True)
    text = Told("it in words", required=True)


class ParametersSchema(StrictSchema):
    """The choices that the answer rests on, defaults included."""

    goal = _told("what is to be reached", each="a literal")
    goals = Told("`hard` or `soft`", required=True)
    voices = _told("the voices heard", each="a voice")
    holders = Told("`all` or `parties`", required=True)
    attested_since = Day("the first day of attestation that counts")
    demands = Told("`conditional` or `standing`", required=True)
    offers = Told("`both` or `literal`", required=True)
    axioms = _told("the analysts' rules in use")
    measures = Told("`on` or `off`", required=True)
    limit = Count("how many collisions and concessions at most", required=True)


class DeadlockSchema(StrictSchema):
    """What stands in the way, and what would open it."""

    verdict = Code(VERDICT, required=True)
    sentence = Told("the answer in a nutshell", required=True)
    goals = _many(GoalSchema, "what is to be reached")
    collisions = _many(CollisionSchema, "all smallest sets that cannot hold together, those that "
                       "lean on the goals first (minimal unsatisfiable subsets)")  # fmt: skip
    concessions = _many(
        ConcessionSchema,
        "all smallest sets that must give way so that all the rest fits, goals included (minimal "
        "correction subsets): first those in which fewest merely go unmet, then fewest actors, "
        "then fewest records",
    )
    compatible = _many(CompatibleSchema, "what fits together once the concession of the same "
                       "number is made (maximal satisfiable subsets)")  # fmt: skip
    open_asks = _many(AskSchema, "what the goals would need, of whom, without a recorded answer")
    cycles = _many(CycleSchema, "who waits for whom to move first")
    rules = _many(RuleSchema, "every rule of an analyst or of a scale, in use or not")
    left_out = _many(LeftOutSchema, "records in force that contribute nothing, and why")
    complete = Flag("whether these are all", required=True)
    cut = _told("what is not all there: `collisions`, `concessions`, `compatible`, `cycles`; "
                "`time` where the time was over", each="a field")  # fmt: skip
    parameters = Part(ParametersSchema, "what the answer rests on", required=True)


class DifferenceSchema(StrictSchema):
    """How the supposed state differs from the recorded one.

    What merely fell off a list that was cut, or is told by a shorter circle, does not differ.
    """

    verdict = Many(Code(VERDICT, required=True), "the recorded verdict, then the supposed one",
                   most=None, required=True, unique=False)  # fmt: skip
    collisions_appeared = _many(CollisionSchema, "only in the supposed state")
    collisions_dissolved = _many(CollisionSchema, "only in the recorded state")
    concessions_appeared = _many(ConcessionSchema, "only in the supposed state")
    concessions_dissolved = _many(ConcessionSchema, "only in the recorded state")
    open_asks_appeared = _many(AskSchema, "only in the supposed state")
    open_asks_dissolved = _many(AskSchema, "only in the recorded state")
    cycles_appeared = _many(CycleSchema, "only in the supposed state")
    cycles_dissolved = _many(CycleSchema, "only in the recorded state")
    complete = Flag("whether this is all that differs", required=True)
    cut = _told("of what more may differ, as in a deadlock; what is told differs all the same",
                each="a field")  # fmt: skip


class WhatIfSchema(StrictSchema):
    """A deadlock beside the same with other records."""

    recorded = Part(DeadlockSchema, "as it is recorded", required=True)
    supposed = Part(DeadlockSchema, "as it would be", required=True)
    difference = Part(DifferenceSchema, "what differs", required=True)


class CellPositionSchema(StrictSchema):
    """Where a holder stands on one proposition."""

    id = Ref("positions", "the position that shows it", required=True)
    proposition = Ref("propositions", "what it is about", required=True)
    text = Told("the proposition", required=True)
    force = Code(FORCE, required=True)
    negated = Flag("it is about the proposition's opposite", required=True)
    sign = Sign("1 for, -1 against the proposition, 0 neither", required=True)
    conditional = Flag("it holds only under preconditions", required=True)
    voice = Code(VOICE, required=True)
    last_attested_on = Day("when it is attested last", required=True)
    evidence = _told("the statements that show it")
    disagreement = Flag("records of the same day say the opposite of each other", required=True)
    records = _told("all positions in force of the holder on it")


class CellSchema(StrictSchema):
    """A holder's positions in one column."""

    holder = Ref("actors", "the holder", required=True)
    column = Told("the proposition or issue; null for no issue", required=True, allow_none=True)
    state = Told("`held`, or `none_recorded`: which is not neutral", required=True)
    positions = _many(CellPositionSchema, "one for each proposition")


class PackageSchema(StrictSchema):
    """An answer to a proposal as a whole, which is in no single cell."""

    id = Ref("positions", "the position", required=True)
    proposal = Ref("proposals", "what it answers", required=True)
    force = Code(FORCE, required=True)
    sign = Sign("1 for, -1 against all of it together, 0 neither", required=True)


class ColumnSchema(StrictSchema):
    """A column of a matrix."""

    id = Told("the proposition or issue; null for no issue", required=True, allow_none=True)
    label = Told("what it is called", required=True, allow_none=True)


class MatrixRowSchema(StrictSchema):
    """A holder's row."""

    holder = Ref("actors", "the holder", required=True)
    holder_label = Told("what it is called", required=True)
    status = Code(PARTY_STATUS, "its standing in the conflict")
    cells = _many(CellSchema, "a cell for each column, in order")
    packages = _many(PackageSchema, "its answers to whole proposals")


class MatrixSchema(StrictSchema):
    """Who stands where."""

    by = Told("`proposition` or `issue`", required=True)
    columns = _many(ColumnSchema, "what is stood for or against")
    rows = _many(MatrixRowSchema, "the holders, those with a standing in the conflict first")


class EventSchema(StrictSchema):
    """Something that happened."""

    kind = Code(TIMELINE_KIND, required=True)
    on = Edtf("when, as it is recorded")
    earliest = Day("the earliest day on which it possibly was")
    latest = Day("the latest day on which it possibly was")
    dated_by = Told("the field that gave the day", required=True, allow_none=True)
    noun = Told("the kind of record", required=True)
    id = Told("the record", required=True)
    actor = Ref("actors", "who spoke, holds or proposed it")
    end_reason = Code(END_REASON, "why it ended")
    sentence = Told("it in plain English, or the very words", required=True)


class TimelineSchema(StrictSchema):
    """A page of a timeline."""

    data = _many(EventSchema, "the events, earliest first; undated ones last")
    next = Next()


class ResponseRowSchema(StrictSchema):
    """An actor's answer to a component, or its silence."""

    component = Told("the component", required=True)
    label = Told("what it is called", required=True, allow_none=True)
    actor = Ref("actors", "who was asked, or answered", required=True)
    actor_label = Told("what it is called", required=True)
    response = Code(RESPONSE, required=True)
    sign = Sign("1 for the component, -1 against it, 0 neither; null for a silence", required=True,
                allow_none=True)  # fmt: skip
    voice = Code(VOICE, "who speaks, seen from the actor")
    whole = Flag("the answer was to the proposal as a whole", required=True)
    under = _told("the preconditions of the answer")
    attested_on = Day("when the answer is attested last")
    disagreement = Flag("answers of the same day say the opposite of each other", required=True)
    positions = _told("the positions that answer it")
    elsewhere = _told("positions of the actor on the same propositions that are no answer to it")


class ResponsesSchema(StrictSchema):
    """Who answered a proposal, and who did not."""

    proposal = Ref("proposals", "the proposal", required=True)
    title = Told("what it is called", required=True)
    responses = _many(ResponseRowSchema, "component by component, actor by actor")


class HeldSchema(StrictSchema):
    """A position or precondition in short."""

    noun = Told("`positions` or `preconditions`", required=True)
    id = Told("the record", required=True)
    conflict = Ref("conflicts", "its conflict")
    force = Code(FORCE, "of a position")
    proposition = Ref("propositions", "of a position, what it is about")
    voice = Code(VOICE, required=True)
    valid_from = Edtf("since when it holds")
    valid_to = Edtf("the first day on which it no longer holds")
    last_attested_on = Day("when it is attested last", required=True)
    sentence = Told("it in plain English", required=True)


class HeldOnIssueSchema(StrictSchema):
    """What an actor holds on one issue."""

    issue = Ref("issues", "the issue; null for none")
    issue_label = Told("what it is called", required=True, allow_none=True)
    conflict = Ref("conflicts", "the conflict of the issue")
    positions = _many(HeldSchema, "its positions")
    preconditions = _many(HeldSchema, "its preconditions")


class ShiftSchema(HeldSchema):
    """Something that began or ended."""

    change = Told("`opened` or `closed`", required=True)
    on = Day("when, at the earliest if it opened, at the latest if it closed", required=True)
    dated_by = Told("the field that gave the day", required=True)
    end_reason = Code(END_REASON, "why it ended")


class DossierSchema(StrictSchema):
    """Everything that one actor holds."""

    actor = Ref("actors", "the actor", required=True)
    actor_label = Told("what it is called", required=True)
    since = Day("the day since which changes are listed")
    issues = _many(HeldOnIssueSchema, "what it holds, issue by issue")
    changes = _many(ShiftSchema, "what began and ended since then, in order")


class DifferingRecordSchema(StrictSchema):
    """A record that differs between two moments."""

    change = Code(DIFFERENCE, required=True)
    noun = Told("`positions` or `preconditions`", required=True)
    id = Told("the record", required=True)
    holder = Ref("actors", "whose it is", required=True)
    valid_from = Edtf("since when it holds")
    valid_to = Edtf("the first day on which it no longer holds")
    dated_by = Told("where its beginning comes from: `valid_from`, or merely `attested_on`",
                    required=True)  # fmt: skip
    end_reason = Code(END_REASON, "why it ended")
    amended = _told("what was amended", each="a field")
    revision = Count("its revision at the second moment; if it is gone, the last that is known",
                     required=True)  # fmt: skip
    sentence = Told("it in plain English", required=True)


class CollisionsApartSchema(StrictSchema):
    """Collisions that only one of the two moments has."""

    appeared = _many(CollisionSchema, "only at the second moment")
    dissolved = _many(CollisionSchema, "only at the first moment")


class DiffSchema(StrictSchema):
    """What changed between two moments."""

    clock = Told("`valid` or `recorded`", required=True)
    changes = _many(DifferingRecordSchema, "the positions and preconditions that differ")
    collisions = Part(CollisionsApartSchema, "the collisions that differ", required=True)
    verdict = Many(Code(VERDICT, required=True), "at the first moment, then at the second",
                   most=None, required=True, unique=False)  # fmt: skip
    complete = Flag("whether both deadlocks were found whole", required=True)
    cut = _told("what is not all there, as in a deadlock", each="a field")


class AgreementRowSchema(StrictSchema):
    """How much two actors agree in one group of roll calls, with the counts behind it."""

    actor = Ref("actors", "the one", required=True)
    actor_label = Told("what it is called", required=True)
    other = Ref("actors", "the other", required=True)
    other_label = Told("what it is called", required=True)
    group = Told("the session, the year, or the issue; null for no issue", required=True,
                 allow_none=True)  # fmt: skip
    group_label = Told("what it is called", required=True, allow_none=True)
    score = Number("the mean of 1 - |a - b| / 2 with yes = 1, abstain = 2, no = 3; null where they "
                   "never both voted")  # fmt: skip
    both_voted = Count("roll calls in which both voted and that count", required=True)
    same = Count("of these, the same vote", required=True)
    partly = Count("of these, an abstention against a vote", required=True)
    opposite = Count("of these, yes against no", required=True)
    unanimous_dropped = Count("roll calls of both that nobody dissented in", required=True)
    one_absent = Count("roll calls in which only one of them voted", required=True)
    both_absent = Count("roll calls in which neither voted", required=True)


class AgreementSchema(StrictSchema):
    """How much actors agree."""

    by = Told("`session`, `year` or `issue`", required=True)
    data = _many(AgreementRowSchema, "pair by pair, group by group")
