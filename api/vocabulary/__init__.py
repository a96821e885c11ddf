"""The code lists: every closed list of values, with a sentence for each value.

They are published as enums in OpenAPI and whole at `/v1/vocabulary`. Adding a value to a list is a
compatible change; removing one invalidates stored records. Lists that follow a standard name it.
"""

from collections.abc import Mapping

from api.vocabulary.computed import (
    DIFFERENCE,
    LEFT_OUT,
    LINE_STATE,
    MOVE,
    NOTE_KIND,
    ROW_KIND,
    SILENCE,
    THROUGH,
    TIMELINE_KIND,
    VERDICT,
    CodeList,
)

FORCE = CodeList(
    "force",
    "What the holder does with the proposition. Only propose, demand, commit, intend, accept, "
    "concede (for) and reject (against) constrain an outcome.",
    **{"assert": "says that it is so"},  # a keyword of Python
    accuse="blames somebody for it, as a reproach",
    allege="says that somebody did it, without proof of its own",
    deny="says that it is not so, maybe of what is said of the holder (for instance: “We "
    "never asked that the toll be lifted”)",
    warn="says that it will come, whoever causes it",
    threaten="says that it will bring it about unless it is heeded",
    concern="says that it worries",
    propose="puts it forward for others to agree to",
    demand="asks for it as due",
    commit="binds itself to do or to keep doing it",
    intend="says that it means to do it",
    accept="agrees to it",
    accept_conditionally="agrees to it under the preconditions named in `under`",
    concede="grants it though it asked for the opposite",
    reject="refuses it",
    leave_open="does not rule it out, which answers, but agrees to nothing (for instance: "
    "“We do not exclude a joint commission”)",
    defer="puts the answer off",
    abstain="takes no side, on record",
)

VERBS: Mapping[str, tuple[str, str, str]] = {
    "assert": ("asserts", "asserts", "○"),
    "accuse": ("accuses somebody of", "accuses", "!"),
    "allege": ("alleges", "alleges", "!"),
    "deny": ("denies", "denies", "○"),
    "warn": ("warns of", "warns of it", "!"),
    "threaten": ("threatens with", "threatens", "!"),
    "concern": ("is concerned about", "is concerned", "!"),
    "propose": ("proposes", "proposes", "◇"),
    "demand": ("demands", "demands", "◆"),
    "commit": ("commits itself to", "commits", "■"),
    "intend": ("intends", "intends", "→"),
    "accept": ("accepts", "accepts", "✓"),
    "accept_conditionally": ("accepts under conditions", "accepts if", "✓"),
    "concede": ("concedes", "concedes", "✓"),
    "reject": ("rejects", "rejects", "✕"),
    "leave_open": ("does not rule out", "does not rule out", "…"),
    "defer": ("puts off its answer to", "puts it off", "…"),
    "abstain": ("abstains on", "abstains", "\N{EN DASH}"),
}
"""Force → its verb before what it is about, its verb alone in a cell, and its sign there."""

ATTESTATION = CodeList(
    "attestation",
    "How the source gives it.",
    verbatim_sentence="a whole sentence of the speaker's own words",
    verbatim_fragment="some of the speaker's own words",
    indirect="reported speech",
    headline="the headline says it",
    narrated_no_speaker="the source itself says that an actor holds it",
    recorded_vote="a vote on record",
    narration="context only: no evidence for a position",
)

MODALITY = CodeList(
    "modality",
    "How the antecedents bind the consequents.",
    necessary="only if: without the antecedents no consequent",
    sufficient="if: with the antecedents the consequent",
    necessary_and_sufficient="if and only if",
    offer="the words say if, diplomats hear only if; analysis reads both and says so",
    unknown="the words do not tell",
)

ANTECEDENTS_KIND = CodeList(
    "antecedents_kind",
    "Whether conditions are stated (value, novalue and somevalue of Wikibase).",
    stated="there are conditions, and these are they",
    none="it is said that there is no condition",
    unspecified="there are conditions, but not which",
)

TIMING = CodeList(
    "timing",
    "Whether the antecedent must come first.",
    before="it must come before the consequent",
    simultaneous="both at once",
    unknown="the words do not tell",
)

SCOPE = CodeList(
    "scope",
    "How much of it is asked.",
    total="all of it, without exception",
    partial="a part of it",
    unknown="the words do not tell",
)

END_REASON = CodeList(
    "end_reason",
    "Why it stopped holding.",
    met="what was asked came about",
    dropped="the holder gave it up",
    lapsed="its term ran out",
    replaced="another one took its place",
    walked_back="the holder took it back",
    unknown="not known",
)

RANK = CodeList(
    "rank",
    "Which of several records of one thing to use (Wikibase's ranks).",
    preferred="use this one",
    normal="use it unless a preferred one is there",
    deprecated="kept for the record, known to be wrong",
)

VOICE = CodeList(
    "voice",
    "Who speaks, seen from the holder; computed.",
    own="the speaker is the holder",
    authorised="the speaker's office speaks for the holder, or for what is part of it",
    relayed="somebody else says that the holder holds it",
    anonymous="the speaker is described but not named",
    narrated="no speaker at all",
)

ACTOR_KIND = CodeList(
    "actor_kind",
    "What sort of actor it is.",
    person="a human being",
    state="a state",
    institution="an organ of a state or organisation",
    organisation="an organisation with members or staff",
    armed_force="a military force",
    collective="a label for many, such as the West",
    audience="those addressed; in no matrix or picker",
)

MEMBERS_KIND = CodeList(
    "members_kind",
    "Whether a collective's members are known.",
    listed="the members listed are all of them",
    unspecified="whom the label covers is left open",
)

PARTY_STATUS = CodeList(
    "party_status",
    "An actor's standing in one conflict.",
    party="a party to it",
    co_belligerent_alleged="said to fight along",
    not_direct_party="takes part without fighting",
    accused="blamed for it by a party",
    mediator="helps the parties to talk",
    guarantor="vouches for an agreement",
    observer="looks on",
)

CONFLICT_KIND = CodeList(
    "conflict_kind",
    "What holds the issues together.",
    armed_conflict="fighting between organised parties",
    dispute="a quarrel without fighting",
    negotiation="a series of talks",
    forum="a standing body in which positions are taken",
)

SOURCE_KIND = CodeList(
    "source_kind",
    "What sort of document it is.",
    official_document="issued by an actor or body in its own name",
    transcript="a word-for-word record of speech",
    post="published by the speaker on a network",
    news_report="journalists report",
    leak="not meant for the public",
    recorded_vote="the record of a vote",
    dataset="compiled by others",
)

AXIOM_KIND = CodeList(
    "axiom_kind",
    "How an analyst's rule ties propositions together.",
    excludes="no two of these together: a town is under one flag of three",
    not_all="not all of these together: lower taxes, higher spending and no new debt",
    at_least_one="one of these or more: a bill is passed, is rejected or lapses",
    implies="the first implies the rest: a ceasefire implies that shelling stops",
    equivalent="all of them hold, or none: “the troops leave”, “no troops remain”",
    fact="it came about, with its period and evidence: Finland joined NATO on 4 April 2023",
)

MEASURE_OP = CodeList(
    "measure_op",
    "How the measured quantity compares with the value.",
    eq="equals it",
    le="at most it",
    ge="at least it",
)

DOUBT_KIND = CodeList(
    "doubt_kind",
    "Why a field is uncertain.",
    inferred="not said, concluded by the coder",
    weak_attribution="unclear whose words they are",
    ambiguous="the words allow more than one reading",
    translation="the wording may be the translator's",
    disputed="other sources say otherwise",
)

ISSUE_CONTEXT = CodeList(
    "issue_context",
    "PLOVER's contexts, which an issue may carry.",
    military="military affairs",
    intelligence="intelligence and espionage",
    executive="the executive branch",
    legislative="the legislative branch",
    election="elections",
    political_institutions="political institutions",
    pro_democracy="for democracy",
    pro_autocracy="for autocracy",
    economic="the economy, trade and finance",
    legal="courts and law",
    reparations="reparations and reconstruction",
    human_rights="human rights",
    rights_freedoms="civil rights and freedoms",
    repression="repression",
    human_security="human security",
    gender="gender",
    lgbt="sexual minorities",
    religion_ethnicity="religion and ethnicity",
    inequality="inequality",
    diplomatic="diplomacy and negotiation",
    territory="territory and borders",
    peacekeeping="peacekeeping",
    health="health",
    asylum="asylum and refugees",
    migration="migration",
    disasters="disasters",
    natural_resource="natural resources",
    environment="the environment",
    technology="technology",
    terrorism="terrorism",
    cbrn="chemical, biological, radiological and nuclear weapons",
    cyber="cyber operations",
    misinformation="misinformation",
    crime="crime",
    corruption="corruption",
    illegal_drugs="illegal drugs",
    trafficking="trafficking",
)

RESPONSE = CodeList(
    "response",
    "A force, or a silence where there is no answer.",
    **FORCE.values,
    **SILENCE.values,
)

CODE_LISTS: tuple[CodeList, ...] = (
    FORCE, ATTESTATION, MODALITY, ANTECEDENTS_KIND, TIMING, SCOPE, END_REASON, RANK, VOICE,
    ACTOR_KIND, MEMBERS_KIND, PARTY_STATUS, CONFLICT_KIND, SOURCE_KIND, AXIOM_KIND, MEASURE_OP,
    DOUBT_KIND, ISSUE_CONTEXT, THROUGH, VERDICT, MOVE, LEFT_OUT, NOTE_KIND, ROW_KIND, SILENCE,
    RESPONSE, LINE_STATE, TIMELINE_KIND, DIFFERENCE,
)  # fmt: skip
