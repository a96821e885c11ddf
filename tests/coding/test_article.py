"""The seed's article, typed as one coded source, makes the records of its folder in the seed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.coding.yaml_files import parse_yaml
from tests.worlds import ARTICLE, RESOURCE, Registry, make_any_day_query, parse_answer, read_records

TYPED = Path(__file__).with_name("article.yaml")
"""What an analyst types. `<10-20>` stands for words of the article, which is not free."""

PROSE = {"summary", "gist", "text", "rationale", "name", "title", "label", "aliases", "occasion",
         "translation_method"}  # fmt: skip
"""Fields of free prose, beside notes and doubts, which are not typed at all."""

QUOTED = {"cue"} | {
    ref.path.rpartition(".")[2].rstrip("[]")
    for each in RESOURCE.values() for ref in each.references if ref.to == "actors"
}  # fmt: skip
"""Fields of the article's own words: its cues, and how it calls the actors. Codes, ids and other
references are typed, even where the article has the same word.
"""

BUDGET = 6_000
LEFT_OUT = {"id", "gist", "note", "doubts", "derived", "links", "changeset", "recorded_at",
            "recorded_by", "quotes", "verified", "revision"}  # fmt: skip

SAME: dict[str, tuple[str, ...]] = {
    "sources": ("title",), "actors": ("name",), "conflicts": ("name",), "issues": ("name",),
    "propositions": ("text",), "statements": ("start", "end"), "proposals": ("title",),
    "preconditions": ("cue",), "positions": ("holder", "force", "proposition"),
    "axioms": ("rationale",),
}  # fmt: skip
"""The fields by which records with other ids are recognised."""


@pytest.fixture
def article(shared: Path) -> str:
    return (shared / "seed" / "article.txt").read_text(encoding="utf-8")


@pytest.fixture
def typed(article: str) -> dict[str, Any]:
    document, _ = parse_yaml(TYPED.read_bytes())
    return fill_words(document, article)


def fill_words(value: Any, article: str) -> Any:
    if isinstance(value, dict):
        return {name: fill_words(each, article) for name, each in value.items()}
    if isinstance(value, list):
        return [fill_words(each, article) for each in value]
    if value == "<text>":
        return article
    span = re.fullmatch(r"<(\d+)-(\d+)>", value) if isinstance(value, str) else None
    return article[int(span[1]) : int(span[2])] if span else value


def list_own_words(value: Any, article: str, field: str = "") -> Iterator[str]:
    """Yield the texts that are prose, or words of the article."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from list_own_words(each, article, name)
    elif isinstance(value, list):
        for each in value:
            yield from list_own_words(each, article, field)
    elif isinstance(value, str) and not value.startswith("<"):
        whole = rf"\b{re.escape(value.strip())}\b"
        is_own = field in PROSE or (field in QUOTED and re.search(whole, article))
        yield from [value] if is_own else ()


def count_typed(article: str) -> int:
    """Count the bytes beyond the article's own words and the prose."""
    raw = re.sub(r"<\d+-\d+>|<text>", "", TYPED.read_text(encoding="utf-8"))
    document, _ = parse_yaml(TYPED.read_bytes())
    return len(raw.encode()) - sum(len(e.encode()) for e in list_own_words(document, article))


def test_the_article_takes_few_bytes_beyond_its_words_and_the_prose(article: str):
    assert count_typed(article) <= BUDGET


def test_the_article_as_one_coded_source_makes_the_records_of_the_seed(
    registry_of: Callable[..., Registry], typed: dict[str, Any]
):
    ours, seed = registry_of("empty"), registry_of("seed")
    parse_answer(ours.post("/v1/coded-sources", typed))
    ids: dict[tuple[str, str], str] = {}
    for noun, fields in SAME.items():
        named = {line["id"] for line in read_records(noun, ARTICLE)}
        expected = {
            key_of(each, fields): each for each in read_all(seed, noun) if each["id"] in named
        }
        found = {key_of(rename(noun, each, ids), fields): each for each in read_all(ours, noun)}
        assert found.keys() == expected.keys()
        ids |= {(noun, each["id"]): expected[key]["id"] for key, each in found.items()}
    for noun in SAME:
        wanted = {each["id"]: strip(each) for each in read_all(seed, noun)}
        for each in read_all(ours, noun):
            assert strip(rename(noun, each, ids)) == wanted[ids[noun, each["id"]]]


def test_the_typed_article_sent_twice_writes_nothing_the_second_time(
    registry_of: Callable[..., Registry], typed: dict[str, Any]
):
    registry = registry_of("empty")
    first, second = (parse_answer(registry.post("/v1/coded-sources", typed)) for _ in range(2))
    assert (first["created"], second["written"]) == (114, 0)


def read_all(registry: Registry, noun: str) -> list[dict[str, Any]]:
    return registry.data(f"/v1/{noun}", limit=1000, **make_any_day_query(noun))


def key_of(record: dict[str, Any], fields: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(record[name] for name in fields)


def strip(record: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in record.items() if name not in LEFT_OUT}


def rename(noun: str, record: dict[str, Any], ids: dict[tuple[str, str], str]) -> dict[str, Any]:
    """Put the seed's ids in the place of the record's references."""
    kinds = {ref.path.rpartition(".")[2].rstrip("[]"): ref.to for ref in RESOURCE[noun].references}
    kinds |= {"issues": "issues", "conflict": "conflicts", "obligors": "actors", "wholes": "actors"}

    def replace(value: Any, to: str | None) -> Any:
        if isinstance(value, dict):
            return {name: replace(each, kinds.get(name)) for name, each in value.items()}
        if isinstance(value, list):
            return [replace(each, to) for each in value]
        if isinstance(value, str) and to is not None:
            sign = "!" if value.startswith("!") else ""
            return sign + ids.get((to, value.removeprefix("!")), value.removeprefix("!"))
        return value

    return replace(record, None)
