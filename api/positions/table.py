"""How positions are found: index columns, references, filters, orders."""

from sqlalchemy import Boolean, Column, Text

from api.evidence.rules import READ_FROM_STATEMENTS
from api.ledger.noun import Filter, Grouping, Kind, Reference
from api.ledger.tables import BROAD, CLUSTERED, KEY, SCANNED, SORTED, index_table, wide
from api.vocabulary import ATTESTATION, END_REASON, FORCE, RANK, VOICE

POSITIONS_TABLE = index_table(
    "positions",
    Column("conflict", KEY, nullable=False, comment="conflict of its proposition or proposal",
           info={**wide(), **BROAD}),
    Column("holder", KEY, nullable=False, comment="who holds it",
           info={**wide("force", "proposition", "attestation", "voice", "attested_on"),
                 **CLUSTERED}),
    Column("force", KEY, nullable=False, comment="what the holder does with the proposition"),
    Column("negated", Boolean(create_constraint=False), nullable=False,
           comment="about the proposition's opposite", info=SCANNED),
    Column("proposition", KEY, comment="what it is about",
           info=wide("force", "attestation")),
    Column("speaker", KEY, comment="who says it"),
    Column("voice", KEY, nullable=False, comment="who speaks, seen from the holder", info=SCANNED),
    Column("attestation", KEY, nullable=False, comment="how the source gives it", info=SCANNED),
    Column("rank", KEY, nullable=False, comment="which of several to use", info=SCANNED),
    Column("coder", KEY, comment="who read it out of the evidence"),
    Column("end_reason", KEY, comment="why it stopped holding", info=SCANNED),
    Column("attested_on", KEY, nullable=False, comment="day of attestation", info=SORTED),
    Column("stated_from", KEY, nullable=False, comment="earliest day on which it was said",
           info=SORTED),
    Column("stated_to", KEY, nullable=False, comment="latest", info=SCANNED),
    Column("valid_start", KEY, nullable=False, comment="earliest possible first day", info=wide()),
    Column("valid_end", KEY, nullable=False, comment="latest possible first day after",
           info=SCANNED),
    Column("search", Text, nullable=False, comment="folded words of its own", info=SCANNED),
)  # fmt: skip

REFERENCES = (
    Reference("holder", "actors", reads=("kind",)),
    Reference("co_holders[]", "actors", reads=("kind",)),
    Reference("proposition", "propositions", reads=("conflict", "issues", "by", "text")),
    Reference("targets[]", "actors"),
    Reference("under[]", "preconditions", reads=("holder", "consequents")),
    Reference("evidence[]", "statements", reads=READ_FROM_STATEMENTS),
    Reference("sources[]", "sources", reads=("kind",), within="documents"),
    Reference(
        "responds_to.proposal",
        "proposals",
        reads=("conflict", "components", "title"),
        within="answers",
    ),
    Reference("responds_to.position", "positions", reads=("proposition", "responds_to")),
    Reference("reason[]", "positions"),
    Reference("speaker", "actors", reads=("offices",)),
    Reference("replaces", "positions", reads=("holder", "valid_to", "replaces")),
)

FILTERS = (
    Filter("holder", Kind.EQUAL, "who holds it", "holder", noun="actors"),
    Filter("through", Kind.THROUGH, "also those of the holder's members or parts", "holder"),
    Filter("conflict", Kind.EQUAL, "the conflict it belongs to", "conflict", noun="conflicts"),
    Filter("issue", Kind.EQUAL, "an issue of its proposition", "issues", noun="issues"),
    Filter("proposition", Kind.EQUAL, "what it is about", "proposition", noun="propositions"),
    Filter("force", Kind.EQUAL, "what the holder does with the proposition", "force",
           codes=FORCE),
    Filter("text", Kind.TEXT, "words of its proposition, issues, proposal, quotes or gists",
           "search", borrowing=("proposition", "propositions")),
    Filter("attested_on", Kind.RANGE, "when it is attested", "attested_on attested_on"),
    Filter("speaker", Kind.EQUAL, "who says it for the holder", "speaker", noun="actors"),
    Filter("source", Kind.EQUAL, "a source of its evidence", "documents", noun="sources"),
    Filter("responds_to", Kind.EQUAL,
           "the proposal that it answers, whole or in part; `proposal/component` for one part",
           "answers"),
    Filter("co_holder", Kind.EQUAL, "who holds it jointly with the holder", "co_holders",
           noun="actors", rare=True),
    Filter("voice", Kind.EQUAL, "who speaks, seen from the holder", "voice",
           codes=VOICE, rare=True),
    Filter("negated", Kind.FLAG, "whether it is about the proposition's opposite", "negated",
           rare=True),
    Filter("target", Kind.EQUAL, "an actor at whom it is directed", "targets",
           noun="actors", rare=True),
    Filter("responds_to_position", Kind.EQUAL, "the position that it answers",
           "responds_to.position", noun="positions", rare=True),
    Filter("under", Kind.EQUAL, "a precondition under which it holds", "under",
           noun="preconditions", rare=True),
    Filter("attestation", Kind.EQUAL, "how the source gives it", "attestation",
           codes=ATTESTATION, rare=True),
    Filter("rank", Kind.EQUAL, "which of several records to use", "rank", codes=RANK, rare=True),
    Filter("coder", Kind.EQUAL, "who read it out of the evidence", "coder", rare=True),
    Filter("end_reason", Kind.EQUAL, "why it stopped holding", "end_reason",
           codes=END_REASON, rare=True),
    Filter("evidence", Kind.EQUAL, "a statement in its evidence", "evidence",
           noun="statements", rare=True),
    Filter("stated_on", Kind.RANGE, "when it was said", "stated_from stated_to", rare=True),
)  # fmt: skip

SORTS = {
    "recorded": "ordinal",
    "id": "id",
    "attested_on": "attested_on",
    "stated_on": "stated_from",
    "valid_from": "valid_start",
}

GROUPINGS = (
    Grouping("conflict", "the conflict it belongs to", "conflict", "conflicts"),
    Grouping("issue", "an issue of its proposition", "issues", "issues",
             borrowing=("proposition", "propositions")),
    Grouping("proposition", "what it is about", "proposition", "propositions"),
    Grouping("holder", "who holds it", "holder", "actors"),
    Grouping("force", "what the holder does with the proposition", "force"),
    Grouping("voice", "who speaks, seen from the holder", "voice"),
    Grouping("speaker", "who says it for the holder", "speaker", "actors"),
    Grouping("attestation", "how the source gives it", "attestation"),
    Grouping("rank", "which of several records to use", "rank"),
    Grouping("coder", "who read it out of the evidence", "coder"),
    Grouping("end_reason", "why it stopped holding", "end_reason"),
    Grouping("source", "a source of its evidence", "documents", "sources"),
    Grouping("year", "the year of its attestation", "attested_on", length=4),
    Grouping("month", "the month of its attestation", "attested_on", length=7),
)  # fmt: skip
