"""A prompt as a tree: tokens in words, words in sentences, sentences in the prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from .groups import split_groups

if TYPE_CHECKING:
    import numpy as np

    from .case import Case

# A player, or two subtrees.
Tree: TypeAlias = int | tuple["Tree", "Tree"]


def build_tree(case: Case) -> Tree:
    """The tree of a prompt's players, numbered in order.

    Sentences are halved until one is left, then its words, then its tokens; so no word is parted
    before its sentence is, and the tree is as shallow as that allows.
    """
    held = case.held_tokens().tolist()
    starts = [case.groups[place][0] for place in case.players]
    levels = [split_groups(case.tokens, kind, held=held) for kind in ("sentence", "word")]
    units: list[list[int]] = [list(range(len(starts)))]
    return _nest(units[0], starts, levels)


def _nest(
    players: Sequence[int], starts: Sequence[int], levels: Sequence[Sequence[tuple[int, int]]]
) -> Tree:
    if not levels or len(players) == 1:
        return _halve(list(players))
    parts: dict[int, list[int]] = {}
    for player in players:
        unit = next(number for number, (a, b) in enumerate(levels[0]) if a <= starts[player] < b)
        parts.setdefault(unit, []).append(player)
    return _halve([_nest(part, starts, levels[1:]) for part in parts.values()])


def _halve(parts: Sequence[Tree]) -> Tree:
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return _halve(parts[:middle]), _halve(parts[middle:])


def list_leaves(tree: Tree) -> list[int]:
    """The players of a tree, from left to right.

    >>> list_leaves(((0, 1), (2, (3, 4))))
    [0, 1, 2, 3, 4]
    """
    if isinstance(tree, int):
        return [tree]
    return [*list_leaves(tree[0]), *list_leaves(tree[1])]


def write_linkage(tree: Tree) -> np.ndarray:
    """A tree as ``scipy.cluster.hierarchy`` and shap's partition explainer write one.

    Returns:
        ``[players - 1, 4]``: the two parts, a distance (the players below, so that it grows
        upwards), and the players below. Part ``players + i`` is row ``i``.
    """
    import numpy as np

    players = len(list_leaves(tree))
    rows: list[tuple[int, int, float, int]] = []
    _write_rows(tree, players, rows)
    return np.array(rows, float).reshape(-1, 4)


def _write_rows(
    tree: Tree, players: int, rows: list[tuple[int, int, float, int]]
) -> tuple[int, int]:
    """The number of a tree's row and how many players it has."""
    if isinstance(tree, int):
        return tree, 1
    (left, left_size), (right, right_size) = (_write_rows(part, players, rows) for part in tree)
    size = left_size + right_size
    rows.append((left, right, float(size), size))
    return players + len(rows) - 1, size


def shuffle_leaves(tree: Tree, random: np.random.Generator) -> list[int]:
    """An order of the players in which each subtree stays together, all such equally likely."""
    if isinstance(tree, int):
        return [tree]
    first, second = tree if random.random() < 0.5 else tree[::-1]
    return [*shuffle_leaves(first, random), *shuffle_leaves(second, random)]


def walk_depths(tree: Tree, depth: int = 0) -> Iterator[int]:
    """The depth of each inner node."""
    if not isinstance(tree, int):
        yield depth
        for part in tree:
            yield from walk_depths(part, depth + 1)
