"""The effect of a pending changeset: the collisions that appear or dissolve with it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from api.analysis.deadlock.answer import Collision
from api.analysis.deadlock.comparison import compare_deadlocks
from api.analysis.deadlock.working import WorkedDeadlock, work_out_deadlock
from api.analysis.declarations import about, answer
from api.analysis.engine.scene import Choices
from api.analysis.loading import load_whole_scene
from api.analysis.serving import solving_seconds
from api.concurrency import heavy_answers
from api.errors import Busy, Gone, NotFound, TooLarge
from api.ledger import Change, Receipt, write_changes
from api.ledger.reading.overlaid import OverlaidReader, open_readers
from api.ledger.reading.reader import Reader
from api.ledger.versions.lookup import Key
from api.ledger.versions.overlay import Overlay
from api.ledger.versions.referrers import find_referrers
from api.ledger.writing import PendingChangeset
from api.vocabulary import VERDICT
from api.web.auth import current_rights
from api.web.requests import current_ledger
from api.web.writing import WriteQuery

MOST_CONFLICTS, MOST_LAID, _MOST_REFERRERS = 3, 5_000, 200
"""For how many conflicts, and changed or dependent records, collisions are compared; how many
records that name an actor are asked for their conflicts."""

_SECONDS = 1.0
"""How long a dry run may compare collisions; it is repeated while somebody writes."""

COMPARED = "the collisions that would appear or dissolve, for the first 3 conflicts that it touches"
CUT = "`conflicts`: it touches more; `collisions`: others are worked out, or it reaches too far"


@answer
class ConflictDifference:
    """The collisions of a conflict that would appear or dissolve."""

    conflict: str = about("the conflict", noun="conflicts")
    name: str = about("what the conflict is called")
    appeared: Sequence[Collision] = about("collisions that there are only with it")
    dissolved: Sequence[Collision] = about("collisions that there are only without it")
    verdict: Sequence[str] = about("without it and with it", codes=VERDICT, unique=False)
    complete: bool = about("whether both deadlocks were found whole")
    cut: Sequence[str] = about("what is not all there, as in a deadlock", each="a field")


def try_changes(
    changes: Sequence[Change], query: WriteQuery, texts: Mapping[Key, str] | None = None
) -> tuple[Receipt, dict[str, Any]]:
    """Return the receipt that a write would have now, and what it would change; writes nothing.

    Raises what the write would raise.
    """
    with current_ledger().open_overlay() as overlay:
        pending = begin_dry_run(overlay, reads_texts=current_rights()["reads_texts"])
        pending.expect_head(query.expected_head)
        receipt = write_changes(pending, changes, texts or {})
        found, cut = compare_collisions(overlay, pending, min(_SECONDS, solving_seconds()))
    return receipt, {"collisions": found, "cut": cut}


def begin_dry_run(overlay: Overlay, *, reads_texts: bool) -> PendingChangeset:
    """Begin a changeset that is stored nowhere, for somebody who reads all texts or not."""
    pending = PendingChangeset(overlay, overlay.head)
    overlay.withheld_at = None if reads_texts else overlay.head.number
    return pending


def compare_collisions(
    overlay: Overlay, pending: PendingChangeset, seconds: float
) -> tuple[list[ConflictDifference], list[str]]:
    """Compare the collisions of the first conflicts that a changeset touches; returns what is cut.

    It takes a slot of the heavy answers.
    """
    keys = [*pending.changed, *pending.affected]
    if len(keys) > MOST_LAID:
        return [], ["collisions"]
    before, after = open_readers(overlay, keys)
    conflicts = list(dict.fromkeys(_list_conflicts(before, after, pending)))
    shown = conflicts[:MOST_CONFLICTS]
    each_takes = seconds / max(len(shown), 1)
    try:
        with heavy_answers.hold_slot():
            found = [_compare_conflict(before, after, each, each_takes) for each in shown]
    except Busy:
        return [], ["collisions"]
    return found, ["conflicts"] if shown != conflicts else []


def _list_conflicts(
    before: Reader, after: OverlaidReader, pending: PendingChangeset
) -> Iterator[str]:
    """Yield the conflicts whose deadlock may depend on a changed record; some come twice."""
    was, now = before.open_lookup(), after.open_lookup()
    keys = _list_touched(after, pending)
    was.prefetch(keys)
    now.prefetch(keys)
    for noun, id in keys:
        for record in (was.get(noun, id), now.get(noun, id)):
            if record is not None and (noun == "conflicts" or record.get("conflict")):
                yield id if noun == "conflicts" else record["conflict"]


def _list_touched(after: OverlaidReader, pending: PendingChangeset) -> list[Key]:
    """List the changed records and their dependents, and what names a changed actor or source."""
    keys = list(after.laid)
    for key in pending.changed:
        if key[0] in ("actors", "sources"):
            named = find_referrers(pending.lookup, [key])
            keys += [(noun, id) for noun, id, _ in islice(named, _MOST_REFERRERS)]
    return keys


def _compare_conflict(
    before: Reader, after: Reader, conflict: str, seconds: float
) -> ConflictDifference:
    name = after.open_lookup().find_label("conflicts", conflict) or conflict
    try:
        was, now = (_work_out(each, conflict, 0.4 * seconds) for each in (before, after))
    except TooLarge:
        return ConflictDifference(conflict, name, [], [], [], complete=False, cut=["records"])
    if was and now:
        found = compare_deadlocks(was, now, seconds=0.2 * seconds)
        appeared, dissolved = found.collisions_appeared, found.collisions_dissolved
        verdict, cut = found.verdict, found.cut
    else:  # All collisions differ of a conflict that only one of the two states has.
        there = [each.answer for each in (was, now) if each]
        listed = [each for e in there for each in e.collisions]
        appeared, dissolved = (listed, ()) if now else ((), listed)
        verdict, cut = [e.verdict for e in there], [each for e in there for each in e.cut]
    return ConflictDifference(
        conflict, name, appeared, dissolved, verdict, complete=not cut, cut=cut
    )


def _work_out(reader: Reader, conflict: str, seconds: float) -> WorkedDeadlock | None:
    try:
        scene = load_whole_scene(reader, conflict)
    except (NotFound, Gone):
        return None
    return work_out_deadlock(scene, Choices(), seconds=seconds)
