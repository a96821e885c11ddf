"""A **position** is what a holder does with a proposition, by the evidence of statements.

Russia (holder) rejects (force) the truce (proposition); its spokesman (speaker) says so. A position
with `responds_to` is an answer, to a proposal, one of its components or another position; one with
`under` holds only under these preconditions. A change of mind ends it and opens the next.
"""

from sqlalchemy import Boolean, Column, Text

from api.evidence import table as evidence
from api.ledger.noun import Filter, Grouping, Kind
from api.ledger.store.tables import BROAD, CLUSTERED, KEY, SCANNED, covering_index, index_table
from api.positions import rows, rules
from api.positions.schemas import PositionDraftSchema, PositionRecordSchema
from api.vocabulary import FORCE
from api.web.resource import Resource

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
    Filter("conflict", "the conflict it belongs to", noun="conflicts"),
    Filter("issue", "an issue of its proposition", "issues", noun="issues"),
    Filter("proposition", "what it is about", noun="propositions"),
    Filter("force", "what the holder does with the proposition", codes=FORCE),
    Filter("text",
           "words of its proposition, issues, quotes or gists, or of the proposal that it answers "
           "as a whole",
           "search", kind=Kind.TEXT, borrowing=("proposition", "propositions")),
    *evidence.EVIDENCE_FILTERS,
    Filter("responds_to",
           "the proposal that it answers, whole or in part; `proposal/component` for one part",
           "answers"),
    evidence.VOICE_FILTER,
    Filter("negated", "whether it is about the proposition's opposite", kind=Kind.FLAG, rare=True),
    Filter("target", "an actor at whom it is directed", "targets", noun="actors", rare=True),
    Filter("responds_to_position", "the position that it answers", "responds_to.position",
           noun="positions", rare=True),
    Filter("under", "a precondition under which it holds", noun="preconditions", rare=True),
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

POSITIONS = Resource(
    name="positions",
    label="id",
    draft=PositionDraftSchema,
    record=PositionRecordSchema,
    about=(
        "Who demands, accepts or rejects what, since when, in which words. A position names its "
        "holder, what the holder does with a proposition (`force`) and the statements that show "
        "it. The server adds conflict, issues, voice and quotes. For a table of what Russia "
        "demands, and in return for what, ask for `/v1/positions.csv?holder=russia&force=demand`."
    ),
    to_write=(
        "Give `evidence`, or `sources` for a recorded vote. If you leave out `attestation`, "
        "`attested_on` and `speaker`, they are taken from the first statement in evidence. If a "
        "demand is made a condition of something, write a precondition beside it."
    ),
    made_from=("holder", "force", "proposition", "attested_on"),
    example_id="russia-rejects-truce",
    retractable_id="belarus-accuses-west-and-ukraine",
    example={
        "holder": "belarus",
        "force": "concern",
        "proposition": "nuclear-war",
        "evidence": ["lukashenko-fears-nuclear-war"],
    },
    later=("derived", "proposition_text"),
    expansions=evidence.EXPANSIONS,
    table=POSITIONS_TABLE,
    filters=FILTERS,
    sorts=evidence.SORTS,
    check=rules.check_record,
    find_doubts=rules.find_doubts,
    derive=rules.derive_fields,
    normalise=rules.normalise_draft,
    batch_key=rules.find_batch_key,
    varying_fields=("holder",),
    within={"sources[]": "documents", "responds_to.proposal": "answers"},
    counted=("holder", "force"),
    words=rules.list_search_texts,
    names=rules.list_names,
    row=rows.make_row,
    facets=("issues", "answers", "documents"),
    compound_facets=(("holder", "issues"),),
    groupings=GROUPINGS,
)
