"""The class of code lists, the lists of what the API computes, and that of `through`."""


class CodeList:
    """A closed list: its name, what it answers, and each value with its meaning."""

    def __init__(self, name: str, about: str, /, **values: str) -> None:
        self.name, self.about, self.values = name, about, values


THROUGH = CodeList(
    "through",
    "Which actors related to the given ones a filter takes in as well.",
    parts="all that is part of them, as institutions are of a state",
    members="the members of a collective, on the day asked for",
)

VERDICT = CodeList(
    "verdict",
    "What a deadlock comes to. Never that a goal is within reach: only what was recorded counts.",
    blocked="what was recorded stands in the way: demands collide, or nobody can begin",
    disputed="it hangs on which of a holder's contradicting records of one day counts, or "
    "on what words with several readings mean; the answer names them",
    no_recorded_obstacle="nothing that was recorded stands in the way; see the open asks",
    incomplete="a limit or the time was reached before all was found; `cut` names what",
)

MOVE = CodeList(
    "move",
    "What giving way means for the holder.",
    yields="the holder takes back what it demands, refuses, does or makes a condition",
    goes_unmet="a proposal, acceptance or concession is not granted, or the wish of one "
    "who is no party, or a goal: nobody takes anything back",
)

NOTE_KIND = CodeList(
    "note_kind",
    "What else to know of something that counts in a deadlock.",
    older_condition="its holder has another condition for the same thing; both count",
    deadline_passed="its deadline has passed",
    not_comparable="its measure is in a unit that cannot be compared with another's",
    doubt="a doubt is recorded about it, or about its source",
)

LEFT_OUT = CodeList(
    "left_out",
    "Why a record contributes nothing to a deadlock.",
    constrains_nothing="its force, such as an accusation or a warning, asks for no outcome",
    conditional="it holds only under its preconditions, and they speak for it",
    condition_silent="it holds only under preconditions, none of which counts here",
    condition_not_recorded="it accepts under a condition that is not on record",
    condition_none="it says that there is no condition, so it ties nothing",
    condition_unspecified="it has a condition, but does not say which",
    modality_unknown="its words do not tell whether the condition is necessary or enough",
    superseded="a later record of the holder says the opposite, or took its place",
    outranked="a higher voice of the holder speaks on it; this is what others say",
    denied="its supposed holder denies it",
    disputed="an equal record of the holder contradicts it, and counts in this case",
    not_preferred="another record of the holder on it is preferred",
    deprecated="its rank is deprecated",
    voice="its voice is none of those asked for",
    not_party="its holder is no party, and only parties were asked for",
    attested_earlier="it was attested last before the day asked for",
    by_request="the caller left it out",
)

ROW_KIND = CodeList(
    "row_kind",
    "What a flat row of a deadlock tells.",
    collision="a member of a set that cannot hold together",
    concession="a member of a set that would open the way",
    open_ask="something needed, to which no answer is recorded; the holder is who is asked",
    cluster="a member of a way out of one quarrel, which is independent of the others",
    case="the verdict if contradicting records, or ambiguous words, are taken in one way",
    note="something else to know of a record that counts",
    basis="what the verdict rests on",
    cycle="a precondition in a circle of who moves first",
    way_out="a condition that would change so that the circle can begin; `move` tells how",
    move="something that comes about at a stage after the concession of that number",
    left_out="a record that contributes nothing, and why",
    verdict="the verdict in a sentence, always the first row",
)

LINE_STATE = CodeList(
    "line_state",
    "How a record counts for its holder, in the voices asked for; of a cell, whether one does.",
    held="it counts",
    reported="others say so, and it is no fact; the account names them",
    denied="others say so, and the supposed holder denies it",
    outranked="a higher voice of the holder speaks on it, or another record is preferred",
    superseded="a later record of the holder says the opposite, or took its place",
    deprecated="its rank is deprecated",
    none_recorded="nothing is recorded, which is not neutral",
)

SILENCE = CodeList(
    "silence",
    "How an actor is silent on a component of a proposal.",
    not_addressed="the actor answered the proposal, but not this component",
    none_recorded="no answer of the actor to the proposal is recorded",
)

TIMELINE_KIND = CodeList(
    "timeline_kind",
    "What happens on a timeline.",
    statement="something was said",
    position_opened="a position begins to hold",
    position_closed="a position ceases to hold",
    precondition_opened="a precondition begins to hold",
    precondition_closed="a precondition ceases to hold",
    deadline="the day by which a precondition asks for something",
    proposal="a proposal was made",
    response="a position begins to hold that answers a proposal or another position",
)

DIFFERENCE = CodeList(
    "difference",
    "How a record differs between two moments.",
    opened="in force at the second moment, not at the first",
    closed="in force at the first moment, not at the second",
    amended="in force at both, in another revision",
    retracted="retracted from the registry between the two",
)
