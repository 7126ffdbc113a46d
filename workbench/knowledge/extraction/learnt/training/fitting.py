"""The fit: on what rules say, on labels, on what it then says itself, and on labels again.

What it says of the sentences that rules had read is learnt by chances and not by classes (Hinton et
al. 2015, "Distilling the Knowledge in a Neural Network"), by a network that saw what the rules say
alone: so what labels taught is seen in three times as many sentences (Xie et al. 2020,
"Self-training with Noisy Student"). Labels are learnt twice, with other seeds, and the mean of the
weights is kept (Wortsman et al. 2022, "Model soups"): one network to read, as good as both.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch.nn import functional

from workbench.core.progress import Progress, progress

from ..network import Words
from .labels import Example
from .model import Batch, PairModel, make_batch

_RULES_EPOCHS, _OWN_EPOCHS, _LABELS_EPOCHS = 4, 3, 5
_SEEDS = (0, 1)  # of what the labelled sentences are learnt by
_WARM_UP = 0.1  # of the steps
_LOSS_SCALE = 0.25  # of a sentence's pairs some four are facts: keeps the gradient's norm near 1


def fit(silver: Sequence[Example], gold: Sequence[Example], words: Words) -> dict[str, np.ndarray]:
    """The weights by name; the same on the same machine for the same examples.

    Raises:
        CancelledError: On request.
    """
    known = sorted({word for each in (*silver, *gold) for word in each.table.words})
    rows = {word: number + 1 for number, word in enumerate(known)}
    vectors = torch.from_numpy(words.of(["", *known]))
    by_rules = _batches(silver, rows, 16, 0)
    labelled = {seed: _batches(gold, rows, 8, seed) for seed in _SEEDS}
    steps = (_RULES_EPOCHS + _OWN_EPOCHS) * len(by_rules)
    steps += 2 * _LABELS_EPOCHS * sum(map(len, labelled.values()))
    with _repeatable(), progress("Training the network", total=steps, unit="steps") as task:
        torch.manual_seed(0)
        model = PairModel(vectors)
        train(model, by_rules, epochs=_RULES_EPOCHS, rate=3e-3, seed=0, task=task)
        begun = _state(model)
        _learn_labels(model, labelled, task)
        own = _chances(model, by_rules)
        model.load_state_dict(begun)
        train(model, by_rules, epochs=_OWN_EPOCHS, rate=2e-3, seed=0, task=task, targets=own)
        _learn_labels(model, labelled, task)
    return {name: values.copy() for name, values in model.told().items()}


def _learn_labels(model: PairModel, labelled: Mapping[int, list[Batch]], task: Progress) -> None:
    """Fit to the labels with each seed from where the model is, and take the mean."""
    begun, fitted = _state(model), []
    for seed, batches in labelled.items():
        torch.manual_seed(seed)
        model.load_state_dict(begun)
        train(model, batches, epochs=_LABELS_EPOCHS, rate=2e-3, seed=seed, task=task)
        fitted.append(_state(model))
    mean = {name: torch.stack([each[name] for each in fitted]).mean(0) for name in begun}
    model.load_state_dict(mean)


def _state(model: PairModel) -> dict[str, torch.Tensor]:
    return {name: values.clone() for name, values in model.state_dict().items()}


def _chances(model: PairModel, batches: Sequence[Batch]) -> list[torch.Tensor]:
    """What the model gives each pair of each batch, [pairs, classes]."""
    with torch.no_grad():
        return [functional.softmax(model(each), -1) for each in batches]


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
    targets: Sequence[torch.Tensor] | None = None,
) -> None:
    """Fit in place: AdamW, a rate that rises over a tenth of the steps and then falls to 0.

    Args:
        model: The network.
        batches: What it is fitted to.
        epochs: How often each batch is shown.
        rate: The highest learning rate.
        seed: Of the order of the batches.
        task: Is told of each step, and notices a cancel.
        targets: Of each batch the chances [pairs, classes] that are learnt in place of its classes.
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
            if targets is None:
                losses = functional.cross_entropy(model(batch), batch.classes, reduction="none")
                losses = losses * batch.weights
            else:
                losses = functional.cross_entropy(model(batch), targets[place], reduction="none")
            loss = losses.sum() / batch.sentences * _LOSS_SCALE
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
