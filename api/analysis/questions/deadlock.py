"""The question for a deadlock: the caller's choices, the answer, and its rows.

All who have a deadlock worked out read the same choices.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import marshmallow as ma

from api.analysis.deadlock import answer
from api.analysis.deadlock.working import work_out_deadlock
from api.analysis.declarations import Row
from api.analysis.engine.scene import DEFAULT_VOICES, Choices
from api.analysis.loading import load_whole_scene
from api.analysis.questions.queries import AnalysisQuerySchema
from api.analysis.questions.question import AnalysisQuestion, QuestionInput
from api.conflicts import CONFLICTS
from api.vocabulary import ROW_KIND, VOICE
from api.web.contract import parameters
from api.web.contract.fields import ID_LENGTH, LITERAL, SLUG

MOST_GOALS, MOST_SETS = 50, 200


class DeadlockQuerySchema(AnalysisQuerySchema):
    """The question for a deadlock."""

    goal = parameters.ListParameter(
        "What is to be reached: ids of `propositions`, `!` before one for its opposite (%21 in a "
        "URL written by hand). Repeat it, or separate several by commas. Without any, all demands "
        "are held against each other.",
        each={"pattern": LITERAL, "maxLength": ID_LENGTH + 1},
        most=MOST_GOALS,
        repeatable=True,
    )
    goals = parameters.ChoiceParameter(
        "Whether the goals must hold, or may be given up like any demand.", ["hard", "soft"], "hard"
    )
    voices = parameters.ListParameter(
        "In whose voice a record must speak to count; several, separated by commas. "
        f"Default: {','.join(DEFAULT_VOICES)}.",
        codes=VOICE,
    )
    holders = parameters.ChoiceParameter(
        "Whose records count: everybody's, or the parties'.", ["all", "parties"], "all"
    )
    attested_since = parameters.DayParameter("Only records attested then or later.")
    demands = parameters.ChoiceParameter(
        "How a demand under preconditions counts: through these alone (conditional), or also as a "
        "demand of its own (standing).",
        ["conditional", "standing"],
        "conditional",
    )
    offers = parameters.ChoiceParameter(
        "How an offer is read: if and, as diplomats hear it, only if (both), or if (literal).",
        ["both", "literal"],
        "both",
    )
    axioms = parameters.ListParameter(
        "Which analysts' rules are in use: `all`, `none`, or the ids of some, separated by commas. "
        "Default: all.",
        each={"pattern": SLUG, "maxLength": ID_LENGTH},
    )
    measures = parameters.ChoiceParameter("Compare measures on one scale.", ["on", "off"], "on")
    without = parameters.ListParameter(
        "What if these were not there? Positions and preconditions to leave out, such as "
        "`positions/russia-rejects-truce`. What is not in force then changes nothing.",
        each={"pattern": "(positions|preconditions)/[a-z0-9]+(-[a-z0-9]+)*",
              "maxLength": ID_LENGTH + len("preconditions/")},
    )  # fmt: skip
    limit = parameters.LimitParameter("How many sets of each kind at most.", most=MOST_SETS)

    def read_parameters(self, data: dict[str, Any]) -> Any:
        return Choices(
            goals=tuple(dict.fromkeys(data.get("goal", ()))),
            soft_goals=data.get("goals") == "soft",
            voices=tuple(data.get("voices", DEFAULT_VOICES)),
            parties_only=data.get("holders") == "parties",
            attested_since=data.get("attested_since"),
            standing_demands=data.get("demands") == "standing",
            literal_offers=data.get("offers") == "literal",
            axioms=_read_axioms(data.get("axioms", ("all",))),
            measures=data.get("measures", "on") == "on",
            limit=data.get("limit", parameters.DEFAULT_LIMIT),
            without=tuple(_read_record_key(each) for each in data.get("without", ())),
        )


def _read_record_key(key: str) -> tuple[str, str]:
    noun, _, id = key.partition("/")
    return noun, id


def _read_axioms(given: Sequence[str]) -> tuple[str, ...] | None:
    if len(given) > 1 and {"all", "none"} & set(given):
        raise ma.ValidationError({"axioms": ["takes all, none, or ids; not both"]})
    if list(given) == ["all"]:
        return None
    return () if list(given) == ["none"] else tuple(given)


def answer_deadlock(asked: QuestionInput) -> answer.Deadlock:
    """Answer what stands in the way."""
    scene = load_whole_scene(asked.reader, asked.id)
    return work_out_deadlock(scene, asked.of, seconds=asked.seconds).answer


_COLUMNS = ("kind", "set", "holder", "move", "noun", "record", "literal", "weaken", "axioms",
            "measures", "goals", "reason", "way", "stage", "waits_for",
            "sentence", "set_sentence", "verdict", "complete", "cut", "readings")  # fmt: skip


def _make_rows(deadlock: answer.Deadlock) -> Iterator[Row]:
    """Make a row for each member of a set, each open ask, circle and record left out."""
    whole = {name: getattr(deadlock, name) for name in ("verdict", "complete", "cut")}
    yield from ({**each, **whole} for each in _list_rows(deadlock))


def _list_rows(deadlock: answer.Deadlock) -> Iterator[Row]:
    yield {"kind": "verdict", "sentence": deadlock.sentence}
    basis = deadlock.basis
    yield {"kind": "basis", "record": basis.decided_by, "axioms": basis.rules,
           "sentence": basis.sentence}  # fmt: skip
    for number, case in enumerate(deadlock.cases, 1):
        yield {"kind": "case", "set": number, "noun": [*dict.fromkeys(case.nouns)],
               "record": case.records, "reason": case.verdict,
               "sentence": case.sentence}  # fmt: skip
    yield from _list_sets("collision", deadlock.collisions)
    for number, cluster in enumerate(deadlock.clusters, 1):
        ways = _list_sets("cluster", cluster.ways_out)
        yield from ({**each, "set": number, "way": each["set"]} for each in ways)
    yield from _list_sets("concession", deadlock.concessions)
    yield from _list_singles("open_ask", deadlock.open_asks)
    for number, each in enumerate(deadlock.cycles, 1):
        for id in each.preconditions:
            yield {"kind": "cycle", "set": number, "noun": "preconditions", "record": id,
                   "sentence": each.sentence}  # fmt: skip
        yield from _list_ways_out(number, each)
    yield from _list_singles("note", deadlock.notes)
    plans = [each.plan for each in deadlock.concessions] or [deadlock.plan]
    for number, plan in enumerate(plans, 1):
        yield from _list_moves(number, plan)
    yield from _list_singles("left_out", deadlock.left_out)


def _list_ways_out(number: int, cycle: answer.Cycle) -> Iterator[Row]:
    for way, each in enumerate(cycle.ways_out, 1):
        for member in each.changes:
            yield {**_make_cells(member), "kind": "way_out", "set": number, "way": way,
                   "move": member.change, "set_sentence": each.sentence}  # fmt: skip


def _list_moves(number: int, plan: answer.Plan | None) -> Iterator[Row]:
    for stage, part in enumerate(plan.stages if plan else (), 1):
        for each in part.moves:
            yield {**vars(each), "kind": "move", "set": number, "stage": stage,
                   "record": [*each.positions, *each.preconditions],
                   "holder": each.actors, "set_sentence": part.sentence}  # fmt: skip


def _list_singles(
    kind: str, entries: Iterable[answer.Ask | answer.Note | answer.LeftOut]
) -> Iterator[Row]:
    for number, each in enumerate(entries, 1):
        holder = {"holder": each.of} if isinstance(each, answer.Ask) else {}
        yield {**vars(each), **holder, "kind": kind, "set": number, "record": each.id}


def _list_sets(
    kind: str, sets: Iterable[answer.Collision | answer.Concession | answer.WayOut]
) -> Iterator[Row]:
    for number, each in enumerate(sets, 1):
        whole = {"kind": kind, "set": number, "set_sentence": each.sentence}
        if isinstance(each, answer.Collision):
            whole |= {n: getattr(each, n) for n in ("axioms", "measures", "readings", "goals")}
        yield from ({**_make_cells(member), **whole} for member in each.members)
        # Goals and rules that contradict each other collide without any member.
        if not each.members:
            yield {**whole, "sentence": each.sentence}


def _make_cells(member: answer.DemandMember) -> Row:
    weaken = getattr(member, "weaken", None)
    let_go = weaken and [*weaken.antecedents, *weaken.consequents]
    return {**vars(member), "record": member.records or member.id, "weaken": let_go}


QUESTION = AnalysisQuestion(
    name="deadlock",
    about=CONFLICTS,
    summary="Find what stands in the way",
    text=(
        "Given what each side has said, as known on a day: which smallest sets of demands "
        "collide (`collisions`), which of them are quarrels apart (`clusters`), which smallest "
        "sets would have to give way (`concessions`), in which order all could then move "
        "(`plan`), what the goals would need and nobody has answered (`open_asks`), who waits "
        "for whom (`cycles`), and what the verdict rests on (`basis`). Members are what "
        "holders want, once each; axioms are analysts' rules, which you can switch off.\n\n"
        "**How to read it.** `blocked` by a collision whose `goals` are empty means that those "
        "demands collide whatever the goal. Of a concession, a member that `yields` takes "
        "something back; one that `goes_unmet` merely is not granted: an outsider who stops "
        "asking opens nothing, so such sets come last. `weaken` names the least to let go of "
        "a precondition. Nothing is claimed beyond the records: `left_out` tells of each "
        "record in force why it does not count, and the best verdict is "
        "`no_recorded_obstacle`.\n\n"
        "**Worked example.** The example is the real answer for the seed with `known_at=1`: what "
        "stands in the way of peace, as one article of 31 March 2023 shows it. Russia's "
        "condition for the end of the conflict and Ukraine's for peace collide by two rules: "
        "accepting the annexation and full withdrawal exclude each other, and peace implies "
        "the end. Leave either out (`axioms=` names those in use), and that collision is gone. "
    ),
    query=DeadlockQuerySchema,
    answer_type=answer.Deadlock,
    make_answer=answer_deadlock,
    columns=_COLUMNS,
    make_rows=_make_rows,
    kinds=ROW_KIND,
    tried={"goal": ["peace"]},
)
