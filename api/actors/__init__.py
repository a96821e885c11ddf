"""An **actor** holds, says, is asked or is addressed: a state, a person, a collective.

A person holds offices, and an office speaks for an actor: the Kremlin's spokesman for the Kremlin,
which is part of Russia. A collective such as "the West" lists its members or leaves them open.
"""

from sqlalchemy import Column, Text

from api.actors import rules
from api.actors.schemas import ActorDraftSchema, ActorRecordSchema
from api.ledger.noun import Alike, Expansion, Filter, Kind, Widening
from api.ledger.reading.search import NAMES
from api.ledger.store.tables import KEY, SCANNED, index_table
from api.vocabulary import ACTOR_KIND
from api.web.resource import Resource

ACTORS_TABLE = index_table(
    "actors",
    Column("kind", KEY, nullable=False, comment="its kind"),
    Column("part_of", KEY, comment="the actor of which it is a part"),
    Column("iso3166", KEY, comment="ISO 3166-1 alpha-3"),
    Column("wikidata", KEY, comment="Wikidata item"),
    Column("search", Text, nullable=False, comment="folded names", info=SCANNED),
)

FILTERS = (
    Filter("text", "words of its name or aliases", "search", kind=Kind.TEXT),
    Filter("kind", "what sort of actor it is", codes=ACTOR_KIND),
    Filter("part_of", "the actor of which it is a part", noun="actors"),
    Filter("office_of", "the body in which it has an office", "offices.of", noun="actors",
           rare=True),
    Filter("member", "an actor that belongs to it", "members.actor", noun="actors", rare=True),
    Filter("iso3166", "the state's code (ISO 3166-1 alpha-3)", rare=True),
    Filter("wikidata", "its item in Wikidata", rare=True),
)  # fmt: skip

ACTORS = Resource(
    name="actors",
    label="name",
    draft=ActorDraftSchema,
    record=ActorRecordSchema,
    about="States, organisations, people and offices that hold, say, ask or are asked.",
    made_from=("name",),
    example_id="russia",
    retractable_id="russian-forces",
    tried={"id": ["russia", "ukraine"], "expand": ["positions", "preconditions"]},
    example={"name": "Türkiye", "kind": "state", "aliases": ["Ankara"], "iso3166": "TUR"},
    expansions=(
        Expansion("positions", "what it holds on the day", "positions", by="holder"),
        Expansion(
            "preconditions",
            "what it makes a condition of what on the day",
            "preconditions",
            by="holder",
        ),
    ),
    table=ACTORS_TABLE,
    filters=FILTERS,
    check=rules.check_record,
    derive=rules.derive_fields,
    words=rules.list_names,
    names=rules.list_names,
    alike=Alike.IN_ANY_ORDER,
    identities=rules.map_identities,
    facets=("wholes", NAMES),
    widenings=(Widening("members", along=("members", "actor")), Widening("parts", facet="wholes")),
)
