"""Log-probabilities of many continuations in batches, each prompt read once.

Prompts of one length make a batch without padding. Their keys and values are then given to all
the continuations that belong to them, which are padded on the right: no token looks to its right,
so padding changes nothing, and no mask is needed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.models.batching import batch_by_length

if TYPE_CHECKING:
    import torch

Request = tuple[Sequence[int], Sequence[int]]
# Rows of logits that are summed in double precision at a time: 32 x 150k x 8 bytes are 38 MB.
_ROWS = 32


def can_share_prompts(module: Any) -> bool:
    """Whether a prompt's state is keys and values, which can be given to several continuations.

    The state of recurrent layers is changed in place, so such models are scored one by one.
    """
    from transformers import cache_utils

    layers = cache_utils.DynamicCache(config=module.config).layers
    recurrent = cache_utils.LinearAttentionCacheLayerMixin
    return all(
        isinstance(layer, cache_utils.DynamicLayer) and not isinstance(layer, recurrent)
        for layer in layers
    )


def score_batches(
    module: Any, requests: Sequence[Request], *, batch_tokens: int
) -> Iterator[tuple[int, list[float]]]:
    """The log-probability of each continuation token, given the prompt and those before it.

    Args:
        module: A causal model of transformers, in evaluation mode.
        requests: Prompt ids ``[n]`` and continuation ids ``[m]``, both at least 1.
        batch_tokens: Tokens that the model reads at a time, padding included.

    Yields:
        The place of a request with its m numbers.
    """
    places: dict[tuple[int, ...], list[int]] = {}
    for place, (prompt_ids, _) in enumerate(requests):
        places.setdefault(tuple(prompt_ids), []).append(place)
    by_length: dict[int, list[tuple[int, ...]]] = {}
    for prompt in places:
        by_length.setdefault(len(prompt), []).append(prompt)
    for length, prompts in sorted(by_length.items()):
        rows = max(1, batch_tokens // length)
        for start in range(0, len(prompts), rows):
            batch = prompts[start : start + rows]
            wanted = [(row, place) for row, prompt in enumerate(batch) for place in places[prompt]]
            yield from _score_batch(module, batch, wanted, requests, batch_tokens=batch_tokens)


def _score_batch(
    module: Any,
    prompts: Sequence[Sequence[int]],
    wanted: Sequence[tuple[int, int]],
    requests: Sequence[Request],
    *,
    batch_tokens: int,
) -> Iterator[tuple[int, list[float]]]:
    """The requests of some prompts of one length; ``wanted`` are rows of these and places."""
    import torch

    cache, last = _read(module, prompts, batch_tokens)
    rows = torch.tensor([row for row, _ in wanted])
    firsts = [int(requests[place][1][0]) for _, place in wanted]
    first = _look_up(last[rows], torch.tensor(firsts)).tolist()
    longer = []
    for (row, place), score in zip(wanted, first, strict=True):
        if len(requests[place][1]) == 1:
            yield place, [score]
        else:
            longer.append((row, place, score))
    lengths = [len(requests[place][1]) - 1 for _, place, _ in longer]
    for batch in batch_by_length(lengths, batch_tokens=batch_tokens, batch_size=batch_tokens):
        check_cancelled()
        part = [longer[at] for at in batch]
        continuations = [requests[place][1] for _, place, _ in part]
        scored = _score_rest(module, cache, [row for row, _, _ in part], continuations)
        for (_, place, score), rest in zip(part, scored, strict=True):
            yield place, [score, *rest]


def _read(
    module: Any, prompts: Sequence[Sequence[int]], batch_tokens: int
) -> tuple[Any, torch.Tensor]:
    """Keys and values of prompts of one length, and the logits after them ``[rows, vocabulary]``.

    A prompt that is longer than a batch is read in pieces.
    """
    import torch

    cache: Any = None
    given = torch.tensor([list(prompt) for prompt in prompts])
    for start in range(0, given.shape[1], batch_tokens):
        check_cancelled()
        with torch.inference_mode():
            output = module(
                input_ids=given[:, start : start + batch_tokens],
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
        cache = output.past_key_values
    logits: torch.Tensor = output.logits[:, -1]
    return cache, logits


def _score_rest(
    module: Any, cache: Any, rows: Sequence[int], continuations: Sequence[Sequence[int]]
) -> list[list[float]]:
    """The scores of all but the first token of continuations of the cached prompts ``rows``."""
    import torch

    longest = max(map(len, continuations))
    ids = torch.zeros((len(rows), longest), dtype=torch.long)
    for at, continuation in enumerate(continuations):
        ids[at, : len(continuation)] = torch.tensor(list(continuation))
    own = copy.copy(cache)  # what is read now must not stay in the prompts' cache
    own.layers = [copy.copy(layer) for layer in cache.layers]
    with torch.inference_mode():
        own.batch_select_indices(torch.tensor(list(rows)))
        output = module(input_ids=ids[:, :-1], past_key_values=own, use_cache=True)
        scores = _look_up(output.logits.flatten(0, 1), ids[:, 1:].flatten())
    table = scores.view(len(rows), longest - 1).tolist()
    return [row[: len(given) - 1] for row, given in zip(table, continuations, strict=True)]


def _look_up(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """The natural log-probability of each id: logits ``[n, vocabulary]`` and ids ``[n]``."""
    import torch

    with torch.inference_mode():
        parts = [
            torch.log_softmax(some.double(), dim=-1).gather(1, wanted[:, None])[:, 0]
            for some, wanted in zip(logits.split(_ROWS), ids.split(_ROWS), strict=True)
        ]
        return torch.cat(parts)
