"""Settings: the only reader of the environment.

Each setting is an environment variable with the prefix `SINEQUANON_`; `Settings` documents it,
and a test holds README's table against this class. Wrong values are refused at start.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

PREFIX = "SINEQUANON_"


def _setting(default: str | int, about: str) -> str | int:
    return field(default=default, metadata={"about": about})  # pyright: ignore[reportReturnType]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a deployment may choose."""

    database_url: str = _setting(  # pyright: ignore[reportAssignmentType]
        "sqlite:///data/sinequanon.db",
        "where the registry lives: `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST/NAME`",
    )
    max_body_bytes: int = _setting(  # pyright: ignore[reportAssignmentType]
        2_000_000, "the largest request body that is read; a larger one is answered with 413"
    )
    lock_timeout_seconds: int = _setting(  # pyright: ignore[reportAssignmentType]
        30, "how long a writer waits for the writer before it; then 503, and nothing is written"
    )

    analysis_seconds: int = _setting(  # pyright: ignore[reportAssignmentType]
        3, "how long a deadlock is worked on at most; what is cut then is named in the answer"
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read `SINEQUANON_*`; raises ValueError for an unknown name or an unfit value."""
        given = os.environ if environment is None else environment
        known = {PREFIX + each.name.upper(): each for each in fields(cls)}
        chosen: dict[str, str | int] = {}
        for name, text in given.items():
            if not name.startswith(PREFIX):
                continue
            if name not in known:
                raise ValueError(f"unknown setting {name}; the known ones are {', '.join(known)}")
            each = known[name]
            if isinstance(each.default, int):
                if not text.isdecimal() or int(text) < 1:
                    raise ValueError(f"{name} must be a whole number above 0, not {text!r}")
                chosen[each.name] = int(text)
            else:
                chosen[each.name] = text
        return cls(**chosen)  # pyright: ignore[reportArgumentType]
