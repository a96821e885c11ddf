"""A **precondition** says that a holder makes the antecedents a condition of the consequents.

"The conflict can only end if Ukraine accepts the annexation": the antecedent is the acceptance, the
consequent the end, Ukraine the obligor. An explicit call for talks *without* any condition is a
precondition, too, of kind `none`. A precondition is coded only if words show it (`cue`).
"""

from sqlalchemy import Boolean, Column, Text

from api.evidence import table as evidence
from api.ledger.noun import Filter, Kind
from api.ledger.store.tables import BROAD, CLUSTERED, KEY, SCANNED, covering_index, index_table
from api.preconditions import rows, rules
from api.preconditions.schemas import PreconditionDraftSchema, PreconditionRecordSchema
from api.vocabulary import ANTECEDENTS_KIND, MODALITY, TIMING
from api.web.resource import Resource

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
    Filter("conflict", "the conflict of its propositions", noun="conflicts"),
    Filter("issue", "an issue of its propositions", "issues", noun="issues"),
    Filter("obligor", "an actor whose act it waits for", "obligors", noun="actors"),
    Filter("antecedent", "a proposition among its antecedents, negated or not", "antecedents",
           noun="propositions"),
    Filter("consequent", "a proposition among its consequents, negated or not", "consequents",
           noun="propositions"),
    Filter("text", "words of its cue, propositions, quotes or gists", "search", kind=Kind.TEXT),
    *evidence.EVIDENCE_FILTERS,
    Filter("antecedents_kind", "whether conditions are stated", codes=ANTECEDENTS_KIND, rare=True),
    Filter("modality", "how the antecedents bind", codes=MODALITY, rare=True),
    Filter("timing", "whether the antecedent must come first", codes=TIMING, rare=True),
    Filter("exhaustive", "whether these are all the conditions", kind=Kind.FLAG, rare=True),
    evidence.VOICE_FILTER,
    *evidence.RARE_FILTERS,
    Filter("deadline", "by when the antecedents must be", "deadline_from deadline_to",
           kind=Kind.RANGE, rare=True),
)  # fmt: skip

PRECONDITIONS = Resource(
    name="preconditions",
    label="id",
    draft=PreconditionDraftSchema,
    record=PreconditionRecordSchema,
    about=(
        "Who makes what a condition of what. A precondition names its antecedents (any one "
        "alternative, with all its members) and its consequents; an explicit absence of "
        "conditions is recorded as `antecedents_kind=none`. The server adds the actors whose act "
        "it waits for (`obligors`), conflict, issues, voice and quotes. For a table of what is "
        "asked of Ukraine, ask for `/v1/preconditions.csv?obligor=ukraine`."
    ),
    to_write=(
        "Give `antecedents`, or an `antecedents_kind` that says why there are none. Give also "
        "`modality`: without it the condition constrains nothing. If you leave out `attestation`, "
        "`attested_on` and `speaker`, they are taken from the first statement in evidence."
    ),
    made_from=("holder", "antecedents_kind", "consequents"),
    example_id="russia-end-needs-annexation",
    retractable_id="belarus-talks-no-preconditions",
    example={
        "holder": "belarus",
        "antecedents": [["truce"]],
        "consequents": ["!escalation"],
        "modality": "necessary",
        "evidence": ["lukashenko-stop-now"],
    },
    later=("derived", "antecedents_text", "consequents_text"),
    expansions=evidence.EXPANSIONS,
    table=PRECONDITIONS_TABLE,
    filters=FILTERS,
    sorts=evidence.SORTS,
    check=rules.check_record,
    find_doubts=rules.find_doubts,
    derive=rules.derive_fields,
    normalise=rules.normalise_draft,
    row=rows.make_row,
    facets=("issues", "obligors", "documents"),
)
