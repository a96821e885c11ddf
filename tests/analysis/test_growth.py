"""Questions take time, and their answers room, in proportion to the records they draw on."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from api.analysis import loading
from api.analysis.engine import sentences, solver
from api.analysis.engine.in_force import MOST_DISPUTED
from api.analysis.engine.members import gather_members
from api.analysis.engine.scene import DEFAULT_VOICES, Choices, Scene
from api.analysis.engine.weighing import Weighing
from api.analysis.questions import layout, responses
from api.analysis.questions.layout import MatrixQuery, lay_out_matrix
from api.analysis.questions.responses import find_responses
from api.analysis.questions.timeline import order_events
from api.errors import Invalid
from api.ledger.rules import bound_validity
from tests.analysis.quarrels import Quarrel
from tests.worlds import Registry, make_draft, measure_cpu, parse_answer

MATRIX = MatrixQuery(by_issue=False)
FEW, MOST_RATIO = 300, 8
"""Records of the smaller scene; the larger has four times as many, and may take so many times as
long. In proportion it would be 4 times, in the square 16 times."""

QUESTIONS: dict[str, Callable[[Scene], Any]] = {
    "timeline": lambda scene: order_events(scene, (), ()),
    "matrix": lambda scene: lay_out_matrix(scene, MATRIX),
    "members": lambda scene: gather_members(scene, Choices()),
}


def make_day(number: int) -> str:
    return (date(2000, 1, 1) + timedelta(number)).isoformat()


def put_positions(quarrel: Quarrel, count: int, *, days: bool, **fields: Any) -> None:
    """Put contradicting positions of one holder on one thing, on one day or on as many days."""
    for number in range(count):
        force = "reject" if number % 2 else "accept"
        quarrel.position("ardo", force, "truce", id=f"p{number}",
                         on=make_day(number * days), **fields)  # fmt: skip


def put_conditions(quarrel: Quarrel, count: int, *, days: bool) -> None:
    for number in range(count):
        quarrel.condition("ardo", "truce", "talks", id=f"c{number}", timing="before",
                          attested_on=make_day(number * days))  # fmt: skip


def make_quarrel() -> Quarrel:
    quarrel = Quarrel()
    quarrel.propositions("truce", "talks")
    return quarrel


@pytest.mark.parametrize("days", [False, True], ids=["one day", "many days"])
@pytest.mark.parametrize("put", [put_positions, put_conditions])
@pytest.mark.parametrize("question", QUESTIONS)
def test_time_grows_with_the_records_of_one_holder(
    question: str, put: Callable[..., None], *, days: bool
):
    taken: list[float] = []
    for count in (FEW, 4 * FEW):
        quarrel = make_quarrel()
        put(quarrel, count, days=days)
        scene = quarrel.scene()
        taken.append(measure_cpu(lambda scene=scene: QUESTIONS[question](scene))[1])
    assert taken[1] < MOST_RATIO * taken[0]


def test_time_grows_with_the_answers_to_a_whole_proposal():
    taken: list[float] = []
    for count in (FEW, 4 * FEW):
        quarrel = make_quarrel()
        quarrel.proposal("plan", "truce", "talks")
        for number in range(count):
            quarrel.position("ardo", "reject", None, id=f"p{number}", on=make_day(number),
                             responds_to={"proposal": "plan"})  # fmt: skip
        scene = quarrel.scene()
        taken.append(measure_cpu(lambda scene=scene: gather_members(scene, Choices()))[1])
    assert taken[1] < MOST_RATIO * taken[0]


def test_a_line_names_the_first_records_that_contradict_it():
    quarrel = make_quarrel()
    put_positions(quarrel, 4 * MOST_DISPUTED, days=False)
    named = {each.id: each.disputed_with for each in order_events(quarrel.scene(), (), ())}
    accepting = [f"p{number}" for number in range(0, 2 * MOST_DISPUTED, 2)]
    rejecting = [f"p{number}" for number in range(1, 2 * MOST_DISPUTED, 2)]
    assert named["p0"] == rejecting
    assert named["p1"] == accepting
    assert named[f"p{4 * MOST_DISPUTED - 1}"] == accepting


def test_a_line_names_the_only_record_that_contradicts_it():
    quarrel = make_quarrel()
    for number in range(2 * MOST_DISPUTED):
        quarrel.position("ardo", "accept", "truce", id=f"p{number:03}", on=make_day(0))
    quarrel.position("ardo", "reject", "truce", id="z", on=make_day(0))
    named = {each.id: each.disputed_with for each in order_events(quarrel.scene(), (), ())}
    assert named["p000"][0] == "z"
    assert len(named["p000"]) == len(named["z"]) == MOST_DISPUTED


def make_random_quarrel(chance: random.Random) -> Quarrel:
    quarrel, days = make_quarrel(), [make_day(number) for number in range(6)]
    for number in range(chance.randint(2, 9)):
        first, last = sorted(chance.choices(days, k=2))
        quarrel.position(
            "ardo", chance.choice(["accept", "reject", "warn", "leave_open"]), "truce",
            id=f"p{number}", on=first, last_attested_on=last,
            valid_from=chance.choice([None, chance.choice(days)]),
            valid_to=chance.choice([None, chance.choice(days)]),
            voice=chance.choice(["own", "narrated", "relayed"]),
            rank=chance.choice(["normal", "normal", "preferred", "deprecated"]),
            replaces=chance.choice([None, f"p{number - 1}"]),
        )  # fmt: skip
    return quarrel


@pytest.mark.parametrize("seed", range(200))
def test_the_sweep_over_days_finds_what_each_day_alone_shows(seed: int):
    records = make_random_quarrel(random.Random(seed)).scene().positions
    weighing = Weighing(records, DEFAULT_VOICES, over_time=True)
    for record in records:
        periods = [(bound_validity(each), each) for each in records]
        day = record["attested_on"]
        stand = weighing.find_stand(
            [
                each
                for period, each in periods
                if period["valid_start"] <= day <= period["valid_end"]
            ],
            ["ardo"],
        )
        state, disputed = weighing.weigh(record, "ardo")
        named = [each["id"] for each in stand.disputed]
        others = [each for each in named if each != record["id"]]
        assert disputed == (others if record["id"] in named else [])
        if record in stand.newest and stand.state == "held":
            assert state == "held"


def test_a_matrix_with_too_many_entries_is_refused(monkeypatch: pytest.MonkeyPatch):
    quarrel = make_quarrel()
    put_positions(quarrel, 10, days=False, co_holders=["belm", "cors"], evidence=["a"])
    monkeypatch.setattr(layout, "MOST_ENTRIES", 60)
    assert lay_out_matrix(quarrel.scene(), MATRIX).rows
    monkeypatch.setattr(layout, "MOST_ENTRIES", 59)
    with pytest.raises(Invalid, match="narrow it by issue, holder or proposition"):
        lay_out_matrix(quarrel.scene(), MATRIX)
    narrowed = MatrixQuery(by_issue=False, narrowed={"holder": ["ardo"]})
    assert lay_out_matrix(quarrel.scene(), narrowed).rows


@pytest.mark.parametrize("name", ["MOST_ROWS", "MOST_COMPARED"])
def test_too_many_responses_are_refused(monkeypatch: pytest.MonkeyPatch, name: str):
    quarrel = make_quarrel()
    quarrel.proposal("plan", "truce", "talks", "truce talks")
    put_positions(quarrel, 2, days=True, responds_to={"proposal": "plan"})
    plan = quarrel.records["proposals", "plan"]
    monkeypatch.setattr(responses, name, 6)
    assert len(find_responses(quarrel.scene(), plan).responses) == 6
    monkeypatch.setattr(responses, name, 5)
    with pytest.raises(Invalid, match="responds_to"):
        find_responses(quarrel.scene(), plan)


def test_records_with_too_many_stances_are_refused(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    joint = make_draft("positions", co_holders=["sudmark"], holder="norland")
    parse_answer(registry.post("/v1/positions", joint), 201)
    path = f"/v1/conflicts/{parse_answer(registry.get('/v1/positions'))['data'][0]['conflict']}"
    for question in ("matrix", "timeline", "deadlock"):
        monkeypatch.setattr(loading, "MOST_STANCES", 1)
        problem = parse_answer(registry.get(f"{path}/{question}", valid_at="any"), 422)
        assert "more than 1 stances of holders" in problem["detail"].lower()
        monkeypatch.setattr(loading, "MOST_STANCES", 30_000)
        parse_answer(registry.get(f"{path}/{question}", valid_at="any"))


def test_lines_that_are_too_long_together_are_refused(monkeypatch: pytest.MonkeyPatch):
    quarrel = make_quarrel()
    put_positions(quarrel, 3, days=True)
    written = sum(len(each.sentence or "") for each in order_events(quarrel.scene(), (), ()))
    monkeypatch.setattr(sentences, "MOST_WRITTEN", written)
    assert len(order_events(quarrel.scene(), (), ())) == 3
    doubt = {"field": "force", "kind": "inferred", "text": "?" * 2 * written}
    quarrel.records["positions", "p0"]["doubts"] = [doubt]
    with pytest.raises(Invalid, match="too long for one answer"):
        order_events(quarrel.scene(), (), ())


def test_a_deadlock_lists_sets_as_long_as_not_too_much_is_in_them(monkeypatch: pytest.MonkeyPatch):
    quarrel = make_quarrel()
    for about in ("truce", "talks"):
        quarrel.position("ardo", "demand", about)
        quarrel.position("belm", "reject", about)
    whole = quarrel.deadlock()
    assert (len(whole["collisions"]), len(whole["concessions"]), whole["cut"]) == (2, 4, [])
    monkeypatch.setattr(solver, "_MOST_LISTED", 3)
    shorter = quarrel.deadlock(limit=49)  # not the one that is cached
    assert (len(shorter["collisions"]), len(shorter["concessions"])) == (1, 1)
    assert shorter["cut"] == ["collisions", "concessions"]
    assert shorter["collisions"][0]["members"] == whole["collisions"][0]["members"]


def test_a_deadlock_whose_sentences_are_too_long_together_is_refused(
    monkeypatch: pytest.MonkeyPatch,
):
    quarrel = make_quarrel()
    quarrel.condition("ardo", "truce", "talks")
    quarrel.position("belm", "reject", "truce")
    monkeypatch.setattr(sentences, "MOST_WRITTEN", 50)
    with pytest.raises(Invalid, match="too long for one answer"):
        quarrel.deadlock()
