"""The fast-path loader loads and refuses what marshmallow does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import marshmallow as ma
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web import requests
from api.web.contract.fields import Count, Many, Part, ScalarField, Text
from api.web.contract.problems import RequestRefused
from api.web.contract.schemas import StrictSchema
from api.web.fast_loader import make_fast_loader
from api.web.resource import Resource
from tests.web.odd import VOTE, draw_bytes, draw_drafts, load_sound_records
from tests.worlds import RESOURCE

nouns = pytest.mark.parametrize("noun", RESOURCE)


def without_fast_path(noun: str) -> Resource:
    """Return a noun's resource with marshmallow alone."""
    slow = replace(RESOURCE[noun])
    object.__setattr__(slow, "fast_load", lambda _: None)
    return slow


SLOW = {noun: without_fast_path(noun) for noun in RESOURCE}


def drop_server_fields(noun: str, data: Any) -> Any:
    """Leave out what the server adds."""
    ignored = RESOURCE[noun].ignored
    return {k: v for k, v in data.items() if k not in ignored} if isinstance(data, dict) else data


def parse_slowly(raw: bytes) -> Any:
    """Parse without the short cut."""
    data = requests.parse_json(raw)
    requests._refuse_odd_json(raw)
    return data


def describe_outcome(door: Callable[[], Any]) -> Any:
    """Return what a call comes to, to the letter: order, kinds of numbers, words of a refusal."""
    try:
        return json.dumps(door())
    except RequestRefused as error:
        return error.status, error.detail, error.faults
    except Exception as error:  # noqa: BLE001 - a crash is an outcome, too
        return type(error), str(error)


@nouns
@given(data=st.data())
def test_bytes_come_to_the_same_with_and_without_the_fast_path(noun: str, data: st.DataObject):
    raw = data.draw(draw_drafts(noun).flatmap(draw_bytes))
    id = data.draw(st.sampled_from([None, "a", load_sound_records(noun)[0]["id"]]))
    fast = describe_outcome(lambda: RESOURCE[noun].load_draft(requests.parse_json(raw), id=id))
    assert fast == describe_outcome(lambda: SLOW[noun].load_draft(parse_slowly(raw), id=id))


@nouns
@given(data=st.data())
def test_plain_data_come_to_the_same_with_and_without_the_fast_path(noun: str, data: st.DataObject):
    draft = data.draw(draw_drafts(noun))
    assert describe_outcome(lambda: RESOURCE[noun].load_draft(draft)) == describe_outcome(
        lambda: SLOW[noun].load_draft(draft)
    )


@nouns
@given(data=st.data())
def test_the_fast_path_takes_all_that_marshmallow_takes(noun: str, data: st.DataObject):
    draft = drop_server_fields(noun, data.draw(draw_drafts(noun)))
    try:
        loaded = RESOURCE[noun].draft_schema.load(draft)
    except (ma.ValidationError, TypeError, UnicodeEncodeError):
        loaded = None
    assert describe_outcome(lambda: RESOURCE[noun].fast_load(draft)) == json.dumps(loaded)


@nouns
def test_the_fast_path_takes_what_is_known_to_be_right(noun: str):
    taken = [
        RESOURCE[noun].fast_load(drop_server_fields(noun, each))
        for each in load_sound_records(noun)
    ]
    assert None not in taken


def test_the_fast_path_takes_a_vote_with_its_defaults_in_place():
    assert list(RESOURCE["positions"].fast_load(VOTE) or ()) == [
        "id", "holder", "force", "proposition", "negated", "sources", "responds_to", "attestation",
        "attested_on", "valid_from", "rank",
    ]  # fmt: skip


@given(st.data())
def test_a_repeated_key_is_found_wherever_it_stands(data: st.DataObject):
    texts = st.sampled_from(["a", "b", ":", '":"', "\\", "\\u003a", "é", ""])
    pairs = st.lists(st.tuples(texts, texts.map(json.dumps) | st.sampled_from(["1", "{}"])))
    blank = data.draw(st.sampled_from(["", " ", "\n"]))

    def one_object(items: list[tuple[str, str]]) -> str:
        return "{" + ",".join(f"{json.dumps(k)}{blank}:{v}" for k, v in items) + "}"

    inner, outer = data.draw(pairs), data.draw(pairs)
    if outer:
        outer[0] = (outer[0][0], one_object(inner))
    raw = one_object(outer).replace("\\u00e9", data.draw(st.sampled_from(["é", "\\u003A"])))
    repeated = describe_outcome(lambda: parse_slowly(raw.encode()))
    assert describe_outcome(lambda: requests.parse_json(raw.encode())) == repeated


@pytest.mark.parametrize(
    "raw",
    [
        rb'{"a":"\u003a","a":1}', rb'{"a":1,"a":"\u003A"}', rb'{"\u003a":1,":":1}',
        b'{"a" :1,"a"\n: 2}', rb'[{"x":{"\u0061":1,"a":1}}]', rb'{"a":":::","a":1}',
    ],
)  # fmt: skip
def test_a_colon_in_a_text_hides_no_repeated_key(raw: bytes):
    with pytest.raises(RequestRefused, match="stands twice"):
        requests.parse_json(raw)


def test_sound_lines_are_parsed_once():
    lines = [orjson.dumps(each) for noun in RESOURCE for each in load_sound_records(noun)]
    assert all(requests._holds_everything(orjson.loads(raw), raw) for raw in lines)


class Odd(ma.fields.String):
    """A class of field that the fast path does not know."""


class OddText(Text):
    """A known field that loads in a way of its own."""

    def deserialize(self, *_: Any, **__: Any) -> Any:
        return None


class PickySchema(StrictSchema):
    low, high = Count("low", required=True), Count("high")

    @ma.validates_schema
    def ordered(self, data: dict[str, Any], **_: Any) -> None:
        if data["low"] > data.get("high", 0):
            raise ma.ValidationError("upside down")

    @ma.post_load
    def summed(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"sum": data["low"] + data["high"]}


def test_hooks_are_called_within_objects_and_lists():
    class Outer(StrictSchema):
        one = Part(PickySchema)
        many = Many(Part(PickySchema, required=True), "many")

    load = make_fast_loader(Outer())
    right, wrong = {"low": 1, "high": 2}, {"low": 2, "high": 1}
    assert load({"one": right, "many": [right]}) == {"one": {"sum": 3}, "many": [{"sum": 3}]}
    assert load({"one": wrong}) is None
    assert load({"many": [wrong]}) is None


_FOREIGN: dict[str, tuple[ma.fields.Field[Any], Any]] = {
    "a class that is not ours": (Odd(), "a"),
    "a class that loads in a way of its own": (OddText("odd"), "a"),
    "a list that is not ours": (ma.fields.List(Text("a")), ["a", "a"]),
    "an object that is not ours": (ma.fields.Nested(PickySchema), {"low": 1, "high": 2}),
    "many objects": (Part(PickySchema, many=True), [{"low": 1, "high": 2}]),
    "an object with other manners": (Part(PickySchema, unknown=ma.EXCLUDE), {"low": 1, "high": 2}),
    "a list of what is not ours": (Many(Odd(), "odd"), ["a"]),
    "a validator": (Text("a", validate=ma.validate.Length(max=9)), "a"),
    "a path": (Text("a", attribute="a.b"), "a"),
    "a default that is made": (Text("a", load_default=lambda: "a"), "a"),
}


@pytest.mark.parametrize("kind", _FOREIGN)
def test_a_field_that_the_fast_path_does_not_know_falls_back(kind: str):
    field, value = _FOREIGN[kind]
    schema = StrictSchema.from_dict({"odd": field})()
    schema.load({"odd": value})
    assert make_fast_loader(schema)({"odd": value}) is None


def with_hook(hook: Any) -> StrictSchema:
    """Return a schema with one text and a hook."""
    return type("HookedSchema", (StrictSchema,), {"text": Text("a"), "hook": hook})()


_HOOKS = {
    "before": ma.pre_load(lambda _, data, **__: data),
    "of a field": ma.validates("text")(lambda *_, **__: None),
    "beside what was sent": ma.post_load(pass_original=True)(lambda _, data, *__, **___: data),
    "for many": ma.post_load(pass_collection=True)(lambda _, data, **__: data),
}


@pytest.mark.parametrize("kind", _HOOKS)
def test_a_hook_that_the_fast_path_does_not_call_falls_back(kind: str):
    schema = with_hook(_HOOKS[kind])
    assert schema.load({"text": "a"}) == {"text": "a"}
    assert make_fast_loader(schema)({"text": "a"}) is None


@pytest.mark.parametrize("options", [{"many": True}, {"partial": True}, {"unknown": ma.INCLUDE}])
def test_an_option_that_the_fast_path_does_not_heed_falls_back(options: dict[str, Any]):
    assert make_fast_loader(PickySchema(**options))({"low": 1, "high": 2}) is None


def test_a_field_that_the_fast_path_would_bypass_is_refused():
    with pytest.raises(TypeError, match="must override parse_value"):
        type("Sly", (Text,), {"_deserialize": lambda *_, **__: "sly"})
    with pytest.raises(TypeError, match="must override parse_value"):
        type("Turned", (ma.fields.String, ScalarField), {})
