"""Layer drop by block influence (ShortGPT, Men et al. 2024): layers that change least go first."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.core.progress import track
from workbench.edge.pruning.weights import Weights

if TYPE_CHECKING:
    import numpy as np

_LAYER = re.compile(r"model\.layers\.(\d+)\.(.+)")
_WINDOW = 256


def measure_influence(folder: Path, texts: Sequence[str], *, windows: int = 16) -> np.ndarray:
    """How much each layer turns the states that go through it: 1 minus their mean cosine.

    Args:
        folder: A language model's.
        texts: What it reads, in windows of 256 tokens.
        windows: At most so many.

    Returns:
        Float64 ``[layers]``.
    """
    import numpy as np
    import torch

    from workbench.models.engines.torch_loading import load_module
    from workbench.models.folder import read_folder
    from workbench.models.tokenizer import TextTokenizer

    found = read_folder(folder)
    module = load_module(found, dtype="float32")
    ids = TextTokenizer(folder).tokenize("\n\n".join(texts))
    size = min(_WINDOW, found.context_tokens)
    starts = range(0, max(1, len(ids) - size + 1), size)[:windows]
    cosines = []
    with torch.inference_mode():
        for start in track(starts, "measuring layers", unit="windows"):
            check_cancelled()
            window = torch.tensor([ids[start : start + size]])
            states = module(window, output_hidden_states=True, use_cache=False).hidden_states
            cosines.append(
                [
                    float(torch.cosine_similarity(a, b, dim=-1).mean())
                    for a, b in itertools.pairwise(states)
                ]
            )
    return 1 - np.mean(cosines, axis=0)


def choose_layers(influence: np.ndarray, count: int) -> list[int]:
    """The layers with the least influence, the first and the last never among them.

    Raises:
        InputError: There are not so many.
    """
    import numpy as np

    if not 0 <= count <= len(influence) - 2:
        raise InputError(
            f"{count} layers cannot go of {len(influence)}: the first and the last stay",
            hint="prune less",
        )
    inner = np.argsort(influence[1:-1], kind="stable")[:count] + 1
    return sorted(int(layer) for layer in inner)


def drop_layers(weights: Weights, layers: Sequence[int]) -> Weights:
    """The weights without some layers; those behind them move up."""
    kept = [n for n in range(weights.config["num_hidden_layers"]) if n not in set(layers)]
    place = {old: new for new, old in enumerate(kept)}
    numbers = {}
    for name, each in weights.numbers.items():
        match = _LAYER.fullmatch(name)
        if match is None:
            numbers[name] = each
        elif int(match[1]) in place:
            numbers[f"model.layers.{place[int(match[1])]}.{match[2]}"] = each
    config = {**weights.config, "num_hidden_layers": len(kept)}
    if "layer_types" in config:
        config["layer_types"] = [config["layer_types"][old] for old in kept]
    return replace(weights, numbers=numbers, config=config)
