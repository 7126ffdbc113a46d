"""A grid of activation patches against the loop that everyone writes: one place a forward pass.

Both sides patch the same places of the same loaded model, with one torch thread, and the numbers
are compared before anything is timed: within 1e-5 of the way. The first pair differs in its first
word, so that nothing can be left out because both prompts are still the same; in the second the
subject stands in the middle, as it does in most questions. CPU seconds of this process, which a
busy machine disturbs least.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from shape import Benchmark, Figure, take_turns

MODEL = "smollm2-135m"
LAYERS = tuple(range(0, 30, 3))
MOST_GAP = 1e-5


@dataclass(frozen=True)
class Pair:
    """Two prompts of as many tokens, and what follows them."""

    what: str
    clean: str
    corrupted: str
    answer: str
    wrong: str


PAIRS = (
    Pair(
        "subject in the first word",
        "France is a country in Europe, and its capital is",
        "Italy is a country in Europe, and its capital is",
        " Paris",
        " Rome",
    ),
    Pair(
        "subject in the middle",
        "Everyone knows that the city of Paris is located in the country of",
        "Everyone knows that the city of Rome is located in the country of",
        " France",
        " Italy",
    ),
)


def hook_loop(model: Any, pair: Pair, component: str) -> np.ndarray:
    """The peer: a forward pass of the whole model for each place, with torch's own hooks."""
    import torch

    module = model.module
    layers = module.model.layers
    clean, corrupted = (model.prompt_ids(text) for text in (pair.clean, pair.corrupted))
    tokens = [model.tokenize(word)[0] for word in (pair.answer, pair.wrong)]
    kept: dict[int, Any] = {}

    def target(layer: int) -> Any:
        return layers[layer] if component == "residual" else layers[layer].mlp

    def difference(ids: list[int]) -> float:
        with torch.inference_mode():
            output = module(input_ids=torch.tensor([ids]), use_cache=False, logits_to_keep=1)
        logits = output.logits[0, -1]
        return float(logits[tokens[0]] - logits[tokens[1]])

    handles = [
        target(layer).register_forward_hook(lambda _, __, out, at=layer: kept.update({at: out}))
        for layer in LAYERS
    ]
    end = difference(clean)
    for handle in handles:
        handle.remove()
    begin = difference(corrupted)
    values = np.empty((len(LAYERS), len(clean)))
    for row, layer in enumerate(LAYERS):
        for position in range(len(clean)):

            def patch(
                _: Any, __: Any, output: Any, layer: int = layer, position: int = position
            ) -> Any:
                output = output.clone()
                output[:, position] = kept[layer][:, position]
                return output

            handle = target(layer).register_forward_hook(patch)
            values[row, position] = difference(corrupted)
            handle.remove()
    return (values - begin) / (end - begin)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds, and what came of them."""
    began_s = time.process_time()
    found = work()
    return time.process_time() - began_s, found


def compare(model: Any, pair: Pair, component: Any, *, rounds: int) -> Figure:
    """One grid by turns; equality first."""
    from workbench.interpretability.inside import patch_grid

    def ours() -> Any:
        return patch_grid(
            model,
            pair.clean,
            corrupted=pair.corrupted,
            answer=pair.answer,
            wrong=pair.wrong,
            component=component,
            layers=LAYERS,
        )

    grid = ours()
    gap = float(np.abs(grid.values - hook_loop(model, pair, component)).max())
    if gap > MOST_GAP:
        raise AssertionError(f"{pair.what}, {component}: the grids differ by {gap:g} of the way")
    mine, loops = take_turns(
        lambda: timed(ours)[0], lambda: timed(lambda: hook_loop(model, pair, component))[0],
        rounds=rounds,
    )  # fmt: skip
    tokens = grid.values.shape[1]
    return Figure(
        f"patching {component}, {len(LAYERS)} layers x {tokens} tokens, {pair.what}",
        "a hook loop",
        "CPU s",
        tuple(mine),
        tuple(loops),
        better="lower",
        bound=4.0,
        details={
            "largest_difference": gap,
            "layer_tokens": grid.layer_tokens,
            "loop_layer_tokens": 30 * tokens * grid.values.size,
            "threads": 1,
        },
    )


def measure(rounds: int) -> Sequence[Figure]:
    """Both pairs on the residual stream, the first also on MLP outputs."""
    from workbench import models

    with models.load(MODEL, engine="transformers", dtype="float32", threads=1) as model:
        return [
            compare(model, PAIRS[0], "residual", rounds=rounds),
            compare(model, PAIRS[0], "mlp", rounds=rounds),
            compare(model, PAIRS[1], "residual", rounds=rounds),
        ]


BENCHMARKS = (Benchmark("patching", measure),)
