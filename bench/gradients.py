"""Integrated gradients of a prompt against captum's, with the same baseline, steps and rule.

The peer is captum's ``LLMGradientAttribution`` over ``LayerIntegratedGradients`` on the embedding
layer: what a user of captum calls for a language model. It goes through the model once for each
target token, and the whole target's scores are the sum of those. A second peer for the whole target
is ``LayerIntegratedGradients`` over a function of one's own that adds the log-probabilities up.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from shape import REPO, Benchmark, Figure, take_turns
from sides import MODEL

THREADS = 1
STEPS = 8
CLOSE_NATS = 1e-3
BOUNDS = {"each target token": 1.5, "the whole target": 8.0}
PROMPT = (
    "The lighthouse keeper wrote in his diary that the storm had begun on Monday and that he had "
    "not slept for three nights. The storm began on"
)
TARGET = " Monday, and the keeper had not slept since."

FROZEN = REPO / "tests" / "interpretability" / "frozen" / "completeness_prompts.jsonl"
FROZEN_SHA256 = "bb7e35348a72bd18b2c6412b2e2146719f09b1d81bd4111ec547b9d4527b5fe3"
MOST_GAP, LEAST_WITHIN, FROZEN_STEPS = 0.02, 18, 64


class Tokenizer:
    """A model's tokenizer as captum asks for it; it makes texts of the ids itself."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def encode(self, text: str, *, return_tensors: str | None = None, **_: Any) -> Any:
        import torch

        ids = self.model.tokenize(text)
        return torch.tensor([ids]) if return_tensors else ids

    def decode(self, ids: Any) -> str:
        return str(self.model.detokenize([int(each) for each in ids.reshape(-1)]))

    def convert_ids_to_tokens(self, ids: Sequence[int]) -> list[str]:
        return [self.model.detokenize([each]) for each in ids]

    def __call__(self, text: str, **_: Any) -> dict[str, Any]:
        ids = self.model.tokenize(text)
        ends = [len(self.model.detokenize(ids[: place + 1])) for place in range(len(ids))]
        return {
            "input_ids": ids,
            "offset_mapping": list(zip([0, *ends[:-1]], ends, strict=True)),
        }


@dataclass
class Taken:
    """What one side found ``[rows, prompt tokens]``, and what it took."""

    scores: Any
    wall_s: float
    cpu_s: float


def timed(work: Callable[[], Any]) -> Taken:
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    scores = work()
    return Taken(scores, time.perf_counter() - wall_s, time.process_time() - cpu_s)


class Sides:
    """Ours and captum's on one module, prompt and target; position 0 is held by both."""

    def __init__(self, model: Any) -> None:
        from workbench.interpretability.attribution.differentiable import TargetLogprobs

        self.model, self.module = model, model.module
        self.prompt, self.target = model.prompt_ids(PROMPT), model.tokenize(TARGET)
        (self.space,) = model.tokenize(" ")
        self.function = TargetLogprobs(self.module, self.prompt, self.target)

    def ours(self, *, per_output: bool) -> Any:
        from workbench.interpretability.attribution.integrated_gradients import (
            integrated_gradients,
        )

        start = self.function.embed([self.space])[0]
        found = integrated_gradients(
            self.function,
            start,
            steps=STEPS,
            rule="gauss_legendre",
            per_output=per_output,
            least_change=0.0,
        )
        return found.scores

    def captum(self) -> Any:
        import torch
        from captum.attr import (
            LayerIntegratedGradients,
            LLMGradientAttribution,
            TextTokenInput,
        )

        layer = LayerIntegratedGradients(self.module, self.module.get_input_embeddings())
        explainer = LLMGradientAttribution(layer, Tokenizer(self.model))
        given = TextTokenInput(PROMPT, Tokenizer(self.model), baselines=self.space)
        held = torch.zeros(1, len(self.prompt), dtype=torch.long)
        held[0, 0] = 1  # 1 is "as it is"
        found = explainer.attribute(
            given, target=torch.tensor(self.target), n_steps=STEPS, baselines=held
        )
        return found.token_attr.double().numpy()

    def captum_of_a_sum(self) -> Any:
        import torch
        from captum.attr import LayerIntegratedGradients

        read = torch.tensor([[*self.prompt, *self.target[:-1]]])
        start = read.clone()
        start[0, 1 : len(self.prompt)] = self.space

        def logprob(ids: torch.Tensor) -> torch.Tensor:
            logits = self.module(ids, use_cache=False).logits[:, len(self.prompt) - 1 :]
            wanted = torch.tensor(self.target).expand(len(ids), -1)[:, :, None]
            return logits.log_softmax(dim=-1).gather(2, wanted).sum(dim=(1, 2))

        layer = LayerIntegratedGradients(logprob, self.module.get_input_embeddings())
        found = layer.attribute(read, baselines=start, n_steps=STEPS)
        return found.sum(dim=2)[:, : len(self.prompt)].detach().double().numpy()


@contextmanager
def opened() -> Iterator[Sides]:
    import torch

    from workbench import models

    with models.load(MODEL, engine="transformers", dtype="float32", threads=THREADS) as model:
        torch.set_num_threads(THREADS)
        yield Sides(model)


def compare(
    name: str,
    peer: str,
    ours: Callable[[], Any],
    theirs: Callable[[], Any],
    *,
    rounds: int,
    bound: float | None,
    details: dict[str, Any],
) -> Figure:
    """Both by turns, after one go each whose values must be the same."""
    import numpy as np

    mine, others = ours(), theirs()
    others = others if len(mine) == len(others) else others.sum(axis=0, keepdims=True)
    apart = float(np.abs(mine - others).max())
    assert mine.shape == others.shape, (mine.shape, others.shape)
    assert apart < CLOSE_NATS < 0.1 * float(np.abs(others).max()), apart
    took, their_took = take_turns(lambda: timed(ours), lambda: timed(theirs), rounds=rounds)
    return Figure(
        name,
        peer,
        "CPU s",
        tuple(each.cpu_s for each in took),
        tuple(each.cpu_s for each in their_took),
        better="lower",
        bound=bound,
        details={
            **details,
            "apart_nats": apart,
            "wall_s": [each.wall_s for each in took],
            "their_wall_s": [each.wall_s for each in their_took],
            "steps": STEPS,
            "threads": THREADS,
        },
    )


def gradients(rounds: int) -> list[Figure]:
    """A row of scores for each target token, and one for all of them."""
    with opened() as sides:
        details = {"prompt_tokens": len(sides.prompt), "target_tokens": len(sides.target)}
        figures = [
            compare(
                f"integrated gradients of {what}",
                "captum's LLMGradientAttribution",
                lambda per=per: sides.ours(per_output=per),  # type: ignore[misc]
                sides.captum,
                rounds=rounds,
                bound=BOUNDS[what],
                details=details,
            )
            for what, per in (("each target token", True), ("the whole target", False))
        ]
        alone = compare(
            "integrated gradients of the whole target",
            "captum's LayerIntegratedGradients of the sum",
            lambda: sides.ours(per_output=False),
            sides.captum_of_a_sum,
            rounds=rounds,
            bound=None,
            details=details,
        )
    return [*figures, alone]


def completeness(rounds: int) -> list[Figure]:
    """The frozen prompts whose scores add up to the change, but for 2%; the same in every round."""
    from workbench import models
    from workbench.core.errors import InputError
    from workbench.interpretability.attribution.attributing import attribute_target

    content = FROZEN.read_bytes()
    assert hashlib.sha256(content).hexdigest() == FROZEN_SHA256
    gaps: dict[str, float | None] = {}
    with models.load(MODEL, engine="transformers", dtype="float32", threads=THREADS) as model:
        for row in map(json.loads, content.decode("utf-8").splitlines()):
            try:
                found = attribute_target(
                    model,
                    row["prompt"],
                    row["target"],
                    method="integrated_gradients",
                    steps=FROZEN_STEPS,
                    whole_target=True,
                    curves=False,
                )
                gaps[row["id"]] = found.completeness_gap
            except InputError:  # under one nat
                gaps[row["id"]] = None
    within = sum(gap is not None and gap <= MOST_GAP for gap in gaps.values())
    return [
        Figure(
            f"integrated gradients, frozen prompts within {MOST_GAP:.0%} at {FROZEN_STEPS} steps",
            f"{LEAST_WITHIN} of {len(gaps)}",
            "prompts",
            (float(within),),
            (float(LEAST_WITHIN),),
            bound=1.0,
            details={
                "relative_gaps": gaps,
                "refused": [name for name, gap in gaps.items() if gap is None],
                "sha256": FROZEN_SHA256,
            },
        )
    ]


BENCHMARKS = (Benchmark("gradients", gradients), Benchmark("completeness", completeness))
