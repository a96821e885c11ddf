"""`/v1/sources`, and with `api.sources.text` the texts behind them."""

from api.sources import SOURCES, text
from api.sources.schemas import SourceDraftSchema, SourceRecordSchema
from api.web.resource import Resource
from api.web.routes import make_blueprint, make_id_parameter

RESOURCE = Resource(
    noun=SOURCES,
    draft=SourceDraftSchema,
    record=SourceRecordSchema,
    about="Documents in which statements stand.",
    made_from=("title", "published"),
    example_id="kremlin-rules-out-truce",
    example={
        "title": "Belarus asks Russia and Ukraine for a truce",
        "kind": "news_report",
        "language": "en",
        "published": "2023-03-31",
    },
)

blp = make_blueprint(RESOURCE)
text.register(blp, [make_id_parameter(RESOURCE)])
