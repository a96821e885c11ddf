"""Groups collisions into clusters that share no member: independent quarrels, solved apart.

A concession of all is one way out of each cluster, in every combination.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from api.analysis.engine.parts import group_by, unite


@dataclass(frozen=True, slots=True)
class Cluster:
    """Collisions that hang together by their members, by index, and the ways out of them.

    `ways_out` are the minimal sets of members without which none of the collisions is left.
    """

    collisions: tuple[int, ...]
    ways_out: tuple[tuple[int, ...], ...]


def find_clusters(
    collisions: Sequence[tuple[int, ...]],
    corrections: Callable[[int], Iterable[tuple[int, ...]]],
    cost: Callable[[tuple[int, ...]], tuple[Any, ...]],
) -> list[Cluster]:
    """Group collisions, given as members by index; clusters come in order of their first.

    `corrections` returns the minimal correction subsets of what a member hangs together with.
    """
    find_root = unite(each for each in collisions if each)
    roots = [find_root(each[0]) if each else None for each in collisions]
    found: list[Cluster] = []
    for group in group_by(range(len(collisions)), roots.__getitem__):
        members = {each for index in group for each in collisions[index]}
        every = (each for first in [*members][:1] for each in corrections(first))
        ways = {tuple(m for m in each if m in members) for each in every} - {()}
        found.append(Cluster(tuple(group), tuple(sorted(ways, key=cost))))
    return found
