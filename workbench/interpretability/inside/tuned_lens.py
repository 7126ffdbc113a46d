"""The tuned lens: the logit lens behind an affine map for each layer, trained on text.

Belrose et al. 2023, Eliciting Latent Predictions from Transformers with the Tuned Lens, section 3.
A layer's state ``h`` becomes ``h + A h + b`` before the final norm; ``A`` and ``b`` begin at zero,
where the lens is the logit lens, and are trained so that KL(final layer || lens) falls. The model's
weights do not change.

The first token is left out, in training and in the figure: its states are a hundred times as long
as all others (it is where attention goes that looks at nothing).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.core.progress import progress, track
from workbench.core.seeds import derive_seed
from workbench.core.viewers import Viewable
from workbench.interpretability.inside.anatomy import Anatomy, examine
from workbench.interpretability.inside.kept_tensors import (
    check_kept,
    find_tensors,
    keep_tensors,
    weights_of,
)
from workbench.interpretability.inside.logit_lens import read_layers, residual_states
from workbench.interpretability.inside.reading import prepare_threads, read_text
from workbench.interpretability.inside.results import LensReading

if TYPE_CHECKING:
    import numpy as np
    import torch

    from workbench.models.model import Model

KIND = "lens"
_LEAST_TOKENS = 64


@dataclass(frozen=True, kw_only=True)
class TrainedLens(Viewable):
    """A lens that was trained and kept as ``reference``.

    ``divergence_before`` and ``divergence_after`` are KL(final layer || lens) by layer on the texts
    that were held out, in nats a token: the logit lens's and this one's.
    """

    reference: str
    model: str
    sha256: str
    layers: tuple[int, ...]
    steps: int
    train_tokens: int
    test_tokens: int
    texts_sha256: str
    seed: int
    divergence_before: tuple[float, ...]
    divergence_after: tuple[float, ...]
    duration_s: float


def train_tuned_lens(
    model: Model,
    texts: Iterable[str],
    *,
    name: str,
    layers: Sequence[int] | None = None,
    steps: int = 100,
    batch_tokens: int = 64,
    learning_rate: float = 1e-3,
    pool_tokens: int = 2048,
    text_tokens: int = 128,
    seed: int = 0,
) -> TrainedLens:
    """Train translators on texts and keep them in the store.

    Args:
        model: A causal model on ``engine="transformers"``.
        texts: Read until there are ``pool_tokens``; every fifth is held out.
        name: What the lens is kept as.
        layers: Which get a translator; all but the last by default, which needs none.
        steps: Updates of each translator.
        batch_tokens: Tokens of an update.
        learning_rate: Of Adam, falling to zero in a straight line.
        pool_tokens: How many tokens' states are held in memory.
        text_tokens: A longer text is cut.
        seed: Decides the order.

    Raises:
        InputError: There are too few tokens, no layer, or a number is not positive.
        CapabilityError: The engine has no module, or the model is an encoder.
        StorageError: The lens cannot be written.
    """
    import torch

    anatomy = examine(model)
    _check_numbers(steps, batch_tokens, learning_rate)
    chosen = _trained_layers(anatomy, layers)
    prepare_threads(model)
    began_s = time.perf_counter()
    pool = _pool(model, anatomy, texts, chosen, most=pool_tokens, cut=text_tokens)
    order = torch.Generator().manual_seed(derive_seed(seed, "tuned_lens"))
    translators = {layer: _Translator(pool.width) for layer in chosen}
    with _frozen(anatomy):
        _train(anatomy, pool, translators, steps, batch_tokens, learning_rate, order)
        before = tuple(_divergence(anatomy, pool, layer, None) for layer in chosen)
        after = tuple(_divergence(anatomy, pool, at, translators[at]) for at in chosen)
    tensors = {
        f"layers.{layer}.{part}": numbers
        for layer, translator in translators.items()
        for part, numbers in translator.numbers().items()
    }
    facts = {
        "layers": chosen,
        "steps": steps,
        "train_tokens": pool.train,
        "test_tokens": pool.test,
        "texts_sha256": pool.texts_sha256,
        "seed": seed,
        "divergence_before": before,
        "divergence_after": after,
        "duration_s": time.perf_counter() - began_s,
    }
    more = {"batch_tokens": batch_tokens, "learning_rate": learning_rate}
    version = keep_tensors(KIND, name, tensors, record={**weights_of(model), **facts, **more})
    sha256 = str(version.artifact_sha256)
    return TrainedLens(reference=version.reference, model=model.name, sha256=sha256, **facts)  # type: ignore[arg-type]


def check_lens(lens: str) -> None:
    """Refuse a name that no lens was kept by: it costs nothing, where loading a model does.

    Raises:
        NotFoundError: There is none of that name.
    """
    check_kept(KIND, lens)


def apply_tuned_lens(
    model: Model, text: str, *, lens: str, target: str | None = None
) -> LensReading:
    """What each layer would say, through a lens that was trained on this model.

    Args:
        model: The one that it was trained on.
        text: Raw, no chat template.
        lens: Its name, or ``name@version``.
        target: Text whose first token is followed through the layers.

    Raises:
        NotFoundError: There is no such lens.
        IntegrityError: It was trained on other weights, or is damaged.
        InputError: The text is empty.
    """
    version, tensors = find_tensors(KIND, lens, model=model)

    def translate(layer: int, state: torch.Tensor) -> torch.Tensor:
        import torch

        weight = tensors.get(f"layers.{layer}.weight")
        if weight is None:  # not trained: the logit lens
            return state
        bias = torch.from_numpy(tensors[f"layers.{layer}.bias"])
        return state + state @ torch.from_numpy(weight).T.to(state.dtype) + bias.to(state.dtype)

    return read_layers(
        model, text, lens=f"tuned ({version.reference})", translate=translate, target=target
    )


def _check_numbers(steps: int, batch_tokens: int, learning_rate: float) -> None:
    for what, value in (("steps", steps), ("batch_tokens", batch_tokens)):
        if value < 1:
            raise InputError(f"{what} is {value}; it must be at least 1")
    if not learning_rate > 0:
        raise InputError(f"learning_rate is {learning_rate}; it must be above 0")


def _trained_layers(anatomy: Anatomy, layers: Sequence[int] | None) -> tuple[int, ...]:
    wanted = anatomy.check_layers(layers)
    chosen = tuple(layer for layer in wanted if layer != anatomy.layers - 1)
    if not chosen:
        raise InputError(
            f"layer {anatomy.layers - 1} is the last of {anatomy.name}: its lens is the model",
            hint="name a lower layer",
        )
    return chosen


class _Translator:
    """``h + A h + b``, which begins as ``h``."""

    def __init__(self, width: int) -> None:
        import torch

        self.weight = torch.zeros((width, width), requires_grad=True)
        self.bias = torch.zeros(width, requires_grad=True)

    def __call__(self, state: torch.Tensor) -> torch.Tensor:
        return state + state @ self.weight.T + self.bias

    def numbers(self) -> dict[str, np.ndarray]:
        return {"weight": self.weight.detach().numpy(), "bias": self.bias.detach().numpy()}


@dataclass(frozen=True)
class _Pool:
    """States of many tokens: by layer ``[tokens, d]``, those held out at the end."""

    states: Mapping[int, Any]
    final: Any
    train: int
    test: int
    texts_sha256: str

    @property
    def width(self) -> int:
        return int(self.final.shape[1])


def _pool(
    model: Model,
    anatomy: Anatomy,
    texts: Iterable[str],
    layers: Sequence[int],
    *,
    most: int,
    cut: int,
) -> _Pool:
    import torch

    digest = hashlib.sha256()
    kept: dict[bool, list[torch.Tensor]] = {False: [], True: []}
    tokens = {False: 0, True: 0}
    for number, text in enumerate(track(islice(texts, most), "read texts", unit="texts")):
        read = read_text(model, text, what=f"text {number + 1}", cut_tokens=cut)
        digest.update(text.encode() + b"\x00")
        if len(read.ids) < 2:
            continue
        states = residual_states(anatomy, read)[:, 1:].float()
        held_out = number % 5 == 4
        rows = torch.stack([*(states[layer + 1] for layer in layers), states[-1]])
        kept[held_out].append(rows)
        tokens[held_out] += rows.shape[1]
        if tokens[False] + tokens[True] >= most and tokens[True]:
            break
    if tokens[False] < _LEAST_TOKENS or not tokens[True]:
        raise InputError(
            f"there are {tokens[False]} tokens to train on and {tokens[True]} to try on; at least "
            f"{_LEAST_TOKENS} and 1 are needed, and every fifth text is held out",
            hint="give more texts",
        )
    # Copied out of inference mode: gradients do not flow from what was made in it.
    whole = torch.cat([*kept[False], *kept[True]], dim=1).clone()
    by_layer = {layer: whole[place] for place, layer in enumerate(layers)}
    return _Pool(by_layer, whole[-1], tokens[False], tokens[True], digest.hexdigest())


@contextmanager
def _frozen(anatomy: Anatomy) -> Iterator[None]:
    """Let no gradient be reckoned for the model's own weights, which are most of the work."""
    wanted = [weight for weight in anatomy.module.parameters() if weight.requires_grad]
    for weight in wanted:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in wanted:
            weight.requires_grad_(True)


def _train(
    anatomy: Anatomy,
    pool: _Pool,
    translators: Mapping[int, _Translator],
    steps: int,
    batch_tokens: int,
    learning_rate: float,
    order: Any,
) -> None:
    import torch

    weights = [part for one in translators.values() for part in (one.weight, one.bias)]
    optimiser = torch.optim.Adam(weights, lr=learning_rate, betas=(0.9, 0.99))
    with progress("train the lens", total=steps, unit="steps") as task:
        for step in range(steps):
            optimiser.param_groups[0]["lr"] = learning_rate * (1.0 - step / steps)
            rows = torch.randint(pool.train, (min(batch_tokens, pool.train),), generator=order)
            with torch.no_grad():
                final = torch.log_softmax(anatomy.readout(pool.final[rows]).float(), dim=-1)
            optimiser.zero_grad()
            for layer, translator in translators.items():
                check_cancelled()
                _loss(anatomy, translator(pool.states[layer][rows]), final).backward()
            optimiser.step()
            task.advance()


def _loss(anatomy: Anatomy, state: torch.Tensor, final: torch.Tensor) -> torch.Tensor:
    """KL(final || lens) in nats a token; ``final`` are log-probabilities."""
    import torch

    logprobs = torch.log_softmax(anatomy.readout(state).float(), dim=-1)
    return (final.exp() * (final - logprobs)).sum(dim=-1).mean()


def _divergence(anatomy: Anatomy, pool: _Pool, layer: int, translator: _Translator | None) -> float:
    """The loss on what was held out, a few tokens at a time."""
    import torch

    total = 0.0
    with torch.no_grad():
        for at in range(pool.train, pool.train + pool.test, 64):
            rows = slice(at, min(at + 64, pool.train + pool.test))
            final = torch.log_softmax(anatomy.readout(pool.final[rows]).float(), dim=-1)
            state = pool.states[layer][rows]
            state = state if translator is None else translator(state)
            total += float(_loss(anatomy, state, final)) * len(state)
    return total / pool.test
