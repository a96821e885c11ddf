"""Settings: the only reader of the environment.

Each setting is an environment variable with the prefix `SINEQUANON_`; `Settings` documents it,
and a test holds the table of docs/operation.md against this class. Wrong values are refused at
start.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

PREFIX = "SINEQUANON_"


def _define_setting(
    default: str | int, about: str, *, fits: str = r".*", least: int = 1
) -> str | int:
    metadata = {"about": about, "fits": fits, "least": least}
    return field(default=default, metadata=metadata)  # pyright: ignore[reportReturnType]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a deployment may choose."""

    database_url: str = _define_setting(  # pyright: ignore[reportAssignmentType]
        "sqlite:///data/sinequanon.db",
        "where the registry lives: `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST/NAME`",
    )
    max_body_bytes: int = _define_setting(  # pyright: ignore[reportAssignmentType]
        2_000_000, "the largest request body that is read; a larger one is answered with 413"
    )
    lock_timeout_seconds: int = _define_setting(  # pyright: ignore[reportAssignmentType]
        30, "how long a writer waits for the writer before it; then 503, and nothing is written"
    )

    analysis_seconds: int = _define_setting(  # pyright: ignore[reportAssignmentType]
        3, "how long a deadlock is worked on at most; what is cut then is named in the answer"
    )
    snapshots: int = _define_setting(  # pyright: ignore[reportAssignmentType]
        64,
        "how many megabytes of finished answers a process keeps in front of Flask and gives again "
        "while nothing changes; 0 keeps none",
        least=0,
    )
    frame_ancestors: str = _define_setting(  # pyright: ignore[reportAssignmentType]
        "*",
        "which sites may show the `/embed` pages in a frame: `*`, `'none'`, or origins such as "
        "`https://example.org`, separated by blanks; nothing else can be framed",
        fits=r"\*|'none'|('self'|https?://[\w*.:-]+)( ('self'|https?://[\w*.:-]+))*",
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
                least: int = each.metadata["least"]
                if not text.isdecimal() or int(text) < least:
                    raise ValueError(f"{name} must be a whole number from {least}, not {text!r}")
                chosen[each.name] = int(text)
            elif re.fullmatch(each.metadata["fits"], text, re.ASCII) is None:
                raise ValueError(f"{name} must name {each.metadata['about']}; not {text!r}")
            else:
                chosen[each.name] = text
        return cls(**chosen)  # pyright: ignore[reportArgumentType]
