"""Who answered a proposal, component by component, and who did not.

Asked are its addressees and the parties of its conflict; all others who answered are listed, too.
What is part of an actor answers for it. An answer about one proposition is an answer to the
components in which that stands, and who wants what a component negates is against it.

Silences differ: an actor may have answered the proposal but not this component, or not at all as
far as is recorded. What an actor holds on the same propositions without its being recorded as an
answer is named beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from api.analysis.declarations import about, answer, flatten, list_columns
from api.analysis.engine import stances
from api.analysis.engine.model import atom_of
from api.analysis.engine.scene import Scene
from api.analysis.loading import load_all, load_scene
from api.analysis.questions.queries import AnalysisQuerySchema
from api.analysis.questions.question import AnalysisQuestion, QuestionInput
from api.ledger.noun import Record
from api.ledger.truth.canonical import parse_bytes
from api.positions import POSITIONS
from api.proposals.routes import RESOURCE as PROPOSALS
from api.vocabulary import RESPONSE, VOICE
from api.web.contract.parameters import ListParameter

HeldPositions = Mapping[str, Sequence[Record]]
"""Positions by everybody who holds them, themselves or through what is part of them."""


class ResponsesQuerySchema(AnalysisQuerySchema):
    """The question for the responses to a proposal."""

    response = ListParameter(
        "Only these forces or silences, separated by commas: `none_recorded` lists who has not "
        "answered.",
        codes=RESPONSE,
    )

    def read_parameters(self, data: dict[str, Any]) -> tuple[str, ...] | None:
        return data.get("response")


@answer
class ResponseRow:
    """An actor's answer to a component, or its silence."""

    component: str = about("the component")
    label: str | None = about("what it is called")
    actor: str = about("who was asked, or answered", noun="actors")
    actor_label: str = about("what it is called")
    response: str = about(codes=RESPONSE)
    sign: int | None = about("1 for it, -1 against it, 0 neither; null for a silence", form="sign")
    voice: str | None = about("who speaks, seen from the actor", codes=VOICE)
    whole: bool = about("the answer was to the proposal as a whole")
    under: Sequence[str] = about("the preconditions of the answer")
    attested_on: str | None = about("when the answer is attested last", form="day")
    disagreement: bool = about("answers of the same day say the opposite of each other")
    positions: Sequence[str] = about("the positions that answer it")
    elsewhere: Sequence[str] = about("its positions on the same propositions that are no answer")


@answer
class Responses:
    """Who answered a proposal, and who did not."""

    proposal: str = about("the proposal", noun="proposals")
    title: str = about("what it is called")
    responses: Sequence[ResponseRow] = about("component by component, actor by actor")


def answer_responses(asked: QuestionInput) -> Responses:
    """Answer who answered a proposal, and who did not."""
    proposal = parse_bytes(asked.reader.read_record(PROPOSALS.noun, asked.id).body)
    subjects = {each for part in proposal["components"] for each in _list_subjects(part)}
    # Not the whole conflict, which may be a forum with a thousand proposals.
    found = {
        each["id"]: each
        for narrowed in ({"responds_to": [proposal["id"]]}, {"proposition": sorted(subjects)})
        for each in load_all(asked.reader, POSITIONS, narrowed)
    }
    scene = load_scene(asked.reader, proposal["conflict"], positions=[*found.values()])
    return find_responses(scene, proposal, asked.of)


def find_responses(scene: Scene, proposal: Record, wanted: Sequence[str] | None) -> Responses:
    """Find each actor's answer to each component; `wanted` names forces and silences to keep."""
    answers, others = defaultdict[str, list[Record]](list), defaultdict[str, list[Record]](list)
    answering: list[str] = []
    for record in scene.positions:
        if record["rank"] == "deprecated":
            continue
        responds_to = record["responds_to"] or {"proposal": None}
        is_answer = responds_to.get("proposal") == proposal["id"]
        for actor in sorted(stances.list_holder_wholes(scene, record)):
            (answers if is_answer else others)[actor].append(record)
        answering += stances.list_holders(record) if is_answer else ()
    found = [
        _find_response(scene, component, actor, answers, others)
        for component in proposal["components"]
        for actor in _list_asked(scene, proposal, answering)
    ]
    kept = [each for each in found if wanted is None or each.response in wanted]
    return Responses(proposal["id"], proposal["title"], kept)


def _list_asked(scene: Scene, proposal: Record, answering: Sequence[str]) -> list[str]:
    """List those asked, then all others who answered for themselves."""
    listed = [each["actor"] for each in scene.conflict["parties"] if each["status"] == "party"]
    proposers = proposal["proposers"]
    asked = [each for each in (*proposal["addressees"], *listed) if each not in proposers]
    others = [each for each in answering if set(asked).isdisjoint(scene.list_wholes(each))]
    return list(dict.fromkeys([*asked, *others]))


def _find_response(
    scene: Scene, component: Record, actor: str, answers: HeldPositions, others: HeldPositions
) -> ResponseRow:
    own = answers.get(actor, ())
    here = [each for each in own if _is_answer_to(each, component)]
    stands = _weigh_answers(here, component)
    shown = stands.shown
    silence = "not_addressed" if own else "none_recorded"
    subjects = _list_subjects(component)
    return ResponseRow(
        component=component["id"],
        label=component.get("label"),
        actor=actor,
        actor_label=scene.name_actor(actor),
        response=shown["force"] if shown else silence,
        sign=_sign_towards(component, shown) if shown else None,
        voice=shown["voice"] if shown else None,
        whole=bool(shown) and shown["proposition"] is None,
        under=shown["under"] if shown else [],
        attested_on=shown["last_attested_on"] if shown else None,
        disagreement=stands.is_disputed,
        positions=[each["id"] for each in here],
        elsewhere=[e["id"] for e in others.get(actor, ()) if e["proposition"] in subjects],
    )


def _weigh_answers(answers: Sequence[Record], component: Record) -> stances.Standing:
    """Weigh answers; on one day, that to a part of the proposal outweighs that to the whole."""
    stands = stances.find_standing(answers)
    parts = [each for each in stands.newest if each["proposition"] is not None]
    leans = partial(_lean_towards, component)
    return stances.Standing(stands.preferred, stands.heard, parts or stands.newest, leans)


def _lean_towards(component: Record, record: Record) -> int:
    """Return 1 where an answer permits a component, -1 where its opposite, else 0."""
    is_negated = f"!{record['proposition']}" in component["propositions"]
    return -stances.lean_of(record) if is_negated else stances.lean_of(record)


def _sign_towards(component: Record, record: Record) -> int:
    """Return 1 where an answer is for a component, -1 where against it, else 0."""
    return _lean_towards(component, record) if stances.sign_of(record) else 0


def _is_answer_to(record: Record, component: Record) -> bool:
    """Whether an answer is to this component, or to the proposal as a whole."""
    if record["responds_to"].get("component") not in (None, component["id"]):
        return False
    return record["proposition"] is None or record["proposition"] in _list_subjects(component)


def _list_subjects(component: Record) -> set[str]:
    return {atom_of(each) for each in component["propositions"]}


QUESTION = AnalysisQuestion(
    name="responses",
    about=PROPOSALS,
    summary="See who answered a proposal",
    text=(
        "Component by component, actor by actor: addressees, parties, and whoever else "
        "answered. Answers to the whole proposal count for each component (`whole`). Silences "
        "differ: `not_addressed` answered the proposal but not this component, `none_recorded` "
        "has no recorded answer at all. `sign` is seen from the component: whoever commits "
        "itself to what it negates is against it. `elsewhere` names what an actor holds on the "
        "same propositions without its being recorded as an answer."
    ),
    query=ResponsesQuerySchema,
    answer_type=Responses,
    make_answer=answer_responses,
    columns=("proposal", *list_columns(ResponseRow)),
    make_rows=lambda found: (
        {"proposal": found.proposal, **flatten(each)} for each in found.responses
    ),
    group="proposals",
)
