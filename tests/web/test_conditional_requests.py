"""ETags both ways: nobody overwrites unseen, nobody reads twice what has not changed."""

import pytest

from tests.worlds import Registry, make_draft, parse_answer

STALE = '"00000000000000000000000000000000"'


@pytest.fixture
def url(noun: str) -> str:
    return f"/v1/{noun}/a-new-one"


@pytest.fixture
def created(registry: Registry, noun: str) -> Registry:
    parse_answer(registry.post(f"/v1/{noun}", make_draft(noun)), 201)
    return registry


@pytest.fixture
def actor(registry: Registry) -> Registry:
    """A registry with the one record `actors/a-new-one` more."""
    parse_answer(registry.post("/v1/actors", make_draft("actors")), 201)
    return registry


ACTOR = "/v1/actors/a-new-one"


def test_amending_and_retracting_need_if_match(created: Registry, noun: str, url):
    for answer in (
        created.put(url, make_draft(noun, note="unseen"), None),
        created.delete(url, None),
    ):
        problem = parse_answer(answer, 428)
        assert problem["errors"] == [{"parameter": "If-Match", "detail": "is required"}]
        assert "ETag" in problem["detail"]
    assert parse_answer(created.get(url))["revision"] == 1


def test_a_stale_tag_changes_nothing(created: Registry, noun: str, url):
    stale = created.get(url).headers["ETag"]
    created.amend(url, note="somebody else was faster")
    for answer in (
        created.put(url, make_draft(noun, note="too late"), stale),
        created.delete(url, stale),
    ):
        problem = parse_answer(answer, 412)
        assert problem["code"] == "revision_moved"
        assert "is at revision 2 now" in problem["detail"]
    assert parse_answer(created.get(url))["note"] == "somebody else was faster"


def test_an_asterisk_takes_whatever_is_there(actor: Registry):
    assert parse_answer(actor.put(ACTOR, make_draft("actors", note="unread"), "*"))["revision"] == 2
    assert actor.delete(ACTOR, "*").status_code == 204


def test_one_of_several_tags_is_enough(actor: Registry):
    tag = actor.get(ACTOR).headers["ETag"]
    answer = actor.put(ACTOR, make_draft("actors", note="read"), f'{STALE}, {tag} , "more"')
    assert parse_answer(answer)["revision"] == 2


@pytest.mark.parametrize(
    "disguise",
    ['"{tag}:gzip"', '"{tag}-gzip"', 'W/"{tag}"', 'W/"{tag};br"', "{tag}", '"{tag}.7"'],
)
def test_whatever_a_proxy_puts_on_a_tag_it_still_names_the_revision(actor: Registry, disguise):
    tag = actor.get(ACTOR).headers["ETag"].strip('"')
    answer = actor.put(ACTOR, make_draft("actors", note="read"), disguise.format(tag=tag))
    assert parse_answer(answer)["revision"] == 2


@pytest.mark.parametrize("tag", [STALE, '""', "nonsense", '"' + "0" * 64 + '"', ","])
def test_what_names_no_revision_at_hand_does_not_match(actor: Registry, tag: str):
    assert actor.put(ACTOR, make_draft("actors", note="read"), tag).status_code == 412
    assert actor.delete(ACTOR, tag).status_code == 412


def test_a_tag_that_only_begins_like_the_right_one_does_not_match(actor: Registry):
    tag = actor.get(ACTOR).headers["ETag"].strip('"')
    for false in (f'"{tag}0"', f'"{tag[:-1]}"', f'"0{tag}"'):
        assert actor.delete(ACTOR, false).status_code == 412


def test_who_has_the_newest_record_gets_304_with_its_tag(created: Registry, url):
    full = created.get(url)
    tag = full.headers["ETag"]
    for given in (tag, f"W/{tag}", f'"another", {tag}', "*"):
        again = created.get(url, headers={"If-None-Match": given})
        assert again.status_code == 304
        assert again.get_data() == b""
        assert again.headers["ETag"] == tag


def test_who_has_an_older_record_gets_the_new_one(created: Registry, url):
    tag = created.get(url).headers["ETag"]
    created.amend(url, note="looked at again")
    again = created.get(url, headers={"If-None-Match": tag})
    assert parse_answer(again)["note"] == "looked at again"


def test_a_record_that_is_shown_anew_has_a_new_tag_that_if_match_takes_for_the_old(
    registry: Registry,
):
    """A statement behind a position changes: the position is shown anew, not revised."""
    url = "/v1/positions/sudmark-rejects-free-passage"
    before = registry.get(url)
    registry.amend("/v1/statements/courier-headline", gist="They refuse.")
    shown = registry.get(url)
    assert parse_answer(shown)["quotes"][1]["gist"] == "They refuse."
    assert parse_answer(shown)["revision"] == 1
    assert shown.headers["ETag"] != before.headers["ETag"]
    assert registry.get(url, headers={"If-None-Match": before.headers["ETag"]}).status_code == 200

    same = registry.put(url, parse_answer(shown), before.headers["ETag"])
    assert same.headers["ETag"] == shown.headers["ETag"]
    amended = registry.put(url, {**parse_answer(shown), "note": "seen"}, before.headers["ETag"])
    assert parse_answer(amended)["revision"] == 2
    assert amended.headers["ETag"] == registry.get(url).headers["ETag"]


def test_computed_answers_are_304_until_something_is_written(registry: Registry, noun: str):
    paths = [
        f"/v1/{noun}",
        *(f"/v1/{noun}.{form}" for form in ("json", "csv", "ndjson")),
        "/v1/changesets",
        "/v1/changesets/1",
    ]
    tags = {path: registry.get(path).headers["ETag"] for path in paths}
    for path, tag in tags.items():
        again = registry.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.get_data()) == (304, b"")
        assert again.headers["ETag"] == tag
    parse_answer(registry.post(f"/v1/{noun}", make_draft(noun)), 201)
    for path, tag in tags.items():
        again = registry.get(path, headers={"If-None-Match": tag})
        assert again.status_code == 200
        assert again.headers["ETag"] != tag


@pytest.mark.parametrize(
    "path",
    ["/v1/{noun}", "/v1/{noun}.csv", "/v1/{noun}/a-new-one", "/v1/{noun}/a-new-one/history"],
)
def test_head_answers_as_get_without_the_body(created: Registry, noun: str, path: str):
    path = path.format(noun=noun)
    got, headed = created.get(path), created.client.head(path)
    assert headed.status_code == 200
    assert headed.get_data() == b""
    assert headed.headers.to_wsgi_list() == got.headers.to_wsgi_list()


def test_a_write_that_expects_another_head_fails(created: Registry, noun: str, url):
    tag = created.get(url).headers["ETag"]
    answers = (
        created.post(f"/v1/{noun}", make_draft(noun, id="another"), expected_head=1),
        created.put(url, make_draft(noun, note="seen"), tag, expected_head=1),
        created.delete(url, tag, expected_head=1),
    )
    for answer in answers:
        problem = parse_answer(answer, 412)
        assert problem["code"] == "head_moved"
        assert "expected changeset 1 to be the newest, but it is 2" in problem["detail"].lower()
    assert created.head == 2


def test_a_write_that_expects_the_right_head_succeeds(created: Registry, noun: str, url):
    tag = created.get(url).headers["ETag"]
    assert (
        parse_answer(created.put(url, make_draft(noun, note="seen"), tag, expected_head=2))[
            "revision"
        ]
        == 2
    )


def test_the_message_of_a_write_is_kept_in_its_changeset(created: Registry, noun: str, url):
    created.delete(url, "*", message="Ein Irrtum: 誤り")
    newest = created.data("/v1/changesets")[0]
    assert newest["message"] == "Ein Irrtum: 誤り"
    assert newest["recorded_by"] == "analyst"
    changes = parse_answer(created.get("/v1/changesets/3"))["changes"]
    assert [(each["noun"], each["id"], each["retracted"]) for each in changes] == [
        (noun, "a-new-one", True)
    ]


def test_a_message_that_is_no_sentence_is_refused(registry: Registry):
    problem = parse_answer(
        registry.post("/v1/actors", make_draft("actors"), message="x" * 501), 422
    )
    assert problem["errors"][0]["parameter"] == "message"
    assert registry.head == 1


@pytest.mark.parametrize("head", ["-1", "1.0", "first", "", "1" * 16, "१"])
def test_an_expected_head_that_is_no_number_is_refused(registry: Registry, head: str):
    problem = parse_answer(
        registry.post("/v1/actors", make_draft("actors"), expected_head=head), 422
    )
    assert problem["errors"][0]["parameter"] == "expected_head"
    assert registry.head == 1


def test_answers_that_never_change_may_be_kept_and_others_must_be_asked_again(
    registry: Registry,
):
    pinned = registry.get("/v1/positions", known_at=1, valid_at="2024-03-05")
    moving = registry.get("/v1/positions", known_at=1)
    assert "max-age" in pinned.headers["Cache-Control"]
    assert moving.headers["Cache-Control"] == "no-cache"
    written = registry.post("/v1/actors", make_draft("actors"))
    assert written.headers["Cache-Control"] == "no-store"


def test_a_comma_within_a_tag_belongs_to_it(registry: Registry):
    tag = registry.get("/v1/actors/norland").headers["ETag"].strip('"')
    body = {"name": "Norland", "kind": "state"}
    for given, status in ((f'"x,{tag}"', 412), (f'"x", W/"y", "{tag}"', 200)):
        parse_answer(registry.put("/v1/actors/norland", body, given), status)
