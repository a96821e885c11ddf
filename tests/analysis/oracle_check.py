"""Where the answer of the engine differs from the laws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.analysis.oracle import Answer, Oracle, name_members
from tests.analysis.oracle_asks import Asks
from tests.analysis.oracle_words import list_words
from tests.analysis.oracle_worlds import find_clusters, find_hitting_sets, meet
from tests.analysis.quarrels import Quarrel
from tests.analysis.random_plans import Plan


def has_units(plan: Plan, _: Oracle) -> bool:
    units = [dict(e.fields)["measure"]["unit"] for e in plan.calls if "measure" in dict(e.fields)]
    return {"km", "m"} <= {*units}


REASONS = {"superseded", "outranked", "disputed", "denied", "not_preferred"}


def list_differences(
    plan: Plan, ask: Callable[..., dict[str, Any]] = Quarrel.deadlock
) -> list[str]:
    """Say where the answer to a random conflict is not what the laws say."""
    quarrel = plan.write()
    choices = dict(plan.choices)
    oracle = Oracle(quarrel.records, quarrel.met, plan.goals, **choices)
    answer = ask(quarrel, *plan.goals, **choices, limit=500)
    if not answer["complete"] and len(oracle.cases) <= 16:  # the time may have been over
        answer = ask(quarrel, *plan.goals, **choices, limit=500)
    found = list(compare(oracle, answer))
    if found and any(each.is_open for each in oracle.cases):
        found = [each for each in found if not each.startswith(("verdict", "cases", "shown"))]
    return found


def have_kind(plan: Plan, differences: Sequence[str]) -> bool:
    """Tell whether a smaller conflict still has the first of these kinds of differences."""
    kind = differences[0].split(":")[0].split()[0]
    return any(each.startswith(kind) for each in list_differences(plan))


def compare(oracle: Oracle, answer: dict[str, Any]) -> Iterator[str]:
    if len(oracle.cases) > 16:
        if answer["verdict"] not in ("incomplete", "disputed") or len(answer["cases"]) != 16:
            yield "cases: more than can be told, and not said so"
        return
    if answer["verdict"] != oracle.verdict:
        blocked = [f"{sorted(e.reading.kept)}{sorted(e.readings)} blocked={e.is_blocked} stuck="
                   f"{e.stuck}" for e in oracle.cases]  # fmt: skip
        yield f"verdict: expected {oracle.verdict}, got {answer['verdict']}; {blocked}"
    yield from compare_cases(oracle, answer)
    case = find_shown(oracle, answer)
    if isinstance(case, str):
        yield case
        return
    yield from compare_sets(case, answer)
    yield from compare_clusters(case, answer)
    yield from compare_grounds(case, answer)
    yield from compare_asks(oracle, case, answer)
    yield from compare_reasons(oracle, case, answer)


def name_said(said: frozenset[tuple[str, str]]) -> frozenset[str]:
    return frozenset(id for id, _ in said)


def read_case(case: dict[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(case["dropped"]), frozenset(case["readings"])


def compare_cases(oracle: Oracle, answer: dict[str, Any]) -> Iterator[str]:
    expected = Counter(
        (name_said(each.reading.dropped), each.readings,
         "blocked" if each.is_blocked else "no_recorded_obstacle")
        for each in oracle.cases
    )  # fmt: skip
    got = Counter((*read_case(each), each["verdict"]) for each in answer["cases"])
    if len(oracle.cases) == 1:
        expected = Counter()
    if expected != got:
        yield f"cases: expected {[*(expected - got)]}, got {[*(got - expected)]}"


def find_shown(oracle: Oracle, answer: dict[str, Any]) -> Answer | str:
    if len(oracle.cases) == 1:
        return oracle.cases[0]
    shown = [read_case(each) for each in answer["cases"] if each["shown"]]
    found = [e for e in oracle.cases if (name_said(e.reading.dropped), e.readings) in shown]
    return found[0] if len(shown) == len(found) == 1 else f"shown: {shown}"


def read_members(found: dict[str, Any]) -> tuple[tuple[Any, ...], ...]:
    return tuple(sorted(
        (each["noun"], tuple(sorted(each["records"])), each["holder"] or "", each["literal"] or "")
        for each in found["members"]
    ))  # fmt: skip


def compare_sets(case: Answer, answer: dict[str, Any]) -> Iterator[str]:
    def name(members: Any) -> Any:
        return name_members(case.members[n] for n in members)

    expected = Counter(
        (name(each), leaning) for each, leaning in zip(case.collisions, case.leaning, strict=True)
    )
    got = Counter((read_members(each), bool(each["goals"])) for each in answer["collisions"])
    got[(), True] = min(got[(), True], 1)  # one for each ground
    if expected != got:
        yield f"collisions: expected {[*(expected - got)]}, got {[*(got - expected)]}"
    conceded = Counter(map(name, case.concessions)) if case.collisions else Counter()
    got = Counter(map(read_members, answer["concessions"]))
    if conceded != got:
        yield f"concessions: expected {[*(conceded - got)]}, got {[*(got - conceded)]}"
    leaning = [bool(each["goals"]) for each in answer["collisions"]]
    if leaning != sorted(leaning, reverse=True):
        yield "order: what leans on the goals does not come first"
    costs = [cost(each) for each in answer["concessions"]]
    if costs != sorted(costs):
        yield f"order: concessions cost {costs}"
    for given, rest in zip(answer["concessions"], answer["compatible"], strict=False):
        both = Counter(name_fitting(each) for each in (*given["members"], *rest["members"]))
        if both.total() != len(case.members) or any(
            not count_members(case, each) >= count for each, count in both.items()
        ):
            yield f"compatible: {[*map(name_fitting, rest['members'])]} is not the rest"


def count_members(case: Answer, named: tuple[Any, ...]) -> int:
    noun, id, holder, literal = named
    return sum(
        (noun, holder, literal) == (each.noun, each.holder, each.literal) and id in each.records
        for each in case.members
    )


def name_fitting(each: dict[str, Any]) -> tuple[Any, ...]:
    return each["noun"], each["id"], each["holder"], each["literal"]


def cost(concession: dict[str, Any]) -> tuple[int, int, int]:
    actors = len({each["holder"] for each in concession["members"]})
    records = sum(len(each["records"]) for each in concession["members"])
    return concession["goes_unmet"], actors, records


def compare_clusters(case: Answer, answer: dict[str, Any]) -> Iterator[str]:
    """Compare the groups of collisions and the ways out of each."""
    if frozenset() in case.collisions:
        return
    expected: Counter[Any] = Counter()
    for group in find_clusters(case.collisions):
        sets = [case.collisions[place] for place in sorted(group)]
        leans = any(case.leaning[place] for place in group) or not case.goals
        ways = Counter(
            name_members(case.members[n] for n in way) for way in find_hitting_sets(sets)
        )
        named = Counter(name_members(case.members[n] for n in each) for each in sets)
        expected[freeze(named), leans, freeze(ways)] += 1
    got: Counter[Any] = Counter()
    for each in answer["clusters"]:
        sets = [read_members(answer["collisions"][n - 1]) for n in each["collisions"]]
        ways = Counter(map(read_members, each["ways_out"]))
        got[freeze(Counter(sets)), each["goals"], freeze(ways)] += 1
        costs = [cost(way) for way in each["ways_out"]]
        if costs != sorted(costs):
            yield f"order: ways out cost {costs}"
    if expected != got:
        yield f"clusters: expected {[*(expected - got)]}, got {[*(got - expected)]}"
    goals = [each["goals"] for each in answer["clusters"]]
    if goals != sorted(goals, reverse=True):
        yield "order: the cluster of the goals does not come first"


def freeze(counter: Counter[Any]) -> frozenset[Any]:
    return frozenset(counter.items())


def compare_grounds(case: Answer, answer: dict[str, Any]) -> Iterator[str]:
    """Check that a collision needs the analysts' rules that it names, and no others."""
    places = {name_members([each]): n for n, each in enumerate(case.members)}
    if len(places) < len(case.members):
        return  # two members have one name
    for found in answer["collisions"]:
        names = [read_members({"members": [each]}) for each in found["members"]]
        chosen = [places[each] for each in names if each in places]
        rules = {*found["axioms"], *found["measures"], *found["readings"]}
        goals = {*found["goals"]}
        known = rules <= {each.id for each in case.rules}
        if not known or holds(case, chosen, rules, goals):
            yield f"grounds: {sorted(rules)} and {sorted(goals)} do not explain {names}"
        for each in sorted(rules | goals):
            if not holds(case, chosen, rules - {each}, goals - {each}):
                yield f"grounds: {each} is not needed for {names}"


def holds(case: Answer, chosen: Sequence[int], rules: set[str], goals: set[str]) -> bool:
    """Tell whether some members fit together with some rules and goals."""
    within = case.worlds.find_all(goals)
    for rule in case.rules:
        within &= rule.granted if rule.id in rules else within
    return bool(meet(case.granted, chosen, within))


def compare_asks(oracle: Oracle, case: Answer, answer: dict[str, Any]) -> Iterator[str]:
    must, may = Asks(oracle, case).list_asks()
    got = {(each["literal"], each["of"]) for each in answer["open_asks"]}
    if not must <= got:
        yield f"asks: does not ask {sorted(must - got, key=str)}"
    if not got <= may:
        yield f"asks: asks {sorted(got - may, key=str)}"


def list_left_literals(oracle: Oracle, entry: dict[str, Any]) -> list[str | None]:
    """List the literals for which a record is left out: of conditions, all that they are for."""
    if entry["noun"] == "positions" or entry["literal"] is not None:
        return [entry["literal"]]
    return oracle.book.find("preconditions", entry["id"])["consequents"]


def compare_reasons(oracle: Oracle, case: Answer, answer: dict[str, Any]) -> Iterator[str]:
    """Compare why records that are heard do not count."""
    heard = {
        record["id"]
        for noun in ("positions", "preconditions")
        for record in oracle.book.list_noun(noun)
        if oracle.book.is_heard(record)
    }
    expected = {key: why for key, why in case.reading.reasons.items() if key[0] in heard}
    got = {
        (each["id"], each["holder"], literal): each["reason"]
        for each in answer["left_out"]
        if each["reason"] in REASONS and each["id"] in heard
        for literal in list_left_literals(oracle, each)
    }
    silent = {
        record["id"]
        for record in oracle.book.list_noun("preconditions")
        if record["antecedents_kind"] != "stated" or record["modality"] == "unknown"
    } | {each.id for each in list_words(oracle.book) if each.side == "open"}
    for key in sorted(expected.keys() | got.keys(), key=str):
        why = expected.get(key, {None}) | ({None} if key[0] in silent else set())
        why |= {"superseded"} if key in case.reading.partly else set()
        if got.get(key) not in why:
            yield f"left_out {key}: expected {expected.get(key)}, got {got.get(key)}"
