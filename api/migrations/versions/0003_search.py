"""Search: a document for each version, and a full-text index for each engine.

Revision: 0003, after 0002. The documents are made when the projections are rebuilt.
"""

import sqlalchemy as sa
from alembic import op

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

revision = "0003"
down_revision = "0002"

# Without positions and sizes: phrases are held against the words, and nothing is ranked here.
_FTS5 = (
    "CREATE VIRTUAL TABLE search_index USING fts5(words, marks, content='search_document', "
    "content_rowid='place', tokenize='ascii', detail='none', columnsize=0, prefix='1 2 3')"
)
_INDEXED = (
    "CREATE TRIGGER search_document_is_indexed AFTER INSERT ON search_document BEGIN "
    "INSERT INTO search_index(rowid, words, marks) VALUES (NEW.place, NEW.words, NEW.marks); END"
)
_FORGOTTEN = (
    "CREATE TRIGGER search_document_is_forgotten AFTER DELETE ON search_document BEGIN "
    "INSERT INTO search_index(search_index, rowid, words, marks) "
    "VALUES ('delete', OLD.place, OLD.words, OLD.marks); END"
)
_GIN = (
    "CREATE INDEX search_index ON search_document "
    "USING gin (array_to_tsvector(string_to_array((words || ' '::text) || marks, ' '::text)))"
)


def upgrade() -> None:
    op.create_table(
        "search_document",
        sa.Column(
            "place",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="ordinal, then recorded, in one number",
        ),
        sa.Column("noun", KEY, nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded",
            sa.BigInteger(),
            nullable=False,
            comment="with ordinal: the version it is of",
        ),
        sa.Column("words", KEY, nullable=False, comment="folded, single blanks between them"),
        sa.Column("marks", sa.Text(), nullable=False, comment="noun and conflict, as words"),
        sa.PrimaryKeyConstraint("place"),
    )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (_FTS5, _INDEXED, _FORGOTTEN) if on_sqlite else (_GIN,):
        op.execute(statement)
