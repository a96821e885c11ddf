"""Every declared filter, held against a plain reading of the records that GET serves."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from api import clock
from api.ledger.noun import Filter, Kind
from tests.worlds import (
    RESOURCE,
    TEXTS,
    Databases,
    Registry,
    make_any_day_query,
    make_draft,
    parse_answer,
)

Served = dict[str, Any]

FILTERS = [
    pytest.param(noun, each, id=f"{noun}.{each.name}")
    for noun, resource in RESOURCE.items()
    for each in resource.filters
    if each.kind is not Kind.THROUGH
]

NOT_IN_THE_WORLDS: dict[str, dict[str, Any]] = {
    "actors": {"iso3166": "XNL", "wikidata": "Q4115189", "part_of": "norland"},
    "proposals": {"responds_to": {"proposal": "kestrian-plan"}},
}
"""What no record of either world has, for the filters that look for it."""


@pytest.fixture(scope="module")
def world(databases: Databases) -> Iterator[Registry]:
    """Both worlds in one registry, a text attached, and one record more of some nouns."""
    with databases.fresh("sqlite", "both") as url:
        registry = Registry(url)
        registry.make_key()
        for noun, fields in NOT_IN_THE_WORLDS.items():
            parse_answer(registry.post(f"/v1/{noun}", make_draft(noun, **fields)), 201)
        for source, file in itertools.islice(TEXTS.items(), 1):
            parse_answer(registry.put_text(source, file.read_bytes()))
        yield registry
        registry.close()


@pytest.fixture(scope="module")
def all_of(world: Registry) -> dict[str, list[Served]]:
    return {
        noun: world.data(f"/v1/{noun}", limit=1000, **make_any_day_query(noun)) for noun in RESOURCE
    }


@pytest.mark.parametrize(("noun", "filter"), FILTERS)
def test_a_filter_selects_what_a_reading_of_all_records_selects(
    world: Registry, all_of, noun: str, filter: Filter
):
    questions = list(itertools.islice(QUESTIONS[filter.kind](filter, noun, all_of), 40))
    assert questions, "no record of the world has a value for it"
    some, none = False, False
    for query, fits in questions:
        expected = [each["id"] for each in all_of[noun] if fits(each)]
        found = world.ids(f"/v1/{noun}", limit=1000, **make_any_day_query(noun), **query)
        assert found == expected, query
        rows = world.get(
            f"/v1/{noun}.json", limit=1000, **make_any_day_query(noun), **query
        ).get_json()
        assert [each["id"] for each in rows] == expected, query
        some, none = some or bool(expected), none or len(expected) < len(all_of[noun])
    assert some, "no question found anything"
    assert none, "no question left anything out"


def by_value(filter: Filter, noun: str, all_of: dict[str, list[Served]]) -> Iterator[Any]:
    """Ask for each value that occurs, for two of them, and for one that occurs nowhere."""
    held = dict.fromkeys(v for each in all_of[noun] for v in held_values(noun, filter.on, each))
    usual = [each for each in held if "," not in each]
    pairs = [f"{a},{b}" for a, b in itertools.pairwise(usual)][:3]
    unused = [] if filter.codes or filter.noun else ["nowhere"]  # an id of nothing is refused
    for asked in (*usual[:30], *pairs, *unused):
        wanted = set(asked.split(","))
        yield (
            {filter.name: asked},
            lambda each, wanted=wanted: bool(wanted & set(held_values(noun, filter.on, each))),
        )
    for code in filter.codes.values if filter.codes else ():
        yield (
            {filter.name: code},
            lambda each, code=code: code in held_values(noun, filter.on, each),
        )


def by_flag(filter: Filter, noun: str, all_of: dict[str, list[Served]]) -> Iterator[Any]:
    for flag in (True, False):
        yield {filter.name: str(flag).lower()}, lambda each, flag=flag: each[filter.on] is flag


def by_words(filter: Filter, noun: str, all_of: dict[str, list[Served]]) -> Iterator[Any]:
    """Ask for words as they stand, shouted, cut short, in another order, and for none that is."""
    texts = [fold_words(" ".join(HAYSTACKS[noun](each, all_of))) for each in all_of[noun]]
    for text in texts[::3]:
        words = sorted(text.split(), key=len)
        for asked in (words[-1].upper(), f"{words[-1]}  {words[0]}", words[-1][1:-1] or words[-1]):
            yield (
                {filter.name: asked},
                lambda each, asked=asked: has_words(noun, each, all_of, asked),
            )
    for asked in ("zzzyx", "%", "_", "strait%"):
        yield {filter.name: asked}, lambda each, asked=asked: has_words(noun, each, all_of, asked)


def by_day(filter: Filter, noun: str, all_of: dict[str, list[Served]]) -> Iterator[Any]:
    """Ask for each day that occurs, for its month and its year: then, since then, until then."""
    days = sorted({d for each in all_of[noun] if (d := date_bounds(each[filter.name])) is not None})
    asked = dict.fromkeys(
        text for day, _ in days for text in (day, day[:7], day[:4], f"{day[:7]}~") if len(day) == 10
    )
    for text in [*list(asked)[:9], "1900", "2999-12"]:
        first, last = parse_point(text)
        for end, fits in (
            ("", lambda b, first=first, last=last: b[1] >= first and b[0] <= last),
            ("_gte", lambda b, first=first: b[1] >= first),
            ("_lte", lambda b, last=last: b[0] <= last),
        ):
            yield (
                {f"{filter.name}{end}": text},
                lambda each, fits=fits: (
                    (b := date_bounds(each[filter.name])) is not None and fits(b)
                ),
            )


QUESTIONS: dict[Kind, Callable[..., Iterator[Any]]] = {
    Kind.EQUAL: by_value,
    Kind.FLAG: by_flag,
    Kind.TEXT: by_words,
    Kind.RANGE: by_day,
}


def held_values(noun: str, on: str, record: Served) -> list[str]:
    """Return what a record holds for an EQUAL filter."""
    if on == "documents":
        return [*(each["source"] for each in record["quotes"]), *record.get("sources", ())]
    if on == "answers":
        answered = record["responds_to"] or {}
        whole = [answered["proposal"]] if answered.get("proposal") else []
        component = answered.get("component")
        return [*whole, f"{answered['proposal']}/{component}"] if component else whole
    if on == "statuses":
        return [each["status"] for each in record["parties"]]
    return [each.removeprefix("!") for each in list_texts(record, on.split("."))]


def list_texts(value: Any, path: list[str]) -> Iterable[str]:
    """Return the texts at the end of a path, through all lists."""
    if isinstance(value, list):
        return [text for each in value for text in list_texts(each, path)]
    if not path:
        return [] if value is None else [value]
    return [] if value is None else list_texts(value.get(path[0]), path[1:])


def quoted_texts(record: Served) -> list[str]:
    return [each[name] or "" for each in record["quotes"] for name in ("exact", "gist")]


def record_sentences(ids: Iterable[str], all_of: dict[str, list[Served]]) -> list[str]:
    texts = {each["id"]: each["text"] for each in all_of["propositions"]}
    return [texts[each.removeprefix("!")] for each in ids]


def issues_of(ids: Iterable[str], all_of: dict[str, list[Served]]) -> list[str]:
    return [each["name"] for each in all_of["issues"] if each["id"] in ids]


def borrowed_values(position: Served, all_of: dict[str, list[Served]]) -> list[str]:
    if position["proposition"]:
        return [
            *record_sentences([position["proposition"]], all_of),
            *issues_of(position["issues"], all_of),
        ]
    answered = position["responds_to"]["proposal"]
    return [each["title"] for each in all_of["proposals"] if each["id"] == answered]


HAYSTACKS: dict[str, Callable[..., list[str]]] = {
    "sources": lambda r, _: [r["title"]],
    "actors": lambda r, _: [r["name"], *r["aliases"]],
    "conflicts": lambda r, _: [r["name"], r["summary"] or ""],
    "issues": lambda r, _: [r["name"]],
    "propositions": lambda r, all_of: [r["text"], *issues_of(r["issues"], all_of)],
    "proposals": lambda r, _: [r["title"], *(each["label"] or "" for each in r["components"])],
    "statements": lambda r, _: [
        r[name] or "" for name in ("exact", "gist", "normalised", "speaker_as", "occasion")
    ],
    "positions": lambda r, all_of: [
        *borrowed_values(r, all_of),
        *quoted_texts(r),
    ],
    "preconditions": lambda r, all_of: [
        r["cue"] or "",
        *record_sentences(itertools.chain(r["consequents"], *r["antecedents"]), all_of),
        *quoted_texts(r),
    ],
}


def fold_words(text: str) -> str:
    marked = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\u0300-\u036f]", "", marked)


def has_words(noun: str, record: Served, all_of: dict[str, list[Served]], asked: str) -> bool:
    return all(
        any(word in fold_words(text) for text in HAYSTACKS[noun](record, all_of))
        for word in fold_words(asked).split()
    )


def date_bounds(edtf: str | None) -> tuple[str, str] | None:
    if edtf is None:
        return None
    found = clock.parse_edtf(edtf)
    return found.earliest, found.latest


def parse_point(text: str) -> tuple[str, str]:
    found = clock.parse_edtf(text)
    return found.earliest, found.latest


def test_filters_narrow_each_other(world: Registry):
    both = world.ids("/v1/positions", holder="sudmark", force="reject,deny", valid_at="any")
    assert sorted(both) == [
        "sudmark-denies-warning-shots", "sudmark-rejects-free-passage",
        "sudmark-said-to-reject-commission",
    ]  # fmt: skip


def test_a_range_may_be_given_by_both_ends(world: Registry):
    asked = {"attested_on_gte": "2024-03-06", "attested_on_lte": "2024-03-31", "valid_at": "any"}
    assert world.ids("/v1/positions", **asked) == ["kestria-abstains-on-survey"]


def test_an_uncertain_date_matches_wherever_it_possibly_lies(world: Registry):
    """`stated_on` is `2024-03` and `2024-03~` for the replies to the revised plan."""
    found = world.ids("/v1/statements", stated_on="2024-03-20")
    assert found == ["norland-talks-at-once", "norland-accepts-revised-plan", "sudmark-accepts-if"]


def test_accents_and_case_make_no_difference(world: Registry):
    assert world.ids("/v1/propositions", text="TRAWLER MAKE") == ["warning-shots-fired"]
    asked = {"text": "måke", "conflict": "varn-strait-dispute"}
    assert world.ids("/v1/propositions", **asked) == ["warning-shots-fired"]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_an_id_that_nothing_has_is_refused_and_not_answered_with_nothing(registry_of, engine: str):
    registry = registry_of("both", engine=engine)
    for path, query in (
        ("positions", {"holder": "ukrain"}),
        ("positions.csv", {"holder": "ukrain", "valid_at": "any"}),
        ("positions/counts", {"holder": "ukrain", "by": "force"}),
        ("actors", {"id": "russia,ukrain"}),
        ("actors", {"id": "russia,ukrain", "expand": "positions", "valid_at": "2023-03-31"}),
    ):
        [error] = parse_answer(registry.get(f"/v1/{path}", **query), 422)["errors"]
        assert error["parameter"] == next(iter(query))
        assert "there is no 'ukrain' in actors; /v1/suggest?" in error["detail"]


def test_an_id_that_something_has_at_another_moment_is_answered_with_nothing(registry_of):
    registry: Registry = registry_of("both")
    before = registry.head
    parse_answer(registry.post("/v1/actors", make_draft("actors", id="brief")), 201)
    registry.retract("/v1/actors/brief")
    for query in ({"known_at": before}, {"known_at": before + 1}, {}):
        assert registry.ids("/v1/positions", holder="brief", **query) == []
        found = registry.ids("/v1/actors", id="brief,russia", **query)
        assert set(found) - {"russia"} == (
            {"brief"} if query.get("known_at") == before + 1 else set()
        )


def test_filters_select_alike_on_postgresql(registry_of, world: Registry):
    """A sample of each kind; the ledger's own tests run on both engines in full."""
    other = registry_of("both", engine="postgresql")
    for path, query in (
        ("positions", {"holder": "strait-council", "through": "members"}),
        ("positions", {"holder": "russia", "through": "parts", "sort": "-attested_on"}),
        ("positions", {"issue": "transit", "responds_to": "kestrian-plan/b"}),
        ("positions", {"negated": "true"}),
        ("positions", {"text": "TRAWLER make"}),
        ("positions", {"stated_on_gte": "2024-03", "sort": "stated_on"}),
        ("positions", {"source": "strait-council-vote-2024-03-08"}),
        ("preconditions", {"obligor": "ukraine", "exhaustive": "false"}),
        ("preconditions", {"deadline_lte": "2024", "sort": "-valid_from"}),
    ):
        asked = {**query, "valid_at": "any"}
        expected = world.ids(f"/v1/{path}", **asked)
        assert expected
        assert other.ids(f"/v1/{path}", **asked) == expected
