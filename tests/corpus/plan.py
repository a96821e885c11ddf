"""What the corpus asks: each operation of the contract with each of its parameters, and the pages.

The contract of the application says which operations and parameters there are; its own records say
which values make sense. Chance, seeded, only combines them.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.corpus.asking import Exchange, Session, header, parse_answer
from tests.corpus.pages import read_pages
from tests.corpus.writes import NOUNS, any_day, ask_writes

Contract = dict[str, Any]
Query = dict[str, str]

_LARGE = 150_000
"""An answer that has more characters is asked for as it is and not with each parameter."""

_BAD = {
    "integer": ["x", "-1", "1.5", "99999999999999999999"], "boolean": ["maybe"],
    "array": ["", ",", "No Slug", "a" * 300], "string": ["", "x" * 3000, "31 March"],
}  # fmt: skip
_WORDS = ("peace", "Russia", '"will not"', "-peace truce", "zzzz", "é", "vote*", '"', "state")
_NEEDED = {"counts by", "diff from", "diff to"}
_SOLITARY = {"cursor", "excel", "columns", "through"}
_FORMATS = ("json", "csv", "ndjson")


@dataclass
class World:
    """What a registry holds, as far as requests are made of it."""

    session: Session
    contract: Contract
    chance: random.Random
    ids: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    cells: dict[str, dict[str, list[str]]] = field(default_factory=dict[str, dict[str, list[str]]])
    head: int = 0

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Follow a reference within the contract."""
        while "$ref" in node:
            found: Any = self.contract
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node


def ask_everything(session: Session) -> None:
    """Ask all there is to ask; write at the end."""
    world = _explore(session)
    for path, item in world.contract["paths"].items():
        shared = item.get("parameters", [])
        for method, operation in item.items():
            if method == "get":
                parameters = [world.resolve(p) for p in [*shared, *operation["parameters"]]]
                for address in _fill_path(world, path):
                    _vary(world, address, parameters)
    _suppose(world)
    for noun in NOUNS:
        _ask_noun(world, noun)
    _ask_elsewhere(world)
    read_pages(session, world.ids["conflicts"], world.ids["actors"])
    ask_writes(session)


def _explore(session: Session) -> World:
    """Learn what the registry holds."""
    contract = session.ask("/openapi.json")
    world = World(session, parse_answer(contract), random.Random(7))
    world.head = session.peek("/v1/changesets?limit=1")["data"][0]["number"]
    for noun in NOUNS:
        rows = session.peek(f"/v1/{noun}.json?limit=1000&sort=id{any_day(noun)}")
        listed = session.peek(f"/v1/{noun}?limit=300&sort=-id{any_day(noun)}")["data"]
        cells: dict[str, Counter[str]] = {}
        for name, value in (pair for row in [*rows, *listed] for pair in _flatten(row)):
            cells.setdefault(name, Counter())[value] += 1
        world.cells[noun] = {name: [v for v, _ in each.most_common(40)] for name, each in
                             cells.items()}  # fmt: skip
        world.ids[noun] = [row["id"] for row in rows]
    return world


def _flatten(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        if isinstance(value, list):
            yield from ((name, each) for each in value if isinstance(each, str))
            yield from (pair for each in value if isinstance(each, dict) for pair in _flatten(each))
        elif isinstance(value, dict):
            yield from _flatten(value)
        elif value not in (None, ""):
            yield from ((name, each) for each in str(value).split("|") if len(each) < 90)


def _fill_path(world: World, path: str) -> list[str]:
    """Return addresses of an operation, each with an example of what it names."""
    noun = path.split("/")[2]
    taken = {
        "{id}": [*_spread(world.ids.get(noun, []), 2), "never-there"],
        "{number}": [str(n) for n in {1, world.head, 999}],
        "{noun}": ["actors", "positions", "statements"], "{form}": ["csv", "parquet"],
    }  # fmt: skip
    if noun in NOUNS and path.endswith("{id}"):
        taken["{id}"] = [*_spread(world.ids[noun], 4), f"taken-back-{noun}", "never-there", "No"]
    filled = [path]
    for name, values in taken.items():
        filled = [each.replace(name, v) for each in filled
                  for v in (values if name in each else [""])]  # fmt: skip
    return filled


def _spread(values: list[str], count: int) -> list[str]:
    """Return some values from all over a list."""
    return values[:: max(1, len(values) // count)][:count]


def _vary(world: World, address: str, parameters: list[dict[str, Any]]) -> None:
    """Ask with each value of each parameter, then with some combinations."""
    parameters = [each for each in parameters if each["in"] == "query"]
    names = {each["name"] for each in parameters}
    base = {p["name"]: _values(world, address, p)[0] for p in parameters
            if p.get("required") or _is_needed(address, p["name"])}  # fmt: skip
    if "valid_at" in names:
        base["valid_at"] = "any"
    if "limit" in names:
        base["limit"] = "6"
    asked = _ask(world, address, base)
    if asked["answer"]["status"] != 200:
        return
    _ask(world, address, {**base, "nonsense": "1"})
    _ask(world, address, base, {"If-None-Match": f"$etag({asked['number']})"})
    if len(str(asked["answer"])) > _LARGE:
        return
    good = {each["name"]: _vary_one(world, address, base, each) for each in parameters}
    common = [name for name, values in good.items() if values and name not in _SOLITARY]
    for _ in range(min(12, 2 * len(common))):
        chosen = world.chance.sample(common, min(3, len(common)))
        _ask(world, address, {**base, **{n: world.chance.choice(good[n]) for n in chosen}})


def _is_needed(address: str, name: str) -> bool:
    """Whether an operation answers nothing without the parameter, though it is no filter."""
    return name in ("q", "actors") or f"{address.rpartition('/')[2]} {name}" in _NEEDED


def _vary_one(world: World, address: str, base: Query, parameter: dict[str, Any]) -> list[str]:
    """Ask with each value of a parameter, and a bad one; return those that are answered."""
    name, good = parameter["name"], list[str]()
    for value in _values(world, address, parameter):
        asked = _ask(world, address, {**base, **_company(world, address, name), name: value})
        if asked["answer"]["status"] == 200 and value not in ("png", "parquet"):
            good.append(value)
    bad = world.chance.choice(_BAD[parameter["schema"].get("type", "string")])
    _ask(world, address, {**base, name: bad})
    return good


def _company(world: World, address: str, name: str) -> Query:
    """Return what must be asked along with a parameter."""
    if name == "through":
        return {"holder": world.cells["positions"]["holder"][0]}
    if name in ("columns", "excel") or (name == "kind" and address.endswith("/deadlock")):
        return {"format": "csv"}
    return {}


def _ask(
    world: World, address: str, query: Query, headers: dict[str, str] | None = None
) -> Exchange:
    written = "&".join(f"{name}={quote(text, safe='$(),')}" for name, text in query.items())
    return world.session.ask(f"{address}?{written}" if query else address, headers=headers)


def _values(world: World, address: str, parameter: dict[str, Any]) -> list[str]:
    """Return values that a parameter takes."""
    name, schema = parameter["name"], parameter["schema"]
    items = schema.get("items", schema)
    known = {
        "known_at": [*map(str, {1, world.head // 2, world.head}), "0", "999999",
                     "$instant(1)", "2999-01-01T00:00:00%2B01:00"],
        "valid_at": ["any", "2023-03-31", "2024-04-15", "1990-06-01"],
        "cursor": ["x", "WzUsImFueSIsImI2MjJlYWIyMzhlMWQ5YjkiLFsiMjAyNS0xMS0yMyIsMzUxXV0"],
        "text": list(_WORDS), "q": list(_WORDS), "excel": ["1"], "limit": ["1", "100", "2000"],
        "actors": [",".join(world.ids["actors"][:n]) for n in (2, 5, 1)],
        "goal": _goals(world), "axioms": world.ids["axioms"], "conflict": world.ids["conflicts"],
    }  # fmt: skip
    if name in known:
        return known[name] or ["never-there"]
    if "enum" in items:
        codes = items["enum"]
        chosen = codes if len(codes) <= 5 else world.chance.sample(codes, 5)
        several = [",".join(codes[:3])] if "items" in schema else []
        return [*map(str, chosen), *several]
    if schema.get("type") == "boolean":
        return ["true", "false"]
    if schema.get("type") == "integer":
        return ["1", "3", "0"]
    return _recorded(world, address, name) or ["2023-03-31", "2023", "1"]


def _goals(world: World) -> list[str]:
    found = [v for name in ("consequents", "antecedents", "proposition")
             for noun in ("preconditions", "positions")
             for v in world.cells[noun].get(name, [])[:3]]  # fmt: skip
    return [*found[:8], *(f"!{each}" for each in found[:2]), ",".join(found[:2]), "never-there"]


def _recorded(world: World, address: str, name: str) -> list[str]:
    """Return values of the field that a filter is named after, from the noun's own records."""
    base = re.sub(r"_(gte|lte)$", "", name)
    base = {"by": "by", "from": "attested_on", "to": "attested_on", "since": "attested_on",
            "attested_since": "attested_on", "member": "members", "party": "parties"}.get(
                base, base)  # fmt: skip
    noun = address.split("/")[2].partition(".")[0]
    places = [noun, *NOUNS] if noun in NOUNS else NOUNS
    for place in places:
        for column in (base, f"{base}s", f"{base}_date", f"{base}_proposal", "actor", "id"):
            if found := world.cells[place].get(column):
                both = [",".join(found[:2])] if len(found) > 1 else []
                return [*_spread(found, 3), *both, "never-there"]
    return []


def _ask_noun(world: World, noun: str) -> None:
    """Page through a noun's lists, and ask for them in ways that only headers tell."""
    session, day = world.session, any_day(noun)
    orders = ("recorded", "-recorded", "id", "-id", "valid_from", "-valid_from", "-attested_on")
    for number, order in enumerate(orders):
        for form in ("", f".{_FORMATS[number % 3]}"):
            _follow(session, f"/v1/{noun}{form}?limit=2&sort={order}{day}", 3)
    first = _follow(session, f"/v1/{noun}?limit=2&known_at={max(1, world.head - 1)}{day}", 2)
    if (place := parse_answer(first)) and place.get("next"):
        session.ask(place["next"].replace("limit=2", "limit=3"))
        session.ask(place["next"] + "&sort=id")
        session.ask(place["next"].replace(f"/v1/{noun}?", f"/v1/{noun}.csv?"))
    path = f"/v1/{noun}?limit=20{day}"
    for encoding in ("gzip", "br", "zstd", "identity;q=0", "gzip;q=0.5, br"):
        session.ask(path, headers={"Accept-Encoding": encoding})
    for accepted in ("text/csv", "application/x-ndjson", "text/html", "image/png"):
        session.ask(path, headers={"Accept": accepted})
    for tag in ("*", '"nonsense"', 'W/"nonsense"'):
        session.ask(path, headers={"If-None-Match": tag})
    for range_ in ("bytes=0-9", "bytes=-5", "bytes=999999999-", "lines=1-2"):
        session.ask(f"/v1/{noun}.csv?limit=5{day}", headers={"Range": range_})
    one = f"/v1/{noun}/{(world.ids[noun] or ['never-there'])[0]}"
    for each in (path, one, f"{one}/history", f"/v1/{noun}/never-there"):
        session.ask(each, "HEAD")
        session.ask(each, "OPTIONS", {"Origin": "https://example.org"})
        for method in ("PATCH", "POST", "DELETE"):
            session.ask(each, method)
    tag = session.ask(one)["number"]
    session.ask(one, headers={"If-None-Match": f"$etag({tag})"})
    session.ask(f"{one}?expand=evidence,positions&valid_at=any")


def _follow(session: Session, address: str, pages: int) -> Exchange:
    """Ask for a list and some of the pages after it."""
    first = asked = session.ask(address)
    for _ in range(pages):
        body, link = parse_answer(asked), header(asked, "Link") or ""
        found = body.get("next") if isinstance(body, dict) else None
        if not (after := found or (link[1:].split(">")[0] if 'rel="next"' in link else "")):
            break
        asked = session.ask(after)
    return first


def _suppose(world: World) -> None:
    """Ask what would be if: deadlocks with positions that nobody holds."""
    conflict = (world.ids["conflicts"] or ["never-there"])[0]
    held = world.session.peek("/v1/positions?limit=4&valid_at=any")["data"]
    preconditions = world.session.peek("/v1/preconditions?limit=2&valid_at=any")["data"]
    bodies: list[Any] = [
        {}, {"positions": []}, [], {"nonsense": 1},
        *({"positions": [{"holder": p["holder"], "force": force, "proposition": p["proposition"]}]}
          for p in held for force in ("reject", "accept", "demand", "nonsense")),
        *({"leave_out": {"positions": [p["id"]]}} for p in held),
        *({"leave_out": {"preconditions": [p["id"]]}} for p in preconditions),
    ]  # fmt: skip
    headers = {"Content-Type": "application/json"}
    for number, body in enumerate(bodies):
        goal = _goals(world)[number % 3]
        path = f"/v1/conflicts/{conflict}/deadlock?valid_at=any&goal={goal}"
        world.session.ask(path, "POST", headers, json.dumps(body))


def _ask_elsewhere(world: World) -> None:
    """Ask what no operation names, and pictures to embed."""
    for path in ("/livez", "/readyz", "/docs", "/docs/start.js", "/v1", "/v1/", "/v2/actors",
                 "/v1/Actors", "/v1/actors/", "/robots.txt", "/favicon.ico", "/openapi.yaml",
                 "/v1/actors?limit=1&limit=2", "/v1/actors?text=%ff", "/v1/actors?text=%00",
                 "/assets/x/style.css", "/assets/x/never.css", "/v1/actors.xml",
                 "/v1/actors?format=xml", "/changes/9999", "/actors/never-there"):  # fmt: skip
        world.session.ask(path)
        world.session.ask(path, headers={"Accept": "text/html"})
    for conflict in [*world.ids["conflicts"][:2], "never-there"]:
        for picture in ("matrix", "timeline", "deadlock"):
            for end in ("", "/table", "?valid_at=2023-04-01", "?nonsense=1", "/table?valid_at=any"):
                world.session.ask(f"/embed/conflicts/{conflict}/{picture}{end}")
    actors = ",".join(world.ids["actors"][:3])
    for end in ("", "/table"):
        world.session.ask(f"/embed/agreement{end}?actors={actors}")
