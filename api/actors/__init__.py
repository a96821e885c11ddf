"""An **actor** holds, says, is asked or is addressed: a state, a person, a collective.

A person holds offices, and an office speaks for an actor: the Kremlin's spokesman for the Kremlin,
which is part of Russia. A collective such as "the West" lists its members or leaves them open.
"""

from api.actors import rules, table
from api.actors.schemas import ActorRecordSchema
from api.ledger.noun import Alike, Expansion, Noun, Widening
from api.ledger.reading.search import NAMES
from api.web.contract.schemas import read_served

ACTORS = Noun(
    name="actors",
    singular="actor",
    label="name",
    **read_served(ActorRecordSchema),
    expansions=(
        Expansion("positions", "what it holds on the day", "positions", by="holder"),
        Expansion(
            "preconditions",
            "what it makes a condition of what on the day",
            "preconditions",
            by="holder",
        ),
    ),
    table=table.ACTORS_TABLE,
    references=table.REFERENCES,
    filters=table.FILTERS,
    check=rules.check_record,
    derive=rules.derive_fields,
    words=rules.list_names,
    names=rules.list_names,
    alike=Alike.IN_ANY_ORDER,
    identities=rules.map_identities,
    facets=("wholes", NAMES),
    widenings=(Widening("members", along=("members", "actor")), Widening("parts", facet="wholes")),
)
