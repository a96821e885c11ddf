"""The question for a deadlock, and its rows; `choices` has its query."""

from collections.abc import Iterable, Iterator

from api.analysis.deadlock import answer
from api.analysis.deadlock.working import work_out_deadlock
from api.analysis.declarations import Row
from api.analysis.loading import load_whole_scene
from api.analysis.questions.choices import DeadlockQuerySchema
from api.analysis.questions.question import AnalysisQuestion, QuestionInput
from api.conflicts.routes import RESOURCE as CONFLICTS
from api.vocabulary import ROW_KIND


def answer_deadlock(asked: QuestionInput) -> answer.Deadlock:
    """Answer what stands in the way."""
    scene = load_whole_scene(asked.reader, asked.id)
    return work_out_deadlock(scene, asked.of, seconds=asked.seconds).answer


_COLUMNS = ("kind", "set", "holder", "move", "noun", "record", "literal", "weaken", "axioms",
            "measures", "goals", "reason", "way", "stage", "waits_for",
            "sentence", "set_sentence", "verdict", "complete", "cut")  # fmt: skip


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
        holder = each.of if isinstance(each, answer.Ask) else getattr(each, "holder", None)
        yield {**vars(each), "kind": kind, "set": number, "holder": holder, "record": each.id}


def _list_sets(
    kind: str, sets: Iterable[answer.Collision | answer.Concession | answer.WayOut]
) -> Iterator[Row]:
    for number, each in enumerate(sets, 1):
        whole = {"kind": kind, "set": number, "set_sentence": each.sentence}
        if isinstance(each, answer.Collision):
            whole |= {"axioms": each.axioms, "measures": each.measures, "goals": each.goals}
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
