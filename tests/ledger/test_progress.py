"""Long work reports its progress up to its end."""

from __future__ import annotations

from api.ledger import Ledger


class RecordedProgress:
    """Records the progress of each part: how much is done, of how much."""

    def __init__(self) -> None:
        self.parts: dict[str, tuple[int, int]] = {}
        self._what, self._total = "", 0

    def begin_part(self, what: str, total: int) -> None:
        self._what, self._total = what, total

    def report_progress(self, done: int, *, rows: int, rejected: int | None = None) -> None:
        assert rejected is None
        assert 0 <= self.parts.get(self._what, (0, 0))[0] <= done == rows <= self._total
        self.parts[self._what] = done, self._total


def test_each_part_of_a_check_comes_to_its_end(stocked: Ledger, monkeypatch):
    monkeypatch.setattr("api.ledger.upkeep.rebuild._BATCH", 1)
    progress = RecordedProgress()
    assert stocked.find_faults(progress) == []
    assert [*progress.parts] == ["checking", "rebuilding", "comparing"]
    assert all(done == total > 0 for done, total in progress.parts.values())
