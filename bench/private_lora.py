"""Teaching SmolLM2 privately: DP-LoRA against plain LoRA, and against gradients row by row.

The same rows, rank, maps and precision, one thread, by turns in one run; what is counted is the
CPU time of a step, its median. Plain LoRA is the loop without packing (packed rows have no
gradients of their own, so a private run cannot pack; against a plain loop that packs the private
one has that to make up as well, and ``details`` says how much). Row by row is what one does without
a library: a backward pass a row. That both private ways find the same clipped sum is asserted.
"""

from __future__ import annotations

import dataclasses
import itertools
import statistics
import time
from collections.abc import Sequence
from typing import Any

from shape import REPO, Benchmark, Figure, take_turns
from sides import MODEL

STEPS, ROWS = 10, 4
FROZEN = REPO / "workbench" / "finetuning" / "frozen"


class PrivateLesson:
    """Rows of set a in tokens, and a model whose adapter is learnt in each of the ways."""

    def __init__(self) -> None:
        import torch

        from workbench.finetuning.snapshots.reading import read_examples
        from workbench.finetuning.training.adapting import adapt, load_learner
        from workbench.finetuning.training.encoding import encode_all
        from workbench.finetuning.training.recipe import Recipe

        self.recipe = Recipe(
            rank=8, targets=("q_proj", "v_proj"), batch=ROWS, steps=STEPS, epochs=None,
            pack_tokens=0, learning_rate=1e-3,
        )  # fmt: skip
        learner = load_learner(MODEL, self.recipe)
        torch.set_num_threads(1)
        read = read_examples(FROZEN / "facts_a.jsonl")[0]
        self.rows = list(encode_all(learner.encoder, read, max_tokens=512))[:ROWS]
        self.module = adapt(learner.module, self.recipe).train()
        self.trained = [each for each in self.module.parameters() if each.requires_grad]

    def plain(self) -> float:
        """The loop without privacy."""
        return self._loop(self.recipe, None)

    def packed(self) -> float:
        """The loop without privacy, as it is by default: rows laid side by side."""
        return self._loop(dataclasses.replace(self.recipe, pack_tokens=512), None)

    def private(self) -> float:
        """The loop with hooks and the noise of a released run; all rows are in each step."""
        from workbench.finetuning.training.private_learning import Privacy, PrivateLearning

        private = PrivateLearning(
            [(row,) for row in self.rows], self.recipe, Privacy(8.0), steps=STEPS
        )
        private.draws.rate = 1.0
        return self._loop(self.recipe, private)

    def _loop(self, recipe: Any, private: Any) -> float:
        from workbench.core import events
        from workbench.finetuning.training.batches import Batches
        from workbench.finetuning.training.loop import train

        ends = [time.process_time()]

        def hear(event: Any) -> None:
            ends.append(time.process_time())

        source = Batches([(r,) for r in self.rows], batch=ROWS, pack_tokens=recipe.pack_tokens)
        stop = events.subscribe(hear, "finetuning.step")
        try:
            train(self.module, source, recipe, steps=STEPS, private=private)
        finally:
            stop()
        return statistics.median(b - a for a, b in itertools.pairwise(ends[1:]))

    def row_by_row(self) -> float:
        """A backward pass for each row, clipped and summed."""
        import torch

        optimizer = torch.optim.AdamW(self.trained, lr=1e-3, weight_decay=0.0)
        self.module.train()
        times = []
        for _ in range(STEPS):
            started_s = time.process_time()
            total = self.sum_row_by_row()
            for parameter, each in zip(self.trained, total, strict=True):
                parameter.grad = (each + torch.randn_like(each)) / ROWS
            optimizer.step()
            times.append(time.process_time() - started_s)
        return statistics.median(times[1:])

    def sum_row_by_row(self) -> list[Any]:
        """The clipped sum, without hooks."""
        import torch

        from workbench.finetuning.training.batches import collate
        from workbench.finetuning.training.objective import casting
        from workbench.finetuning.training.private_learning import row_losses

        total = [torch.zeros_like(each) for each in self.trained]
        for row in self.rows:
            with casting(self.module):
                loss = row_losses(self.module, collate([row])).sum()
            found = torch.autograd.grad(loss, self.trained)
            norm = torch.stack([each.norm() for each in found]).norm()
            factor = min(1.0, self.recipe.clip_norm / float(norm))
            for mine, each in zip(total, found, strict=True):
                mine += factor * each
        return total

    def check_same_sum(self) -> None:
        """The hooks and the row-by-row way find the same clipped sum, but for 16 bits."""
        import torch

        from workbench.finetuning.training.private_learning import Privacy, PrivateLearning

        self.module.train()
        wanted = torch.cat([each.reshape(-1) for each in self.sum_row_by_row()])
        private = PrivateLearning([(row,) for row in self.rows], self.recipe, Privacy(8.0), steps=1)
        private.begin(self.module, torch.optim.SGD(self.trained, lr=0.0))
        assert private.optimizer is not None
        private.draws.rate, private.optimizer.gradient_noise = 1.0, 0.0
        kept: list[Any] = []
        release = private.optimizer._release
        private.optimizer._release = lambda sums: (kept.extend(sums), release(sums))[1]  # type: ignore[method-assign, func-returns-value]
        private.step(self.module)
        private.end()
        found = torch.cat([each.reshape(-1) for each in kept])
        off = float((found - wanted).norm() / wanted.norm())
        assert off < 0.03, off


def measure(rounds: int) -> Sequence[Figure]:
    """The two rows of the issue."""
    lesson = PrivateLesson()
    lesson.check_same_sum()
    private, plain = take_turns(lesson.private, lesson.plain, rounds=rounds)
    packed = [lesson.packed() for _ in range(rounds)]
    again, single = take_turns(lesson.private, lesson.row_by_row, rounds=rounds)
    told = {"rank": 8, "maps": "q, v", "rows": ROWS, "packed_cpu_s": statistics.median(packed)}
    return [
        Figure(
            "a step of DP-LoRA on SmolLM2 in 1.15 of plain LoRA's time", "LoRA", "CPU s a step",
            tuple(private), tuple(plain), better="lower", bound=1 / 1.15, details=told,
        ),
        Figure(
            "a step of DP-LoRA on SmolLM2", "a backward pass a row", "CPU s a step",
            tuple(again), tuple(single), better="lower", bound=1.3, details=told,
        ),
    ]  # fmt: skip


BENCHMARKS = (Benchmark("private-lora", measure),)
