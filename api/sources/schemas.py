"""The fields of a source."""

from api.vocabulary import SOURCE_KIND
from api.web.contract.fields import (
    Code,
    Count,
    Day,
    Edtf,
    Flag,
    Language,
    Ref,
    Sha256,
    Text,
    Url,
)
from api.web.contract.schemas import DraftSchema, Links, LinkTo, ServerFields


class SourceDraftSchema(DraftSchema):
    """A source as an author writes it: a document in which statements stand."""

    title = Text("the title that it gives itself", required=True)
    kind = Code(SOURCE_KIND, required=True)
    publisher = Text("who published it", longest=200)
    url = Url("where it was found")
    language = Language("the language of its text", required=True)
    published = Edtf("when it was published")
    retrieved_on = Day("when it was fetched")
    licence = Text("the terms on which its text may be used", longest=200)
    text_sha256 = Sha256("SHA-256 of its text's UTF-8 bytes")
    text_length = Count("the length of its text in Unicode code points")
    text_public = Flag(
        "whether the whole text may be served to everybody", load_default=False, allow_none=False
    )
    translation_of = Ref(
        "sources", "the source of which it is a translation", reads=("translation_of",)
    )
    translation_method = Text("how it was translated, and by whom", longest=200)


class SourceRecordSchema(SourceDraftSchema, ServerFields):
    """A source as the registry serves it."""

    links = Links(
        "a source",
        text=LinkTo("/v1/sources/{id}/text", "its text, where that is public", when="text_public"),
        statements=LinkTo("/v1/statements?source={id}", "what is said in it"),
        positions=LinkTo("/v1/positions?source={id}", "the positions that it shows"),
        preconditions=LinkTo("/v1/preconditions?source={id}", "the preconditions that it shows"),
        original=LinkTo("/v1/sources/{translation_of}", "the source of which it is a translation"),
    )
