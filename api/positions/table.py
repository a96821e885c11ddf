"""How positions are found: index columns, filters and orders."""

from sqlalchemy import Boolean, Column, Text

from api.evidence import table as evidence
from api.ledger.noun import Filter, Grouping, Kind
from api.ledger.store.tables import BROAD, CLUSTERED, KEY, SCANNED, covering_index, index_table
from api.vocabulary import FORCE

POSITIONS_TABLE = index_table(
    "positions",
    Column("conflict", KEY, nullable=False, comment="conflict of its proposition or proposal",
           info={**covering_index(), **BROAD}),
    Column("holder", KEY, nullable=False, comment="who holds it",
           info={**covering_index("force", "proposition", "attestation", "voice", "attested_on"),
                 **CLUSTERED}),
    Column("force", KEY, nullable=False, comment="what the holder does with the proposition"),
    Column("negated", Boolean(create_constraint=False), nullable=False,
           comment="about the proposition's opposite", info=SCANNED),
    Column("proposition", KEY, comment="what it is about",
           info=covering_index("force", "attestation")),
    *evidence.make_evidence_index(),
    Column("search", Text, nullable=False, comment="folded words of its own", info=SCANNED),
)  # fmt: skip

FILTERS = (
    *evidence.HOLDER_FILTERS,
    Filter("conflict", Kind.EQUAL, "the conflict it belongs to", noun="conflicts"),
    Filter("issue", Kind.EQUAL, "an issue of its proposition", "issues", noun="issues"),
    Filter("proposition", Kind.EQUAL, "what it is about", noun="propositions"),
    Filter("force", Kind.EQUAL, "what the holder does with the proposition", codes=FORCE),
    Filter("text", Kind.TEXT,
           "words of its proposition, issues, quotes or gists, or of the proposal that it answers "
           "as a whole",
           "search", borrowing=("proposition", "propositions")),
    *evidence.EVIDENCE_FILTERS,
    Filter("responds_to", Kind.EQUAL,
           "the proposal that it answers, whole or in part; `proposal/component` for one part",
           "answers"),
    evidence.VOICE_FILTER,
    Filter("negated", Kind.FLAG, "whether it is about the proposition's opposite", rare=True),
    Filter("target", Kind.EQUAL, "an actor at whom it is directed", "targets",
           noun="actors", rare=True),
    Filter("responds_to_position", Kind.EQUAL, "the position that it answers",
           "responds_to.position", noun="positions", rare=True),
    Filter("under", Kind.EQUAL, "a precondition under which it holds", noun="preconditions",
           rare=True),
    *evidence.RARE_FILTERS,
)  # fmt: skip

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
