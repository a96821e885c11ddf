"""How conflicts are found: index columns, filters and orders."""

from sqlalchemy import Column, Text

from api.ledger.noun import Filter, Kind
from api.ledger.store.tables import KEY, SCANNED, covering_index, index_table
from api.vocabulary import CONFLICT_KIND, PARTY_STATUS

CONFLICTS_TABLE = index_table(
    "conflicts",
    Column("kind", KEY, nullable=False, comment="its kind"),
    Column("valid_start", KEY, nullable=False, comment="earliest possible first day",
           info=covering_index()),
    Column("valid_end", KEY, nullable=False, comment="latest possible first day after",
           info=SCANNED),
    Column("search", Text, nullable=False, comment="folded name and summary", info=SCANNED),
)  # fmt: skip

FILTERS = (
    Filter("text", Kind.TEXT, "words of its name or summary", "search"),
    Filter("party", Kind.EQUAL, "an actor with a standing in it", "parties.actor", noun="actors"),
    Filter("kind", Kind.EQUAL, "what sort of conflict it is", codes=CONFLICT_KIND),
    Filter("status", Kind.EQUAL, "a standing that somebody has in it", "statuses",
           codes=PARTY_STATUS, rare=True),
)  # fmt: skip

SORTS = {"valid_from": "valid_start"}
