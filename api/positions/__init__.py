"""A **position** is what a holder does with a proposition, by the evidence of statements.

Russia (holder) rejects (force) the truce (proposition); its spokesman (speaker) says so. A position
with `responds_to` is an answer, to a proposal, one of its components or another position; one with
`under` holds only under these preconditions. A change of mind ends it and opens the next.
"""

from api.evidence.table import EXPANSIONS, SORTS
from api.positions import rows, rules, table
from api.positions.schemas import PositionDraftSchema, PositionRecordSchema
from api.web.resource import Resource

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
    expansions=EXPANSIONS,
    table=table.POSITIONS_TABLE,
    filters=table.FILTERS,
    sorts=SORTS,
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
    groupings=table.GROUPINGS,
)
