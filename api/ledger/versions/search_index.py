"""Full-text search over the nouns with words (`Noun.words`): a projection like the others.

A *document* holds the words of one version. It is inserted with the version and never changed, and
joined to the version when it is read, so that a hit shows what was known then. Its `place` grows in
the order in which the registry first recorded its records. Newest first is therefore a backward
scan of the index, and a page costs what it shows, whatever the number of documents.

Each engine finds documents by single words in an index that its database maintains: FTS5 by
triggers, PostgreSQL by a GIN index on an expression. `words` splits the words of documents and
queries alike, and phrases and exclusions are compared with the document's words. So both engines
find the same documents. The noun and the conflict by which a search can be narrowed are *marks* in
the document.

A position has words only if somebody is quoted or a coder left a note. A recorded vote has none: it
costs the index nothing, and is found through its proposition.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import BigInteger, Column, Connection, Table, Text
from sqlalchemy.exc import DatabaseError

from api.ledger.store.tables import KEY, SERIAL, metadata

VECTOR = "array_to_tsvector(string_to_array((words || ' '::text) || marks, ' '::text))"
"""The expression that PostgreSQL's index is on; queries must repeat it to the letter."""

document = Table(
    "search_document",
    metadata,
    Column("place", SERIAL, primary_key=True, autoincrement=False,
           comment="ordinal, then recorded, in one number"),
    Column("noun", KEY, nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Column("recorded", BigInteger, nullable=False, comment="with ordinal: the version it is of"),
    Column("words", KEY, nullable=False, comment="folded, single blanks between them"),
    Column("marks", Text, nullable=False, comment="noun and conflict, as words"),
)  # fmt: skip

# Without positions and sizes: phrases are compared with the words, and no ranking is done here.
_SQLITE_INDEX = [
    """
    CREATE VIRTUAL TABLE search_index USING fts5(
        words, marks, content='search_document', content_rowid='place', tokenize='ascii',
        detail='none', columnsize=0, prefix='1 2 3'
    )
    """,
    """
    CREATE TRIGGER search_document_is_indexed AFTER INSERT ON search_document BEGIN
        INSERT INTO search_index(rowid, words, marks) VALUES (NEW.place, NEW.words, NEW.marks);
    END
    """,
    """
    CREATE TRIGGER search_document_is_forgotten AFTER DELETE ON search_document BEGIN
        INSERT INTO search_index(search_index, rowid, words, marks)
        VALUES ('delete', OLD.place, OLD.words, OLD.marks);
    END
    """,
]
_POSTGRESQL_INDEX = [f"CREATE INDEX search_index ON search_document USING gin ({VECTOR})"]


def index_statements(dialect: str) -> Sequence[str]:
    """Return the DDL of the full-text index on "sqlite" or "postgresql"."""
    return _SQLITE_INDEX if dialect == "sqlite" else _POSTGRESQL_INDEX


def renew_index(connection: Connection) -> None:
    """Rebuild SQLite's full-text index from the documents, whatever it held before.

    This must come before documents are deleted: FTS5 fails to remove one that it does not hold.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO search_index(search_index) VALUES('rebuild')")


def index_faults(connection: Connection) -> Iterator[str]:
    """Yield a sentence if SQLite's full-text index differs from the documents.

    PostgreSQL's is an ordinary index, which cannot be changed apart from its table.
    """
    if connection.dialect.name == "sqlite":
        check = "INSERT INTO search_index(search_index, rank) VALUES('integrity-check', 1)"
        try:
            connection.exec_driver_sql(check)
        except DatabaseError:
            yield "search_index: differs from the documents; run `sinequanon db reindex`"
