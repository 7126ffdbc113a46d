"""The fit: first on what the rules say of many sentences, then on the labelled ones.

The second half is done twice, with other seeds, and the mean of the weights is kept (Wortsman et
al. 2022, "Model soups"): it costs one network to read and is as good as asking both.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.nn import functional

from workbench.core.progress import Progress, progress

from ..network import Words
from .labels import Example
from .model import Batch, PairModel, make_batch

_SILVER_EPOCHS, _GOLD_EPOCHS = 4, 5
_SEEDS = (0, 1)  # of what the labelled sentences are learnt by
_WARM_UP = 0.1  # of the steps
_LOSS_SCALE = 0.25  # of a sentence's pairs some four are facts: keeps the gradient's norm near 1


def fit(
    silver: Sequence[Example], gold: Sequence[Example], words: Words
) -> dict[str, np.ndarray]:
    """The weights by name; the same on the same machine for the same examples.

    Raises:
        CancelledError: On request.
    """
    known = sorted({word for each in (*silver, *gold) for word in each.table.words})
    rows = {word: number + 1 for number, word in enumerate(known)}
    vectors = torch.from_numpy(words.of(["", *known]))
    first = _batches(silver, rows, 16, 0)
    second = {seed: _batches(gold, rows, 8, seed) for seed in _SEEDS}
    steps = _SILVER_EPOCHS * len(first) + _GOLD_EPOCHS * sum(map(len, second.values()))
    fitted = []
    with _repeatable(), progress("Training the network", total=steps, unit="steps") as task:
        torch.manual_seed(0)
        model = PairModel(vectors)
        train(model, first, epochs=_SILVER_EPOCHS, rate=3e-3, seed=0, task=task)
        begun = {name: values.clone() for name, values in model.state_dict().items()}
        for seed, batches in second.items():
            torch.manual_seed(seed)
            model.load_state_dict(begun)
            train(model, batches, epochs=_GOLD_EPOCHS, rate=2e-3, seed=seed, task=task)
            fitted.append({name: values.copy() for name, values in model.told().items()})
    return {name: np.mean([each[name] for each in fitted], axis=0) for name in fitted[0]}


@contextlib.contextmanager
def _repeatable() -> Iterator[None]:
    """One thread, whose sums do not depend on how many cores there are, and a generator of one's
    own, so that who draws from torch's elsewhere is not disturbed."""
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


def train(
    model: PairModel,
    batches: Sequence[Batch],
    *,
    epochs: int,
    rate: float,
    seed: int,
    task: Progress | None = None,
) -> None:
    """Fit in place: AdamW, a rate that rises over a tenth of the steps and then falls to 0.

    Args:
        model: The network.
        batches: What it is fitted to.
        epochs: How often each batch is shown.
        rate: The highest learning rate.
        seed: Of the order of the batches.
        task: Is told of each step, and notices a cancel.
    """
    shuffler = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-2)
    steps, step = epochs * len(batches), 0
    model.train()
    for _ in range(epochs):
        for place in torch.randperm(len(batches), generator=shuffler).tolist():
            batch, done = batches[place], step / steps
            step += 1
            for group in optimiser.param_groups:
                group["lr"] = rate * min(1, step / (_WARM_UP * steps)) * (1 - done)
            losses = functional.cross_entropy(model(batch), batch.classes, reduction="none")
            loss = (losses * batch.weights).sum() / batch.sentences * _LOSS_SCALE
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            if task is not None:
                task.advance()
    model.eval()


def _batches(
    examples: Sequence[Example], rows: dict[str, int], size: int, seed: int
) -> list[Batch]:
    asked = [each for each in examples if len(each.table.pairs)]
    order = torch.randperm(len(asked), generator=torch.Generator().manual_seed(seed)).tolist()
    return [
        make_batch([asked[place] for place in order[start : start + size]], rows)
        for start in range(0, len(order), size)
    ]
