"""Tables of the ledger, the ten nouns and the API keys.

Revision: 0001, after None.
"""

import sqlalchemy as sa
from alembic import op

from api.ledger.truth.guards import guard_statements

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "actors",
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded", sa.BigInteger(), nullable=False, comment="shown from this changeset on"
        ),
        sa.Column(
            "superseded", sa.BigInteger(), nullable=False, comment="shown until before this one"
        ),
        sa.Column("id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the revision it shows"),
        sa.Column("changeset", sa.BigInteger(), nullable=False, comment="the revision's changeset"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="the revision's hash"),
        sa.Column("kind", KEY, nullable=False, comment="its kind"),
        sa.Column("part_of", KEY, comment="the actor of which it is a part"),
        sa.Column("iso3166", KEY, comment="ISO 3166-1 alpha-3"),
        sa.Column("wikidata", KEY, comment="Wikidata item"),
        sa.Column("search", sa.Text(), nullable=False, comment="folded names"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="rendered JSON, last brace missing"
        ),
        sa.PrimaryKeyConstraint("ordinal", "recorded"),
        sqlite_with_rowid=False,
    )
    op.create_index("actors_by_id", "actors", ["id", "recorded"])
    op.create_index("actors_by_iso3166", "actors", ["iso3166", "ordinal", "recorded"])
    op.create_index("actors_by_kind", "actors", ["kind", "ordinal", "recorded"])
    op.create_index("actors_by_part_of", "actors", ["part_of", "ordinal", "recorded"])
    op.create_index("actors_by_wikidata", "actors", ["wikidata", "ordinal", "recorded"])
    op.create_table(
        "api_key",
        sa.Column("name", KEY, nullable=False, comment="the author of its changesets"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False, comment="of the key itself"),
        sa.Column("scopes", sa.Text(), nullable=False, comment="separated by blanks"),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="microseconds since 1970"),
        sa.Column(
            "revoked_at", sa.BigInteger(), comment="microseconds since 1970; null while it is good"
        ),
        sa.PrimaryKeyConstraint("name"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_table(
        "axioms",
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded", sa.BigInteger(), nullable=False, comment="shown from this changeset on"
        ),
        sa.Column(
            "superseded", sa.BigInteger(), nullable=False, comment="shown until before this one"
        ),
        sa.Column("id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the revision it shows"),
        sa.Column("changeset", sa.BigInteger(), nullable=False, comment="the revision's changeset"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="the revision's hash"),
        sa.Column("conflict", KEY, nullable=False, comment="its conflict"),
        sa.Column("author", KEY, nullable=False, comment="the analyst"),
        sa.Column("kind", KEY, nullable=False, comment="its kind"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="rendered JSON, last brace missing"
        ),
        sa.PrimaryKeyConstraint("ordinal", "recorded"),
        sqlite_with_rowid=False,
    )
    op.create_index("axioms_by_conflict", "axioms", ["conflict", "ordinal", "recorded"])
    op.create_index("axioms_by_id", "axioms", ["id", "recorded"])
    op.create_table(
        "changeset",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="from 1, in commit order, without a gap",
        ),
        sa.Column(
            "recorded_at",
            sa.BigInteger(),
            nullable=False,
            comment="microseconds since 1970 in UTC, strictly increasing",
        ),
        sa.Column("author", sa.Text(), nullable=False, comment="the name of the key that wrote"),
        sa.Column("message", sa.Text(), nullable=False, comment="why, in the author's words"),
        sa.Column(
            "contents",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 over its revisions' hashes",
        ),
        sa.Column(
            "previous", sa.LargeBinary(), nullable=False, comment="hash of the changeset before"
        ),
        sa.Column(
            "hash", sa.LargeBinary(), nullable=False, comment="SHA-256 over all of the above"
        ),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("recorded_at"),
    )
    op.create_table(
        "conflicts",
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded", sa.BigInteger(), nullable=False, comment="shown from this changeset on"
        ),
        sa.Column(
            "superseded", sa.BigInteger(), nullable=False, comment="shown until before this one"
        ),
        sa.Column("id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the revision it shows"),
        sa.Column("changeset", sa.BigInteger(), nullable=False, comment="the revision's changeset"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="the revision's hash"),
        sa.Column("kind", KEY, nullable=False, comment="its kind"),
        sa.Column("valid_start", KEY, nullable=False, comment="earliest possible first day"),
        sa.Column("valid_end", KEY, nullable=False, comment="latest possible first day after"),
        sa.Column("search", sa.Text(), nullable=False, comment="folded name and summary"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="rendered JSON, last brace missing"
        ),
        sa.PrimaryKeyConstraint("ordinal", "recorded"),
        sqlite_with_rowid=False,
    )
    op.create_index("conflicts_by_id", "conflicts", ["id", "recorded"])
    op.create_index("conflicts_by_kind", "conflicts", ["kind", "ordinal", "recorded"])
    op.create_index("conflicts_by_valid_start", "conflicts", ["valid_start", "ordinal", "recorded"])
    op.create_table(
        "facet",
        sa.Column("noun", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False, comment="a reference's path or a derived list"),
        sa.Column("value", KEY, nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded",
            sa.BigInteger(),
            nullable=False,
            comment="with ordinal: the version it is of",
        ),
        sa.PrimaryKeyConstraint("noun", "name", "value", "ordinal", "recorded"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "issues",
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded", sa.BigInteger(), nullable=False, comment="shown from this changeset on"
        ),
        sa.Column(
            "superseded", sa.BigInteger(), nullable=False, comment="shown until before this one"
        ),
        sa.Column("id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the revision it shows"),
        sa.Column("changeset", sa.BigInteger(), nullable=False, comment="the revision's changeset"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="the revision's hash"),
        sa.Column("conflict", KEY, nullable=False, comment="its conflict"),
        sa.Column("parent", KEY, comment="the issue of which it is a part"),
        sa.Column("search", sa.Text(), nullable=False, comment="folded name"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="rendered JSON, last brace missing"
        ),
        sa.PrimaryKeyConstraint("ordinal", "recorded"),
        sqlite_with_rowid=False,
    )
    op.create_index("issues_by_conflict", "issues", ["conflict", "ordinal", "recorded"])
    op.create_index("issues_by_id", "issues", ["id", "recorded"])
    op.create_index("issues_by_parent", "issues", ["parent", "ordinal", "recorded"])
    op.create_table(
        "positions",
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded", sa.BigInteger(), nullable=False, comment="shown from this changeset on"
        ),
        sa.Column(
            "superseded", sa.BigInteger(), nullable=False, comment="shown until before this one"
        ),
        sa.Column("id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the revision it shows"),
        sa.Column("changeset", sa.BigInteger(), nullable=False, comment="the revision's changeset"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="the revision's hash"),
        sa.Column(
            "conflict", KEY, nullable=False, comment="conflict of its proposition or proposal"
        ),
        sa.Column("holder", KEY, nullable=False, comment="who holds it"),
        sa.Column(
            "force", KEY, nullable=False, comment="what the holder does with the proposition"
        ),
        sa.Column(
            "negated", sa.Boolean(), nullable=False, comment="about the proposition's opposite"
        ),
        sa.Column("proposition", KEY, comment="what it is about"),
        sa.Column("speaker", KEY, comment="who says it"),
        sa.Column("voice", KEY, nullable=False, comment="who speaks, seen from the holder"),
        sa.Column("attestation", KEY, nullable=False, comment="how the source gives it"),
        sa.Column("rank", KEY, nullable=False, comment="which of several to use"),
        sa.Column("coder", KEY, comment="who read it out of the evidence"),
        sa.Column("end_reason", KEY, comment="why it stopped holding"),
        sa.Column("attested_on", KEY, nullable=False, comment="day of attestation"),
        sa.Column("stated_from", KEY, nullable=False, comment="earliest day on which it was said"),
        sa.Column("stated_to", KEY, nullable=False, comment="latest"),
        sa.Column("valid_start", KEY, nullable=False, comment="earliest possible first day"),
        sa.Column("valid_end", KEY, nullable=False, comment="latest possible first day after"),
        sa.Column(
            "search", sa.Text(), nullable=False, comment="folded words of it and its evidence"
        ),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="rendered JSON, last brace missing"
        ),
        sa.PrimaryKeyConstraint("ordinal", "recorded"),
        sqlite_with_rowid=False,
    )
    op.create_index("positions_by_attested_on", "positions", ["attested_on", "ordinal", "recorded"])
    op.create_index("positions_by_coder", "positions", ["coder", "ordinal", "recorded"])
    op.create_index("positions_by_conflict", "positions", ["conflict", "ordinal", "recorded"])
    op.create_index("positions_by_force", "positions", ["force", "ordinal", "recorded"])
    op.create_index("positions_by_holder", "positions", ["holder", "ordinal", "recorded"])
    op.create_index("positions_by_id", "positions", ["id", "recorded"])
    op.create_index("positions_by_proposition", "positions", ["proposition", "ordinal", "recorded"])
    op.create_index("positions_by_speaker", "positions", ["speaker", "ordinal", "recorded"])
    op.create_index("positions_by_stated_from", "positions", ["stated_from", "ordinal", "recorded"])
    op.create_index("positions_by_valid_start", "positions", ["valid_start", "ordinal", "recorded"])
    op.create_table(
        "preconditions",
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded", sa.BigInteger(), nullable=False, comment="shown from this changeset on"
        ),
        sa.Column(
            "superseded", sa.BigInteger(), nullable=False, comment="shown until before this one"
        ),
        sa.Column("id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the revision it shows"),
        sa.Column("changeset", sa.BigInteger(), nullable=False, comment="the revision's changeset"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="the revision's hash"),
        sa.Column("conflict", KEY, nullable=False, comment="conflict of its propositions"),
        sa.Column("holder", KEY, nullable=False, comment="who holds it"),
        sa.Column("antecedents_kind", KEY, nullable=False, comment="stated, none or unspecified"),
        sa.Column("modality", KEY, nullable=False, comment="how they bind"),
        sa.Column("timing", KEY, comment="what comes first"),
        sa.Column("exhaustive", sa.Boolean(), comment="all of them"),
        sa.Column("speaker", KEY, comment="who says it"),
        sa.Column("voice", KEY, nullable=False, comment="who speaks, seen from the holder"),
        sa.Column("attestation", KEY, nullable=False, comment="how the source gives it"),
        sa.Column("rank", KEY, nullable=False, comment="which of several to use"),
        sa.Column("coder", KEY, comment="who read it out of the evidence"),
        sa.Column("end_reason", KEY, comment="why it stopped holding"),
        sa.Column("attested_on", KEY, nullable=False, comment="day of attestation"),
        sa.Column("stated_from", KEY, nullable=False, comment="earliest day on which it was said"),
        sa.Column("stated_to", KEY, nullable=False, comment="latest"),
        sa.Column("deadline_from", KEY, nullable=False, comment="earliest deadline"),
        sa.Column("deadline_to", KEY, nullable=False, comment="latest"),
        sa.Column("valid_start", KEY, nullable=False, comment="earliest possible first day"),
        sa.Column("valid_end", KEY, nullable=False, comment="latest possible first day after"),
        sa.Column(
            "search", sa.Text(), nullable=False, comment="folded words of it and its evidence"
        ),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="rendered JSON, last brace missing"
        ),
        sa.PrimaryKeyConstraint("ordinal", "recorded"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "preconditions_by_antecedents_kind",
        "preconditions",
        ["antecedents_kind", "ordinal", "recorded"],
    )
    op.create_index(
        "preconditions_by_attested_on", "preconditions", ["attested_on", "ordinal", "recorded"]
    )
    op.create_index("preconditions_by_coder", "preconditions", ["coder", "ordinal", "recorded"])
    op.create_index(
        "preconditions_by_conflict", "preconditions", ["conflict", "ordinal", "recorded"]
    )
    op.create_index("preconditions_by_holder", "preconditions", ["holder", "ordinal", "recorded"])
    op.create_index("preconditions_by_id", "preconditions", ["id", "recorded"])
    op.create_index("preconditions_by_speaker", "preconditions", ["speaker", "ordinal", "recorded"])
    op.create_index(
        "preconditions_by_stated_from", "preconditions", ["stated_from", "ordinal", "recorded"]
    )
    op.create_index(
        "preconditions_by_valid_start", "preconditions", ["valid_start", "ordinal", "recorded"]
    )
    op.create_table(
        "proposals",
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded", sa.BigInteger(), nullable=False, comment="shown from this changeset on"
        ),
        sa.Column(
            "superseded", sa.BigInteger(), nullable=False, comment="shown until before this one"
        ),
        sa.Column("id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the revision it shows"),
        sa.Column("changeset", sa.BigInteger(), nullable=False, comment="the revision's changeset"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="the revision's hash"),
        sa.Column("conflict", KEY, nullable=False, comment="its conflict"),
        sa.Column("revises", KEY, comment="the proposal of which it is a new version"),
        sa.Column("made_from", KEY, nullable=False, comment="earliest day on which it was made"),
        sa.Column("made_to", KEY, nullable=False, comment="latest"),
        sa.Column("search", sa.Text(), nullable=False, comment="folded title and labels"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="rendered JSON, last brace missing"
        ),
        sa.PrimaryKeyConstraint("ordinal", "recorded"),
        sqlite_with_rowid=False,
    )
    op.create_index("proposals_by_conflict", "proposals", ["conflict", "ordinal", "recorded"])
    op.create_index("proposals_by_id", "proposals", ["id", "recorded"])
    op.create_index("proposals_by_made_from", "proposals", ["made_from", "ordinal", "recorded"])
    op.create_index("proposals_by_revises", "proposals", ["revises", "ordinal", "recorded"])
    op.create_table(
        "propositions",
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded", sa.BigInteger(), nullable=False, comment="shown from this changeset on"
        ),
        sa.Column(
            "superseded", sa.BigInteger(), nullable=False, comment="shown until before this one"
        ),
        sa.Column("id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the revision it shows"),
        sa.Column("changeset", sa.BigInteger(), nullable=False, comment="the revision's changeset"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="the revision's hash"),
        sa.Column("conflict", KEY, nullable=False, comment="its conflict"),
        sa.Column("search", sa.Text(), nullable=False, comment="folded text"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="rendered JSON, last brace missing"
        ),
        sa.PrimaryKeyConstraint("ordinal", "recorded"),
        sqlite_with_rowid=False,
    )
    op.create_index("propositions_by_conflict", "propositions", ["conflict", "ordinal", "recorded"])
    op.create_index("propositions_by_id", "propositions", ["id", "recorded"])
    op.create_table(
        "revision",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="from 1, in the order of writing",
        ),
        sa.Column("noun", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="from 1 within the record"),
        sa.Column("changeset", sa.BigInteger(), nullable=False),
        sa.Column("tombstone", sa.Boolean(), nullable=False, comment="the record was retracted"),
        sa.Column(
            "body",
            sa.LargeBinary(),
            nullable=False,
            comment="canonical bytes; empty in a tombstone",
        ),
        sa.Column(
            "hash",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 over noun, id, number and body",
        ),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("noun", "id", "number"),
    )
    op.create_index(op.f("ix_revision_changeset"), "revision", ["changeset"])
    op.create_table(
        "sources",
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded", sa.BigInteger(), nullable=False, comment="shown from this changeset on"
        ),
        sa.Column(
            "superseded", sa.BigInteger(), nullable=False, comment="shown until before this one"
        ),
        sa.Column("id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the revision it shows"),
        sa.Column("changeset", sa.BigInteger(), nullable=False, comment="the revision's changeset"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="the revision's hash"),
        sa.Column("kind", KEY, nullable=False, comment="its kind"),
        sa.Column("publisher", KEY, comment="who published it"),
        sa.Column("language", KEY, nullable=False, comment="BCP 47"),
        sa.Column("text_sha256", KEY, comment="the text that it declares"),
        sa.Column("published_from", KEY, nullable=False, comment="earliest day of publication"),
        sa.Column("published_to", KEY, nullable=False, comment="latest"),
        sa.Column("search", sa.Text(), nullable=False, comment="folded title"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="rendered JSON, last brace missing"
        ),
        sa.PrimaryKeyConstraint("ordinal", "recorded"),
        sqlite_with_rowid=False,
    )
    op.create_index("sources_by_id", "sources", ["id", "recorded"])
    op.create_index("sources_by_kind", "sources", ["kind", "ordinal", "recorded"])
    op.create_index(
        "sources_by_published_from", "sources", ["published_from", "ordinal", "recorded"]
    )
    op.create_index("sources_by_publisher", "sources", ["publisher", "ordinal", "recorded"])
    op.create_index("sources_by_text_sha256", "sources", ["text_sha256", "ordinal", "recorded"])
    op.create_table(
        "statements",
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded", sa.BigInteger(), nullable=False, comment="shown from this changeset on"
        ),
        sa.Column(
            "superseded", sa.BigInteger(), nullable=False, comment="shown until before this one"
        ),
        sa.Column("id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the revision it shows"),
        sa.Column("changeset", sa.BigInteger(), nullable=False, comment="the revision's changeset"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="the revision's hash"),
        sa.Column("source", KEY, nullable=False, comment="where it stands"),
        sa.Column("speaker", KEY, comment="who says it"),
        sa.Column("on_behalf_of", KEY, comment="in whose name"),
        sa.Column("audience", KEY, comment="to whom"),
        sa.Column("attestation", KEY, nullable=False, comment="how the source gives it"),
        sa.Column(
            "verified", sa.Boolean(), nullable=False, comment="found in the source's present text"
        ),
        sa.Column("stated_from", KEY, nullable=False, comment="earliest day on which it was said"),
        sa.Column("stated_to", KEY, nullable=False, comment="latest"),
        sa.Column("attested_on", KEY, nullable=False, comment="day by which the source attests it"),
        sa.Column("search", sa.Text(), nullable=False, comment="folded words"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="rendered JSON, last brace missing"
        ),
        sa.PrimaryKeyConstraint("ordinal", "recorded"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "statements_by_attested_on", "statements", ["attested_on", "ordinal", "recorded"]
    )
    op.create_index("statements_by_audience", "statements", ["audience", "ordinal", "recorded"])
    op.create_index("statements_by_id", "statements", ["id", "recorded"])
    op.create_index(
        "statements_by_on_behalf_of", "statements", ["on_behalf_of", "ordinal", "recorded"]
    )
    op.create_index("statements_by_source", "statements", ["source", "ordinal", "recorded"])
    op.create_index("statements_by_speaker", "statements", ["speaker", "ordinal", "recorded"])
    op.create_index(
        "statements_by_stated_from", "statements", ["stated_from", "ordinal", "recorded"]
    )
    op.create_table(
        "text",
        sa.Column("sha256", KEY, nullable=False, comment="of the UTF-8 bytes, in hexadecimal"),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    for statement in guard_statements(op.get_bind().dialect.name):
        op.execute(statement)
