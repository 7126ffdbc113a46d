"""Who plays in the game that Shapley values are of: the features, or groups of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Players:
    """``names`` in order, and for each feature the place of its player."""

    names: tuple[str, ...]
    owner: tuple[int, ...]

    def sum_up(self, values: np.ndarray) -> np.ndarray:
        """Values ``[rows, features]`` as ``[rows, players]``."""
        import numpy as np

        found = np.zeros((len(values), len(self.names)))
        np.add.at(found.T, np.asarray(self.owner), values.T)
        return found

    def members(self, player: int) -> list[int]:
        """The places of a player's features."""
        return [feature for feature, owner in enumerate(self.owner) if owner == player]


def choose_players(
    features: Sequence[str], groups: Mapping[str, Sequence[str]] | None = None
) -> Players:
    """The players of a game.

    Args:
        features: The model's features.
        groups: Name to features that come and go together, e.g. the two columns that both say how
            long someone went to school. A feature in no group plays alone.

    Raises:
        NotFoundError: A group names a column that the model does not read.
        InputError: A feature is in two groups, or a group is empty or named as a feature outside.
    """
    group_of: dict[str, str] = {}
    for name, members in (groups or {}).items():
        if not members:
            raise InputError(f"the group {name!r} has no columns")
        for member in members:
            if member not in features:
                raise NotFoundError.among("feature", member, features)
            if member in group_of:
                raise InputError(f"{member!r} is in the groups {group_of[member]!r} and {name!r}")
            group_of[member] = name
    for feature in features:
        if feature not in group_of and feature in (groups or {}):
            raise InputError(f"the group {feature!r} has the name of a feature outside of it")
    names = tuple(dict.fromkeys(group_of.get(feature, feature) for feature in features))
    return Players(names, tuple(names.index(group_of.get(f, f)) for f in features))
