"""The ten nouns, ordered so that a noun comes after those that it refers to."""

from collections.abc import Mapping

from api.actors.routes import RESOURCE as ACTORS
from api.axioms.routes import RESOURCE as AXIOMS
from api.conflicts.routes import RESOURCE as CONFLICTS
from api.issues.routes import RESOURCE as ISSUES
from api.ledger.noun import Noun, Record
from api.ledger.versions.lookup import Key
from api.positions.routes import RESOURCE as POSITIONS
from api.preconditions.routes import RESOURCE as PRECONDITIONS
from api.proposals.routes import RESOURCE as PROPOSALS
from api.propositions.routes import RESOURCE as PROPOSITIONS
from api.sources.routes import RESOURCE as SOURCES
from api.statements.routes import RESOURCE as STATEMENTS
from api.vocabulary import CodeList
from api.web.resource import Resource

RESOURCES: tuple[Resource, ...] = (
    SOURCES, ACTORS, CONFLICTS, ISSUES, PROPOSITIONS,
    STATEMENTS, PROPOSALS, PRECONDITIONS, POSITIONS, AXIOMS,
)  # fmt: skip

NOUNS: tuple[Noun, ...] = tuple(resource.noun for resource in RESOURCES)

NOUNS_BY_NAME: Mapping[str, Noun] = {noun.name: noun for noun in NOUNS}

NOUN_CODES = CodeList("noun", "A kind of record.", **{n.name: f"each {n.singular}" for n in NOUNS})

RESOURCES_BY_NAME: Mapping[str, Resource] = {each.noun.name: each for each in RESOURCES}


def list_named(noun: str, record: Record) -> list[Key]:
    """List the records that a record of a noun names."""
    references = NOUNS_BY_NAME[noun].references
    return [(ref.to, id) for ref in references for _, id in ref.walk_ids(record)]
