"""The checker accepts true answers, and names what is false in others."""

from __future__ import annotations

import ast
import copy
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from api.analysis import checker
from api.analysis.checker import check_text
from api.analysis.deadlock.working import work_out_deadlock
from api.analysis.engine.certificates import certify_solution
from api.analysis.engine.model import Holds, Member, SolverInput
from api.analysis.engine.scene import Choices
from api.analysis.engine.solver import solve_input
from api.analysis.examples import work_out_seed_deadlock
from api.cli import main
from tests.analysis.certify import answer_conflict, make_question
from tests.analysis.falsify import falsify, seal
from tests.analysis.judge import is_true_answer
from tests.analysis.quarrels import Quarrel

SEED = 18


def check(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return check_text(json.dumps(answer))[0]


@pytest.fixture(scope="module")
def seed() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(orjson.dumps(work_out_seed_deadlock()))
    return made


@pytest.fixture(scope="module")
def haggle() -> dict[str, Any]:
    """Return an answer with all that can be checked in it.

    Ardo leaves only if it gets money and at most 3 men stay; Belm pays only after Ardo left and
    keeps at least 5 men; it takes one of two offers; Ardo refuses a truce that Belm wants.
    """
    made = Quarrel()
    made.propositions("leave", "pay", "truce", "north", "south", "x", "y")
    made.propositions("few", measure={"scale": "men", "op": "le", "value": 3})
    made.propositions("many", measure={"scale": "men", "op": "ge", "value": 5})
    made.condition("ardo", "leave", "pay few")
    made.condition("belm", "pay", "leave", timing="before")
    made.position("belm", "demand", "many")
    made.position("belm", "demand", "truce")
    made.position("ardo", "reject", "truce")
    made.condition("ardo", "truce", "pay", timing="before", id="late")
    made.condition("belm", "y", "x", timing="before")
    made.condition("belm", "x", "y", timing="before", id="cycle")
    made.position("ardo", "demand", "x")
    made.position("belm", "reject", "y")
    made.axiom("rule", "implies", "x y")
    made.axiom("either", "at_least_one", "north south")
    worked = work_out_deadlock(made.scene(), Choices(goals=("leave",)), seconds=10)
    answer: dict[str, Any] = json.loads(orjson.dumps(worked.answer))
    return answer


def test_the_seeds_answer_is_accepted(seed: dict[str, Any]) -> None:
    faults, counts = check_text(json.dumps(seed))
    assert faults == []
    assert (counts["collisions"], counts["concessions"]) == (3, 4)


def test_both_answers_of_a_what_if_are_checked(seed: dict[str, Any]) -> None:
    false = copy.deepcopy(seed)
    false["collisions"].pop()
    both = {"recorded": seed, "supposed": false, "difference": {"verdict": ["blocked"] * 2}}
    assert {pointer.split("/")[1] for pointer, _ in check(both)} == {"supposed"}


@pytest.mark.parametrize("number", range(60))
def test_answers_are_accepted_and_falsified_ones_are_not(number: int) -> None:
    chance = random.Random(f"{SEED}-{number}")
    answer = answer_conflict(*make_question(chance))
    assert check(answer) == [], f"seed {SEED}-{number}"
    for _ in range(2):
        if false := falsify(answer, chance):
            name, made = false
            assert check(made) or ("proof line" in name and is_true_answer(made)), name
            # With the digest made anew it is another answer, and true of what it says itself.
            assert check(seal(made)) or is_true_answer(made), name


# Each check of the checker, by something false that no other check names at that place.
FALSE: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "a member twice": ("/members", lambda a: a["members"].append(a["members"][0])),
    "another literal": ("/members/2/claim", lambda a: a["members"][2].update(literal="q")),
    "an unknown claim": ("/members/0", lambda a: a["members"][0]["claim"].update(kind="none")),
    "no literal": ("/members/", lambda a: _claim(a, 0).update(consequents=["(a&b)"])),
    "an empty way": ("/members/", lambda a: _claim(a, 0).update(alternatives=[[]])),
    "an unknown relation": ("/rules/0", lambda a: a["rules"][0].update(relation="is")),
    "a rule twice": ("/rules", lambda a: a["rules"].append(a["rules"][0])),
    "another number": ("/rules", lambda a: _measure(a)["compared"][0].update(value=9)),
    "another goal": ("/goals/0", lambda a: a["goals"][0].update(literal="pay")),
    "a strange member": ("/collisions/0/members", lambda a: _met(a, 0).update(sentence="No.")),
    "a member too often": (
        "/collisions/0/members", lambda a: a["collisions"][0]["members"].append(_met(a, 0))
    ),
    "no proof": ("/collisions/0/certificate", lambda a: a["collisions"][0].update(measures=[])),
    "no witness": ("/collisions/0/certificate", lambda a: _models(a).pop()),
    "a needless witness": (
        "/collisions/0/certificate/models/0", lambda a: _models(a)[0].append("leave")
    ),
    "a flipped literal": ("/concessions/0/certificate/models/0", lambda a: _flip(_kept(a), 0)),
    "a literal twice": (
        "/concessions/0/certificate/models/0", lambda a: _kept(a).append(_kept(a)[0])
    ),
    "both literals": ("/concessions/0/certificate/models/0", lambda a: _kept(a).append("!leave")),
    "a needless literal": ("/concessions/0/certificate/models/0", lambda a: _kept(a).append("q")),
    "a missing literal": ("/concessions/0/certificate/models/0", lambda a: _kept(a).pop()),
    "too many proofs": (
        "/concessions/0", lambda a: a["concessions"][0]["certificate"]["proofs"].append([])
    ),
    "a needless proof": (
        "/concessions/0/certificate/proofs/0",
        lambda a: a["concessions"][0]["certificate"]["proofs"][0].append(["leave"]),
    ),
    "another number that goes unmet": (
        "/concessions/0/goes_unmet", lambda a: a["concessions"][0].update(goes_unmet=7)
    ),
    "other actors": ("/concessions/0/actors", lambda a: a["concessions"][0]["actors"].append("x")),
    "no order": ("/certificate", lambda a: _swap(a["concessions"])),
    "a concession fewer": ("/certificate/proofs", lambda a: a["concessions"].pop()),
    "a collision fewer": ("/certificate/proofs", lambda a: a["collisions"].pop()),
    "no proof of the whole": ("/certificate/proofs", lambda a: a["certificate"]["proofs"].pop()),
    "a collision twice": ("/certificate", lambda a: a["collisions"].append(a["collisions"][0])),
    "another rest": ("/compatible/0", lambda a: a["compatible"][0]["members"].pop()),
    "a rest fewer": ("/compatible", lambda a: a["compatible"].pop()),
    "a cluster fewer": ("/clusters", lambda a: a["clusters"].pop()),
    "a cluster beside the goal": ("/clusters/0", lambda a: a["clusters"][0].update(goals=False)),
    "a way out fewer": ("/clusters", lambda a: a["clusters"][0]["ways_out"].pop()),
    "a way out twice": (
        "/clusters/0/ways_out",
        lambda a: a["clusters"][0]["ways_out"].append(a["clusters"][0]["ways_out"][0]),
    ),
    "another verdict": ("/verdict", lambda a: a.update(verdict="no_recorded_obstacle")),
    "a disputed verdict": ("/verdict", lambda a: a.update(verdict="disputed")),
    "nothing complete": ("/verdict", lambda a: a.update(complete=False)),
    "other premises": ("/digest", lambda a: a["rules"][0].update(sentence="It rains.")),
    "something else in place of a list": ("/cycles", lambda a: a.update(cycles=7)),
    "an early move": ("/concessions", lambda a: _plan(a)["stages"].reverse()),
    "a late move": ("/concessions", lambda a: _plan(a)["stages"].append(_plan(a)["stages"][-1])),
    "an empty stage": ("/concessions", lambda a: _plan(a)["stages"].append({"moves": []})),
    "no goal": ("/concessions", lambda a: _plan(a)["stages"].pop()),
    "another wait": ("/concessions", lambda a: _last_move(a)["waits_for"].append("q")),
    "nothing ordered": ("/concessions", lambda a: _plan(a).update(ordered=False)),
    "nothing possible": ("/concessions", lambda a: _plan(a).update(possible=False)),
    "a circle of other steps": ("/cycles/0", lambda a: a["cycles"][0]["literals"].append("x")),
    "a circle of nobody": ("/cycles/0", lambda a: a["cycles"][0].update(preconditions=[])),
}  # fmt: skip


def _claim(answer: dict[str, Any], place: int) -> Any:
    members = [each for each in answer["members"] if each["claim"]["kind"] == "condition"]
    return members[place]["claim"]


def _measure(answer: dict[str, Any]) -> Any:
    return next(each for each in answer["rules"] if each["kind"] == "measure")


def _met(answer: dict[str, Any], place: int) -> Any:
    return answer["collisions"][0]["members"][place]


def _models(answer: dict[str, Any]) -> Any:
    return answer["collisions"][0]["certificate"]["models"]


def _kept(answer: dict[str, Any]) -> Any:
    return answer["concessions"][0]["certificate"]["models"][0]


def _plan(answer: dict[str, Any]) -> Any:
    return next(each["plan"] for each in answer["concessions"] if len(each["plan"]["stages"]) > 1)


def _last_move(answer: dict[str, Any]) -> Any:
    return _plan(answer)["stages"][-1]["moves"][0]


def _flip(of: list[str], place: int) -> None:
    of[place] = of[place][1:] if of[place].startswith("!") else f"!{of[place]}"


def _swap(of: list[Any]) -> None:
    of[0], of[-1] = of[-1], of[0]


@pytest.mark.parametrize("name", FALSE)
def test_each_false_thing_is_named_at_its_place(haggle: dict[str, Any], name: str) -> None:
    pointer, change = FALSE[name]
    assert check(haggle) == []
    made = copy.deepcopy(haggle)
    change(made)
    faults = check(made)
    assert any(where.startswith(pointer) for where, _ in faults), faults


WORDS: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "a claim of this kind": ("unknown", lambda a: _claim(a, 0).update(kind="none")),
    "a fact of two": ("too many", lambda a: _measure(a).update(relation="fact")),
    "a strange literal": ("no literals", lambda a: _measure(a).update(propositions=["(a&b)", "x"])),
    "both signs": ("contradicts itself", lambda a: _kept(a).append("!" + _kept(a)[0])),
    "a move twice": (
        "comes about twice", lambda a: _plan(a)["stages"].append(_plan(a)["stages"][0])
    ),
    "nothing let go": ("is not told", lambda a: _weakened(a).update(weaken=None)),
    "too much let go": (
        "let go twice", lambda a: [each.extend(each) for each in _weakened(a)["weaken"].values()]
    ),
    "another way out": (
        "in another manner", lambda a: _way(a)["members"][0].update(move="yields", weaken={})
    ),
    "half a way out": ("is left", lambda a: _way(a)["members"].clear()),
    "a circle that needs nothing": (
        "nothing has to change", lambda a: a["cycles"][0].update(way_round=True)
    ),
}  # fmt: skip


def _weakened(answer: dict[str, Any]) -> Any:
    members = (each for some in answer["concessions"] for each in some["members"])
    return next(each for each in members if each["weaken"])


def _way(answer: dict[str, Any]) -> Any:
    return answer["clusters"][0]["ways_out"][0]


@pytest.mark.parametrize("name", WORDS)
def test_each_fault_is_said_in_words(haggle: dict[str, Any], name: str) -> None:
    words, change = WORDS[name]
    made = copy.deepcopy(haggle)
    change(made)
    faults = check(made)
    assert any(words in what for _, what in faults), faults


def test_a_proof_is_given_where_propagation_does_not_suffice() -> None:
    made = Quarrel()
    made.propositions("a", "b")
    for number, some in enumerate(("a b", "a !b", "!a b", "!a !b")):
        made.axiom(f"rule-{number}", "at_least_one", some)
    made.position("ardo", "demand", "a")
    worked = work_out_deadlock(made.scene(), Choices(), seconds=10)
    answer: dict[str, Any] = json.loads(orjson.dumps(worked.answer))
    assert answer["collisions"][0]["certificate"]["proofs"] != [[]]
    assert check(answer) == []
    answer["collisions"][0]["certificate"]["proofs"] = [[]]
    assert [where for where, _ in check(answer)] == ["/collisions/0/certificate/proofs/0/0"]


def test_no_certificates_where_the_time_is_over() -> None:
    members = tuple(Member("positions", (f"r{n}",), "x", Holds(f"{'!' * (n % 2)}a"), "yields")
                    for n in range(2))  # fmt: skip
    problem = SolverInput(members, (), ())
    found = solve_input(problem, limit=10, seconds=10)
    assert certify_solution(problem, found, [frozenset()] * 2, seconds=-1) is None


def test_a_hostile_answer_takes_no_more_work_than_its_length(haggle: dict[str, Any]) -> None:
    made = copy.deepcopy(haggle)
    many = [f"p{n}" for n in range(3_000)]
    made["concessions"][0]["certificate"]["models"][0] += many
    made["members"][0]["claim"]["alternatives"] += [[each] for each in many] * 20
    assert check(made)


def test_the_checker_imports_nothing_but_the_standard_library() -> None:
    folder = Path(checker.__file__).parent
    for file in folder.glob("*.py"):
        tree = ast.walk(ast.parse(file.read_text()))
        names = {n.module or "" for n in tree if isinstance(n, ast.ImportFrom)}
        roots = {
            each.split(".")[0] for each in names if not each.startswith("api.analysis.checker")
        }
        assert roots <= sys.stdlib_module_names


def verify(text: str | bytes) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["verify", "-"], input=text)
    return result.exit_code, result.output


def test_the_command_says_what_it_verified(seed: dict[str, Any]) -> None:
    code, said = verify(json.dumps(seed))
    assert code == 0
    assert said.startswith("All of it holds: 3 collisions, 4 concessions")


def test_the_command_names_each_fault(seed: dict[str, Any]) -> None:
    code, said = verify(json.dumps(seed | {"verdict": "no_recorded_obstacle"}))
    assert code == 1
    assert "/verdict: something listed is in the way" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "nested too deeply"),
        ("{}", "no answer of a deadlock"),
        ("7", "no answer of a deadlock"),
        ("{", "no JSON"),
        (b"\xff", "can't decode"),
        ('{"supposed": {}}', "no answer of a deadlock"),
        ('{"verdict": "", "members": [], "certificate": null}', "no certificates"),
    ],
)
def test_the_command_refuses_what_is_no_answer(text: str | bytes, said: str) -> None:
    code, output = verify(text)
    assert code == 1
    assert said in output
