"""Settings: the only module that reads the environment.

Each setting is an environment variable with the prefix `SINEQUANON_`. `Settings` documents it, and
a test compares the table of docs/operation.md with this class. Wrong values are refused at the
start.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

PREFIX = "SINEQUANON_"


def _define_setting(default: str | int, about: str, *, fits: str = r".*", least: int = 1) -> Any:
    return field(default=default, metadata={"about": about, "fits": fits, "least": least})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a deployment."""

    database_url: str = _define_setting(
        "sqlite:///data/sinequanon.db",
        "where the registry lives: `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST/NAME`",
    )
    max_body_bytes: int = _define_setting(
        2_000_000, "the largest request body that is read; a larger one is answered with 413"
    )
    lock_timeout_seconds: int = _define_setting(
        30, "how long a write waits for other writes; after that 503, and nothing is written"
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
    frame_ancestors: str = _define_setting(
        "*",
        "which sites may show the `/embed` pages in a frame: `*`, `'none'`, or origins such as "
        "`https://example.org`, separated by spaces; no other page can be framed",
        fits=r"\*|'none'|('self'|https?://[\w*.:-]+)( ('self'|https?://[\w*.:-]+))*",
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


def _parse_setting(name: str, text: str, setting: Field[Any]) -> str | int:
    if isinstance(setting.default, int):
        least: int = setting.metadata["least"]
        if not text.isdecimal() or int(text) < least:
            raise ValueError(f"{name} must be a whole number from {least}, not {text!r}")
        return int(text)
    if re.fullmatch(setting.metadata["fits"], text, re.ASCII) is None:
        raise ValueError(f"{name} must say {setting.metadata['about']}; not {text!r}")
    return text
