"""A request is right or refused: nothing is coerced, dropped or guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.web.contract.fields import Code
from tests.worlds import RESOURCE, Registry, make_any_day_query, make_draft, parse_answer


def post_bytes(registry: Registry, raw: bytes | str, kind: str = "application/json") -> Any:
    """Post raw bytes as an actor."""
    return registry.client.post(
        "/v1/actors",
        data=raw,
        content_type=kind,
        headers={"Authorization": f"Bearer {registry.key}"},
    )


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/json",
                                  "application/merge-patch+json", "", "nonsense"])  # fmt: skip
def test_a_body_of_another_media_type_is_refused(registry: Registry, kind: str):
    problem = parse_answer(post_bytes(registry, '{"name": "Norland", "kind": "state"}', kind), 415)
    assert "Content-Type: application/json" in problem["detail"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_called_so_in_any_way(registry: Registry, kind: str):
    raw = '{"id": "a", "name": "Å", "kind": "state"}'.encode()
    assert parse_answer(post_bytes(registry, raw, kind), 201)["name"] == "Å"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b'{"name": "x",}',
        b"{'name': 'x'}",
        b'{"name": "x", "name": "y"}',
        b'{"name": "x", "kind": "person", "offices": [{"title": "a", "title": "b"}]}',
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": -Infinity}',
        b'{"name": "a\\u0000b"}',
        b'{"name": "a\x00b"}',
        b'{"name": "a\\\\\\u0000b"}',
        b'{"a\\u0000": 1}',
        b'{"name": "\\ud800"}',
        b'{"name": "\\udc00\\ud800"}',
        b'{"name": "\xff"}',
        b'{"name": "\xed\xa0\x80"}',
        '{"name": "x"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"name": "x", "kind": "state"}',
        b'{"name": "x"} {"name": "y"}',
        b"[" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"name": 0x10}',
        b'{"name": 01}',
        b'{"name": ' + b"1" * 5_000 + b"}",
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_what_json_does_not_allow_or_leaves_open_is_refused(registry: Registry, raw: bytes):
    problem = parse_answer(post_bytes(registry, raw), 400)
    assert problem["code"] == "bad_request"
    assert "The body" in problem["detail"]
    assert registry.head == 1


def test_a_backslash_before_u0000_is_no_nul(registry: Registry):
    raw = b'{"id": "a", "name": "a\\\\u0000b", "kind": "state"}'
    assert parse_answer(post_bytes(registry, raw), 201)["name"] == "a\\u0000b"


def test_a_repeated_key_is_named(registry: Registry):
    problem = parse_answer(post_bytes(registry, '{"name": "x", "name": "y"}'), 400)
    assert "the key 'name' stands twice" in problem["detail"]


@pytest.mark.parametrize("raw", ["[]", "null", "1", '"actor"', "true", "[[]]"])
def test_a_body_that_is_no_object_is_refused(registry: Registry, raw: str):
    problem = parse_answer(post_bytes(registry, raw), 422)
    assert problem["errors"][0]["pointer"] == ""
    assert "object" in problem["errors"][0]["detail"]


def test_a_body_that_is_too_large_is_refused(registry_of):
    registry = registry_of("fixtures", max_body_bytes=1_000)
    problem = parse_answer(registry.post("/v1/actors", make_draft("actors", note="x" * 1_000)), 413)
    assert "too large" in problem["detail"]
    parse_answer(registry.post("/v1/actors", make_draft("actors", note="x" * 500)), 201)


@pytest.mark.parametrize(
    ("noun", "changes", "pointer"),
    [
        ("statements", {"start": "19"}, "/start"),
        ("statements", {"start": 19.0}, "/start"),
        ("statements", {"start": 1.9}, "/start"),
        ("statements", {"start": True}, "/start"),
        ("statements", {"start": -1}, "/start"),
        ("statements", {"end": 2**53}, "/end"),
        ("statements", {"end": 10**30}, "/end"),
        ("statements", {"start": 57}, "/end"),
        ("statements", {"attestation": "hearsay"}, "/attestation"),
        ("statements", {"attestation": ["headline"]}, "/attestation"),
        ("statements", {"attested_on": "2024-03-05T00:00:00Z"}, "/attested_on"),
        ("statements", {"attested_on": "2024-02-30"}, "/attested_on"),
        ("statements", {"attested_on": "2024-03"}, "/attested_on"),
        ("statements", {"attested_on": "20240305"}, "/attested_on"),
        ("statements", {"attested_on": 20240305}, "/attested_on"),
        ("statements", {"stated_on": "March 2024"}, "/stated_on"),
        ("statements", {"stated_on": "2024-13"}, "/stated_on"),
        ("statements", {"exact_sha256": "abc"}, "/exact_sha256"),
        ("statements", {"exact_sha256": "G" * 64}, "/exact_sha256"),
        ("statements", {"gist": None}, "/gist"),
        ("sources", {"text_public": "off"}, "/text_public"),
        ("sources", {"text_public": 0}, "/text_public"),
        ("sources", {"text_public": None}, "/text_public"),
        ("sources", {"language": "English"}, "/language"),
        ("sources", {"url": "courier.example"}, "/url"),
        ("sources", {"url": "javascript:alert(1)"}, "/url"),
        ("sources", {"title": ""}, "/title"),
        ("sources", {"title": " \t"}, "/title"),
        ("sources", {"title": None}, "/title"),
        ("sources", {"title": 5}, "/title"),
        ("sources", {"title": "x" * 2_001}, "/title"),
        ("actors", {"id": "Norland"}, "/id"),
        ("actors", {"id": "nor--land"}, "/id"),
        ("actors", {"id": "norland\n"}, "/id"),
        ("actors", {"id": "nörland"}, "/id"),
        ("actors", {"id": "x" * 97}, "/id"),
        ("actors", {"id": "counts"}, "/id"),
        ("actors", {"id": 5}, "/id"),
        ("actors", {"iso3166": "nl"}, "/iso3166"),
        ("actors", {"wikidata": "212"}, "/wikidata"),
        ("actors", {"aliases": "Norland"}, "/aliases"),
        ("actors", {"aliases": {"0": "Norland"}}, "/aliases"),
        ("actors", {"aliases": ["a", None]}, "/aliases/1"),
        ("actors", {"aliases": ["a", "b", "a"]}, "/aliases/2"),
        ("actors", {"aliases": [str(n) for n in range(201)]}, "/aliases"),
        ("actors", {"offices": ["minister"]}, "/offices/0"),
        ("actors", {"offices": [{"title": "Minister"}]}, "/offices/0/of"),
        ("actors", {"offices": [{"title": "a", "of": "b", "to": "2024/2025"}]}, "/offices/0/to"),
        ("conflicts", {"parties": [{"actor": "norland", "status": "foe"}]}, "/parties/0/status"),
        ("propositions", {"measure": {"scale": "a", "op": "le", "value": "5"}}, "/measure/value"),
        ("propositions", {"measure": {"scale": "a", "op": "le", "value": 1e300}}, "/measure/value"),
        ("propositions", {"measure": {"scale": "a", "op": "lt", "value": 5}}, "/measure/op"),
        ("propositions", {"measure": []}, "/measure"),
        ("positions", {"negated": "false"}, "/negated"),
        ("positions", {"proposition": "!free-passage"}, "/proposition"),
        ("positions", {"proposition": None, "responds_to": None}, "/proposition"),
        ("positions", {"responds_to": {"component": "b"}}, "/responds_to"),
        ("positions", {"valid_from": "2024/2025"}, "/valid_from"),
        ("positions", {"rank": None}, "/rank"),
        ("preconditions", {"antecedents": []}, "/antecedents"),
        ("preconditions", {"antecedents": [[]]}, "/antecedents/0"),
        ("preconditions", {"antecedents": [["a", "a"]]}, "/antecedents/0/1"),
        ("preconditions", {"antecedents_kind": "none"}, "/antecedents"),
        ("preconditions", {"consequents": []}, "/consequents"),
        ("preconditions", {"evidence": []}, "/evidence"),
        ("preconditions", {"exhaustive": "yes"}, "/exhaustive"),
        ("proposals", {"components": []}, "/components"),
        ("proposals", {"proposers": None}, "/proposers"),
        ("axioms", {"propositions": ["strait-closed"]}, "/propositions"),
        ("axioms", {"propositions": ["strait-closed", "! free"]}, "/propositions/1"),
        ("issues", {"contexts": ["weather"]}, "/contexts/0"),
        ("issues", {"doubts": [{"field": "nmae", "kind": "inferred", "text": "?"}]},
         "/doubts/0/field"),
        ("issues", {"doubts": [{"field": "name", "kind": "guessed", "text": "?"}]},
         "/doubts/0/kind"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_in_its_place(
    registry: Registry, noun: str, changes: dict[str, Any], pointer: str
):
    problem = parse_answer(registry.post(f"/v1/{noun}", make_draft(noun, **changes)), 422)
    assert [each["pointer"] for each in problem["errors"]] == [pointer]
    assert problem["code"] == "invalid"
    assert problem["errors"][0]["detail"][0].islower()
    assert registry.head == 1


REQUIRED_UNLESS = {"positions": {"proposition", "evidence"}, "preconditions": {"antecedents"}}
"""Fields that are required unless others say what they would say."""


def test_every_required_field_must_be_there(registry: Registry, noun: str):
    fields = {name: each for name, each in RESOURCE[noun].draft().fields.items() if each.required}
    required = fields.keys()
    assert required
    problem = parse_answer(registry.post(f"/v1/{noun}", {"id": "empty"}), 422)
    told = {e["pointer"][1:]: e["detail"] for e in problem["errors"]}
    for name, field in fields.items():
        values = f": one of {', '.join(field.codes.values)}" if isinstance(field, Code) else ""
        assert told[name] == f"is required{values}"
    assert set(told) - required == REQUIRED_UNLESS.get(noun, set())


def test_an_unknown_field_is_refused_with_the_nearest_known_name(registry: Registry, noun: str):
    for name in RESOURCE[noun].draft().fields:
        problem = parse_answer(
            registry.post(f"/v1/{noun}", {**make_draft(noun), f"{name}z": None}), 422
        )
        assert problem["errors"] == [
            {"pointer": f"/{name}z", "detail": f"unknown field; did you mean {name}?"}
        ]


def test_an_unknown_field_deep_within_is_refused_likewise(registry: Registry):
    office = {"title": "Minister", "of": "norland", "speaks_four": "norland"}
    problem = parse_answer(registry.post("/v1/actors", make_draft("actors", offices=[office])), 422)
    assert problem["errors"] == [
        {"pointer": "/offices/0/speaks_four", "detail": "unknown field; did you mean speaks_for?"}
    ]
    component = {"id": "a", "propositions": ["talks-held"], "labell": "Talks"}
    problem = parse_answer(
        registry.post("/v1/proposals", make_draft("proposals", components=[component])), 422
    )
    assert problem["errors"][0]["pointer"] == "/components/0/labell"
    assert "did you mean label?" in problem["errors"][0]["detail"]


def test_a_list_that_is_too_short_is_told_the_least_that_it_needs(registry: Registry):
    problem = parse_answer(
        registry.post("/v1/proposals", make_draft("proposals", components=[])), 422
    )
    assert [e["detail"] for e in problem["errors"]] == ["must have at least 1 entry"]


def test_a_pointer_escapes_what_a_pointer_must(registry: Registry):
    """RFC 6901: ~ is ~0 and / is ~1."""
    problem = parse_answer(registry.post("/v1/actors", {**make_draft("actors"), "a/b~c": 1}), 422)
    assert problem["errors"][0]["pointer"] == "/a~1b~0c"


def test_the_servers_fields_are_refused_in_a_new_record_unless_they_come_from_a_get(
    registry: Registry, noun: str
):
    """A record that was read can be posted under another id."""
    day = make_any_day_query(noun)
    served = registry.data(f"/v1/{noun}", limit=1, **day)[0]
    made = parse_answer(registry.post(f"/v1/{noun}", {**served, "id": "a-copy"}), 201)
    assert made["changeset"] == 2
    assert made["links"]["self"] == f"/v1/{noun}/a-copy"


def test_empty_fields_may_be_null_or_left_out(registry: Registry, noun: str):
    """Both are the same record: to put one over the other writes nothing."""
    sparse = make_draft(noun)
    fields = RESOURCE[noun].draft().fields
    nulls = {n: None for n, f in fields.items() if f.allow_none and n not in sparse}
    made = parse_answer(registry.post(f"/v1/{noun}", {**sparse, **nulls}), 201)
    again = registry.put(f"/v1/{noun}/a-new-one", sparse, "*")
    assert parse_answer(again) == made
    assert registry.head == 2


@pytest.mark.parametrize("value", [200, 200.0])
def test_a_number_is_the_same_however_it_is_written(registry: Registry, value: float):
    """As canonical JSON has it (RFC 8785): to put 200.0 over 200 writes nothing."""
    measure = {"scale": "depth", "op": "le", "value": 200, "unit": "m"}
    written = make_draft("propositions", measure=measure)
    parse_answer(registry.post("/v1/propositions", written), 201)
    again = {**written, "measure": {**measure, "value": value}}
    assert parse_answer(registry.put("/v1/propositions/a-new-one", again, "*"))["revision"] == 1


@pytest.mark.parametrize("raw", ["1e400", "-1e400", "9007199254740993", "1e16"])
def test_a_number_that_json_readers_disagree_on_is_refused(registry: Registry, raw: str):
    body = make_draft("propositions", measure={"scale": "depth", "op": "le", "value": 0})
    answer = registry.client.post(
        "/v1/propositions",
        data=json.dumps(body).replace('"value": 0', f'"value": {raw}'),
        content_type="application/json",
        headers={"Authorization": f"Bearer {registry.key}"},
    )
    assert answer.status_code in (400, 422)
    assert registry.head == 1


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_an_unknown_parameter_of_a_write_is_refused(registry: Registry, noun: str, method: str):
    url = f"/v1/{noun}" + ("" if method == "post" else "/some-id")
    answer = registry.send(method.upper(), url, make_draft(noun), "*", mesage="why")
    problem = parse_answer(answer, 422)
    assert problem["errors"] == [
        {"parameter": "mesage", "detail": "unknown parameter; did you mean message?"}
    ]


@pytest.mark.parametrize("depth", [100, 250, 260, 500])
def test_nesting_without_an_id_is_refused_like_any_other(registry: Registry, depth: int):
    body = f'{{"name": "x", "kind": "state", "doubts": {"[" * depth}{"]" * depth}}}'
    headers = {"Authorization": f"Bearer {registry.key}"}
    answer = registry.client.post(
        "/v1/actors", data=body, content_type="application/json", headers=headers
    )
    assert answer.status_code in (400, 422)


def test_an_entry_is_a_repeat_also_where_only_a_null_differs(registry: Registry):
    members = [{"actor": "norland"}, {"actor": "norland", "from": None, "to": None}]
    draft = make_draft("actors") | {"members": members, "members_kind": "unspecified"}
    problem = parse_answer(registry.post("/v1/actors", draft), 422)
    assert [each["pointer"] for each in problem["errors"]] == ["/members/1"]
