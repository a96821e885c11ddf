"""Control characters and noncharacters: refused in names and prose, kept in words of a source."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from api.web.characters import EXCLUDED
from api.web.contract.problems import RequestRefused
from tests.web.odd import load_sound_records
from tests.worlds import RESOURCE, Registry, make_draft, parse_answer

VERBATIM_FIELDS = {"exact", "normalised", "cue"}
PROSE_FIELDS = {"note", "summary", "rationale", "gist"}
PARSED_FIELDS = re.compile("name|title|label|phase|option|author|coder|text|scale|unit|publisher|"
                           "licence|occasion|speaker_as|translation_method|aliases")  # fmt: skip


def list_texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every text of a record."""
    if isinstance(value, str):
        yield path
    for key, each in (
        value.items()
        if isinstance(value, dict)
        else enumerate(value if isinstance(value, list) else ())
    ):
        yield from list_texts(each, (*path, key))


def replace_text(record: Any, path: tuple[Any, ...], text: str) -> Any:
    changed = json.loads(json.dumps(record))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = text
    return changed


def list_examples(noun: str) -> dict[tuple[str, ...], tuple[Any, tuple[Any, ...]]]:
    """Return a record for every field of text, by the names on the way to it."""
    ignored = RESOURCE[noun].ignored
    found: dict[tuple[str, ...], tuple[Any, tuple[Any, ...]]] = {}
    for record in load_sound_records(noun):
        for path in list_texts({k: v for k, v in record.items() if k not in ignored}):
            found.setdefault(tuple(each for each in path if isinstance(each, str)), (record, path))
    return found


@pytest.mark.parametrize(
    "odd", ["\x1b", "\x7f", "\x9b", "\ufffe", "\ufdd0", "\U0010ffff", "\ud800"]
)
@pytest.mark.parametrize("noun", RESOURCE)
def test_no_field_but_the_words_of_a_source_takes_it(noun: str, odd: str):
    for names, (record, path) in list_examples(noun).items():
        if names[-1] in VERBATIM_FIELDS and odd != "\ud800":
            continue
        with pytest.raises(RequestRefused) as refused:
            RESOURCE[noun].load_draft(replace_text(record, path, f"a{odd}b"))
        pointer = "".join(f"/{step}" for step in path)
        told = [each["detail"] for each in refused.value.faults if each["pointer"] == pointer]
        assert told, names
        if PARSED_FIELDS.fullmatch(names[-1]):
            assert f"U+{ord(odd):04X} as character 2" in told[0]


@pytest.mark.parametrize("noun", RESOURCE)
def test_prose_may_have_lines_and_names_may_not(noun: str):
    for names, (record, path) in list_examples(noun).items():
        changed = replace_text(record, path, "a\r\n\tb")
        if names[-1] in PROSE_FIELDS:
            RESOURCE[noun].load_draft(changed)
        elif names[-1] in ("name", "title", "label", "aliases", "author"):
            with pytest.raises(RequestRefused):
                RESOURCE[noun].load_draft(changed)


@pytest.mark.parametrize("name", [
    "\U0001f1fa\U0001f1e6", "\U0001f468\u200d\U0001f469", "\u05e9\u05dc\u05d5\u05dd", "e\u0301",
    "\ufffd", "\u0e17\u0e33", "\u200f\u0627", "\ue000", "constructor", "a\u00a0b",
])  # fmt: skip
def test_every_other_character_is_accepted(registry: Registry, name: str):
    answer = parse_answer(registry.post("/v1/actors", make_draft("actors", name=name)), 201)
    assert answer["name"] == name


def test_a_quote_is_kept_to_the_letter_wherever_it_is_read(registry: Registry):
    exact = "we \x1b[1mwill\x1b[0m\x0c not\ufffe"
    text = f"He said: {exact}."
    source = make_draft("sources", text_sha256=sha256(text.encode()).hexdigest(),
                        text_length=len(text), text_public=True)  # fmt: skip
    parse_answer(registry.post("/v1/sources", source), 201)
    parse_answer(registry.put_text("a-new-one", text))
    said = {"id": "a-new-quote", "source": "a-new-one", "start": 9, "end": 9 + len(exact),
            "exact": exact, "attestation": "verbatim_sentence", "attested_on": "2024-03-05",
            "speaker": "norland"}  # fmt: skip
    parse_answer(registry.post("/v1/statements", said), 201)
    read = parse_answer(registry.get("/v1/statements/a-new-quote"))
    assert (read["exact"], read["verified"]) == (exact, True)
    assert registry.get("/v1/sources/a-new-one/text").get_data(as_text=True) == text
    position = make_draft("positions", holder="norland", evidence=["a-new-quote"], speaker=None)
    parse_answer(registry.post("/v1/positions", position), 201)
    for form in ("svg", "png"):
        drawn = registry.get(f"/v1/conflicts/varn-strait-dispute/timeline.{form}", limit=500)
        assert drawn.status_code == 200
    assert registry.get("/statements/a-new-quote").status_code == 200


def test_a_message_of_a_changeset_is_refused_with_the_same_words(registry: Registry):
    answer = registry.post("/v1/actors", make_draft("actors"), message="a\x1bb")
    [fault] = parse_answer(answer, 422)["errors"]
    assert fault == {
        "parameter": "message",
        "detail": "has the control character U+001B as character 2; remove it",
    }


@pytest.mark.parametrize(("kind", "controls"), [("label", 65), ("prose", 62)])
def test_the_contract_says_which_characters_are_excluded(kind: str, controls: int):
    noncharacters = [*range(0xFDD0, 0xFDF0)] + [
        plane << 16 | last for plane in range(17) for last in (0xFFFE, 0xFFFF)
    ]
    pattern = re.compile(f"[{EXCLUDED[kind]}]")
    assert all(pattern.match(chr(each)) for each in noncharacters)
    every = "".join(map(chr, range(0x110000)))
    assert len(pattern.findall(every)) == len(noncharacters) + controls
