"""The operations that belong to no noun: probes, metrics, code lists, changesets."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial

import orjson
from flask import Flask, Response
from sqlalchemy.exc import DBAPIError

from api.errors import NotReady
from api.ledger import Ledger
from api.ledger.reading.page_queries import read_one_more
from api.ledger.reading.reader import Reader
from api.ledger.upkeep.health import Health, read_health
from api.vocabulary import CODE_LISTS
from api.web import reading, revisions
from api.web.auth import check_key, public
from api.web.cache.build import build_digest
from api.web.contract.fields import Listed, Told
from api.web.contract.openapi import Blueprint, answers, leads_to, make_link, path_parameter
from api.web.contract.parameters import DayParameter, ListParameter, NumberParameter
from api.web.contract.schemas import StrictSchema
from api.web.observing import METRICS_TYPE, render_metrics
from api.web.queries import NothingSchema
from api.web.requests import current_ledger
from api.web.responses import JSON, answer_computed, answer_tagged

blp = Blueprint(
    "registry",
    __name__,
    description="What was written and when; many records at once, in and out; the code lists.",
)


class CodeSchema(StrictSchema):
    value = Told("the code", required=True)
    about = Told("what it means", required=True)


class CodeListSchema(StrictSchema):
    name = Told("the list's name", required=True)
    about = Told("what it answers", required=True)
    values = Listed(CodeSchema, "its values")


class VocabularySchema(StrictSchema):
    data = Listed(CodeListSchema, "the code lists")


class ChangesetQuerySchema(revisions.NumberedQuerySchema):
    before = NumberParameter("Only those before this number.")
    author = ListParameter("Only those that keys of these names wrote.")
    reviewer = ListParameter("Only those that keys of these names accepted.")
    conflict = ListParameter("Only those that wrote about this conflict.", most=1)
    recorded_on_gte = DayParameter("Only those recorded on this day (UTC) or later.")
    recorded_on_lte = DayParameter("Only those recorded on this day (UTC) or earlier.")


@blp.route("/v1/changesets", methods=["GET"])
@blp.describe("listChangesets", "List changesets", "Every write, newest first, with its hashes: "
              "the registry's audit trail and its clock.")  # fmt: skip
@blp.arguments(ChangesetQuerySchema(), location="query")
@blp.response(200, revisions.ChangesetPageSchema())
@leads_to(200, {"read": make_link("getChangeset", number="$response.body#/data/0/number")})
@answers(304, 422)
@public
def list_changesets(query: revisions.NumberedQuery) -> Response:
    """List changesets."""

    def make_body(reader: Reader) -> bytes:
        rows, more = revisions.read_newest(reader, query)
        following = reading.rewrite_address(before=rows[-1]["number"]) if more else None
        return orjson.dumps({"data": [*map(revisions.show_changeset, rows)], "next": following})

    return reading.answer_asked(query.asked, make_body, heavy=bool(query.about), may_pin=False)


@blp.route(
    "/v1/changesets/<int(max=9007199254740991):number>",
    methods=["GET"],
    parameters=[path_parameter("number", "the number of the changeset", 1)],
)
@blp.describe("getChangeset", "Read one changeset", "With the revisions that it wrote, in order.")
@blp.arguments(revisions.HistoryQuerySchema(), location="query")
@blp.response(200, revisions.ChangesetDetailSchema())
@answers(304, 404, 422)
@public
def get_changeset(query: revisions.NumberedQuery, number: int) -> Response:
    """Read one changeset."""
    with current_ledger().open_reader(query.asked) as reader:
        row = reader.read_changeset(number)

        def make_body() -> bytes:
            read_changes = partial(reader.list_changes, number=number, after=query.cursor or 0)
            rows, more = read_one_more(read_changes, query.limit)
            shown, changes = revisions.show_changeset(row), [*map(revisions.show_change, rows)]
            following = reading.rewrite_address(after=rows[-1]["seq"]) if more else None
            return orjson.dumps({**shown, "changes": changes, "next": following})

        return answer_computed(reader.moment, make_body, JSON, pinned=False)


@blp.route("/v1/vocabulary", methods=["GET"])
@blp.describe("getVocabulary", "Read the code lists", "Every closed list, each value explained.")
@blp.arguments(NothingSchema(), location="query")
@blp.response(200, VocabularySchema())
@answers(304, 422)
@public
def get_vocabulary(_query: object) -> Response:
    """Read the code lists."""
    return answer_tagged(f"vocabulary-{build_digest()}", _encode_vocabulary, JSON, pinned=False)


@cache
def _encode_vocabulary() -> bytes:
    lists = [
        {
            "name": codes.name,
            "about": codes.about,
            "values": [{"value": v, "about": about} for v, about in codes.values.items()],
        }
        for codes in CODE_LISTS
    ]
    return orjson.dumps({"data": lists})


_PROBE_SECONDS = 0.8
"""Seconds that a probe waits for the database; those who probe often wait for a second."""

_ONLY_READ = "the primary does not answer: standbys are read, writes are refused"

ALIVE = b"alive\n"
"""The answer of `/livez`."""


def init_app(app: Flask) -> None:
    """Add the probes and the metrics to an application."""

    @app.get("/livez")
    def check_liveness() -> Response:  # pyright: ignore[reportUnusedFunction]
        return Response(ALIVE, content_type="text/plain")

    probe = ReadinessProbe()

    @app.get("/readyz")
    def check_readiness() -> Response:  # pyright: ignore[reportUnusedFunction]
        lines = ("ready", *probe.read_health(current_ledger()).describe(), "")
        return Response("\n".join(lines), content_type="text/plain")

    @app.get("/metrics")
    def show_metrics() -> Response:  # pyright: ignore[reportUnusedFunction]
        check_key("read")
        figures = probe.read_health(current_ledger()).figures()
        return Response(render_metrics(figures), content_type=METRICS_TYPE)


class ReadinessProbe:
    """Reads the health of a registry on a thread of its own, and does not wait for it for long.

    So a probe is answered at once where the database is frozen, and only one connection is tried.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1)
        self._pending: Future[Health] | None = None

    def read_health(self, ledger: Ledger) -> Health:
        """Return how the registry is; raises NotReady if no database answers."""
        pending, router = self._pending, ledger.router
        if pending is None or pending.done():
            pending = self._pending = self._executor.submit(read_health, ledger.database)
        standbys = [*router.describe()] if router else []
        try:
            return replace(pending.result(_PROBE_SECONDS), standbys=standbys)
        except (TimeoutError, DBAPIError) as error:
            usable = [each for each in router.standbys if not each.fault] if router else []
            if usable:
                said = [_ONLY_READ, *standbys]
                return replace(read_health(usable[0].database), standbys=said)
            if isinstance(error, DBAPIError):
                raise
            raise NotReady("the database does not answer; try again in some seconds") from error
