"""How preconditions are found: index columns, filters and orders."""

from sqlalchemy import Boolean, Column, Text

from api.evidence import table as evidence
from api.ledger.noun import Filter, Kind
from api.ledger.store.tables import BROAD, CLUSTERED, KEY, SCANNED, covering_index, index_table
from api.vocabulary import ANTECEDENTS_KIND, MODALITY, TIMING

PRECONDITIONS_TABLE = index_table(
    "preconditions",
    Column("conflict", KEY, nullable=False, comment="conflict of its propositions",
           info={**covering_index(), **BROAD}),
    Column("holder", KEY, nullable=False, comment="who holds it",
           info={**covering_index(), **CLUSTERED}),
    Column("antecedents_kind", KEY, nullable=False, comment="stated, none or unspecified"),
    Column("modality", KEY, nullable=False, comment="how they bind", info=SCANNED),
    Column("timing", KEY, comment="what comes first", info=SCANNED),
    Column("exhaustive", Boolean(create_constraint=False), comment="all of them", info=SCANNED),
    Column("deadline_from", KEY, nullable=False, comment="earliest deadline", info=SCANNED),
    Column("deadline_to", KEY, nullable=False, comment="latest", info=SCANNED),
    *evidence.make_evidence_index(),
    Column("search", Text, nullable=False, comment="folded words of it and its evidence",
           info=SCANNED),
)  # fmt: skip

FILTERS = (
    *evidence.HOLDER_FILTERS,
    Filter("conflict", Kind.EQUAL, "the conflict of its propositions", noun="conflicts"),
    Filter("issue", Kind.EQUAL, "an issue of its propositions", "issues", noun="issues"),
    Filter("obligor", Kind.EQUAL, "an actor whose act it waits for", "obligors", noun="actors"),
    Filter("antecedent", Kind.EQUAL, "a proposition among its antecedents, negated or not",
           "antecedents", noun="propositions"),
    Filter("consequent", Kind.EQUAL, "a proposition among its consequents, negated or not",
           "consequents", noun="propositions"),
    Filter("text", Kind.TEXT, "words of its cue, propositions, quotes or gists", "search"),
    *evidence.EVIDENCE_FILTERS,
    Filter("antecedents_kind", Kind.EQUAL, "whether conditions are stated", codes=ANTECEDENTS_KIND,
           rare=True),
    Filter("modality", Kind.EQUAL, "how the antecedents bind", codes=MODALITY, rare=True),
    Filter("timing", Kind.EQUAL, "whether the antecedent must come first", codes=TIMING, rare=True),
    Filter("exhaustive", Kind.FLAG, "whether these are all the conditions", rare=True),
    evidence.VOICE_FILTER,
    *evidence.RARE_FILTERS,
    Filter("deadline", Kind.RANGE, "by when the antecedents must be",
           "deadline_from deadline_to", rare=True),
)  # fmt: skip
