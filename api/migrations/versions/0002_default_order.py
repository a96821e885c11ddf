"""Indexes that follow the default order, facets in that order, the horizon.

Revision: 0002, after 0001. The facets are emptied: `api.migrations.upgrade_database` rebuilds all
projections after a change of the schema.
"""

import sqlalchemy as sa
from alembic import op

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

revision = "0002"
down_revision = "0001"

REPLACED = {
    "actors_by_iso3166": "actors",
    "actors_by_part_of": "actors",
    "actors_by_wikidata": "actors",
    "conflicts_by_kind": "conflicts",
    "conflicts_by_valid_start": "conflicts",
    "issues_by_parent": "issues",
    "positions_by_coder": "positions",
    "positions_by_conflict": "positions",
    "positions_by_force": "positions",
    "positions_by_holder": "positions",
    "positions_by_proposition": "positions",
    "positions_by_speaker": "positions",
    "positions_by_valid_start": "positions",
    "preconditions_by_antecedents_kind": "preconditions",
    "preconditions_by_coder": "preconditions",
    "preconditions_by_conflict": "preconditions",
    "preconditions_by_holder": "preconditions",
    "preconditions_by_speaker": "preconditions",
    "preconditions_by_valid_start": "preconditions",
    "proposals_by_revises": "proposals",
    "sources_by_publisher": "sources",
    "sources_by_text_sha256": "sources",
    "statements_by_audience": "statements",
    "statements_by_on_behalf_of": "statements",
    "statements_by_speaker": "statements",
}

MADE = {
    "actors_by_iso3166": ("actors", ["iso3166", "ordinal", "recorded"]),
    "actors_by_part_of": ("actors", ["part_of", "ordinal", "recorded"]),
    "actors_by_wikidata": ("actors", ["wikidata", "ordinal", "recorded"]),
    "conflicts_by_kind": ("conflicts", ["kind", "valid_start", "ordinal", "recorded"]),
    "conflicts_by_valid_start": (
        "conflicts",
        ["valid_start", "ordinal", "recorded", "superseded", "valid_end"],
    ),
    "issues_by_parent": ("issues", ["parent", "ordinal", "recorded"]),
    "positions_by_coder": ("positions", ["coder", "valid_start", "ordinal", "recorded"]),
    "positions_by_conflict": (
        "positions",
        ["conflict", "valid_start", "ordinal", "recorded", "superseded", "valid_end"],
    ),
    "positions_by_force": ("positions", ["force", "valid_start", "ordinal", "recorded"]),
    "positions_by_holder": (
        "positions",
        ["holder", "valid_start", "ordinal", "recorded", "superseded", "valid_end", "force"],
    ),
    "positions_by_proposition": (
        "positions",
        ["proposition", "valid_start", "ordinal", "recorded", "superseded", "valid_end"],
    ),
    "positions_by_speaker": ("positions", ["speaker", "valid_start", "ordinal", "recorded"]),
    "positions_by_valid_start": (
        "positions",
        ["valid_start", "ordinal", "recorded", "superseded", "valid_end"],
    ),
    "preconditions_by_antecedents_kind": (
        "preconditions",
        ["antecedents_kind", "valid_start", "ordinal", "recorded"],
    ),
    "preconditions_by_coder": ("preconditions", ["coder", "valid_start", "ordinal", "recorded"]),
    "preconditions_by_conflict": (
        "preconditions",
        ["conflict", "valid_start", "ordinal", "recorded", "superseded", "valid_end"],
    ),
    "preconditions_by_holder": (
        "preconditions",
        ["holder", "valid_start", "ordinal", "recorded", "superseded", "valid_end"],
    ),
    "preconditions_by_speaker": (
        "preconditions",
        ["speaker", "valid_start", "ordinal", "recorded"],
    ),
    "preconditions_by_valid_start": (
        "preconditions",
        ["valid_start", "ordinal", "recorded", "superseded", "valid_end"],
    ),
    "proposals_by_revises": ("proposals", ["revises", "ordinal", "recorded"]),
    "sources_by_publisher": ("sources", ["publisher", "ordinal", "recorded"]),
    "sources_by_text_sha256": ("sources", ["text_sha256", "ordinal", "recorded"]),
    "statements_by_audience": ("statements", ["audience", "ordinal", "recorded"]),
    "statements_by_on_behalf_of": ("statements", ["on_behalf_of", "ordinal", "recorded"]),
    "statements_by_speaker": ("statements", ["speaker", "ordinal", "recorded"]),
}

PRESENT = {
    "actors_by_iso3166": "iso3166",
    "actors_by_part_of": "part_of",
    "actors_by_wikidata": "wikidata",
    "issues_by_parent": "parent",
    "positions_by_coder": "coder",
    "positions_by_proposition": "proposition",
    "positions_by_speaker": "speaker",
    "preconditions_by_coder": "coder",
    "preconditions_by_speaker": "speaker",
    "proposals_by_revises": "revises",
    "sources_by_publisher": "publisher",
    "sources_by_text_sha256": "text_sha256",
    "statements_by_audience": "audience",
    "statements_by_on_behalf_of": "on_behalf_of",
    "statements_by_speaker": "speaker",
}
"""Indexes of what is not null in a column."""


def upgrade() -> None:
    for name, table in REPLACED.items():
        op.drop_index(name, table_name=table)
    for name, (table, columns) in MADE.items():
        where = sa.column(PRESENT[name]).isnot(None) if name in PRESENT else None
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    op.drop_table("facet")
    op.create_table(
        "facet",
        sa.Column("noun", KEY, nullable=False),
        sa.Column(
            "name", KEY, nullable=False, comment="a reference's path, a derived list, or a pair"
        ),
        sa.Column("value", KEY, nullable=False),
        sa.Column("start", KEY, nullable=False, comment="the version's valid_start, if it has any"),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded",
            sa.BigInteger(),
            nullable=False,
            comment="with ordinal: the version it is of",
        ),
        sa.PrimaryKeyConstraint("noun", "name", "value", "start", "ordinal", "recorded"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "horizon",
        sa.Column("noun", KEY, nullable=False),
        sa.Column(
            "recorded", sa.BigInteger(), nullable=False, comment="the changeset that moved it"
        ),
        sa.Column(
            "start",
            KEY,
            nullable=False,
            comment="the latest valid_start recorded until then",
        ),
        sa.PrimaryKeyConstraint("noun", "recorded"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column("positions", "search", comment="folded words of its own")
