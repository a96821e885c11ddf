"""How actors are found: index columns and filters."""

from sqlalchemy import Column, Text

from api.ledger.noun import Filter, Kind
from api.ledger.store.tables import KEY, SCANNED, index_table
from api.vocabulary import ACTOR_KIND

ACTORS_TABLE = index_table(
    "actors",
    Column("kind", KEY, nullable=False, comment="its kind"),
    Column("part_of", KEY, comment="the actor of which it is a part"),
    Column("iso3166", KEY, comment="ISO 3166-1 alpha-3"),
    Column("wikidata", KEY, comment="Wikidata item"),
    Column("search", Text, nullable=False, comment="folded names", info=SCANNED),
)

FILTERS = (
    Filter("text", Kind.TEXT, "words of its name or aliases", "search"),
    Filter("kind", Kind.EQUAL, "what sort of actor it is", codes=ACTOR_KIND),
    Filter("part_of", Kind.EQUAL, "the actor of which it is a part", noun="actors"),
    Filter("office_of", Kind.EQUAL, "the body in which it has an office", "offices.of",
           noun="actors", rare=True),
    Filter("member", Kind.EQUAL, "an actor that belongs to it", "members.actor",
           noun="actors", rare=True),
    Filter("iso3166", Kind.EQUAL, "the state's code (ISO 3166-1 alpha-3)", rare=True),
    Filter("wikidata", Kind.EQUAL, "its item in Wikidata", rare=True),
)  # fmt: skip
