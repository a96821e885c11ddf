"""`create_app` wires the application; what is not registered here does not exist."""

import re

from flask import Flask

from api import desk, explorer
from api.bulk.routes import blp as bulk
from api.charts import embedding
from api.charts.routes import blp as analysis
from api.coding.routes import blp as coding
from api.feeds.routes import blp as feeds
from api.ledger import Ledger
from api.ledger.store.database import Database
from api.nouns import NOUNS, NOUNS_BY_NAME
from api.reader.routes import blp as reader
from api.search.routes import blp as search
from api.settings import Settings
from api.sources.routes import blp as sources
from api.submissions.routes import blp as submissions
from api.web import registry, requests, responses
from api.web.auth import close_reading
from api.web.cache.response_cache import ResponseCache
from api.web.contract import docs, problems
from api.web.contract.openapi import Blueprint, make_contract
from api.web.front import put_in_front
from api.web.rate_limits import LIMITS, RateLimits
from api.web.routes import make_blueprint


def _make_blueprints(*names: str) -> list[Blueprint]:
    return [make_blueprint(NOUNS_BY_NAME[name]) for name in names]


BLUEPRINTS = (
    *_make_blueprints("actors", "positions", "preconditions"),
    analysis,
    *_make_blueprints("proposals", "conflicts", "issues", "propositions", "statements"),
    sources,
    *_make_blueprints("axioms"),
    search, registry.blp, feeds, bulk, reader, coding, submissions,
)  # fmt: skip
"""In the order of the documentation: what the registry is for, then the rest."""


def open_ledger(settings: Settings) -> Ledger:
    """Open the registry that the settings name."""
    # One of them may name several hosts, with commas.
    urls = re.split(r",\s*(?=postgresql)", settings.read_database_urls)
    standbys = [Database(url, settings) for url in urls if url]
    return Ledger(Database(settings.database_url, settings), NOUNS, *standbys)


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application; without settings they are read from the environment."""
    chosen = settings or Settings.from_environment()
    app = Flask("api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = chosen.max_body_bytes
    app.config["ANALYSIS_SECONDS"] = chosen.analysis_seconds
    app.config["SECURITY_CONTACT"] = chosen.security_contact
    app.config["REVIEW"] = chosen.review
    app.config["PUBLIC_READ"] = chosen.public_read
    ledger = open_ledger(chosen)
    requests.init_app(app, ledger)
    responses.init_app(app)
    if chosen.public_read == "false":
        close_reading(app)
    contract = make_contract(app)
    problems.init_app(app)
    for blueprint in BLUEPRINTS:
        contract.register(blueprint)
    docs.init_app(app, contract)
    registry.init_app(app)
    embedding.init_app(app, chosen.frame_ancestors)
    explorer.init_app(app)
    app.register_blueprint(desk.blp)
    app.extensions["contract"] = contract
    limits = app.extensions[LIMITS] = RateLimits(chosen)
    room = chosen.snapshots
    cache = ResponseCache(app.wsgi_app, ledger.state, room) if room else None
    put_in_front(app, cache, limits, chosen)
    return app
