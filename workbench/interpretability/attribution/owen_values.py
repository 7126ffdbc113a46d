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

    from .case import Case
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


def count_prompts(case: Case, samples: int | None) -> int:
    """How many prompts ``owen`` asks for at most."""
    exact = count_sets(build_tree(case))
    if samples is None and exact <= _MOST_EXACT_PROMPTS:
        return exact
    players = len(case.players)
    return 2 * count_pairs(samples, players) * (players + 1)


def count_sets(tree: Tree) -> int:
    """How many sets the exact values ask the game for.

    >>> count_sets(((0, 1), (2, 3)))
    12
    """
    return 2 + sum(2 ** (depth + 1) for depth in walk_depths(tree))


class _Part(NamedTuple):
    """A subtree that comes while the players of ``context`` are there, in the share ``weight`` of
    all orders; ``before`` and ``after`` are the places of its sets in the list of them."""

    tree: Tree
    context: np.ndarray
    before: int
    after: int
    weight: float


def compute_owen(game: Game, tree: Tree) -> np.ndarray:
    """The exact values, ``[players, outputs]``, from one call of the game with all its sets.

    >>> import numpy as np
    >>> both = lambda sets: (sets[:, :1] & sets[:, 2:3]).astype(float)
    >>> compute_owen(both, ((0, 1), (2, 3)))[:, 0].tolist()
    [0.5, 0.0, 0.5, 0.0]
    """
    import numpy as np

    players = len(list_leaves(tree))
    nobody = np.zeros(players, bool)
    sets = [nobody, ~nobody]
    parts, leaves = [_Part(tree, nobody, 0, 1, 1.0)], []
    while parts:
        part = parts.pop()
        if isinstance(part.tree, int):
            leaves.append(part)
        else:
            parts += _split(part, sets)
    values = game(np.array(sets))
    found = np.zeros((players, values.shape[1]))
    for leaf in leaves:
        found[leaf.tree] += leaf.weight * (values[leaf.after] - values[leaf.before])
    return found


def _split(part: _Part, sets: list[np.ndarray]) -> list[_Part]:
    """Each half coming first, and after the other; what that asks for is added to ``sets``."""
    left, right = part.tree  # type: ignore[misc]
    with_left, with_right = _join(part.context, left), _join(part.context, right)
    sets += [with_left, with_right]
    left_at, right_at = len(sets) - 2, len(sets) - 1
    half = part.weight / 2
    return [
        _Part(left, part.context, part.before, left_at, half),
        _Part(right, part.context, part.before, right_at, half),
        _Part(left, with_right, right_at, part.after, half),
        _Part(right, with_left, left_at, part.after, half),
    ]


def _join(context: np.ndarray, tree: Tree) -> np.ndarray:
    joined = context.copy()
    joined[list_leaves(tree)] = True
    return joined
