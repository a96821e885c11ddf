"""A **proposal** is a text put to others, in components that can be answered one by one.

Accepting the whole accepts every literal of every component; rejecting the whole rejects them
together, not each of them. A later version `revises` an earlier one; a counter-proposal
`responds_to` it.
"""

from sqlalchemy import Column, Text

from api.ledger.noun import Alike, Filter, Grouping, Kind
from api.ledger.rules import find_moves
from api.ledger.store.tables import KEY, SCANNED, index_table
from api.proposals import rules
from api.proposals.schemas import ProposalDraftSchema, ProposalRecordSchema
from api.web.resource import Resource

PROPOSALS_TABLE = index_table(
    "proposals",
    Column("conflict", KEY, nullable=False, comment="its conflict"),
    Column("revises", KEY, comment="the proposal of which it is a new version"),
    Column("made_from", KEY, nullable=False, comment="earliest day on which it was made"),
    Column("made_to", KEY, nullable=False, comment="latest", info=SCANNED),
    Column("search", Text, nullable=False, comment="folded title and labels", info=SCANNED),
)

FILTERS = (
    Filter("conflict", "the conflict it belongs to", noun="conflicts"),
    Filter("proposer", "an actor who makes it", "proposers", noun="actors"),
    Filter("addressee", "an actor to whom it is made", "addressees", noun="actors"),
    Filter("proposition", "a proposition in it, negated or not", "components.propositions",
           noun="propositions"),
    Filter("text", "words of its title or its components' labels", "search", kind=Kind.TEXT),
    Filter("made_on", "when it was made", "made_from made_to", kind=Kind.RANGE),
    Filter("revises", "the proposal of which it is a new version", noun="proposals", rare=True),
    Filter("responds_to", "the proposal that it answers", "responds_to.proposal", noun="proposals",
           rare=True),
)  # fmt: skip

GROUPINGS = (
    Grouping("conflict", "the conflict it belongs to", "conflict", "conflicts"),
    Grouping("proposer", "an actor who makes it", "proposers", "actors"),
    Grouping("year", "the year in which it was made", "made_from", length=4),
)

PROPOSALS = Resource(
    name="proposals",
    label="title",
    draft=ProposalDraftSchema,
    record=ProposalRecordSchema,
    about="What is put to others, component by component.",
    made_from=("title",),
    example_id="belarus-truce-call",
    retractable_id="us-ukraine-peace-framework",
    example={
        "title": "Talks at once",
        "conflict": "war-in-ukraine",
        "proposers": ["belarus"],
        "components": [{"id": "a", "propositions": ["talks"]}],
    },
    alike=Alike.IN_ORDER,
    table=PROPOSALS_TABLE,
    filters=FILTERS,
    sorts={"made_on": "made_from"},
    groupings=GROUPINGS,
    counted=("year",),
    check=rules.check_record,
    find_doubts=find_moves,
    derive=rules.derive_fields,
    words=rules.list_search_texts,
)
