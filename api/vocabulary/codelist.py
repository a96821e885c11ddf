"""A code list."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeList:
    """A closed list: its name, what it answers, and each value with its meaning."""

    name: str
    about: str
    values: Mapping[str, str]
