"""Checks the answer of a deadlock from itself alone: no solver, no search, nothing of ours.

The rules are those of docs/deadlock.md, "How to check an answer". Claims, rules and goals are read
as requirements. What fits together has a model that is evaluated, what does not has a proof that is
followed. Whether the claims are what the named records say is not checked.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations, pairwise, permutations, product
from math import inf
from operator import le, lt
from typing import Any

Requirement = Sequence[Sequence[str]]  # of several sets of literals, one is true as a whole
Order = tuple[Sequence[str], Sequence[Sequence[str]], str]  # if those came about, one set did: when

_IN_TIME: Mapping[str, Callable[[float, float], bool]] = {
    "before": lt, "simultaneous": lambda stage, of: stage in (0, of),
    "no later": le, "ever": lambda stage, _: stage < inf,
}  # fmt: skip
_NOTHING: Mapping[str, list[str]] = {"antecedents": [], "consequents": []}


def demand(is_right: object, what: str, where: str = "") -> None:
    """Raise a fault, and its JSON pointer within what is checked, unless something is right."""
    if not is_right:
        raise ValueError(what, where)


def negate(literal: str) -> str:
    """Negate a literal."""
    return literal[1:] if literal.startswith("!") else f"!{literal}"


def read_claim(member: Any) -> Iterator[Requirement]:
    """Read a member's claim; antecedents and consequents that are let go are false."""
    claim, let_go = member["claim"], member.get("weaken") or _NOTHING
    asked, promised = let_go["antecedents"], let_go["consequents"]
    ways: list[list[str]] = claim["alternatives"]
    if claim["kind"] in ("holds", "any_of"):
        yield ways
    yield from ([[negate(x)] for x in way] for way in ways if claim["kind"] == "none_of")
    for then in claim["consequents"] if claim["kind"] == "condition" else ():
        if claim["necessary"]:
            yield [[negate(then)], *([x for x in way if x not in asked] for way in ways)]
        if claim["sufficient"] and then not in promised:
            yield from ([*([negate(each)] for each in way), [then]] for way in ways)
    yield from ([[negate(each)]] for each in (*asked, *promised))


def read_rule(relation: str, literals: Sequence[str]) -> Sequence[Requirement]:
    """Read a rule between propositions."""
    return {
        "excludes": [[[negate(a)], [negate(b)]] for a, b in combinations(literals, 2)],
        "not_all": [[[negate(each)] for each in literals]],
        "at_least_one": [[[each] for each in literals]],
        "fact": [[[each]] for each in literals],
        "implies": [[[negate(literals[0])], [each]] for each in literals[1:]],
        "reads_as": [[[negate(literals[0])], *([each] for each in literals[1:])]],
        "equivalent": [[[negate(a)], [b]] for a, b in permutations(literals, 2)],
    }[relation]


def evaluate(model: Sequence[str], required: Iterable[Requirement], at: str) -> None:
    """Check that a model makes all true, and that no literal can be missed, or else be positive."""
    true, about = set(model), defaultdict[str, list[Requirement]](list)
    demand(len(true) == len(model) and true.isdisjoint(map(negate, true)), "both ways", at)
    for some in required:
        demand(any(map(true.issuperset, some)), f"the model does not make this true: {some}", at)
        for atom in {x.removeprefix("!") for each in some for x in each}:
            about[atom].append(some)
    for literal in model:
        atom, others = literal.removeprefix("!"), true - {literal}
        for trial in (others, others | {atom})[: 1 + literal.startswith("!")]:
            is_false = not all(any(map(trial.issuperset, some)) for some in about[atom])
            demand(is_false, f"{literal} can be missed, or turned", at)


def follow(lines: Iterable[Sequence[str]], required: Iterable[Requirement], at: str) -> None:
    """Check that each line follows by unit propagation, and in the end the contradiction."""
    clauses: list[Sequence[str]] = []
    for some in required:
        named = {each[0] if len(each) == 1 else f"({'&'.join(each)})": each for each in some}
        clauses.append([*named])
        demand("(" not in "".join(chain(*some)), "these are no literals", at)
        clauses += [[negate(x), y] for x, each in named.items() if len(each) != 1 for y in each]
    for number, line in enumerate([*lines, []]):
        is_next = refute(clauses, map(negate, line))
        demand(is_next, "this does not follow by unit propagation", f"{at}/{number}")
        clauses.append(line)


def refute(clauses: Sequence[Sequence[str]], assumed: Iterable[str]) -> bool:
    """Whether unit propagation from what is assumed contradicts the clauses."""
    units = {*assumed, *(each[0] for each in clauses if len(each) == 1)}
    while units and [] not in clauses and units.isdisjoint(false := {*map(negate, units)}):
        clauses = [[x for x in y if x not in false] for y in clauses if units.isdisjoint(y)]
        units = {each[0] for each in clauses if len(each) == 1}
    return bool(units) or [] in clauses


def check_certificate(of: Any, fitting: Sequence[Any], clashing: Sequence[Any]) -> None:
    """Check models of what fits together, and proofs of what does not."""
    for kind, check, given in (("models", evaluate, fitting), ("proofs", follow, clashing)):
        for n, (told, required) in enumerate(zip(of["certificate"][kind], given, strict=True)):
            check(told, required, f"/certificate/{kind}/{n}")


def list_alone(members: Collection[int], others: Iterable[Sequence[int]]) -> set[int]:
    """List the members that one of the others has, and no more of these: they are needed."""
    met = (set(members).intersection(each) for each in others)
    return set[int]().union(*(each for each in met if len(each) == 1))


def list_broken(orders: Iterable[Order], at: Mapping[str, int], sooner: Any = ()) -> list[Order]:
    """List what does not come about, or not in time; some comes a stage sooner."""
    at = {each: stage - (each in sooner) for each, stage in at.items()}
    found: list[Order] = []
    for came, ways, timing in orders:
        if all(each in at for each in came):
            stage = max([at[each] for each in came], default=inf)
            in_time = {x for way in ways for x in way if _IN_TIME[timing](at.get(x, inf), stage)}
            found += [] if any(map(in_time.issuperset, ways)) else [(came, ways, timing)]
    return found


class Checker:
    """Checks an answer that has certificates, as it was read from JSON."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.faults, self.recorded = answer, list[tuple[str, str]](), set[str]()
        self.members, self.goals = list[list[Requirement]](), dict[str, list[Requirement]]()
        self.rules: dict[tuple[str, str], Sequence[Requirement]] = {}
        self.implied, self.meaning = list[tuple[str, Requirement]](), dict[str, str]()
        self.collisions, self.concessions, self.is_cut = list[list[int]](), list[list[int]](), False
        self.facts: dict[str, int] = {}

    def check(self) -> list[tuple[str, str]]:
        """Read what it speaks of, then check the rest; return what is wrong by JSON pointer."""
        self._check_each("members", self._read_member)
        self._check_each("rules", self._read_rule)
        self._check_each("goals", self._read_goal)
        self._check_each("collisions", lambda _, each: self._read_set(self.collisions, each))
        self._check_each("concessions", lambda _, each: self._read_set(self.concessions, each))
        if not self.faults:
            self._try("/certificate", self._check_whole)
            self._check_each("collisions", self._check_collision)
            self._check_each("concessions", self._check_concession)
            self._check_each("cycles", self._check_cycle)
            self._try("/clusters", self._check_clusters)
            self._try("/verdict", self._check_verdict)
        return self.faults

    def _check_each(self, name: str, check: Callable[[int, Any], None]) -> None:
        listed: list[Any] = []
        self._try(f"/{name}", lambda: listed.extend(self.answer[name]))
        for number, each in enumerate(listed):
            self._try(f"/{name}/{number}", check, number, each)

    def _try(self, pointer: str, check: Callable[..., None], *given: Any) -> None:
        try:
            check(*given)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            unlike = f"this is not built as in an answer ({error!r:.80})", ""
            what, where = error.args if len(error.args) > 1 else unlike
            self.faults.append((pointer + where, what))

    def _read_member(self, number: int, member: Any) -> None:
        claim = member["claim"]
        demand(self.answer["members"].index(member) == number, "the member is listed twice")
        demand(claim["kind"] in ("holds", "any_of", "none_of", "condition"), "unknown", "/claim")
        is_told = claim["kind"] != "holds" or claim["alternatives"] == [[member["literal"]]]
        demand(is_told, "this is not what it claims", "/literal")
        self.members.append([*read_claim(member)])

    def _read_rule(self, _: int, rule: Any) -> None:
        key, relation = (rule["kind"], rule["id"]), rule["relation"]
        demand(key not in self.rules, "the rule is listed twice")
        if rule["in_use"]:
            self.rules[key] = read_rule(relation, rule["propositions"])
            self.recorded |= {*rule["propositions"]} if relation == "fact" else set()
            if relation in ("implies", "reads_as", "equivalent"):
                self.implied += [(negate(each[0][0]), each[1:]) for each in self.rules[key]]
            if relation == "equivalent" and key[0] == "reading":
                first, meant = rule["propositions"]
                self.meaning |= {first: meant, negate(first): negate(meant)}

    def _read_goal(self, number: int, goal: Any) -> None:
        literal, asked = goal["literal"], self.answer["parameters"]
        demand(literal == asked["goal"][number], "`parameters` names another goal")
        if asked["goals"] == "hard":
            meant: str = self.meaning.get(literal) or literal
            self.goals[meant] = [[[meant]]]

    def _read_set(self, sets: list[list[int]], entry: Any) -> None:
        found = self._find(entry["members"])
        demand(not found or {*found} not in map(set, sets), "it is listed before")
        sets.append(found)

    def _find(self, members: Any) -> list[int]:
        """Find members by all that is said of them, but how they give way."""
        bare = [{k: v for k, v in each.items() if k not in ("move", "weaken")} for each in members]
        told = self.answer["members"]
        is_set = all(each in told and bare.count(each) == 1 for each in bare)
        demand(is_set, "not each is one of the answer's `members`, as told there, once", "/members")
        return [*map(told.index, bare)]

    def _check_whole(self) -> None:
        """Find the facts; check that no set is missing, or that everything fits together."""
        rules, whole = [*chain(*self.rules.values())], self.answer["certificate"]
        self.is_cut = not {"collisions", "concessions", "time"}.isdisjoint(self.answer["cut"])
        while ahead := self.recorded - self.facts.keys():
            self.facts |= dict.fromkeys(ahead, 0)
            opened = ([x for (x,) in each if negate(x) not in self.facts] for each in rules)
            self.recorded |= {each[0] for each in opened if len(each) == 1}
        sets = [[[f"!{each}"] for each in some] for some in self.collisions]
        sets += [[[f"{each}"] for each in some] for some in self.concessions]
        if sets and not self.is_cut:
            follow(whole["proofs"][0], sets, "/proofs/0")
        elif not self.is_cut:
            of: Any = {**self.answer, "members": [], "certificate": {**whole, "proofs": []}}
            self._try("", self._check_concession, -1, of)

    def _check_collision(self, number: int, collision: Any) -> None:
        found, goals = self.collisions[number], collision["goals"]
        soft = [each["id"] for each in collision["members"] if each["noun"] == "goals"]
        demand(self.goals or goals == soft, "these are not its goals", "/goals")
        rules = [self.rules[kind, id] for kind in ("axiom", "measure", "reading")
                 for id in collision[f"{kind}s"]]  # fmt: skip
        aims = (self.goals[each] for each in goals if self.goals)
        parts = [*(self.members[each] for each in found), *rules, *aims]
        fitting: list[Iterable[Requirement]] = []
        for n in range(len(parts)):
            hard = [] if 0 <= n - len(found) < len(rules) or not found else [*self.rules.values()]
            hard += self.goals.values() if n < len(found) else []
            if n >= len(found) or found[n] not in list_alone(found, self.concessions):
                fitting.append(chain(*hard, *parts[:n], *parts[n + 1 :]))
        check_certificate(collision, fitting, [chain(*parts)])

    def _check_concession(self, number: int, of: Any) -> None:
        given_up = self.concessions[number] if number >= 0 else []
        rest = [n for n in range(len(self.members)) if n not in given_up]
        left = [self.answer["members"][n] for n in rest]
        named = [{k: each[k] for k in ("noun", "id", "holder", "literal")} for each in left]
        fit = [each["members"] for each in self.answer["compatible"][number:][:1]]
        is_rest = fit == [named] or (not fit and "compatible" in self.answer["cut"])
        demand(is_rest, "`compatible` is not what this leaves", "/members")
        kept = (self.members[n] for n in rest)
        required = [*chain(*kept, *self.rules.values(), *self.goals.values())]
        told = [bool(x["weaken"]) == (x["claim"]["kind"] == "condition") for x in of["members"]]
        demand(all(told) or "time" in self.answer["cut"], "what is let go is not told", "/members")
        weakened = [each for each in of["members"] if each["weaken"]]
        model = {*chain(*of["certificate"]["models"])}
        for each, gone in ((x, y) for x in weakened for y in chain(*x["weaken"].values())):
            less = {part: [x for x in told if x != gone] for part, told in each["weaken"].items()}
            kept = (any(map(model.issuperset, x)) for x in read_claim({**each, "weaken": less}))
            demand(not all(kept), f"{gone} need not be let go", "/members")
        moves = self._check_plan(of, [*left, *weakened])
        needed = set(given_up) - list_alone(given_up, self.collisions)
        clashing = [[*required, *self.members[n]] for n in given_up if n in needed]
        check_certificate(of, [[*required, *chain(*map(read_claim, weakened)), *moves]], clashing)

    def _check_clusters(self) -> None:
        clusters, cut, seen = self.answer["clusters"], self.answer["cut"], set[int]()
        numbers: list[int] = sorted(chain(*(each["collisions"] for each in clusters)))
        demand(numbers == [*range(1, len(self.collisions) + 1)], "not each collision is in one")
        for place, each in enumerate(clusters):
            own: list[int] = each["collisions"]
            sets = [self.collisions[n - 1] for n in own]
            leans = any(self.answer["collisions"][n - 1]["goals"] for n in own)
            members = {*chain(*sets)}
            is_right = each["goals"] == (leans or not (self.answer["goals"] and members))
            demand(is_right, "is it in the way?", f"/{place}")
            demand(members.isdisjoint(seen), "it shares a member with another", f"/{place}")
            seen |= members
            ways = [frozenset[int](self._find(way["members"])) for way in each["ways_out"]]
            parts = {frozenset(members.intersection(some)) for some in self.concessions}
            if self.is_cut:
                parts = {way for way in ways if all(map(way.intersection, sets))
                         and ("collisions" in cut or {*way} == list_alone(way, sets))}  # fmt: skip
            is_right = len({*ways}) == len(ways) and parts == {*ways}
            demand(is_right, "the concessions give up something else", f"/{place}/ways_out")

    def _check_cycle(self, _: int, cycle: Any) -> None:
        named = (*cycle["preconditions"], *cycle["positions"])
        members = [each for each in self.answer["members"] if each["id"] in named]
        told = {(*pair, timing) for came, ways, timing in self._list_orders(members)
                for pair in product(chain(*ways), came)}  # fmt: skip
        told |= {(then, x, timing) for x, then, timing in told if timing == "simultaneous"}
        steps = [*pairwise([*cycle["literals"], *cycle["literals"][:1]])]
        known = {(*each, how) for each in steps for how in _IN_TIME if how != "ever"} & told
        demand({each[:2] for each in known} == {*steps}, "a step of it follows from nothing")
        demand(any(how == "before" for *_, how in known), "nothing in it comes strictly before")

    def _check_plan(self, of: Any, left: Sequence[Any]) -> list[Requirement]:
        """Check the moves in what is left; return them as requirements."""
        if "plans" in self.answer["cut"] and of.get("plan") is None:
            return []
        plan, at = of["plan"], "/plan/stages"
        moves = [[x["literal"] for x in each["moves"]] for each in plan["stages"]]
        sizes, stages = [*map(len, moves)], {x: n for n, y in enumerate(moves, 1) for x in y}
        is_proper = all(sizes) and sum(sizes) == len(stages) and not stages.keys() & self.facts
        demand(is_proper, "a move is listed twice, or is a fact, or there is none at a stage", at)
        demand(plan["ordered"] == any(x["claim"]["timing"] for x in left), "is a time told?", at)
        orders = [*self._list_orders(left)]
        broken = list_broken(orders, self.facts | stages)
        is_told = not broken if plan["possible"] else broken and not stages
        demand(is_told, f"is this possible, or anything missing or too late? {broken[:1]}", at)
        late = {each for each in stages if stages[each] > 1 and plan["possible"]}
        while late and (broken := list_broken(orders, self.facts | stages, late)):
            for came, ways, _ in broken:
                late -= late.intersection(came) or {*chain(*ways)}
        demand(not late, f"these could come earlier: {late}", at)
        return [[[each]] for each in stages]

    def _list_orders(self, left: Sequence[Any]) -> Iterator[Order]:
        """List what must come about, if what does, and when; a fact waits for nothing."""
        goals = [*self.goals, *(each["id"] for each in left if each["noun"] == "goals")]
        yield from (((), [[each]], "ever") for each in goals)
        yield from (((x,), ways, "no later") for x, ways in self.implied if x not in self.facts)
        for member in left:
            claim, let_go = member["claim"], member.get("weaken") or _NOTHING
            ways, thens = claim["alternatives"], claim["consequents"]
            if claim["necessary"]:
                rest = [[x for x in way if x not in let_go["antecedents"]] for way in ways]
                waiting = (each for each in thens if each not in self.facts)
                yield from (((each,), rest, claim["timing"] or "ever") for each in waiting)
            if claim["sufficient"] and not goals:
                promised = [each for each in thens if each not in let_go["consequents"]]
                yield from ((way, [promised], "ever") for way in ways)
            if claim["kind"] in ("holds", "any_of") and not (claim["refuses"] or goals):
                yield (), ways, "ever"

    def _check_verdict(self) -> None:
        of, cut = self.answer, {*self.answer["cut"]} - {"certificates"}
        plans = [each["plan"] for each in of["concessions"]] if of["collisions"] else [of["plan"]]
        unplanned = plans and all(each and not each["possible"] for each in plans)
        hindering = any(not (x["members"] and of["goals"]) or x["goals"] for x in of["collisions"])
        own = "blocked" if hindering or of["stuck"] or unplanned else "no_recorded_obstacle"
        own = "incomplete" if cut - {"cases", "compatible"} else own
        shown = [each["verdict"] for each in of["cases"] if each["shown"]]
        demand(shown == [own] * bool(of["cases"]), f"the case shown comes to {own}")
        codes = {own, *(each["verdict"] for each in of["cases"])}
        code = own if len(codes) == 1 and not cut else "incomplete"
        code = "disputed" if {"blocked", "no_recorded_obstacle"} <= codes else code
        demand((of["verdict"], of["complete"]) == (code, not cut), f"this comes to {code}")
