"""What a record copies from those that it names, as quotes, texts and lists of ids.

It is stored and answered with each record that names them. So a record may not copy too much, nor a
changeset: else many short records that name long ones take far more room and time than they were
sent in. All that is checked of a changeset counts, also the records that depend on a changed one.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from api.errors import Problem
from api.ledger.noun import Lookup
from api.web.contract.limits import COPIED, COPIED_AT_ONCE

_SHORT = 2_000
"""How many copied characters of a record do not count for its changeset: what most records have."""


def check_copies(
    pointer: str, copied: Iterable[str | Mapping[str, Any]], lookup: Lookup
) -> Iterator[Problem]:
    """Refuse a record with more than `COPIED` characters from others, and too many such records."""
    length = 0
    for each in copied:
        length += len(str(each))
        if length > COPIED.most:
            detail = "would copy too much from the records that it names"
            yield Problem(pointer, f"{detail}; there may be {COPIED}: name fewer, or shorter ones")
            return
    lookup.copied += max(length - _SHORT, 0)
    if length > _SHORT and lookup.copied > COPIED_AT_ONCE.most:
        detail = "would copy too much from the records that it names, with others of the changeset"
        yield Problem(pointer, f"{detail}; there may be {COPIED_AT_ONCE}: send fewer at once")
