"""Vocabulary trimming: the tokens that texts of a kind never need, taken out with their rows.

A token of byte-pair encoding is made by one merge of two others. Whoever keeps, with each token
that the texts need, the two that it is made of, and theirs, keeps every merge that reading these
texts takes, in the same order: so they are cut as before, to the token. Other texts are cut into
more, smaller ones, down to single bytes, which all stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.core.errors import CapabilityError
from workbench.edge.pruning.weights import EMBEDDINGS, OUTPUT, Weights, read_file

_NAMED = ("bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id")


@dataclass(frozen=True)
class Trimmed:
    """The weights, and the old number of each token that stayed."""

    weights: Weights
    kept: tuple[int, ...]


def count_tokens(weights: Weights, texts: Sequence[str]) -> Counter[int]:
    """How often each token stands in texts."""
    from workbench.models.tokenizer import TextTokenizer

    tokenizer = TextTokenizer(weights.source)
    return Counter(token for text in texts for token in tokenizer.tokenize(text))


def trim_vocabulary(weights: Weights, wanted: Iterable[int]) -> Trimmed:
    """The weights with the wanted tokens, what these are made of, bytes and control tokens.

    Raises:
        CapabilityError: The tokenizer is not byte-pair encoding.
    """
    import numpy as np

    tokenizer = read_file(weights, "tokenizer.json")
    model = tokenizer.get("model", {})
    if model.get("type") != "BPE":
        raise CapabilityError(
            f"the tokenizer is of the kind {model.get('type')!r}; the vocabulary of BPE is trimmed",
            hint="prune layers instead",
        )
    vocabulary: dict[str, int] = model["vocab"]
    merges = [tuple(each.split(" ")) if isinstance(each, str) else tuple(each)
              for each in model["merges"]]  # fmt: skip
    size = weights.numbers[EMBEDDINGS].shape[0]
    kept = _close(set(wanted), vocabulary, merges, tokenizer.get("added_tokens", []))
    kept = {token for token in kept if token < size}
    old = np.array(sorted(kept))
    new = {int(token): place for place, token in enumerate(old)}
    numbers = dict(weights.numbers)
    for name in (EMBEDDINGS, OUTPUT):
        if name in numbers:
            numbers[name] = np.ascontiguousarray(numbers[name][old])
    files = {
        **weights.files,
        "tokenizer.json": _tokenizer(tokenizer, new, vocabulary, merges),
        "generation_config.json": _renumber(read_file(weights, "generation_config.json"), new),
    }
    config = {**_renumber(weights.config, new), "vocab_size": len(old)}
    made = replace(weights, numbers=numbers, config=config, files=files)
    return Trimmed(made, tuple(int(token) for token in old))


def _close(
    wanted: set[int],
    vocabulary: Mapping[str, int],
    merges: Sequence[tuple[str, ...]],
    added: Sequence[Mapping[str, Any]],
) -> set[int]:
    """The tokens with all that they are made of."""
    parts: dict[int, tuple[int, int]] = {}
    for first, second in merges:
        made = vocabulary.get(first + second)
        if made is not None:
            parts.setdefault(made, (vocabulary[first], vocabulary[second]))
    kept = {number for number in vocabulary.values() if number not in parts}
    kept |= {int(each["id"]) for each in added}
    waiting = [token for token in wanted if token not in kept]
    while waiting:
        token = waiting.pop()
        if token not in kept:
            kept.add(token)
            waiting += parts.get(token, ())
    return kept


def _tokenizer(
    tokenizer: Mapping[str, Any],
    new: Mapping[int, int],
    vocabulary: Mapping[str, int],
    merges: Sequence[tuple[str, ...]],
) -> dict[str, Any]:
    words = {word: new[number] for word, number in vocabulary.items() if number in new}
    rules = [
        [first, second]
        for first, second in merges
        if first in words and second in words and first + second in words
    ]
    added = [
        {**each, "id": new[int(each["id"])]}
        for each in tokenizer.get("added_tokens", [])
        if int(each["id"]) in new
    ]
    model = {**tokenizer["model"], "vocab": words, "merges": rules}
    return {**tokenizer, "model": model, "added_tokens": added}


def _renumber(config: Mapping[str, Any], new: Mapping[int, int]) -> dict[str, Any]:
    """A config whose control tokens have their new numbers."""
    found = dict(config)
    for name in _NAMED:
        old = found.get(name)
        if isinstance(old, list):
            found[name] = [new[each] for each in old if each in new]
        elif isinstance(old, int):
            found[name] = new.get(old)
    return found
