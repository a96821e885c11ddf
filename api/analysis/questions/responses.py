"""Who answered a proposal, component by component, and who did not.

Asked are its addressees and the parties of its conflict; all others who answered are listed, too.
What is part of an actor answers for it. An answer about one proposition is an answer to the
components in which that stands, and who wants what a component negates is against it.

Silences differ: an actor may have answered the proposal but not this component, or not at all as
far as is recorded. What an actor holds on the same propositions without its being recorded as an
answer is named beside it. A bloc answers for its members, and a dissent is named beside that.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from api.analysis.declarations import about, answer, list_columns
from api.analysis.engine import stances
from api.analysis.engine.in_force import list_disputing
from api.analysis.engine.model import atom_of
from api.analysis.engine.scene import DEFAULT_VOICES, Scene
from api.analysis.engine.weighing import NONE_RECORDED, Stand
from api.analysis.loading import load_all, load_scene
from api.analysis.questions import lines
from api.analysis.questions.queries import AnalysisQuerySchema
from api.analysis.questions.question import AnalysisQuestion, QuestionInput
from api.errors import TooLarge
from api.ledger.noun import Record
from api.positions import POSITIONS
from api.proposals import PROPOSALS
from api.vocabulary import RESPONSE
from api.web.contract.parameters import ListParameter

MOST_ROWS, MOST_COMPARED = 15_000, 200_000
"""How many rows an answer has at most, one for each component and actor, and how many positions of
actors are compared with components."""

_TOO_MANY = (
    "too many components, actors and positions for one answer; list the positions that answer the "
    "proposal (`responds_to`), or choose a day with fewer records"
)

HeldPositions = Mapping[str, Sequence[Record]]
"""Positions by everybody who holds them, themselves or through what is part of them."""


@dataclass(frozen=True, slots=True)
class ResponsesQuery:
    """Which forces and silences are kept, None for all, and whose word is a fact."""

    wanted: tuple[str, ...] | None = None
    voices: tuple[str, ...] = DEFAULT_VOICES


class ResponsesQuerySchema(AnalysisQuerySchema):
    """The question for the responses to a proposal."""

    response = ListParameter(
        "Only these forces or silences, separated by commas: `none_recorded` lists who has not "
        "answered.",
        codes=RESPONSE,
    )

    voices = lines.make_voices_parameter()

    def read_parameters(self, data: dict[str, Any]) -> Any:
        return ResponsesQuery(data.get("response"), lines.read_voices(data))


@answer
class ResponseRow(lines.RecordLine):
    """An actor's answer to a component, or its silence."""

    component: str = about("the component")
    label: str | None = about("what it is called")
    actor: str = about("who was asked, or answered", noun="actors")
    actor_label: str = about("what it is called")
    response: str = about(codes=RESPONSE)
    sign: int | None = about("1 for it, -1 against it, 0 neither; null for a silence", form="sign")
    whole: bool = about("the answer was to the proposal as a whole")
    under: Sequence[str] = about("the preconditions of the answer")
    attested_on: str | None = about("when the answer is attested last", form="day")
    disagreement: bool = about("answers of the same day say the opposite of each other")
    through: str | None = about("the bloc that answers for it", noun="actors")
    dissent: Sequence[str] = about("opposite answers of its bloc, or of a member of this bloc")
    positions: Sequence[str] = about("the positions that answer it")
    others: Sequence[str] = about("of these, what others say of it instead, in a lower voice")
    elsewhere: Sequence[str] = about("its positions on the same propositions that are no answer")


@answer
class Responses:
    """Who answered a proposal, and who did not."""

    proposal: str = about("the proposal", noun="proposals")
    title: str = about("what it is called")
    responses: Sequence[ResponseRow] = about("component by component, actor by actor")


def answer_responses(asked: QuestionInput) -> Responses:
    """Answer who answered a proposal, and who did not."""
    proposal = asked.reader.read_record(PROPOSALS, asked.id).record
    subjects = {each for part in proposal["components"] for each in _list_subjects(part)}
    # Not the whole conflict, which may be a forum with a thousand proposals.
    found = {
        each["id"]: each
        for narrowed in ({"responds_to": [proposal["id"]]}, {"proposition": sorted(subjects)})
        for each in load_all(asked.reader, POSITIONS, narrowed)
    }
    scene = load_scene(asked.reader, proposal["conflict"], positions=[*found.values()])
    return find_responses(scene, proposal, asked.of)


def find_responses(
    scene: Scene, proposal: Record, query: ResponsesQuery = ResponsesQuery()
) -> Responses:
    """Find each actor's answer to each component; raises TooLarge for too many."""
    answers, others = defaultdict[str, list[Record]](list), defaultdict[str, list[Record]](list)
    answering: list[str] = []
    room = MOST_COMPARED // len(proposal["components"])
    for record in scene.positions:
        if record["rank"] == "deprecated":
            continue
        responds_to = record["responds_to"] or {"proposal": None}
        is_answer = responds_to.get("proposal") == proposal["id"]
        for actor in sorted(stances.list_holder_wholes(scene, record)):
            (answers if is_answer else others)[actor].append(record)
            room -= 1
        answering += stances.list_holders(record) if is_answer else ()
    asked = _list_asked(scene, proposal, answering)
    if room < 0 or len(asked) * len(proposal["components"]) > MOST_ROWS:
        raise TooLarge(_TOO_MANY)
    made = _Responding(scene, lines.make_line_writer(scene, query.voices), answers, others)
    found = [
        made.find_response(component, actor)
        for component in proposal["components"] for actor in asked
    ]  # fmt: skip
    kept = [each for each in found if query.wanted is None or each.response in query.wanted]
    return Responses(proposal["id"], proposal["title"], kept)


def _list_asked(scene: Scene, proposal: Record, answering: Sequence[str]) -> list[str]:
    """List those asked, then all others who answered for themselves."""
    listed = [each["actor"] for each in scene.conflict["parties"] if each["status"] == "party"]
    proposers = proposal["proposers"]
    asked = [each for each in (*proposal["addressees"], *listed) if each not in proposers]
    others = [each for each in answering if set(asked).isdisjoint(scene.list_wholes(each))]
    return list(dict.fromkeys([*asked, *others]))


def _map_holders(scene: Scene) -> Mapping[str, set[str]]:
    """Map each actor to those who answer for it: itself, and what is part of it."""
    found = defaultdict[str, set[str]](set)
    for holder in {each for said in scene.positions for each in stances.list_holders(said)}:
        for whole in scene.list_wholes(holder):
            found[whole].add(holder)
    return found


class _Responding:
    """Finds the answers of actors among what they, their parts and their blocs hold."""

    def __init__(
        self, scene: Scene, writer: lines.LineWriter, answers: HeldPositions, others: HeldPositions
    ) -> None:
        self._scene, self._writer, self._answers, self._others = scene, writer, answers, others
        self._beside: dict[str, tuple[list[str], list[str]]] = {}
        self._holders = _map_holders(scene)
        self._weighed: dict[tuple[str, str], tuple[list[Record], Stand]] = {}

    def find_response(self, component: Record, actor: str) -> ResponseRow:
        """Find an actor's answer to a component, or how it is silent."""
        own = self._answers.get(actor, ())
        here, stand = self._weigh_answers(component, actor)
        blocs, members = self._list_answering(actor)
        joint = {bloc: self._weigh_answers(component, bloc)[1] for bloc in blocs}
        speaking = (bloc for bloc, each in joint.items() if each.state == "held")
        through = None if stand.state == "held" else next(speaking, None)
        stand = joint[through] if through else stand
        shown = stand.shown
        silence = "not_addressed" if own else NONE_RECORDED
        line: dict[str, Any] = {**lines.NO_LINE, "state": NONE_RECORDED}
        if shown:
            holders = self._holders[through or actor]
            holder = next(each for each in stances.list_holders(shown) if each in holders)
            line |= self._writer.describe_line(shown, holder)
            line["state"] = stand.state
            line["disputed_with"] = list_disputing(shown, stand.disputed, stand.leans)
        beside = [*joint, *members]
        subjects = _list_subjects(component)
        elsewhere = (e["id"] for e in self._others.get(actor, ()) if e["proposition"] in subjects)
        return ResponseRow(
            **line,
            component=component["id"],
            label=component.get("label"),
            actor=actor,
            actor_label=self._scene.name_actor(actor),
            response=shown["force"] if shown else silence,
            sign=_sign_towards(component, shown) if shown else None,
            whole=bool(shown) and shown["proposition"] is None,
            under=shown["under"] if shown else [],
            attested_on=shown["last_attested_on"] if shown else None,
            disagreement=bool(stand.disputed),
            through=through,
            dissent=[*self._list_dissent(component, stand, beside)],
            positions=[each["id"] for each in here] or ([shown["id"]] if shown else []),
            others=[each["id"] for each in here if shown and _differs(component, each, shown)],
            elsewhere=[*elsewhere],
        )

    def _list_answering(self, actor: str) -> tuple[list[str], list[str]]:
        """List an actor's blocs and its members, those that answered."""
        if actor not in self._beside:
            some = sorted(self._scene.list_blocs(actor)), self._scene.list_members(actor)
            blocs, members = ([each for each in e if each in self._answers] for e in some)
            self._beside[actor] = blocs, members
        return self._beside[actor]

    def _weigh_answers(self, component: Record, actor: str) -> tuple[list[Record], Stand]:
        """Weigh answers once; on one day, that to a part outweighs that to the whole proposal."""
        key = component["id"], actor
        if key not in self._weighed:
            self._weighed[key] = self._weigh_afresh(component, actor)
        return self._weighed[key]

    def _weigh_afresh(self, component: Record, actor: str) -> tuple[list[Record], Stand]:
        here = [e for e in self._answers.get(actor, ()) if _is_answer_to(e, component)]
        subjects, named = _list_subjects(component), {each["proposition"] for each in here}
        others = [] if subjects <= named else [None]  # answered with the whole proposal, if at all
        about = (
            [each for each in here if each["proposition"] in (None, subject)]
            for subject in (*sorted(subjects & named), *others)
        )
        stands = (self._weigh_part(component, actor, some) for some in about)
        return here, max(stands, key=partial(_rank_stand, component))

    def _weigh_part(self, component: Record, actor: str, here: Sequence[Record]) -> Stand:
        """Weigh answers to one of the propositions that a component names."""
        find_stand = partial(
            self._writer.weighing.find_stand,
            holders=self._holders.get(actor, ()),
            leans=partial(_lean_towards, component),
        )
        parts = {e["id"] for e in find_stand(here).newest if e["proposition"] is not None}
        return find_stand([e for e in here if e["id"] in parts] if parts else here)

    def _list_dissent(
        self, component: Record, stand: Stand, beside: Iterable[str]
    ) -> Iterator[str]:
        """List the answers of blocs or members that say the opposite of a stand."""
        shown = stand.shown
        sign = _sign_towards(component, shown) if shown else 0
        for actor in beside:
            other = self._weigh_answers(component, actor)[1]
            said = other.shown
            if said and other.state == "held" and _sign_towards(component, said) * sign < 0:
                yield said["id"]


def _rank_stand(component: Record, stand: Stand) -> tuple[bool, bool, bool, bool, str]:
    """Rank the stands on what a component names: who refuses one thing refuses the component."""
    is_held, is_reported = stand.state == "held", stand.state == "reported"
    if (shown := stand.shown) is None:
        return is_held, is_reported, False, False, ""
    refuses = _sign_towards(component, shown) < 0
    return is_held, is_reported, refuses, bool(stand.disputed), stances.day_of(shown)


def _differs(component: Record, record: Record, shown: Record) -> bool:
    """Whether others say something else of the actor, in a lower voice than the shown answer."""
    is_lower = stances.rank_voice(record) < stances.rank_voice(shown)
    return is_lower and _lean_towards(component, record) != _lean_towards(component, shown)


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
        "itself to what it negates is against it. What only others say, in none of the `voices`, "
        "is `reported`. A bloc answers for its members (`through`), and who says the opposite is "
        "named in `dissent`. `elsewhere` names what an actor holds on the "
        "same propositions without its being recorded as an answer."
    ),
    query=ResponsesQuerySchema,
    answer_type=Responses,
    make_answer=answer_responses,
    columns=("proposal", *list_columns(ResponseRow)),
    make_rows=lambda found: ({**vars(found), **vars(each)} for each in found.responses),
    group="proposals",
)
