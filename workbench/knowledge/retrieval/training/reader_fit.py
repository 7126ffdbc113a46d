"""Teaching MiniLM's last layers to read: matrices of low rank, from pairs, on torch.

Hu et al. 2022, "LoRA: Low-Rank Adaptation of Large Language Models". What the lower layers make of
a pair is computed once, for they are not changed. Some four minutes of a core for 9,500 pairs.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from workbench.knowledge.retrieval.reader import LONGEST, MATRICES
from workbench.models.engines.torch_loading import load_module
from workbench.models.folder import read_folder

from .reader_pairs import ReadPair

if TYPE_CHECKING:
    import torch

_START, _RANK = 4, 8
_EPOCHS, _RATE, _WARM_STEPS, _LEAST_RATE = 3, 2e-3, 50, 0.02
_BATCH_TOKENS, _SHUFFLED = 2000, 3000
_DROPPED = 0.1  # of what the head sees
_MASKED = -1e9

Row = tuple[list[int], int]
"""Token ids of a pair, and how many are the question's, with both marks."""


class _Teaching:
    """The network with what is taught beside it.

    Args:
        folder: Of the model.
        seed: Of what is taught, before it is.
    """

    def __init__(self, folder: Path, *, seed: int) -> None:
        import torch

        torch.manual_seed(seed)
        self.bert = cast("Any", load_module(read_folder(folder), dtype="float32"))
        self.bert.requires_grad_(False)
        self.taught: list[torch.nn.Parameter] = []
        for layer in self.bert.encoder.layer[_START:]:
            for name in MATRICES:
                self._add(layer.get_submodule(name))
        size = self.bert.config.hidden_size
        self.head = torch.nn.Linear(3 * size, 1)
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)
        self.dropping = torch.nn.Dropout(_DROPPED)

    def _add(self, linear: Any) -> None:
        """Let a matrix answer with the change of low rank added."""
        import torch

        down = torch.nn.Parameter(torch.randn(_RANK, linear.in_features) / linear.in_features**0.5)
        up = torch.nn.Parameter(torch.zeros(linear.out_features, _RANK))
        linear.register_forward_hook(lambda _, given, out: out + (given[0] @ down.T) @ up.T)
        self.taught += [down, up]

    def parameters(self) -> list[torch.nn.Parameter]:
        """All that is taught."""
        return [*self.taught, *self.head.parameters()]

    def lower(self, rows: Sequence[Row]) -> torch.Tensor:
        """The states below the layers that are taught."""
        import torch

        ids = torch.zeros(len(rows), max(len(row[0]) for row in rows), dtype=torch.long)
        kinds = torch.zeros_like(ids)
        for number, (tokens, asked) in enumerate(rows):
            ids[number, : len(tokens)] = torch.tensor(tokens)
            kinds[number, asked : len(tokens)] = 1
        states = self.bert.embeddings(input_ids=ids, token_type_ids=kinds)
        return self._through(states, rows, self.bert.encoder.layer[:_START])

    def odds(self, states: torch.Tensor, rows: Sequence[Row]) -> torch.Tensor:
        """The log odds of pairs from their states below, shape (pairs,)."""
        import torch

        states = self._through(states, rows, self.bert.encoder.layer[_START:]).float()
        asked = torch.zeros(states.shape[:2])
        there = torch.zeros_like(asked)
        for number, (tokens, count) in enumerate(rows):
            asked[number, 1 : count - 1] = 1
            there[number, : len(tokens)] = 1
        means = [
            (states * share[:, :, None]).sum(1) / share.sum(1, keepdim=True).clamp(1)
            for share in (asked, there - asked)
        ]
        out: torch.Tensor = self.head(self.dropping(torch.cat([states[:, 0], *means], 1)))[:, 0]
        return out

    def _through(self, states: torch.Tensor, rows: Sequence[Row], layers: Any) -> torch.Tensor:
        import torch

        masked = torch.zeros(len(rows), 1, 1, states.shape[1], dtype=states.dtype)
        for number, (tokens, _) in enumerate(rows):
            masked[number, :, :, len(tokens) :] = _MASKED
        for layer in layers:
            found = layer(states, attention_mask=masked)
            states = found[0] if isinstance(found, tuple) else found
        return states

    def told(self) -> dict[str, Any]:
        """What is kept of it: see ``Reader``."""
        import numpy as np

        tables = [each.detach().numpy().ravel() for each in self.parameters()]
        data = np.concatenate(tables).astype("<f2").tobytes()
        return {"start": _START, "rank": _RANK, "data": base64.b64encode(data).decode()}


def fit_reader(folder: Path, pairs: Sequence[ReadPair], *, seed: int = 0) -> dict[str, Any]:
    """Teach a reader.

    Args:
        folder: Of MiniLM, as it is.
        pairs: What it learns from.
        seed: Of the order and of what is taught, before it is.

    Returns:
        What ``Reader`` takes.
    """
    import torch

    rows = _rows(folder, pairs)
    teaching = _Teaching(folder, seed=seed)
    right = torch.tensor([each.answers for each in pairs])
    weights = torch.tensor([each.weight for each in pairs])
    below: dict[int, torch.Tensor] = {}
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for batch in _batches(rows, None):
            states = teaching.lower([rows[each] for each in batch]).to(torch.bfloat16)
            below.update({each: states[at, : len(rows[each][0])] for at, each in enumerate(batch)})
    optimiser = torch.optim.AdamW(
        teaching.parameters(), lr=_RATE, weight_decay=0.01, betas=(0.9, 0.98)
    )
    drawn = random.Random(seed)
    steps, step = _EPOCHS * sum(1 for _ in _batches(rows, None)), 0
    for _ in range(_EPOCHS):
        for batch in _batches(rows, drawn):
            rate = min(1.0, (step + 1) / _WARM_STEPS) * max(_LEAST_RATE, 1 - step / steps)
            optimiser.param_groups[0]["lr"] = _RATE * rate
            states = torch.nn.utils.rnn.pad_sequence(
                [below[each].clone() for each in batch], batch_first=True
            )
            with torch.autocast("cpu", torch.bfloat16):
                odds = teaching.odds(states, [rows[each] for each in batch])
            losses = torch.nn.functional.binary_cross_entropy_with_logits(
                odds.float(), right[batch], reduction="none"
            )
            optimiser.zero_grad()
            ((losses * weights[batch]).sum() / weights[batch].sum()).backward()
            torch.nn.utils.clip_grad_norm_(teaching.parameters(), 1.0)
            optimiser.step()
            step += 1
    return teaching.told()


def _rows(folder: Path, pairs: Sequence[ReadPair]) -> list[Row]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    read = tokenizer.encode_batch([(each.question, each.sentence) for each in pairs])
    return [(each.ids, each.type_ids.count(0)) for each in read]


def _batches(rows: Sequence[Row], drawn: random.Random | None) -> Iterator[list[int]]:
    """Places of rows of like length, so many tokens at a time; shuffled where there is a draw."""
    order = list(range(len(rows)))
    if drawn is not None:
        drawn.shuffle(order)
    for start in range(0, len(order), _SHUFFLED):
        batches: list[list[int]] = [[]]
        for place in sorted(order[start : start + _SHUFFLED], key=lambda each: len(rows[each][0])):
            if batches[-1] and (len(batches[-1]) + 1) * len(rows[place][0]) > _BATCH_TOKENS:
                batches.append([])
            batches[-1].append(place)
        if drawn is not None:
            drawn.shuffle(batches)
        yield from batches
