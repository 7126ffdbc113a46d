"""Keys and values of what MLX read, and how much of the next prompt they already cover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.models.engines.shared_prefix import shared_length


class MlxPromptCache:
    """The cache of one conversation in mlx-lm.

    Args:
        keep: Whether a new prompt may go on from what it shares with the last one.
    """

    def __init__(self, *, keep: bool) -> None:
        self._keep = keep
        self._ids: list[int] = []
        self._layers: list[Any] = []

    def take(self, ids: Sequence[int], module: Any) -> tuple[list[Any], int]:
        """A cache to go on from, and how many of ``ids`` it covers: always fewer than all."""
        from mlx_lm.models.cache import make_prompt_cache, trim_prompt_cache

        shared = self.covers(ids)
        if shared:
            trim_prompt_cache(self._layers, len(self._ids) - shared)
        else:
            self._layers = make_prompt_cache(module)
        self._ids = []  # not known to be true again before `keep_covered`
        return self._layers, shared

    def covers(self, ids: Sequence[int]) -> int:
        """How many ids of a new prompt it covers: always fewer than all."""
        from mlx_lm.models.cache import can_trim_prompt_cache

        shared = shared_length(self._ids, ids[:-1]) if self._keep else 0
        return shared if shared and can_trim_prompt_cache(self._layers) else 0

    def keep_covered(self, ids: Sequence[int]) -> None:
        """Say what was read; the cache may have got less far, or one token ahead of no one."""
        covered = int(getattr(self._layers[0], "offset", 0)) if self._layers else 0
        if self._keep and covered <= len(ids):
            self._ids = list(ids[:covered])
        else:
            self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._ids, self._layers = [], []

    def size_bytes(self) -> int:
        """Memory that it takes."""
        return sum(int(layer.nbytes) for layer in self._layers)
