"""What can go wrong, in the words of the domain.

    SineQuaNonError
    ├── Invalid               the request contradicts the contract                  422
    ├── RulesBroken           records of the change break rules                     422
    ├── NotFound              no such record, as known at the asked moment          404
    ├── Gone                  the record was retracted                              410
    ├── Conflict              the request is right, the state of the registry not   409
    │   ├── AlreadyExists     the id is taken, also by a retracted record           409
    │   ├── StillReferred     live records refer to what would be retracted         409
    │   └── WouldBreak        the change would break records that depend on it      409
    ├── Moved                 the caller expected another state: read again         412
    │   ├── RevisionMoved     another revision of the record
    │   └── HeadMoved         another newest changeset
    ├── Unauthorised          no key, or none that is known                         401
    ├── Forbidden             the key lacks the scope                               403
    ├── Busy                  too much of one kind is at work; ask again            503
    └── Damaged               the database contradicts itself                       500

The storage and the rules raise these and know no HTTP; `api.web.problems` alone gives them
statuses. Each message is a sentence for the person who has to act on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one place.

    `pointer` is an RFC 6901 JSON pointer into the record ("" is the whole record). A problem
    with `warning` set is told to the author and stops nothing.
    """

    pointer: str
    detail: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class RecordProblem:
    """A problem with the record in which it was found."""

    noun: str
    id: str
    problem: Problem

    def __str__(self) -> str:
        where = f"{self.noun}/{self.id}"
        return f"{where}{'#' if self.problem.pointer else ''}{self.problem.pointer}: " + (
            self.problem.detail
        )


class SineQuaNonError(Exception):
    """The root: whatever this project raises on purpose."""


class Invalid(SineQuaNonError):
    """The request contradicts the contract; `parameter` names the query parameter at fault."""

    def __init__(self, detail: str, *, parameter: str | None = None) -> None:
        super().__init__(detail)
        self.parameter = parameter


class TooMany(Invalid):
    """More records fit than one answer draws on; `by` names the parameters that narrow it."""

    def __init__(self, most: int, noun: str, *, by: Sequence[str] = ()) -> None:
        narrowing = f"narrow it by {', '.join(by)}, or " if by else ""
        super().__init__(
            f"more than {most} {noun} fit, which is too many for one answer; {narrowing}ask for a "
            "day on which fewer hold"
        )
        self.most, self.noun = most, noun


class RulesBroken(SineQuaNonError):
    """Records of the change break rules; `problems` says which and where."""

    def __init__(self, problems: Sequence[RecordProblem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


class NotFound(SineQuaNonError):
    """There is no such thing, as known at the asked moment."""


class Gone(SineQuaNonError):
    """The record was retracted. `etag` is what a PUT must name in If-Match to revive it."""

    def __init__(self, detail: str, *, etag: str) -> None:
        super().__init__(detail)
        self.etag = etag


class Conflict(SineQuaNonError):
    """The request is well made, but the registry's state does not allow it."""


class AlreadyExists(Conflict):
    """The id is taken; ids are never reused."""


class StillReferred(Conflict):
    """Live records refer to a record that would be retracted."""

    def __init__(self, detail: str, referrers: Sequence[tuple[str, str, str]]) -> None:
        super().__init__(detail)
        self.referrers = tuple(referrers)
        """(noun, id, path) of each."""


class WouldBreak(Conflict):
    """The change is right in itself but would break rules of records that depend on it."""

    def __init__(self, problems: Sequence[RecordProblem]) -> None:
        super().__init__(
            "this change would break records that depend on it; amend them in the same changeset "
            "or first"
        )
        self.problems = tuple(problems)


class Moved(SineQuaNonError):
    """Somebody else wrote first. Nothing was changed; read again, then decide."""


class RevisionMoved(Moved):
    """The record is at another revision than the caller expected."""


class HeadMoved(Moved):
    """The registry is at another changeset than the caller expected."""


class Unauthorised(SineQuaNonError):
    """No key was given, or none that is known."""


class Forbidden(SineQuaNonError):
    """The key is known, but lacks the scope."""


class Busy(SineQuaNonError):
    """Too much of one kind is at work. Nothing was done; ask again in a second."""


class Damaged(SineQuaNonError):
    """The database contradicts itself; `sinequanon db check` tells where."""
