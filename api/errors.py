"""The exceptions of this project, named in the words of the domain.

Storage and rules raise these and know nothing of HTTP; only `api.web.contract.problems` maps them
to statuses. Each message is a sentence for the person who has to act on it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in one place of a record.

    `pointer` is an RFC 6901 JSON pointer into the record ("" is the whole record). If `warning` is
    set, the author is told of it, but the record is accepted. Of the problems of a changeset that
    have `told_once` set, only the first is told, because each answers a guess. `search` returns a
    better detail; it takes until a time of `time.monotonic` at most, and runs when the write has
    ended.
    """

    pointer: str
    detail: str
    warning: bool = False
    told_once: bool = False
    search: Callable[[float], str] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class RecordProblem:
    """A problem, with the record that has it."""

    noun: str
    id: str
    problem: Problem

    def __str__(self) -> str:
        place = f"#{self.problem.pointer}" if self.problem.pointer else ""
        return f"{self.noun}/{self.id}{place}: {self.problem.detail}"


def _list_told(problems: Sequence[RecordProblem]) -> tuple[RecordProblem, ...]:
    first = next((each for each in problems if each.problem.told_once), None)
    return tuple(each for each in problems if each is first or not each.problem.told_once)


class SineQuaNonError(Exception):
    """The base of all exceptions that this project raises on purpose."""


class Invalid(SineQuaNonError):
    """The request contradicts the contract; `parameter` names the wrong query parameter."""

    def __init__(self, detail: str, *, parameter: str | None = None) -> None:
        super().__init__(detail)
        self.parameter = parameter


class TooLarge(Invalid):
    """The answer would be larger than one may be."""


class TooMany(TooLarge):
    """More records match than one answer may use; `by` names parameters that narrow the request."""

    def __init__(self, most: int, noun: str, *, by: Sequence[str] = ()) -> None:
        narrowing = f"narrow the request by {', '.join(by)}, or " if by else ""
        super().__init__(
            f"more than {most} {noun} match, too many for one answer; {narrowing}choose a day with "
            "fewer records"
        )
        self.most, self.noun = most, noun


class RulesBroken(SineQuaNonError):
    """Records of the change break rules; `problems` lists them."""

    def __init__(self, problems: Sequence[RecordProblem]) -> None:
        self.problems = _list_told(problems)
        super().__init__("; ".join(map(str, self.problems)))


class NotFound(SineQuaNonError):
    """There is no such record at the requested moment."""


class Gone(SineQuaNonError):
    """The record was retracted. `etag` is what a PUT must name in If-Match to revive it."""

    def __init__(self, detail: str, *, etag: str) -> None:
        super().__init__(detail)
        self.etag = etag


class Conflict(SineQuaNonError):
    """The request is valid, but the state of the registry does not allow it."""


class AlreadyExists(Conflict):
    """The id was used before, perhaps by a retracted record; ids are never reused."""


class StillReferred(Conflict):
    """Live records refer to a record that was to be retracted."""

    def __init__(self, detail: str, referrers: Sequence[tuple[str, str, str]]) -> None:
        super().__init__(detail)
        self.referrers = tuple(referrers)
        """The noun, the id and the path of each reference."""


class WouldBreak(Conflict):
    """The change is valid, but records that depend on it would break rules."""

    def __init__(self, problems: Sequence[RecordProblem]) -> None:
        super().__init__(
            "this change would break records that depend on it; amend them before, or in the same "
            "changeset"
        )
        self.problems = _list_told(problems)


class Outdated(Conflict):
    """Records have changed since the changes to them were made; `problems` lists them."""

    def __init__(self, problems: Sequence[RecordProblem]) -> None:
        super().__init__("the records have changed since: read them again, and revise it")
        self.problems = tuple(problems)


class Moved(SineQuaNonError):
    """Somebody else wrote first, and nothing was changed; read again, then decide."""


class RevisionMoved(Moved):
    """The record has another revision than the caller expected."""


class HeadMoved(Moved):
    """The registry has another newest changeset than the caller expected."""


class Unauthorised(SineQuaNonError):
    """No key was given, or an unknown one."""


class Forbidden(SineQuaNonError):
    """The key lacks the scope."""


class Busy(SineQuaNonError):
    """Too many requests of a kind are running. Nothing was done; ask again in a second."""


class NotReady(SineQuaNonError):
    """The database cannot serve this now; the message says what to do. Nothing was done."""


class ReadOnly(NotReady):
    """Nothing can be written here, now or later: a read-only file, or a standby of PostgreSQL."""

    def __init__(self) -> None:
        super().__init__(
            "this server reads a read-only database, a file or a standby; nothing was written: "
            "write to the server of the original"
        )


class Damaged(SineQuaNonError):
    """The database contradicts itself; `sinequanon db check` says where."""
