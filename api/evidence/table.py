"""The index columns, filters and orders that positions and preconditions share."""

from typing import Any

from sqlalchemy import Column

from api.ledger.noun import Expansion, Filter, Kind
from api.ledger.store.tables import KEY, SCANNED, SORTED, covering_index
from api.vocabulary import ATTESTATION, END_REASON, RANK, VOICE


def make_evidence_index() -> tuple[Column[Any], ...]:
    """Return new index columns for the fields that both nouns have."""
    return (
        Column("speaker", KEY, comment="who says it"),
        Column("voice", KEY, nullable=False, comment="who speaks, seen from the holder",
               info=SCANNED),
        Column("attestation", KEY, nullable=False, comment="how the source gives it",
               info=SCANNED),
        Column("rank", KEY, nullable=False, comment="which of several to use", info=SCANNED),
        Column("coder", KEY, comment="who read it out of the evidence"),
        Column("end_reason", KEY, comment="why it stopped holding", info=SCANNED),
        Column("attested_on", KEY, nullable=False, comment="day of attestation", info=SORTED),
        Column("stated_from", KEY, nullable=False, comment="earliest day on which it was said",
               info=SORTED),
        Column("stated_to", KEY, nullable=False, comment="latest", info=SCANNED),
        Column("valid_start", KEY, nullable=False, comment="earliest possible first day",
               info=covering_index()),
        Column("valid_end", KEY, nullable=False, comment="latest possible first day after",
               info=SCANNED),
    )  # fmt: skip


EXPANSIONS = (Expansion("evidence", "the statements that show it", "statements"),)

HOLDER_FILTERS = (
    Filter("holder", "who holds it", noun="actors"),
    Filter("through", "also those of the holder's members or parts", "holder", kind=Kind.THROUGH),
    Filter(
        "co_holder", "who holds it jointly with the holder", "co_holders", noun="actors", rare=True
    ),
)

EVIDENCE_FILTERS = (
    Filter("attested_on", "when it is attested", "attested_on attested_on", kind=Kind.RANGE),
    Filter("speaker", "who says it for the holder", noun="actors"),
    Filter("source", "a source of its evidence", "documents", noun="sources"),
)

VOICE_FILTER = Filter("voice", "who speaks, seen from the holder", "voice", codes=VOICE, rare=True)

RARE_FILTERS = (
    Filter("attestation", "how the source gives it", codes=ATTESTATION, rare=True),
    Filter("rank", "which of several records to use", codes=RANK, rare=True),
    Filter("coder", "who read it out of the evidence", rare=True),
    Filter("end_reason", "why it stopped holding", codes=END_REASON, rare=True),
    Filter("evidence", "a statement in its evidence", noun="statements", rare=True),
    Filter("end_evidence", "a statement that shows its end", noun="statements", rare=True),
    Filter("stated_on", "when it was said", "stated_from stated_to", kind=Kind.RANGE, rare=True),
)

SORTS = {"attested_on": "attested_on", "stated_on": "stated_from", "valid_from": "valid_start"}
