"""Keys and values of what was read, and how much of the next prompt they already cover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.models.engines.shared_prefix import shared_length


class PromptCache:
    """The cache of one conversation in transformers.

    Args:
        keep: Whether a new prompt may go on from what it shares with the last one.
    """

    def __init__(self, *, keep: bool) -> None:
        self._keep = keep
        self._ids: list[int] = []
        self._cache: Any = None

    def take(self, ids: Sequence[int]) -> tuple[Any, int]:
        """A cache to go on from, and how many of ``ids`` it covers: always fewer than all."""
        from transformers import DynamicCache

        if self._cache is not None and list(ids[:-1]) == self._ids:
            return self._cache, len(self._ids)  # the next token of the same answer
        shared = self.covers(ids)
        if shared:
            self._cache.crop(shared - len(self._ids))
        else:
            self._cache = DynamicCache()
        self._ids = list(ids[:shared])
        return self._cache, shared

    def covers(self, ids: Sequence[int]) -> int:
        """How many ids of a new prompt it covers: always fewer than all."""
        return shared_length(self._ids, ids[:-1]) if self._keep and self._can_crop() else 0

    def put(self, ids: Sequence[int]) -> None:
        """Say that the cache now covers ``ids``."""
        if len(ids) == len(self._ids) + 1:
            self._ids.append(ids[-1])
        else:
            self._ids = list(ids)

    def clear(self) -> None:
        """Forget everything."""
        self._ids, self._cache = [], None

    def size_bytes(self) -> int:
        """Memory that it takes."""
        layers = getattr(self._cache, "layers", ())
        held = [tensor for layer in layers for tensor in (layer.keys, layer.values)]
        return sum(tensor.nbytes for tensor in held if tensor is not None)

    def _can_crop(self) -> bool:
        # A sliding window has thrown away what lies before it.
        return self._cache is not None and not any(self._cache.is_sliding)
