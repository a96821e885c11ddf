"""Rules of statements."""

from math import inf

import marshmallow as ma
import pytest

from api.statements import quotes
from api.statements.placing import MOST_SEARCHED, normalise_draft
from api.statements.quotes import text_hash
from api.statements.rules import check_record, derive_fields
from api.statements.schemas import StatementDraftSchema
from tests.rules.worlds import DEFAULTS, list_problems

TEXT = "Naïve 😀 readers: “We shall not withdraw,” she said."
WORDS = "We shall not withdraw,"
START = TEXT.index(WORDS)
SPAN = {"start": START, "end": START + len(WORDS)}
SPAN_SHA256 = text_hash(WORDS)


@pytest.fixture
def attached(world):
    sha256 = world.attach_text(TEXT)
    world.put_record("sources", "report", text_sha256=sha256, text_length=len(TEXT))
    return world


def put_quote(world, exact=WORDS, **more):
    fields = {**SPAN, "exact": exact, "exact_sha256": text_hash(exact), "gist": None}
    return world.put_record("statements", "said", **{**fields, **more})


def write_place():
    return f"“{WORDS}” at {SPAN['start']}\N{EN DASH}{SPAN['end']}"


def put_pointer(world, sha256=SPAN_SHA256, **more):
    return world.put_record("statements", "said", **{**SPAN, "exact_sha256": sha256, **more})


def read_detail(statement, world):
    (problem,) = check_record(statement, world)
    return problem.detail if problem.search is None else problem.search(inf)


def test_a_span_ends_within_its_text(world):
    world.put_record("sources", "report", text_length=4)
    assert list_problems(check_record(world.put_record("statements", "said", end=5), world)) == [
        "/end"
    ]


def test_a_span_may_end_with_its_text(world):
    world.put_record("sources", "report", text_length=5)
    assert list_problems(check_record(world.put_record("statements", "said", end=5), world)) == []


def test_a_span_ends_within_an_attached_text_of_unstated_length(world):
    world.put_record("sources", "report", text_sha256=world.attach_text("Four"))
    assert list_problems(check_record(world.put_record("statements", "said", end=5), world)) == [
        "/end"
    ]


def test_a_span_of_an_unknown_text_is_taken_as_it_is(world):
    assert (
        list_problems(
            check_record(put_quote(world, "Anything of no matter.", start=0, end=22), world)
        )
        == []
    )


def test_a_true_quotation_is_accepted(attached):
    assert list_problems(check_record(put_quote(attached), attached)) == []


def test_a_forged_quotation_shows_the_nearest_real_passage(attached):
    forged = put_quote(attached, "We shall now withdraw,")
    assert list_problems(check_record(forged, attached)) == ["/exact"]
    assert read_detail(forged, attached) == f"the source says {write_place()}"


def test_offsets_in_bytes_are_put_right(attached):
    start = len(TEXT[:START].encode())
    shifted = put_quote(attached, start=start, end=start + len(WORDS))
    assert read_detail(shifted, attached).endswith(write_place())


def test_a_quotation_like_nothing_in_the_text_shows_what_stands_there(attached):
    assert read_detail(put_quote(attached, "zzzzqqqqjjjjxxxxvvvvkk"), attached) == (
        f"the source says nothing like it; the source says {write_place()}"
    )


def test_a_true_pointer_is_accepted(attached):
    assert list_problems(check_record(put_pointer(attached), attached)) == []


def test_a_shifted_pointer_shows_where_its_hash_is_met(attached):
    shifted = put_pointer(attached, start=START + 1, end=START + 1 + len(WORDS))
    assert list_problems(check_record(shifted, attached)) == ["/exact_sha256"]
    assert read_detail(shifted, attached).endswith(
        f"“{WORDS}” at {SPAN['start']}\N{EN DASH}{SPAN['end']}"
    )


def test_a_forged_pointer_shows_what_stands_there(attached):
    forged = put_pointer(attached, "0" * 64)
    assert list_problems(check_record(forged, attached)) == ["/exact_sha256"]
    assert WORDS in read_detail(forged, attached)


def test_a_pointer_without_hash_is_not_checked(attached):
    assert list_problems(check_record(world_span(attached), attached)) == []


def world_span(world):
    return world.put_record("statements", "said", **SPAN)


def test_a_statement_is_no_rendering_of_itself(world):
    statement = world.put_record("statements", "said", rendering_of="said")
    assert list_problems(check_record(statement, world)) == ["/rendering_of"]


def test_a_statement_of_a_missing_source_says_nothing(world):
    assert (
        list_problems(check_record(world.put_record("statements", "said", source="nowhere"), world))
        == []
    )


def test_a_span_that_is_found_is_verified(attached):
    settled = normalise_draft(put_quote(attached), None, attached)
    assert derive_fields(settled, attached)["verified"] is True


def test_a_pointer_that_is_found_is_verified(attached):
    assert (
        derive_fields(normalise_draft(put_pointer(attached), None, attached), attached)["verified"]
        is True
    )


def test_a_span_without_hash_is_never_verified(attached):
    assert (
        derive_fields(normalise_draft(world_span(attached), None, attached), attached)["verified"]
        is False
    )


def test_without_text_nothing_is_verified(world):
    assert derive_fields(normalise_draft(put_quote(world), None, world), world)["verified"] is False


def test_a_verified_span_stays_so_when_the_text_is_taken_down(attached):
    before = normalise_draft(put_quote(attached), None, attached)
    attached.texts.clear()
    after = normalise_draft(put_quote(attached, note="amended"), before, attached)
    assert derive_fields(after, attached)["verified"] is True


@pytest.mark.parametrize("field", ["start", "end", "source", "exact_sha256"])
def test_another_span_is_not_verified_without_the_text(attached, field):
    before = normalise_draft(put_quote(attached), None, attached)
    attached.texts.clear()
    moved = {**put_quote(attached), field: {"start": 1, "end": 41}.get(field, "another")}
    assert "verified_sha256" not in normalise_draft(moved, before, attached)


def test_a_span_that_is_not_found_loses_its_mark(attached):
    before = normalise_draft(put_quote(attached), None, attached)
    forged = put_quote(attached, "We shall now withdraw,")
    assert "verified_sha256" not in normalise_draft(forged, before, attached)


def test_a_source_with_another_text_ends_the_verification(attached):
    settled = normalise_draft(put_quote(attached), None, attached)
    attached.put_record("sources", "report", text_sha256="0" * 64)
    assert derive_fields(settled, attached)["verified"] is False


def test_a_mark_is_not_taken_from_an_author(world):
    forged = {**put_quote(world), "verified_sha256": "0" * 64}
    assert "verified_sha256" not in normalise_draft(forged, None, world)


def test_a_statement_is_found_by_its_words_and_its_day(world):
    facts = derive_fields(put_quote(world, normalised="We stay.", stated_on="2024-03"), world)
    assert facts["search"] == "we shall not withdraw, we stay."
    assert (facts["stated_from"], facts["stated_to"]) == ("2024-03-01", "2024-03-31")


def list_refused(**more):
    draft = {**DEFAULTS["statements"], "id": "said", **more}
    with pytest.raises(ma.ValidationError) as refused:
        StatementDraftSchema().load(draft)
    return list(refused.value.normalized_messages())


def test_a_span_is_not_empty():
    assert list_refused(start=5, end=5) == ["end"]


def test_verbatim_needs_the_words():
    assert list_refused(attestation="verbatim_fragment") == ["exact"]


def test_without_words_a_gist_is_needed():
    assert list_refused(gist=None) == ["gist"]


def test_words_are_as_long_as_their_span_in_code_points():
    assert list_refused(exact="😀😀😀", end=5) == ["exact"]


def test_a_hash_does_not_contradict_the_words():
    assert list_refused(exact="truce", exact_sha256="0" * 64) == ["exact_sha256"]


def test_the_hash_is_made_from_the_words():
    draft = {**DEFAULTS["statements"], "id": "said", "exact": " 😀 ok"}
    assert StatementDraftSchema().load(draft)["exact_sha256"] == text_hash(" 😀 ok")


def test_a_pointer_with_a_gist_is_taken_as_it_is():
    draft = {**DEFAULTS["statements"], "id": "said"}
    assert StatementDraftSchema().load(draft) == draft


@pytest.mark.parametrize(
    ("prefix", "suffix"),
    [("b", ""), ("", "b"), ("a", "b"), ("a" * 9 + "b", ""), ("a" * 30, "b" * 30), ("!", "?")],
)
def test_what_is_read_around_words_counts_as_searched(world, monkeypatch, prefix, suffix):
    """A budget of code points is some tenths of a second; to read one around words takes 40 ns."""
    read: list[int] = []
    keep = quotes._keep_letters
    monkeypatch.setattr(
        quotes, "_keep_letters", lambda text: (read.append(len(text)), keep(text))[1]
    )
    text = f"{'.' * 400}{'a' * quotes.MOST_PLACES}{'.' * 400}"
    sha256 = world.attach_text(text)
    world.put_record("sources", "report", text_sha256=sha256, text_length=len(text))
    draft = put_quote(world, "a", start=None, end=None, prefix=prefix, suffix=suffix)
    normalise_draft(draft, None, world)
    assert 0 < sum(read) * MOST_SEARCHED / world.searched < 15_000_000
