"""What an operator sees of requests: lines of a log, and metrics.

- **Log**: a line of JSON on standard error, soon after the answer has been sent. It names the route
  and never the address, the query, a header or a body, because those may hold secrets.
- **Metrics**: a histogram of seconds by method, route, status and whether the answer was cached, in
  the text format of Prometheus. Workers of one server add to files that they share
  (`PROMETHEUS_MULTIPROC_DIR`, which `sinequanon serve` sets before this module is loaded).

Both take locks, for which sixty busy threads would queue up, each until Python lets it run. So a
request leaves its record in a queue, and twenty times a second a thread empties that. The metrics
are told of many at once, because they take 3 µs for one. What a killed process had not written is
lost.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from threading import Lock, Timer
from time import perf_counter
from typing import TYPE_CHECKING, Any

import orjson
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from structlog import BytesLogger, wrap_logger
from structlog.processors import JSONRenderer

from api import clock
from api.settings import share_metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

ROUTE, KEY, CACHED = "sinequanon.route", "sinequanon.key", "sinequanon.cached"
"""Keys of the environment of a request, under which the layers behind tell what they know."""

Labels = tuple[str, str, str, bool]
"""Method, route, status, and whether the answer was cached."""

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})

CHANGESET = "Sinequanon-Changeset"
"""The header of a write."""

_DELAY = 0.05
"""After how many seconds a request is in the log and in the metrics."""

_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
           math.inf)  # fmt: skip


class _BatchedHistogram(Histogram):
    """A histogram to which many observations are added at once."""

    def add(self, counts: Sequence[int], seconds: float) -> None:
        """Add the number of observations in each bucket, and their sum."""
        self._sum.inc(seconds)
        for bucket, number in zip(self._buckets, counts, strict=True):
            if number:
                bucket.inc(number)


class _PendingRequests:
    """Requests of which the log and the metrics do not know yet; `records` has what they are told.

    A record is labels, seconds, and maybe a line of the log. If nobody reads the log, one thread
    waits, the metrics go on, and the oldest lines are lost. A process that ends waits until all is
    written.
    """

    def __init__(self) -> None:
        self.histogram = _BatchedHistogram(
            "sinequanon_http_request_duration_seconds",
            "How long requests took until their answer was sent.",
            ("method", "route", "status", "cached"),
            buckets=_BOUNDS,
        )
        self.records = deque[tuple[Labels, float, dict[str, Any] | None]](maxlen=100_000)
        self._lines = deque[dict[str, Any]](maxlen=self.records.maxlen)
        self.is_due, self._counting, self._writing = False, Lock(), Lock()

    def schedule(self) -> None:
        """Let a thread write the records in a moment."""
        self.is_due, timer = True, Timer(_DELAY, self.write)
        timer.daemon = False  # by default it would be one, as the server's threads are
        try:
            timer.start()
        except RuntimeError:  # no thread can be started now; a later request tries again
            self.is_due = False

    def write(self) -> None:
        """Tell the metrics what the records add up to, and write their lines, unless one writes."""
        self.count()
        while self._lines and self._writing.acquire(blocking=False):
            try:
                while self._lines:
                    _log.msg("request", **self._lines.popleft())
            finally:
                self._writing.release()

    def count(self) -> None:
        """Tell the metrics what the records add up to; this never waits for the log."""
        counts = defaultdict[Labels, list[int]](lambda: [0] * len(_BOUNDS))
        sums = defaultdict[Labels, float](float)
        with self._counting:
            self.is_due = False
            for _ in range(len(self.records)):
                labels, seconds, line = self.records.popleft()
                counts[labels][bisect_left(_BOUNDS, seconds)] += 1
                sums[labels] += seconds
                self._lines += [line] if line else []
            for (method, route, status, cached), counted in counts.items():
                child = self.histogram.labels(method, route, status, str(cached).lower())
                child.add(counted, sums[method, route, status, cached])


_log = wrap_logger(
    BytesLogger(sys.stderr.buffer), processors=[JSONRenderer(orjson.dumps)]
).bind()  # fmt: skip
"""Bound once: 6 µs a line instead of 9."""

_pending = _PendingRequests()


def measure(
    environ: WSGIEnvironment, request_id: str, started: float, begun: Sequence[Any], log: str
) -> None:
    """Count and log a request; `begun` are the status and headers of its answer, if it began.

    `log` is the setting of that name: `requests`, `errors` or `off`.
    """
    method, (status, headers) = environ["REQUEST_METHOD"], begun or ("500", ())
    route, cached = environ.get(ROUTE, "none"), CACHED in environ
    labels = method if method in _METHODS else "other", route, status[:3], cached
    seconds, line = perf_counter() - started, None
    if log == "requests" or (log == "errors" and status >= "500"):
        line = {"id": request_id, "method": labels[0], "route": route, "status": int(status[:3]),
                "seconds": round(seconds, 6), "cached": cached,
                "timestamp": clock.format_instant(clock.now())}  # fmt: skip
        if KEY in environ:
            line["key"] = environ[KEY]
        if method != "GET" and (changeset := dict(headers).get(CHANGESET)):
            line["changeset"] = int(changeset)
    _pending.records.append((labels, seconds, line))
    if not _pending.is_due:
        _pending.schedule()


class _FigureCollector(Collector):
    def __init__(self, figures: dict[str, tuple[str, float]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, (about, value) in self._figures.items():
            yield GaugeMetricFamily(f"sinequanon_{name}", about, value)


def render_metrics(figures: dict[str, tuple[str, float]]) -> bytes:
    """Return the requests of all workers and further figures, by name with their description."""
    registry = CollectorRegistry()
    _pending.count()
    if share_metrics():
        MultiProcessCollector(registry)
    else:
        registry.register(_pending.histogram)
    registry.register(_FigureCollector(figures))
    return generate_latest(registry)
