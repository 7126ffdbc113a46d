"""What many prompts begin with alike is read once, and all in one pass.

Perturbed prompts differ in a few places, and what a causal model makes of a place depends on what
stands before it alone. Together they are a tree of prefixes, with a node for each different
beginning. All nodes are read as one row of tokens; only where the model's attention looks back are
they laid out as the prompts again, so that each node sees its own ancestors and nothing else
(ADR 0030).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import torch

_NAME = "workbench_prefix_tree"


@dataclass(frozen=True)
class PrefixTree:
    """The different beginnings of rows of token ids.

    Attributes:
        ids: The token of each node, ``[nodes]``.
        depths: How many tokens stand before it, ``[nodes]``.
        nodes: The node of each token of each row, ``[rows, length]``.
        places: Where each node comes first among the tokens of all rows, ``[nodes]``.
    """

    ids: np.ndarray
    depths: np.ndarray
    nodes: np.ndarray
    places: np.ndarray


def count_nodes(rows: np.ndarray) -> np.ndarray:
    """How many nodes each row adds to the tree of those before it: ``[rows]``.

    >>> import numpy as np
    >>> count_nodes(np.array([[1, 2, 3], [1, 2, 4], [2, 2, 4], [2, 2, 4]]))
    array([3, 1, 3, 0])
    """
    import numpy as np

    differ = rows[1:] != rows[:-1]
    shared = np.where(differ.any(axis=1), differ.argmax(axis=1), rows.shape[1])
    return rows.shape[1] - np.append([0], shared)


def build_prefix_tree(rows: np.ndarray) -> PrefixTree:
    """The tree of rows ``[n, length]`` in order (``np.lexsort``, the first column counting most).

    >>> import numpy as np
    >>> tree = build_prefix_tree(np.array([[5, 6, 7], [5, 6, 8]]))
    >>> tree.ids.tolist(), tree.depths.tolist(), tree.nodes.tolist()
    ([5, 6, 7, 8], [0, 1, 2, 2], [[0, 1, 2], [0, 1, 3]])
    """
    import numpy as np

    length = rows.shape[1]
    fresh = np.arange(length) >= length - count_nodes(rows)[:, None]
    numbers = np.where(fresh, fresh.cumsum().reshape(fresh.shape) - 1, -1)
    # A row goes on from the one before it, so above a token that is not fresh stands its node, or
    # what was not fresh there either: numbers grow downwards.
    nodes = np.maximum.accumulate(numbers, axis=0)
    places = np.flatnonzero(fresh)
    return PrefixTree(rows[fresh], places % length, nodes, places)


@dataclass
class _Reading:
    """A tree that a model is reading: its indices as tensors, the attention that the model has
    otherwise, and how often that was asked."""

    inner: str
    shape: tuple[int, int]
    nodes: torch.Tensor
    places: torch.Tensor
    attended: int = field(default=0)


_READING: ContextVar[_Reading] = ContextVar("reading a tree of prefixes")


def can_read_trees(module: Any) -> bool:
    """Whether a model looks back by attention alone, and through transformers' own interface."""
    import inspect

    kinds = getattr(module.config, "layer_types", None) or ["full_attention"]
    takes_positions = "position_ids" in inspect.signature(module.base_model.forward).parameters
    return (
        takes_positions
        and not module._is_stateful
        and set(kinds) <= {"full_attention", "sliding_attention"}
        and module._can_set_attn_implementation()
        and (module.config._attn_implementation == "sdpa" or _eager(module) is not None)
    )


@contextmanager
def reading(module: Any, tree: PrefixTree) -> Iterator[_Reading]:
    """While the block runs, the model takes one row of tokens for the nodes of a tree."""
    import torch
    from transformers import AttentionInterface

    AttentionInterface.register(_NAME, _attend)
    before = module.config._attn_implementation
    indices = torch.from_numpy(tree.nodes.ravel()), torch.from_numpy(tree.places)
    now = _Reading(before, tree.nodes.shape, *indices)
    token = _READING.set(now)
    module.set_attn_implementation(_NAME)
    try:
        yield now
    finally:
        module.set_attn_implementation(before)
        _READING.reset(token)


def _attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of nodes to their ancestors, by the model's own attention over the rows.

    Args:
        module: The layer's attention.
        query: ``[1, heads, nodes, d]``; ``key`` and ``value`` have as many heads or fewer.
        attention_mask: None: transformers makes no mask for an attention that it does not know.
        options: What the model passes to any attention.

    Returns:
        ``[1, nodes, heads, d]``, and no weights.
    """
    now = _READING.get()
    now.attended += 1
    rows, length = now.shape

    def lay_out(states: torch.Tensor) -> torch.Tensor:
        by_node = states[0].transpose(0, 1)
        laid = by_node.index_select(0, now.nodes)
        return laid.view(rows, length, *by_node.shape[1:]).transpose(1, 2)

    attend, mask = _inner(module, now.inner, query, length)
    found = attend(module, lay_out(query), lay_out(key), lay_out(value), mask, **options)[0]
    return found.reshape(rows * length, *found.shape[2:]).index_select(0, now.places)[None], None


def _inner(
    module: Any, name: str, query: torch.Tensor, length: int
) -> tuple[Any, torch.Tensor | None]:
    """The model's own attention, and the mask that it needs: sdpa is causal without one."""
    import torch
    from transformers import AttentionInterface

    if name == "sdpa":
        return AttentionInterface()[name], None
    least = torch.finfo(query.dtype).min
    mask = torch.full((length, length), least, dtype=query.dtype).triu(1)
    return _eager(module), mask[None, None]


def _eager(module: Any) -> Any:
    """The attention that a model's file brings along, by transformers' convention, or None."""
    return getattr(sys.modules[type(module).__module__], "eager_attention_forward", None)
