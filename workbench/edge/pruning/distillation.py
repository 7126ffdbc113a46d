"""Distillation (Hinton et al. 2015): a pruned model learns the chances that its whole self gave."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.core.progress import progress

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Lesson:
    """How it learns: ``steps`` of ``rows`` windows of ``window`` tokens, at most ``rate``.

    ``own_share`` is the weight of the text itself beside the teacher's word for it.
    """

    steps: int = 100
    rows: int = 2
    window: int = 128
    rate: float = 2e-4
    own_share: float = 0.25
    seed: int = 0


def distill(
    student: Path,
    teacher: Path,
    texts: Sequence[str],
    lesson: Lesson,
) -> tuple[dict[str, np.ndarray], list[float]]:
    """Teach a pruned model what the whole one says of texts.

    Numbers that are 0 stay 0, so that what was pruned stays pruned.

    Args:
        student: The pruned model's folder.
        teacher: The whole one's.
        texts: What both read; they have one vocabulary.
        lesson: How long and how fast.

    Returns:
        The student's numbers by name, and the loss of each step in nats a token.

    Raises:
        InputError: The texts are shorter than a window.
    """
    import numpy as np
    import torch

    from workbench.models.engines.torch_loading import load_module
    from workbench.models.folder import read_folder
    from workbench.models.tokenizer import TextTokenizer

    ids = np.array(TextTokenizer(student).tokenize("\n\n".join(texts)))
    if len(ids) <= lesson.window:
        raise InputError(
            f"the texts have {len(ids)} tokens; {lesson.window} are read at a time",
            hint="give more texts",
        )
    learner = load_module(read_folder(student), dtype="float32").train()
    master = load_module(read_folder(teacher), dtype="float32")
    held = [(each, each != 0) for each in learner.parameters()]
    optimizer = torch.optim.AdamW(learner.parameters(), lr=lesson.rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate_at(step, lesson))
    starts = np.random.default_rng(lesson.seed).integers(
        0, len(ids) - lesson.window, size=(lesson.steps, lesson.rows)
    )
    losses = []
    with progress("recovering", total=lesson.steps, unit="steps") as task:
        for row in starts:
            check_cancelled()
            batch = torch.tensor(np.stack([ids[start : start + lesson.window] for start in row]))
            with torch.no_grad():
                said = master(batch, use_cache=False).logits
            loss = _loss(learner, batch, said, lesson.own_share)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            with torch.no_grad():
                for numbers, mask in held:
                    numbers.mul_(mask)
            losses.append(float(loss.detach()))
            task.advance(message=f"{losses[-1]:.3f}")
    return {name: each.detach().numpy() for name, each in learner.named_parameters()}, losses


def _loss(learner: Any, batch: Any, said: Any, own_share: float) -> Any:
    import torch

    logits = learner(batch, use_cache=False).logits
    chances = logits.log_softmax(-1)
    taught = torch.nn.functional.kl_div(
        chances, said.log_softmax(-1), log_target=True, reduction="none"
    )
    own = -chances[:, :-1].gather(2, batch[:, 1:, None]).mean()
    return (1 - own_share) * taught.sum(-1).mean() + own_share * own


def _rate_at(step: int, lesson: Lesson) -> float:
    """Up over a tenth of the steps, then down along a cosine to nothing."""
    warm = max(1, lesson.steps // 10)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, lesson.steps - warm)))
