"""The whole answer: its members and rules, what was found, and the verdict."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from math import prod
from typing import Any, cast

from api.analysis.checker.evaluation import (
    FaultError,
    Requirement,
    demand,
    is_literal,
    list_atoms,
    read_claim,
    read_rule,
)
from api.analysis.checker.order import OrderChecker


class AnswerChecker(OrderChecker):
    """Checks the answer of one deadlock."""

    def check(self) -> list[tuple[str, str]]:
        """Return what is wrong, by JSON pointer."""
        steps: list[tuple[str, Callable[[int, Any], None]]] = [
            ("members", self._read_member),
            ("rules", self._read_rule),
            ("goals", self._read_goal),
            ("collisions", lambda _, each: self.sets["collisions"].append(self.find(each))),
            ("concessions", lambda _, each: self.sets["concessions"].append(self.find(each))),
            ("cycles", self.check_cycle),
            ("collisions", self._check_collision),
            ("concessions", self._check_concession),
        ]
        for name, check in steps:
            self._check_each(name, check)
        self._try("/digest", self._check_digest)
        self._try("/clusters", self._check_clusters)
        self._try("/certificate", self._check_certificate)
        self._try("/compatible", self._check_compatible)
        self._try("/verdict", self._check_verdict)
        return self.faults

    def _try(self, pointer: str, check: Callable[..., None], *given: Any) -> None:
        try:
            check(*given)
        except FaultError as fault:
            where, what = fault.args
            self.faults.append((pointer + where, what))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            self.faults.append((pointer, f"this is not built as in an answer ({error!r:.80})"))

    def _check_each(self, name: str, check: Callable[[int, Any], None]) -> None:
        entries: Any = self.answer.get(name)
        if not isinstance(entries, list):
            self.faults.append((f"/{name}", "this is no list"))
            return
        listed = cast("list[Any]", entries)
        self.counts[name] = len(listed)
        for index, each in enumerate(listed):
            self._try(f"/{name}/{index}", check, index, each)

    # What the answer speaks of

    def _read_member(self, index: int, member: Any) -> None:
        claim, key = member["claim"], json.dumps(member, sort_keys=True)
        demand(key not in self.index, "the member is listed twice")
        self.index[key], self.members[index] = index, read_claim(claim)
        alone = claim["alternatives"] if claim["kind"] == "holds" else [[None]]
        demand(alone == [[member["literal"]]], "the claim is not the literal", "/claim")

    def _read_rule(self, _index: int, rule: Any) -> None:
        key, read = (rule["kind"], rule["id"]), read_rule(rule)
        if rule["in_use"]:
            demand(key not in self.rules, "the rule is listed twice")
            self.rules[key] = read
            for each in list_atoms(read):
                self.touching[each].append(key)
            if key[0] == "reading" and rule["relation"] == "equivalent":
                self.meaning[rule["propositions"][0]] = rule["propositions"][1]

    def _read_goal(self, index: int, goal: Any) -> None:
        literal, asked = goal["literal"], self.answer["parameters"]
        demand(asked["goal"][index] == literal and is_literal(literal), "no such goal")
        atom = literal.removeprefix("!")
        meant = literal.replace(atom, self.meaning.get(atom, atom))
        if asked["goals"] == "hard":
            self.goals[meant.replace("!!", "")] = [[[meant.replace("!!", "")]]]

    # What was found

    def _list_alone(self, members: Sequence[int], others: str) -> set[int]:
        """List the members that some collision or concession has alone of these."""
        self.spend(len(self.sets[others]) * len(members))
        met = (set(members).intersection(each) for each in self.sets[others])
        return set[int]().union(*(each for each in met if len(each) == 1))

    def _list_around(self, required: list[Requirement], *, goals: bool) -> list[Requirement]:
        """List the rules, perhaps the goals, that hang together with requirements by rules."""
        ahead, seen, keys = list_atoms(required), set[str](), dict[tuple[str, str], None]()
        while ahead:
            atom = ahead.pop()
            seen.add(atom)
            for key in self.touching.get(atom, ()):
                if key not in keys:
                    keys[key] = None
                    ahead |= list_atoms(self.rules[key]) - seen
        wanted = [
            each for goal, each in self.goals.items() if goals and goal.removeprefix("!") in seen
        ]
        return [r for some in (*(self.rules[key] for key in keys), *wanted) for r in some]

    def _check_collision(self, index: int, collision: Any) -> None:
        found, goals = self.sets["collisions"][index], collision["goals"]
        soft = [each["id"] for each in collision["members"] if each["noun"] == "goals"]
        demand(self.goals or goals == soft, "these are not its goals", "/goals")
        parts = [self.members[each] for each in found]
        for kind in ("axiom", "measure", "reading"):
            parts += [self.rules[kind, id] for id in collision[f"{kind}s"]]
        first_goal = len(parts)
        parts += [self.goals[each] for each in goals if self.goals]
        models, [proof] = collision["certificate"]["models"], collision["certificate"]["proofs"]
        everything = [r for each in parts for r in each]
        self.follow(everything, proof, "/certificate/proofs/0")
        demand(len(models) == len(parts), "there is not one model for each part", "/certificate")
        alone = self._list_alone(found, "concessions")
        for place, model in enumerate(models):
            at = f"/certificate/models/{place}"
            if place < len(found) and found[place] in alone:
                demand(not model, "the concessions show this, no model is needed", at)
                continue
            required = [r for n, each in enumerate(parts) if n != place for r in each]
            if place < len(found) or place >= first_goal:
                required += self._list_around(everything, goals=place < len(found))
            demand(place >= len(found) or self.sets["concessions"], "no model shows all rules", at)
            self.evaluate(model, required, at)

    def _check_concession(self, index: int, concession: Any) -> None:
        given_up, members = self.sets["concessions"][index], concession["members"]
        gone = set(given_up)
        hard = [r for some in (*self.rules.values(), *self.goals.values()) for r in some]
        kept = [r for n, some in self.members.items() if n not in gone for r in some] + hard
        weakened = [(each["claim"], each["weaken"]) for each in members if each["weaken"]]
        required = kept + [r for each in weakened for r in read_claim(*each)]
        [own], proofs = concession["certificate"]["models"], concession["certificate"]["proofs"]
        [common] = self.answer["certificate"]["models"]
        left = [(each, None) for n, each in enumerate(self.answer["members"]) if n not in gone]
        left += [(each, each["weaken"]) for each in members if each["weaken"]]
        moves = self.check_plan(concession["plan"], left) if concession["plan"] else set[str]()
        true = self.evaluate([*common, *own], required, "/certificate/models/0", moves)
        for place, each in enumerate(members):
            is_told = bool(each["weaken"]) == (each["claim"]["kind"] == "condition")
            demand(is_told or self.is_cut("time"), "what is let go is not told",
                    f"/members/{place}/weaken")  # fmt: skip
        for claim, weaken in weakened:
            for part, literals in weaken.items():
                for each in literals:
                    less = {**weaken, part: [x for x in literals if x != each]}
                    is_needed = not self.is_true(true, read_claim(claim, less))
                    demand(is_needed, f"{each} need not be let go", "/members")
            parts = [*weaken["antecedents"], *weaken["consequents"]]
            demand(parts, "nothing of the condition is let go", "/members")
            demand(len({*parts}) == len(parts), "something is let go twice", "/members")
        demand(len(proofs) == len(given_up), "there is not one proof for each member")
        alone = self._list_alone(given_up, "collisions")
        for place, each in enumerate(given_up):
            at = f"/certificate/proofs/{place}"
            if each not in alone:
                self.follow(kept + self.members[each], proofs[place], at)
            demand(each not in alone or not proofs[place], "a collision shows this already", at)
        self.costs.append(self._check_cost(concession))

    def _check_way(self, told: Any, way: frozenset[int]) -> None:
        """Check that members give way as in the first concession that they are part of."""
        self._check_cost(told)
        pairs = zip(self.sets["concessions"], self.answer["concessions"], strict=True)
        whole = next((each["members"] for ids, each in pairs if way.issubset(ids)), None)
        is_part = all(
            each in whole if whole is not None else each["weaken"] is None
            for each in told["members"]
        )
        demand(is_part, "its members give way in another manner than in a concession")

    def _check_cost(self, given_up: Any) -> tuple[int, ...]:
        members = given_up["members"]
        actors = [*dict.fromkeys(each["holder"] for each in members if each["holder"])]
        unmet = sum(each["move"] == "goes_unmet" for each in members)
        demand(given_up["actors"] == actors, "these are not the holders", "/actors")
        demand(given_up["goes_unmet"] == unmet, "the moves tell another number", "/goes_unmet")
        return unmet, len(actors), sum(len(each["records"]) for each in members)

    def _check_digest(self) -> None:
        told = [self.answer[each] for each in ("members", "rules", "goals", "parameters")]
        text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        is_same = self.answer["digest"] == sha256(text.encode()).hexdigest()
        demand(is_same, "members, rules, goals or parameters were changed since")

    def _check_certificate(self) -> None:
        collisions, concessions = self.sets["collisions"], self.sets["concessions"]
        for some in (collisions, concessions):
            listed = [frozenset(each) for each in some if each]
            demand(len({*listed}) == len(listed), "a set is listed twice")
        demand(self.costs == sorted(self.costs), "the concessions are not in their order")
        [common], proofs = (
            self.answer["certificate"]["models"],
            self.answer["certificate"]["proofs"],
        )
        if not collisions:
            parts = (*self.members.values(), *self.rules.values(), *self.goals.values())
            required = [r for some in parts for r in some]
            left, plan = [(each, None) for each in self.answer["members"]], self.answer["plan"]
            moves = self.check_plan(plan, left) if plan else set[str]()
            self.evaluate(common, required, "/models/0", moves)
        demand(concessions or not collisions or not common, "nothing fits together", "/models/0")
        is_cut = self.is_cut("collisions", "concessions", "time")
        demand(proofs or is_cut, "nothing shows that no set is missing", "/proofs")
        for proof in proofs if collisions else ():
            sets: list[Requirement] = [[[f"!{each}"] for each in some] for some in collisions]
            sets += [[[str(each)] for each in some] for some in concessions]
            self.follow(sets, proof, "/proofs/0")

    def _check_clusters(self) -> None:
        collisions, clusters = self.sets["collisions"], self.answer["clusters"]
        numbers = sorted(n for each in clusters for n in each["collisions"])
        demand(numbers == [*range(1, len(collisions) + 1)], "not each collision is in one cluster")
        owner: dict[int, int] = {}
        ways = [[frozenset(self.find(way)) for way in each["ways_out"]] for each in clusters]
        for place, (cluster, some) in enumerate(zip(clusters, ways, strict=True)):
            own: list[list[int]] = [collisions[n - 1] for n in cluster["collisions"]]
            is_apart = all(owner.setdefault(m, place) == place for each in own for m in each)
            demand(is_apart, "it shares a member with another cluster", f"/{place}")
            leans = any(self.answer["collisions"][n - 1]["goals"] for n in cluster["collisions"])
            demand(cluster["goals"] == (leans or not self.goals), "is it in the way?", f"/{place}")
            for n, way in enumerate(some):
                at = f"/{place}/ways_out/{n}"
                demand(all(not way.isdisjoint(each) for each in own), "a collision is left", at)
                alone = self._list_alone([*way], "collisions")
                demand(way <= alone or self.is_cut("collisions"), "fewer would do", at)
                self._check_way(cluster["ways_out"][n], way)
            demand(len({*some}) == len(some), "a way out is listed twice", f"/{place}/ways_out")
        for each in self.sets["concessions"]:
            for place, some in enumerate(ways):
                part = frozenset(n for n in each if owner.get(n) == place)
                demand(part in some, "a concession takes none of its ways out", f"/{place}")
        is_product = prod(map(len, ways)) == len(self.sets["concessions"])
        is_cut = not collisions or self.is_cut("collisions", "concessions", "time")
        demand(is_cut or is_product, "the concessions are not the product of the ways out")

    # The verdict

    def _list_needed(self) -> set[str]:
        """List what the goals need: what they imply, and what is asked for them."""
        needed, ahead = set[str](), {*self.goals}
        claims = [each["claim"] for each in self.answer["members"]]
        while ahead:
            literal = ahead.pop()
            needed.add(literal)
            for rule in (
                self.answer["rules"] if self.touching.get(literal.removeprefix("!")) else ()
            ):
                first, *rest = rule["propositions"]
                is_tied = first == literal and rule["relation"] == "implies"
                is_tied |= literal in rule["propositions"] and rule["relation"] == "equivalent"
                ahead |= {first, *rest} - needed if is_tied and rule["in_use"] else set()
            for claim in claims:
                if (
                    literal in claim["consequents"]
                    and claim["necessary"]
                    and len(claim["alternatives"]) == 1
                ):
                    ahead |= {*claim["alternatives"][0]} - needed
        return needed

    def _check_verdict(self) -> None:
        of = self.answer
        plans = (
            [of["plan"]] if not of["collisions"] else [each["plan"] for each in of["concessions"]]
        )
        needed = self._list_needed() if of["goals"] else None
        circles = [each for each in of["cycles"] if each["ways_out"]]
        stuck = [
            each for each in circles
            if (needed is None or not needed.isdisjoint(each["literals"]))
            and any(all(x["change"] == "simultaneous" for x in way["changes"])
                    for way in each["ways_out"])
        ]  # fmt: skip
        unplanned = bool(plans) and all(each and not each["possible"] for each in plans)
        hindering = any(
            not of["goals"] or each["goals"] or not each["members"] for each in of["collisions"]
        )
        own = next((each["verdict"] for each in of["cases"] if each["shown"]), of["verdict"])
        codes = {each["verdict"] for each in of["cases"]} or {own}
        if own == "blocked":
            demand(hindering or of["cycles"] or unplanned, "nothing listed is in the way")
        elif own == "no_recorded_obstacle":
            demand(not (hindering or stuck or unplanned), "something listed is in the way")
        else:
            demand(own == "incomplete" and of["cut"], "nothing is cut")
        disputed = {"blocked", "no_recorded_obstacle"} <= codes
        joined = "disputed" if disputed else own if len(codes) == 1 else "incomplete"
        is_cut = {*of["cut"]} - {"certificates"}
        code = "incomplete" if is_cut and not disputed else joined
        demand(of["verdict"] == code, f"the cases come to {code}")
        demand(
            sum(each["shown"] for each in of["cases"]) == bool(of["cases"]), "which case is shown?"
        )
        demand(of["complete"] == (not is_cut), "`cut` tells another thing than `complete`")
