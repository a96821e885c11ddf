"""The checker accepts true answers, and names what is false in others."""

from __future__ import annotations

import ast
import copy
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from api.analysis import checker
from api.analysis.checker import Checker, follow
from api.analysis.deadlock.working import work_out_deadlock
from api.analysis.engine.certificates import certify_solution
from api.analysis.engine.model import Claim, Member, SolverInput
from api.analysis.engine.scene import Choices
from api.analysis.engine.solver import solve_input
from api.cli import main
from api.package_data import EXAMPLES
from tests.analysis.certify import answer_conflict, make_question
from tests.analysis.falsify import falsify
from tests.analysis.judge import list_untruths
from tests.analysis.quarrels import Quarrel
from tests.worlds import PROJECT

SEED = 18


def check(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return Checker(answer).check()


@pytest.fixture(scope="module")
def seed() -> dict[str, Any]:
    """Return the worked example of the contract."""
    return json.loads(EXAMPLES.read_bytes())["getConflictDeadlock"]["200"]


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
    assert check(seed) == []
    assert (len(seed["collisions"]), len(seed["concessions"])) == (3, 4)


@pytest.mark.parametrize("number", range(40))
def test_answers_are_accepted_and_falsified_ones_are_not(number: int) -> None:
    chance = random.Random(f"{SEED}-{number}")
    answer = answer_conflict(*make_question(chance))
    assert check(answer) == [], f"seed {SEED}-{number}"
    for _ in range(2):
        if false := falsify(answer, chance):
            name, made = false
            assert check(made) or not list_untruths(made), name


# Each check of the checker, by something false that no other check names at that place.
FALSE: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "a member twice": ("/members", lambda a: a["members"].append(a["members"][0])),
    "another literal": ("/members/2/literal", lambda a: a["members"][2].update(literal="q")),
    "an unknown claim": ("/members/0", lambda a: a["members"][0]["claim"].update(kind="none")),
    "no literal": ("/collisions/", lambda a: _claim(a, 0).update(consequents=["(a&b)"])),
    "an empty way": ("/collisions/", lambda a: _claim(a, 0).update(alternatives=[[]])),
    "an unknown relation": ("/rules/0", lambda a: a["rules"][0].update(relation="is")),
    "a rule twice": ("/rules", lambda a: a["rules"].append(a["rules"][0])),
    "another goal": ("/goals/0", lambda a: a["goals"][0].update(literal="pay")),
    "a strange member": ("/collisions/0/members", lambda a: _met(a, 0).update(sentence="No.")),
    "a member too often": (
        "/collisions/0/members", lambda a: a["collisions"][0]["members"].append(_met(a, 0))
    ),
    "no proof": ("/collisions/0/certificate", lambda a: a["collisions"][0].update(measures=[])),
    "no witness": ("/collisions/0", lambda a: _models(a).pop()),
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
    "a concession fewer": ("/certificate/proofs", lambda a: a["concessions"].pop()),
    "a collision fewer": ("/certificate/proofs", lambda a: a["collisions"].pop()),
    "no proof of the whole": ("/certificate", lambda a: a["certificate"]["proofs"].pop()),
    "a collision twice": ("/collisions/3", lambda a: a["collisions"].append(a["collisions"][0])),
    "another rest": ("/concessions/0/members", lambda a: a["compatible"][0]["members"].pop()),
    "a rest fewer": ("/concessions/", lambda a: a["compatible"].pop()),
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
    "another case": ("/verdict", lambda a: a["cases"].append({"verdict": "blocked", "shown": 0})),
    "nothing stuck": ("/verdict", lambda a: [each["goals"].clear() for each in a["collisions"]]),
    "something else in place of a list": ("/cycles", lambda a: a.update(cycles=7)),
    "an early move": ("/concessions", lambda a: _plan(a)["stages"].reverse()),
    "a late move": ("/concessions", lambda a: _plan(a)["stages"].append(_plan(a)["stages"][-1])),
    "an empty stage": ("/concessions", lambda a: _plan(a)["stages"].append({"moves": []})),
    "no goal": ("/concessions", lambda a: _plan(a)["stages"].pop()),
    "a needless move": ("/concessions", lambda a: _moves(a).append({"literal": "both"})),
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


def _moves(answer: dict[str, Any]) -> Any:
    return _plan(answer)["stages"][-1]["moves"]


def _flip(of: list[str], place: int) -> None:
    of[place] = of[place][1:] if of[place].startswith("!") else f"!{of[place]}"


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
    "both signs": ("both ways", lambda a: _kept(a).append("!" + _kept(a)[0])),
    "a turned literal": ("or turned", lambda a: _kept(a).insert(0, "q")),
    "a move twice": (
        "a move is listed twice", lambda a: _plan(a)["stages"].append(_plan(a)["stages"][0])
    ),
    "nothing let go": ("is not told", lambda a: _weakened(a).update(weaken=None)),
    "too late": ("could come earlier", lambda a: _plan(a)["stages"].insert(0, _first(a))),
    "a way out of less": ("something else", lambda a: _way(a)["members"].clear()),
    "a member under another name": ("told there", lambda a: _met(a, 0).update(account="me")),
}  # fmt: skip


def _weakened(answer: dict[str, Any]) -> Any:
    members = (each for some in answer["concessions"] for each in some["members"])
    return next(each for each in members if each["weaken"])


def _first(answer: dict[str, Any]) -> Any:
    """Take one of several moves of the first stage out of it, for a stage of its own."""
    return {"moves": [_plan(answer)["stages"][0]["moves"].pop()]}


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
    members = tuple(Member("positions", (f"r{n}",), "x", Claim("holds", ((literal,),)), "yields")
                    for n, literal in enumerate(("a", "!a")))  # fmt: skip
    problem = SolverInput(members, (), ())
    found = solve_input(problem, limit=10, seconds=10)
    assert certify_solution(problem, found, [()] * 2, seconds=-1) is None


def test_no_literal_is_taken_for_the_variable_of_several() -> None:
    with pytest.raises(ValueError, match="no literals"):
        follow([], [[["(a&b)"]], [["!(a&b)"]]], "")


def test_a_cut_answer_is_certified_for_what_it_lists() -> None:
    made = Quarrel()
    for n in range(4):
        made.propositions(f"p{n}")
        made.position("ardo", "demand", f"p{n}")
        made.position("belm", "reject", f"p{n}")
    worked = work_out_deadlock(made.scene(), Choices(limit=2), seconds=10)
    answer: dict[str, Any] = json.loads(orjson.dumps(worked.answer))
    assert answer["cut"] == ["collisions", "concessions"]
    assert check(answer) == []
    assert [len(each["certificate"]["proofs"]) for each in answer["concessions"]] == [2, 2]


def test_the_checker_is_short_and_imports_nothing_but_the_standard_library() -> None:
    text = Path(checker.__file__).read_text()
    tree = [*ast.walk(ast.parse(text))]
    names = [n.module or "" for n in tree if isinstance(n, ast.ImportFrom)]
    names += [each.name for n in tree if isinstance(n, ast.Import) for each in n.names]
    assert {each.split(".")[0] for each in names} <= sys.stdlib_module_names
    assert text.count("\n") <= 350


def verify(text: str | bytes) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["verify", "-"], input=text)
    return result.exit_code, result.output


def test_the_command_says_what_it_verified(seed: dict[str, Any]) -> None:
    code, said = verify(json.dumps(seed))
    assert code == 0
    assert said == (
        "All of it holds: 9 members, 3 rules, 1 goals, 3 collisions, 4 concessions, 0 cycles.\n"
    )


def test_the_command_checks_both_answers_of_a_what_if(seed: dict[str, Any]) -> None:
    false = seed | {"collisions": seed["collisions"][:2]}
    code, said = verify(json.dumps({"recorded": seed, "supposed": false}))
    assert code == 1
    assert {line.split("/")[1] for line in said.splitlines()[:-1]} == {"supposed"}


def test_the_command_names_each_fault(seed: dict[str, Any]) -> None:
    code, said = verify(json.dumps(seed | {"verdict": "no_recorded_obstacle"}))
    assert code == 1
    assert "/verdict: this comes to blocked" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "recursion"),
        ("{}", "no answer of a deadlock"),
        ("7", "no answer of a deadlock"),
        ("{", "double quotes"),
        (b"\xff", "can't decode"),
        ('{"supposed": {}}', "no answer of a deadlock"),
        ('{"certificate": null}', "no certificates"),
        ('{"certificate": {"models": []}}', "not built as in an answer"),
    ],
)
def test_the_command_refuses_what_is_no_answer(text: str | bytes, said: str) -> None:
    code, output = verify(text)
    assert code == 1
    assert said in output


def test_an_answer_is_the_same_bytes_in_every_process():
    script = (
        "import random, orjson, hashlib\n"
        "from api.analysis.deadlock.working import work_out_deadlock\n"
        "from tests.analysis.certify import make_question\n"
        "chance = random.Random(3)\n"
        "made = [make_question(chance) for _ in range(12)]\n"
        "worked = [work_out_deadlock(q.scene(), c, seconds=60).answer for q, c in made]\n"
        "print(hashlib.sha256(orjson.dumps(worked)).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
