"""How preconditions are found: index columns, references, filters, orders."""

from sqlalchemy import Boolean, Column, Text

from api.evidence.rules import READ_FROM_STATEMENTS
from api.ledger.noun import Filter, Kind, Reference
from api.ledger.tables import BROAD, CLUSTERED, KEY, SCANNED, SORTED, index_table, wide
from api.vocabulary import ANTECEDENTS_KIND, ATTESTATION, END_REASON, MODALITY, RANK, TIMING, VOICE

PRECONDITIONS_TABLE = index_table(
    "preconditions",
    Column("conflict", KEY, nullable=False, comment="conflict of its propositions",
           info={**wide(), **BROAD}),
    Column("holder", KEY, nullable=False, comment="who holds it",
           info={**wide(), **CLUSTERED}),
    Column("antecedents_kind", KEY, nullable=False, comment="stated, none or unspecified"),
    Column("modality", KEY, nullable=False, comment="how they bind", info=SCANNED),
    Column("timing", KEY, comment="what comes first", info=SCANNED),
    Column("exhaustive", Boolean(create_constraint=False), comment="all of them", info=SCANNED),
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
    Column("deadline_from", KEY, nullable=False, comment="earliest deadline", info=SCANNED),
    Column("deadline_to", KEY, nullable=False, comment="latest", info=SCANNED),
    Column("valid_start", KEY, nullable=False, comment="earliest possible first day", info=wide()),
    Column("valid_end", KEY, nullable=False, comment="latest possible first day after",
           info=SCANNED),
    Column("search", Text, nullable=False, comment="folded words of it and its evidence",
           info=SCANNED),
)  # fmt: skip

REFERENCES = (
    Reference("holder", "actors", reads=("kind",)),
    Reference("antecedents[][]", "propositions", reads=("conflict", "issues", "by", "text"),
              literal=True),
    Reference("consequents[]", "propositions", reads=("conflict", "issues", "text"),
              literal=True),
    Reference("speaker", "actors", reads=("offices",)),
    Reference("evidence[]", "statements", reads=READ_FROM_STATEMENTS),
    Reference("replaces", "preconditions", reads=("holder", "valid_to", "replaces")),
)  # fmt: skip

FILTERS = (
    Filter("holder", Kind.EQUAL, "who holds it", "holder", noun="actors"),
    Filter("through", Kind.THROUGH, "also those of the holder's members or parts", "holder"),
    Filter("conflict", Kind.EQUAL, "the conflict of its propositions", "conflict",
           noun="conflicts"),
    Filter("issue", Kind.EQUAL, "an issue of its propositions", "issues", noun="issues"),
    Filter("obligor", Kind.EQUAL, "an actor whose act it waits for", "obligors", noun="actors"),
    Filter("antecedent", Kind.EQUAL, "a proposition among its antecedents, negated or not",
           "antecedents", noun="propositions"),
    Filter("consequent", Kind.EQUAL, "a proposition among its consequents, negated or not",
           "consequents", noun="propositions"),
    Filter("text", Kind.TEXT, "words of its cue, propositions, quotes or gists", "search"),
    Filter("attested_on", Kind.RANGE, "when it is attested", "attested_on attested_on"),
    Filter("speaker", Kind.EQUAL, "who says it for the holder", "speaker", noun="actors"),
    Filter("source", Kind.EQUAL, "a source of its evidence", "documents", noun="sources"),
    Filter("antecedents_kind", Kind.EQUAL, "whether conditions are stated", "antecedents_kind",
           codes=ANTECEDENTS_KIND, rare=True),
    Filter("modality", Kind.EQUAL, "how the antecedents bind", "modality",
           codes=MODALITY, rare=True),
    Filter("timing", Kind.EQUAL, "whether the antecedent must come first", "timing",
           codes=TIMING, rare=True),
    Filter("exhaustive", Kind.FLAG, "whether these are all the conditions", "exhaustive",
           rare=True),
    Filter("voice", Kind.EQUAL, "who speaks, seen from the holder", "voice",
           codes=VOICE, rare=True),
    Filter("attestation", Kind.EQUAL, "how the source gives it", "attestation",
           codes=ATTESTATION, rare=True),
    Filter("rank", Kind.EQUAL, "which of several records to use", "rank", codes=RANK, rare=True),
    Filter("coder", Kind.EQUAL, "who read it out of the evidence", "coder", rare=True),
    Filter("end_reason", Kind.EQUAL, "why it stopped holding", "end_reason",
           codes=END_REASON, rare=True),
    Filter("evidence", Kind.EQUAL, "a statement in its evidence", "evidence",
           noun="statements", rare=True),
    Filter("stated_on", Kind.RANGE, "when it was said", "stated_from stated_to", rare=True),
    Filter("deadline", Kind.RANGE, "by when the antecedents must be",
           "deadline_from deadline_to", rare=True),
)  # fmt: skip

SORTS = {
    "recorded": "ordinal",
    "id": "id",
    "attested_on": "attested_on",
    "stated_on": "stated_from",
    "valid_from": "valid_start",
}
