"""Settings: the only module that reads the environment.

Each setting is an environment variable with the prefix `SINEQUANON_`. `Settings` documents it, and
a test compares the table of docs/operate.md with this class. Wrong values are refused at the
start.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

PREFIX = "SINEQUANON_"

OWN_HOSTS = "localhost,.localhost,127.0.0.1,[::1]"

MAPPED = "mapped:"
"""Begins a `limit_storage` that names a file, which `sinequanon serve` makes for its workers."""

_RATE = r"0|[1-9]\d{0,8}/([1-9]\d{0,3} )?(second|minute|hour|day)s?"
"""As `limits` reads it: `100/minute` or `100/5 minutes`."""


def _define_setting(default: str | int, about: str, *, fits: str = r".*", least: int = 1) -> Any:
    return field(default=default, metadata={"about": about, "fits": fits, "least": least})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a deployment."""

    database_url: str = _define_setting(
        "sqlite:///data/sinequanon.db",
        "where the registry lives: `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST/NAME`",
    )
    read_database_urls: str = _define_setting(
        "",
        "standbys of PostgreSQL to read from, separated by commas; what they lack, and all writes, "
        "go to `SINEQUANON_DATABASE_URL`",
    )
    max_body_bytes: int = _define_setting(
        2_000_000, "the largest request body that is read; a larger one is answered with 413"
    )
    lock_timeout_seconds: int = _define_setting(
        30, "how long a write waits for other writes; after that 503, and nothing is written"
    )
    connections: int = _define_setting(
        16,
        "how many connections to the database each process reads with; it opens at most four more",
    )
    connect_timeout_seconds: int = _define_setting(
        5,
        "how long connecting to PostgreSQL, or waiting for a connection that is free, may take; "
        "after that 503",
        least=2,
    )
    statement_timeout_seconds: int = _define_setting(
        10,
        "how long PostgreSQL may take for one statement of a request; after that 503, and a "
        "connection that does not answer is closed; 0 is no limit",
        least=0,
    )
    idle_timeout_seconds: int = _define_setting(
        60,
        "how long a transaction on PostgreSQL may stay open between two statements, as for a "
        "client that does not read its export; 0 is no limit",
        least=0,
    )

    analysis_seconds: int = _define_setting(
        3,
        "how long computing a deadlock may take; the answer names what was left out when time ran "
        "out",
    )
    snapshots: int = _define_setting(
        64,
        "how many megabytes of responses each process caches while nothing changes; 0 turns the "
        "cache off",
        least=0,
    )
    log: str = _define_setting(
        "requests",
        "what is logged as lines of JSON on standard error: `requests`, only `errors` (status 500 "
        "and above), or `off`",
        fits=r"requests|errors|off",
    )
    public_read: str = _define_setting(
        "true",
        "whether anybody may read; with `false` all data and pages need a key with the scope "
        "`read`, which browsers may send as the password of HTTP Basic",
        fits=r"true|false",
    )
    frame_ancestors: str = _define_setting(
        "*",
        "which sites may show the `/embed` pages in a frame: `*`, `'none'`, or origins such as "
        "`https://example.org`, separated by spaces; no other page can be framed",
        fits=r"\*|'none'|('self'|https?://[\w*.:-]+)( ('self'|https?://[\w*.:-]+))*",
    )

    security_contact: str = _define_setting(
        "",
        "where people report a weakness of this registry, `https://…` or `mailto:…`; "
        "`/.well-known/security.txt` names it",
        fits=r"((https://|mailto:)\S+)?",
    )

    review: str = _define_setting(
        "optional",
        "whether changes over HTTP must be proposed and reviewed: `required` closes the direct way "
        "for all keys but those with the scope `admin`",
        fits=r"optional|required",
    )
    allowed_hosts: str = _define_setting(
        OWN_HOSTS,
        "the host names that requests may name, separated by commas; `.example.org` stands for "
        "all names below it, `*` for any; `serve` adds its `--host` and the name of the machine "
        "where this is not set",
        fits=r"\*|(\.?[\w-]+(\.[\w-]+)*|\[[\da-f:.]+\]|,)+",
    )
    path_prefix: str = _define_setting(
        "",
        "the path under which a proxy serves the registry, such as `/registry`; it may strip the "
        "path or not",
        fits=r"(/[\w.~-]+)*",
    )
    trusted_proxies: int = _define_setting(
        0,
        "how many proxies stand in front; from so many, `X-Forwarded-For`, `-Proto` and `-Host` "
        "are believed",
        least=0,
    )
    limit_by_address: str = _define_setting(
        "6000/minute",
        "how many requests one address may send without a key (IPv6: one /64); 0 for no limit",
        fits=_RATE,
    )
    limit_by_key: str = _define_setting(
        "30000/minute", "how many requests one key may send; 0 for no limit", fits=_RATE
    )
    limit_wrong_keys: str = _define_setting(
        "10/minute", "how many wrong keys one address may send; 0 for no limit", fits=_RATE
    )
    limit_notes: str = _define_setting(
        "5/hour", "how many notes one address may leave for reviewers; 0 for no limit", fits=_RATE
    )
    limit_storage: str = _define_setting(
        "",
        "where requests are counted: `redis://HOST:PORT` or `valkey://HOST:PORT` for several "
        "servers together; empty: in memory, for all workers of this server",
        fits=r"([a-z+]+:.+)?",
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read `SINEQUANON_*`; raises ValueError for an unknown name or a wrong value."""
        given = os.environ if environment is None else environment
        known = {PREFIX + each.name.upper(): each for each in fields(cls)}
        values: dict[str, Any] = {}
        for name, text in given.items():
            if name in known:
                values[known[name].name] = _parse_setting(name, text, known[name])
            elif name.startswith(PREFIX):
                raise ValueError(f"unknown setting {name}; the known ones are {', '.join(known)}")
        return cls(**values)


def set_default(name: str, value: str) -> None:
    """Set a setting for the processes to come, where the environment leaves it empty."""
    variable = f"{PREFIX}{name.upper()}"
    os.environ[variable] = os.environ.get(variable) or value


def share_metrics(folder: str | None = None) -> str | None:
    """Return the folder of the metrics that workers share; with one, set it where none is set."""
    if folder is not None:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR")


def _parse_setting(name: str, text: str, setting: Field[Any]) -> str | int:
    if isinstance(setting.default, int):
        least: int = setting.metadata["least"]
        if not text.isdecimal() or int(text) < least:
            raise ValueError(f"{name} must be a whole number from {least}, not {text!r}")
        return int(text)
    if re.fullmatch(setting.metadata["fits"], text, re.ASCII) is None:
        # The text is not shown, because it may hold a password.
        raise ValueError(f"{name} must say {setting.metadata['about']}")
    return text
