"""The ten nouns, ordered so that a noun comes after those that it refers to."""

from collections.abc import Mapping

from api.actors import ACTORS
from api.axioms import AXIOMS
from api.conflicts import CONFLICTS
from api.issues import ISSUES
from api.ledger.noun import Record
from api.ledger.versions.lookup import Key
from api.positions import POSITIONS
from api.preconditions import PRECONDITIONS
from api.proposals import PROPOSALS
from api.propositions import PROPOSITIONS
from api.sources import SOURCES
from api.statements import STATEMENTS
from api.vocabulary import CodeList
from api.web.resource import Resource

NOUNS: tuple[Resource, ...] = (
    SOURCES, ACTORS, CONFLICTS, ISSUES, PROPOSITIONS,
    STATEMENTS, PROPOSALS, PRECONDITIONS, POSITIONS, AXIOMS,
)  # fmt: skip

NOUNS_BY_NAME: Mapping[str, Resource] = {noun.name: noun for noun in NOUNS}

NOUN_CODES = CodeList("noun", "A kind of record.", **{n.name: f"each {n.singular}" for n in NOUNS})


def list_named(noun: str, record: Record) -> list[Key]:
    """List the records that a record of a noun names."""
    references = NOUNS_BY_NAME[noun].references
    return [(ref.to, id) for ref in references for _, id in ref.walk_ids(record)]
