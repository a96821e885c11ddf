"""The typed answer of a deadlock: what stands in the way, and what would open it."""

from collections.abc import Sequence

from api.analysis.declarations import about, answer
from api.analysis.engine.solution import Certificate
from api.vocabulary import LEFT_OUT, MOVE, NOTE_KIND, VERDICT


@answer
class Claim:
    """A member's claim in logic."""

    kind: str = about(
        "`holds` or `any_of`: of one of the alternatives all literals are true; `none_of`: of none "
        "are; `condition`: each consequent only if (`necessary`) and if (`sufficient`) of one are"
    )
    alternatives: Sequence[Sequence[str]] = about("sets of literals", each="a literal",
                                                  unique=False)  # fmt: skip
    consequents: Sequence[str] = about("what a condition is for", each="a literal")
    necessary: bool = about("a condition's consequents hold only if it is met")
    sufficient: bool = about("a condition's consequents hold if it is met")
    timing: str | None = about("when it must be met: `before`, `simultaneous`; null if not told")
    refuses: bool = about("it merely refuses something: nothing has to come about for it")


@answer
class Fitting:
    """A member by its name."""

    noun: str = about("`positions`, `preconditions` or `goals`")
    id: str = about("the first of its records; of a goal its literal")
    holder: str | None = about("who wants it; null for a goal", noun="actors")
    literal: str | None = about("what must be true; null for a condition or a rejected package")


@answer
class DemandMember(Fitting):
    """One thing that one holder wants, with every record that shows it."""

    records: Sequence[str] = about("all its records: three reports of one refusal are one member")
    inferred: bool = about("the words give one direction, the other is read into them")
    since: str | None = about("the first day for which it is on record; null for a goal, or if "
                              "supposed", form="day")  # fmt: skip
    last_attested_on: str | None = about("when it is attested last", form="day")
    account: str | None = about("by whose word, in plain English; null for a goal")
    claim: Claim = about("what must be true, in logic")
    sentence: str = about("it in plain English")


@answer
class Collision:
    """Members that cannot all hold, while any fewer of them can."""

    members: Sequence[DemandMember] = about("none where goals and rules contradict themselves")
    axioms: Sequence[str] = about("the analysts' rules without which they could all hold")
    measures: Sequence[str] = about("the comparisons of measures without which they could all hold")
    readings: Sequence[str] = about("the meanings of ambiguous propositions without which they "
                                    "could all hold", each="words, or what they mean")  # fmt: skip
    goals: Sequence[str] = about("the goals without which they could all hold, hard and soft; "
                                 "empty: they collide anyway", each="a literal")  # fmt: skip
    sentence: str = about("it in plain English")
    certificate: Certificate | None = about(
        "the proof of the contradiction, and models: one without each member, unless a concession "
        "gives up this one alone of these, and one without each axiom, measure, reading and hard "
        "goal; null if `cut` names `certificates`"
    )


@answer
class Weaken:
    """The least that has to be let go of a precondition, instead of all of it."""

    antecedents: Sequence[str] = about("conditions that are no longer asked", each="a literal")
    consequents: Sequence[str] = about("what is no longer promised for them", each="a literal")


@answer
class ConcedingMember(DemandMember):
    """A member that gives way, and how."""

    move: str = about(codes=MOVE)
    weaken: Weaken | None = about("of a precondition, the least to let go; null for all else")


@answer
class Move:
    """Something that comes about at a stage, and why it is needed."""

    literal: str = about("what comes about")
    actors: Sequence[str] = about("whose act it is, as far as recorded")
    positions: Sequence[str] = about("positions that want it")
    preconditions: Sequence[str] = about("preconditions that ask for it, or promise it")
    axioms: Sequence[str] = about("the analysts' rules by which another move implies it")
    waits_for: Sequence[str] = about("moves of the stage before that a condition puts first, and "
                                     "those that must come at once", each="a literal")  # fmt: skip
    sentence: str = about("it in plain English")


@answer
class Stage:
    """Moves that nothing keeps waiting for each other, unless they must come at once."""

    moves: Sequence[Move] = about("what comes about")
    sentence: str = about("it in plain English")


@answer
class Plan:
    """The shortest order of moves in which nobody moves before their condition is met."""

    possible: bool = about("whether there is such an order")
    ordered: bool = about("whether any condition that is left says what comes first, or at once")
    stages: Sequence[Stage] = about(
        "the moves, each as early as it can come: what the goals need, or without goals all that "
        "is demanded"
    )
    cycles: Sequence[int] = about("the numbers in `cycles`, from 1, of those still in the way",
                                  each="a number")  # fmt: skip
    sentence: str = about("it in plain English")


@answer
class WayOut:
    """A smallest set of a cluster's members without which none of its collisions is left."""

    members: Sequence[ConcedingMember] = about("who gives what up")
    actors: Sequence[str] = about("who has to move or to go without")
    goes_unmet: int = about("how many of them merely go unmet")
    sentence: str = about("it in plain English")


@answer
class Concession(WayOut):
    """A smallest set that must give way so that all the rest, rules and goals fit together."""

    plan: Plan | None = about("the order of moves that it allows; null if the time was over")
    certificate: Certificate | None = about(
        "a model of all the rest, in which the moves of its plan come about; a proof for each "
        "member that it cannot be kept, unless this one alone of a collision is given up"
    )


@answer
class Cluster:
    """Collisions that hang together by their members: one quarrel, independent of the others."""

    collisions: Sequence[int] = about("their numbers in `collisions`, from 1", each="a number")
    goals: bool = about("whether it stands in the way of the goals; without goals always true")
    ways_out: Sequence[WayOut] = about(
        "the smallest sets that end this quarrel; one of each cluster together is a concession"
    )
    sentence: str = about("it in plain English")


@answer
class Case:
    """The answer if contradicting records, or ambiguous words, are taken in one way."""

    records: Sequence[str] = about("of records that contradict each other, those that count here")
    nouns: Sequence[str] = about("the noun of each of `records`", each="a noun", unique=False)
    dropped: Sequence[str] = about("those that do not")
    readings: Sequence[str] = about("what ambiguous propositions mean here: `proposition means "
                                    "reading`", each="a meaning")  # fmt: skip
    verdict: str = about(codes=VERDICT)
    shown: bool = about("whether the lists of the answer are worked out for this case")
    sentence: str = about("it in plain English")


@answer
class Note:
    """Something that a reader must know of a record or rule that counts."""

    kind: str = about(codes=NOTE_KIND)
    noun: str = about("`positions`, `preconditions` or `propositions`")
    id: str = about("which of them")
    sentence: str = about("it in plain English")


@answer
class Basis:
    """The records, sources and days behind a verdict."""

    records: int = about("how many positions and preconditions count")
    sources: Sequence[str] = about("the sources behind them", noun="sources")
    first_attested_on: str | None = about("the day of the oldest of them", form="day")
    last_attested_on: str | None = about("the day of the latest of them", form="day")
    unanswered: int = about("demands and conditions that await somebody's answer")
    decided_by: Sequence[str] = about(
        "the records without which the verdict would be another: of an obstacle those in all of "
        "its collisions and circles, otherwise those that took the place of a refusal or a demand"
    )
    rules: Sequence[str] = about("the rules without which the collisions would dissolve")
    sentence: str = about("it in plain English")


@answer
class Compatible:
    """A largest set of members that fit together: what is left by the concession of its number."""

    members: Sequence[Fitting] = about("who may keep what")


@answer
class Ask:
    """Something that the goals would need, to which no answer is recorded."""

    literal: str = about("what is needed")
    of: str | None = about("whose act would bring it about; null if not recorded", noun="actors")
    needed_for: str = about("what needs it")
    noun: str = about(
        "who says so: `goals`, `preconditions`, `positions` (accepted packages), `axioms`, "
        "`measures` or `readings`"
    )
    id: str = about("which of them")
    alternative: bool = about("another way is named beside it")
    sentence: str = about("it in plain English")


@answer
class ChangedCondition(DemandMember):
    """A condition that would change so that a circle can begin."""

    change: str = about("`simultaneous`: both at once would do; `dropped`: only without it")


@answer
class CycleWayOut:
    """The fewest conditions that must change so that all in a circle can come about."""

    changes: Sequence[ChangedCondition] = about("which conditions, and how")
    sentence: str = about("it in plain English")


@answer
class Cycle:
    """Conditions that each must come first: nobody can begin, though all could hold in the end."""

    actors: Sequence[str] = about("whose conditions they are")
    preconditions: Sequence[str] = about("the preconditions")
    positions: Sequence[str] = about("accepted proposals whose parts come in an order")
    axioms: Sequence[str] = about("the analysts' rules in it")
    measures: Sequence[str] = about("the comparisons of measures in it")
    literals: Sequence[str] = about("each comes before the next", each="a literal", unique=False)
    way_round: bool = about("some condition in it names an alternative")
    ways_out: Sequence[CycleWayOut] = about("what would let it begin, unless another way leads in")
    sentence: str = about("it in plain English")


@answer
class Rule:
    """A rule between propositions that no holder demands."""

    kind: str = about(
        "`axiom`: an analyst's; `measure`: the arithmetic of one scale; `reading`: what an "
        "ambiguous proposition may mean"
    )
    id: str = about("its id")
    relation: str = about("a kind of axiom, or `reads_as`: the first means one of the others")
    propositions: Sequence[str] = about("what it relates, in order", each="a literal", unique=False)
    sentence: str = about("it in plain English")
    in_use: bool = about("whether this answer leans on it where it can")


@answer
class LeftOut:
    """A record that contributes nothing here, and why."""

    noun: str = about("`positions`, `preconditions` or `axioms`")
    id: str = about("its id")
    holder: str | None = about("for which holder; null if the caller left it out", noun="actors")
    literal: str | None = about(
        "which, where only one literal is left out: of a package, or of what a condition is for"
    )
    reason: str = about(codes=LEFT_OUT)
    sentence: str = about("the reason in plain English")


@answer
class Goal:
    """A goal: a literal that should become true."""

    literal: str = about("a proposition, or `!` and its id for the opposite")
    text: str = about("it in words")


@answer
class Parameters:
    """The choices that the answer rests on, defaults included."""

    goal: Sequence[str] = about("what is to be reached", each="a literal")
    goals: str = about("`hard` or `soft`")
    voices: Sequence[str] = about("the voices heard", each="a voice")
    holders: str = about("`all` or `parties`")
    attested_since: str | None = about("the first day of attestation that counts", form="day")
    demands: str = about("`conditional` or `standing`")
    offers: str = about("`both` or `literal`")
    axioms: Sequence[str] = about("the analysts' rules in use")
    measures: str = about("`on` or `off`")
    limit: int = about("how many collisions and concessions at most")
    without: Sequence[str] = about("records left out: the answer is a hypothesis", each="a record")


@answer
class Deadlock:
    """The obstacles to the goals, and the smallest concessions that remove them."""

    verdict: str = about(codes=VERDICT)
    sentence: str = about("the answer in a nutshell")
    goals: Sequence[Goal] = about("what is to be reached")
    members: Sequence[DemandMember] = about("everything that counts, in collisions or not")
    collisions: Sequence[Collision] = about(
        "minimal unsatisfiable subsets of the demands, those that lean on the goals first"
    )
    clusters: Sequence[Cluster] = about(
        "the collisions in groups that share no member, those in the way of the goals first"
    )
    concessions: Sequence[Concession] = about(
        "minimal correction subsets, without which all the rest and the goals fit: first those in "
        "which fewest merely go unmet, then fewest actors, then fewest records"
    )
    compatible: Sequence[Compatible] = about(
        "maximal satisfiable subsets: what fits after the concession of the same number"
    )
    open_asks: Sequence[Ask] = about("what the goals need, without a recorded answer")
    cycles: Sequence[Cycle] = about("who waits for whom to move first")
    stuck: Sequence[str] = about(
        "what the goals need, or without goals anything, that can never begin because of times",
        each="a literal",
    )
    plan: Plan | None = about("the order of moves where nobody has to give way; null elsewhere")
    cases: Sequence[Case] = about(
        "the verdict for each way in which contradicting records or ambiguous words can be taken; "
        "none if nothing is open"
    )
    notes: Sequence[Note] = about("what else to know of the records that count")
    basis: Basis = about("what the verdict rests on")
    rules: Sequence[Rule] = about("every rule of an analyst or of a scale, in use or not")
    left_out: Sequence[LeftOut] = about("records in force that contribute nothing, and why")
    complete: bool = about("whether no list was cut: `cut` names at most `certificates`")
    cut: Sequence[str] = about(
        "incomplete lists: `collisions`, `concessions`, `compatible`, `cycles`, `plans`, "
        "`cases`; `certificates`, which are missing then; or `time` ran out",
        each="a field",
    )
    certificate: Certificate | None = about(
        "a proof that no collision and no concession is missing (of members by number, from 0), if "
        "none is; where nothing collides, a model of everything"
    )
    parameters: Parameters = about("what the answer rests on")
