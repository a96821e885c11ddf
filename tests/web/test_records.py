"""The life of a record, for each of the ten nouns: created, read, amended, retracted, revived."""

import pytest

from tests.worlds import (
    RESOURCE,
    Registry,
    make_any_day_query,
    make_draft,
    parse_answer,
    read_records,
)

SERVER_FIELDS = ("revision", "changeset", "recorded_at", "recorded_by", "links")


@pytest.fixture
def url(noun: str) -> str:
    return f"/v1/{noun}/a-new-one"


@pytest.fixture
def created(registry: Registry, noun: str) -> Registry:
    """A registry with one record more, to which nothing refers."""
    parse_answer(registry.post(f"/v1/{noun}", make_draft(noun)), 201)
    return registry


def test_a_record_is_served_as_its_author_wrote_it_with_what_the_server_adds(
    registry: Registry, noun: str
):
    written = make_draft(noun)

    answer = registry.post(f"/v1/{noun}", written, message="found in the archive")

    served = parse_answer(answer, 201)
    assert {name: served[name] for name in written} == written
    assert served["revision"] == 1
    assert served["changeset"] == 2
    assert served["recorded_by"] == "analyst"
    assert served["links"]["self"] == f"/v1/{noun}/a-new-one"
    assert served["links"]["history"] == f"/v1/{noun}/a-new-one/history"
    assert answer.headers["Location"] == f"/v1/{noun}/a-new-one"
    assert answer.headers["Sinequanon-Changeset"] == "2"
    assert answer.get_data() == registry.get(answer.headers["Location"]).get_data()
    assert answer.headers["ETag"] == registry.get(answer.headers["Location"]).headers["ETag"]


def test_every_field_is_served_even_where_nothing_is_written(registry: Registry, noun: str):
    declared = set(RESOURCE[noun].record_schema.fields) - {"warnings", "expanded"}
    assert set(registry.data(f"/v1/{noun}", limit=1, **make_any_day_query(noun))[0]) == declared


def test_what_was_recorded_last_comes_last_in_that_order(created: Registry, noun: str):
    assert (
        created.ids(f"/v1/{noun}", sort="recorded", **make_any_day_query(noun))[-1] == "a-new-one"
    )


def test_the_id_is_made_from_the_content_when_it_is_left_out(registry: Registry, noun: str):
    anonymous = make_draft(noun, note="without an id")
    del anonymous["id"]

    made = parse_answer(registry.post(f"/v1/{noun}", anonymous), 201)

    assert parse_answer(registry.get(f"/v1/{noun}/{made['id']}"))["note"] == "without an id"
    again = registry.post(f"/v1/{noun}", anonymous)
    assert parse_answer(again, 409)["code"] == "already_exists"


def test_an_id_that_exists_is_not_created_again(created: Registry, noun: str):
    answer = parse_answer(created.post(f"/v1/{noun}", make_draft(noun)), 409)
    assert "PUT with its ETag in If-Match amends it" in answer["detail"]


def test_an_amendment_is_a_new_revision_and_the_old_one_stays(created: Registry, noun: str, url):
    before = created.get(url)

    after = created.amend(url, note="looked at again")

    assert parse_answer(after)["revision"] == 2
    assert parse_answer(after)["note"] == "looked at again"
    assert after.headers["ETag"] != before.headers["ETag"]
    assert created.get(url).get_data() == after.get_data()
    assert created.get(url, known_at=2).get_data() == before.get_data()


def test_the_same_words_again_write_nothing(created: Registry, noun: str, url):
    before = created.get(url)

    after = created.put(url, make_draft(noun), before.headers["ETag"])

    assert after.get_data() == before.get_data()
    assert after.headers["ETag"] == before.headers["ETag"]
    assert after.headers["Sinequanon-Changeset"] == "2"
    assert created.head == 2


def test_what_get_answers_can_be_put_back_unchanged(registry: Registry, noun: str):
    for served in registry.data(f"/v1/{noun}", **make_any_day_query(noun)):
        before = registry.get(served["links"]["self"])
        after = registry.put(served["links"]["self"], served, before.headers["ETag"])
        assert parse_answer(after) == served
    assert registry.head == 1


def test_the_servers_own_fields_are_ignored_in_a_put(created: Registry, noun: str, url):
    before = created.get(url)
    served_only = set(RESOURCE[noun].record_schema.fields) - set(RESOURCE[noun].draft().fields)
    assert {*SERVER_FIELDS, "warnings"} <= served_only

    body = {**parse_answer(before), **dict.fromkeys(served_only, "nonsense")}
    after = created.put(url, body, before.headers["ETag"])

    assert parse_answer(after) == parse_answer(before)


def test_the_body_of_a_put_may_leave_the_id_out(created: Registry, noun: str, url):
    body = make_draft(noun, note="the address says which one")
    del body["id"]
    assert parse_answer(created.put(url, body, "*"))["id"] == "a-new-one"


def test_the_id_in_the_body_of_a_put_must_be_the_one_in_the_address(
    created: Registry, noun: str, url
):
    answer = parse_answer(created.put(url, make_draft(noun, id="another"), "*"), 422)
    assert answer["errors"] == [
        {"pointer": "/id", "detail": "must be a-new-one, as in the address"}
    ]


def test_a_put_creates_nothing(registry: Registry, noun: str):
    answer = parse_answer(
        registry.put(f"/v1/{noun}/never-there", make_draft(noun, id="never-there"), "*"), 404
    )
    assert "POST creates it" in answer["detail"]


def test_a_retracted_record_is_gone_but_not_forgotten(created: Registry, noun: str, url):
    before = created.get(url)

    answer = created.retract(url)

    assert answer.status_code == 204
    assert answer.get_data() == b""
    assert answer.headers["Sinequanon-Changeset"] == "3"
    gone = created.get(url)
    assert parse_answer(gone, 410)["code"] == "gone"
    assert gone.headers["ETag"] == answer.headers["ETag"]
    assert "a-new-one" not in created.ids(f"/v1/{noun}", **make_any_day_query(noun))
    assert created.get(url, known_at=2).get_data() == before.get_data()
    assert created.get(f"{url}/history").status_code == 200


def test_the_id_of_a_retracted_record_is_never_given_again(created: Registry, noun: str, url):
    created.retract(url)
    answer = parse_answer(created.post(f"/v1/{noun}", make_draft(noun)), 409)
    assert "ids are never reused" in answer["detail"]


def test_the_tag_of_the_tombstone_revives_a_record(created: Registry, noun: str, url):
    created.retract(url)
    tombstone = created.get(url).headers["ETag"]

    revived = created.put(url, make_draft(noun, note="it stands after all"), tombstone)

    assert parse_answer(revived)["revision"] == 3
    assert created.get(url).get_data() == revived.get_data()
    assert created.get(url, known_at=3).status_code == 410
    assert "a-new-one" in created.ids(f"/v1/{noun}", **make_any_day_query(noun))


def test_only_the_tag_of_the_tombstone_revives(created: Registry, noun: str, url):
    live = created.get(url).headers["ETag"]
    created.retract(url)
    assert created.put(url, make_draft(noun), live).status_code == 412
    assert created.put(url, make_draft(noun), "*").status_code == 410


def test_a_retracted_record_is_not_retracted_again(created: Registry, url):
    created.retract(url)
    tombstone = created.get(url).headers["ETag"]
    for tag in (tombstone, "*"):
        gone = created.delete(url, tag)
        assert parse_answer(gone, 410)["code"] == "gone"
        assert gone.headers["ETag"] == tombstone


def test_history_tells_every_revision_with_its_reason(created: Registry, noun: str, url):
    created.amend(url, note="looked at again")
    created.delete(url, "*", message="it was a hoax")
    created.put(url, make_draft(noun), created.get(url).headers["ETag"], message="it was none")

    told = created.data(f"{url}/history")

    assert [each["revision"] for each in told] == [1, 2, 3, 4]
    assert [each["changeset"] for each in told] == [2, 3, 4, 5]
    assert [each["retracted"] for each in told] == [False, False, True, False]
    assert [each["message"] for each in told] == ["", "", "it was a hoax", "it was none"]
    assert told[1]["record"]["note"] == "looked at again"
    assert told[2]["record"] is None
    assert told[3]["record"] == told[0]["record"]
    assert told[3]["etag"] == created.get(url).headers["ETag"].strip('"')


def test_history_holds_only_what_was_known_then(created: Registry, noun: str, url):
    created.amend(url, note="looked at again")
    assert len(created.data(f"{url}/history", known_at=2)) == 1
    assert created.get(f"{url}/history", known_at=1).status_code == 404


def test_history_comes_in_pages(created: Registry, url):
    for number in range(4):
        created.amend(url, note=f"version {number}")
    address, seen = f"{url}/history?limit=2", []
    while address:
        page = parse_answer(created.get(address))
        assert len(page["data"]) <= 2
        seen += [each["revision"] for each in page["data"]]
        address = page["next"]
    assert seen == [1, 2, 3, 4, 5]


def test_what_was_never_there_is_not_found(registry: Registry, noun: str):
    for path in (f"/v1/{noun}/never-there", f"/v1/{noun}/never-there/history"):
        answer = parse_answer(registry.get(path), 404)
        assert "never-there" in answer["detail"]
    assert registry.delete(f"/v1/{noun}/never-there", "*").status_code == 404


def test_a_record_lives_alike_on_either_engine(registry_of, engine: str, noun: str):
    registry = registry_of("fixtures", engine=engine)
    url = f"/v1/{noun}/a-new-one"

    created = registry.post(f"/v1/{noun}", make_draft(noun))
    amended = registry.amend(url, note="looked at again")
    registry.retract(url)
    gone = registry.get(url)
    revived = registry.put(url, parse_answer(amended), gone.headers["ETag"])

    assert [each.status_code for each in (created, amended, gone, revived)] == [201, 200, 410, 200]
    assert parse_answer(revived)["note"] == "looked at again"
    assert registry.get(url, known_at=2).get_data() == created.get_data()
    assert len(registry.data(f"{url}/history")) == 4
    assert registry.ids(f"/v1/{noun}", sort="recorded", **make_any_day_query(noun)) == [
        *(each["id"] for each in read_records(noun)),
        "a-new-one",
    ]
