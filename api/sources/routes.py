"""`/v1/sources`."""

from api.sources import SOURCES
from api.sources.schemas import SourceDraftSchema, SourceRecordSchema
from api.web.resource import Resource, blueprint

RESOURCE = Resource(
    noun=SOURCES,
    draft=SourceDraftSchema,
    record=SourceRecordSchema,
    about="Documents in which statements stand.",
    made_from=("title", "published"),
    example_id="kremlin-rules-out-truce",
)

blp = blueprint(RESOURCE)
