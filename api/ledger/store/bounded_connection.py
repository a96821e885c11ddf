"""A connection to PostgreSQL with a deadline of its own, because a frozen server keeps none."""

from contextlib import suppress
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

_CANCEL_SECONDS = 1


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is closed if the server does not answer within `patience` seconds.

    Whatever else the server works on is cancelled, but no commit: one that waits for a synchronous
    standby would become visible without it, and be lost when that standby takes over.
    """

    patience: float | None = None
    _commits = False

    def commit(self) -> None:
        """Commit the transaction."""
        self._commits = True
        try:
            super().commit()
        finally:
            self._commits = False

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for an answer of the server; raises OperationalError after the timeout."""
        try:
            return super().wait(gen, interval, timeout or self.patience)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                with suppress(psycopg.Error):  # a server that is only slow stops working on it
                    self.cancel_safe(timeout=_CANCEL_SECONDS)
                self.close()
            raise

    def cancel_safe(self, *, timeout: float = 30.0) -> None:
        """Cancel what the server works on, unless that is a commit; psycopg does so on Ctrl-C."""
        if not self._commits:
            super().cancel_safe(timeout=timeout)
