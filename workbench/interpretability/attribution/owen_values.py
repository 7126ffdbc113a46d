"""Owen values: Shapley values among groups that come as wholes, down a tree of the prompt.

Owen 1977, "Values of games with a priori unions"; down a binary tree as in the partition explainer
of Lundberg's shap, whose values these are for the same tree. Of the two halves of a part each comes
first in half of all orders, and every other part is there as a whole or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workbench.core.seeds import derive_seed

from .games import walk_orders
from .hierarchy import Tree, build_tree, list_leaves, shuffle_leaves, walk_depths
from .methods import Options, Scores
from .scorer import Scorer
from .shapley_values import count_pairs

if TYPE_CHECKING:
    import numpy as np

    from .games import Game

_MOST_EXACT_PROMPTS = 1200  # a balanced tree of 40 players


def owen(scorer: Scorer, options: Options) -> Scores:
    """Owen values of the groups over sentences, words and tokens.

    They are exact while that takes at most 1,200 prompts; above, or with ``samples``, orders that
    keep every part of the tree together are sampled, in pairs.
    """
    import numpy as np

    tree = build_tree(scorer.case)
    place = scorer.case.place_players
    if options.samples is None and count_sets(tree) <= _MOST_EXACT_PROMPTS:
        return Scores(place(compute_owen(scorer.score, tree).T))
    pairs = count_pairs(options.samples, len(scorer.case.players))
    random = np.random.default_rng(derive_seed(options.seed, "owen"))
    orders = np.array([shuffle_leaves(tree, random) for _ in range(pairs)])
    means, errors = walk_orders(scorer.score, orders)
    return Scores(place(means.T), error_nats=place(errors.T), steps=2 * pairs)


def count_sets(tree: Tree) -> int:
    """How many sets the exact values ask the game for.

    >>> count_sets(((0, 1), (2, 3)))
    12
    """
    return 2 + sum(2 ** (depth + 1) for depth in walk_depths(tree))


class _Part(NamedTuple):
    """A subtree that comes while the players of ``context`` are there, with the values before and
    after, in the share ``weight`` of all orders."""

    tree: Tree
    context: np.ndarray
    before: np.ndarray
    after: np.ndarray
    weight: float


def compute_owen(game: Game, tree: Tree) -> np.ndarray:
    """The exact values, ``[players, outputs]``; each depth of the tree is one call of the game.

    >>> import numpy as np
    >>> both = lambda sets: (sets[:, :1] & sets[:, 2:3]).astype(float)
    >>> compute_owen(both, ((0, 1), (2, 3)))[:, 0].tolist()
    [0.5, 0.0, 0.5, 0.0]
    """
    import numpy as np

    players = len(list_leaves(tree))
    nobody = np.zeros(players, bool)
    bare, whole = game(np.array([nobody, ~nobody]))
    found = np.zeros((players, len(whole)))
    parts = [_Part(tree, nobody, bare, whole, 1.0)]
    while parts:
        for part in parts:
            if isinstance(part.tree, int):
                found[part.tree] += part.weight * (part.after - part.before)
        inner = [part for part in parts if not isinstance(part.tree, int)]
        sets = [_join(part.context, half) for part in inner for half in part.tree]  # type: ignore[union-attr]
        values = game(np.array(sets)) if sets else np.empty((0, 0))
        parts = []
        for number, part in enumerate(inner):
            parts += _split(part, sets[2 * number : 2 * number + 2], values[2 * number :])
    return found


def _split(part: _Part, sets: list[np.ndarray], values: np.ndarray) -> list[_Part]:
    """Each half coming first, and after the other."""
    left, right = part.tree  # type: ignore[misc]
    half = part.weight / 2
    return [
        _Part(left, part.context, part.before, values[0], half),
        _Part(right, part.context, part.before, values[1], half),
        _Part(left, sets[1], values[1], part.after, half),
        _Part(right, sets[0], values[0], part.after, half),
    ]


def _join(context: np.ndarray, tree: Tree) -> np.ndarray:
    joined = context.copy()
    joined[list_leaves(tree)] = True
    return joined
