"""Rules of sources."""

from api.sources.rules import check_record, derive_fields, map_identities
from api.sources.schemas import SourceDraftSchema
from tests.rules.worlds import list_problems


def test_an_odd_address_stands_for_itself():
    assert map_identities({"url": "https://[x"}) == {"url": "https://[x"}
    assert map_identities({"url": "https://[::1]/a/?ref=b"}) == {"url": "::1/a?"}


def test_a_source_is_no_translation_of_itself(world):
    source = world.put_record("sources", "report", translation_of="report")
    assert list_problems(check_record(source, world)) == ["/translation_of"]


def test_a_translation_may_be_translated(world):
    source = world.put_record("sources", "rapport", translation_of="report")
    assert list_problems(check_record(source, world)) == []


def test_a_source_is_found_by_title_and_day(world):
    source = world.put_record("sources", "report", title="Über alles", published="2024-03")
    assert derive_fields(source, world) == {
        "search": "uber alles",
        "published_from": "2024-03-01",
        "published_to": "2024-03-31",
    }


def test_a_text_is_not_public_unless_said_so():
    draft = {"id": "a", "title": "A", "kind": "leak", "language": "en"}
    assert SourceDraftSchema().load(draft)["text_public"] is False
