"""How proposals are found: index columns, filters and orders."""

from sqlalchemy import Column, Text

from api.ledger.noun import Filter, Grouping, Kind
from api.ledger.store.tables import KEY, SCANNED, index_table

PROPOSALS_TABLE = index_table(
    "proposals",
    Column("conflict", KEY, nullable=False, comment="its conflict"),
    Column("revises", KEY, comment="the proposal of which it is a new version"),
    Column("made_from", KEY, nullable=False, comment="earliest day on which it was made"),
    Column("made_to", KEY, nullable=False, comment="latest", info=SCANNED),
    Column("search", Text, nullable=False, comment="folded title and labels", info=SCANNED),
)  # fmt: skip

FILTERS = (
    Filter("conflict", Kind.EQUAL, "the conflict it belongs to", noun="conflicts"),
    Filter("proposer", Kind.EQUAL, "an actor who makes it", "proposers", noun="actors"),
    Filter("addressee", Kind.EQUAL, "an actor to whom it is made", "addressees", noun="actors"),
    Filter("proposition", Kind.EQUAL, "a proposition in it, negated or not",
           "components.propositions", noun="propositions"),
    Filter("text", Kind.TEXT, "words of its title or its components' labels", "search"),
    Filter("made_on", Kind.RANGE, "when it was made", "made_from made_to"),
    Filter("revises", Kind.EQUAL, "the proposal of which it is a new version", noun="proposals",
           rare=True),
    Filter("responds_to", Kind.EQUAL, "the proposal that it answers", "responds_to.proposal",
           noun="proposals", rare=True),
)  # fmt: skip

GROUPINGS = (
    Grouping("conflict", "the conflict it belongs to", "conflict", "conflicts"),
    Grouping("proposer", "an actor who makes it", "proposers", "actors"),
    Grouping("year", "the year in which it was made", "made_from", length=4),
)

SORTS = {"made_on": "made_from"}
