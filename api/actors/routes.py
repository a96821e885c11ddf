"""`/v1/actors`."""

from api.actors import ACTORS
from api.actors.schemas import ActorDraftSchema, ActorRecordSchema
from api.web.resource import Resource
from api.web.routes import make_blueprint

RESOURCE = Resource(
    noun=ACTORS,
    draft=ActorDraftSchema,
    record=ActorRecordSchema,
    about="States, organisations, people and offices that hold, say, ask or are asked.",
    made_from=("name",),
    example_id="russia",
    retractable_id="russian-forces",
    tried={"id": ["russia", "ukraine"], "expand": ["positions", "preconditions"]},
    example={"name": "Türkiye", "kind": "state", "aliases": ["Ankara"], "iso3166": "TUR"},
)

blp = make_blueprint(RESOURCE)
