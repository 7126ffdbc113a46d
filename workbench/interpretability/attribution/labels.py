"""Which tokens of a text gave a label its logit: the gradient methods on a sequence classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from workbench.core.errors import InputError, NotFoundError

from .differentiable import LabelLogit
from .gradient_x_input import gradient_x_input
from .integrated_gradients import LEAST_CHANGE, STEPS, integrated_gradients
from .result import Attribution
from .smoothgrad import NOISE, SAMPLES, smoothgrad

if TYPE_CHECKING:
    import torch

LabelMethod = Literal["gradient_x_input", "integrated_gradients", "smoothgrad"]


def attribute_label(
    module: torch.nn.Module,
    ids: Sequence[int],
    label: int,
    *,
    tokens: Sequence[str] = (),
    method: LabelMethod = "integrated_gradients",
    baseline_id: int | None = None,
    hold: Sequence[int] = (0, -1),
    steps: int = STEPS,
    samples: int = SAMPLES,
    noise: float = NOISE,
    seed: int = 0,
    least_change: float = LEAST_CHANGE,
) -> Attribution:
    """Say how much each token of a text did for the logit of one label.

    Args:
        module: A sequence classifier of transformers, in evaluation mode.
        ids: The text's token ids with their special tokens, as the classifier reads them.
        label: The label's number.
        tokens: The text of each id, for display; the ids themselves if empty.
        method: A gradient method.
        baseline_id: The token that integrated gradients start from; the padding token if None.
        hold: Positions that stay and score 0: by default the first and the last, where an encoder
            has its special tokens.
        steps: Points of the path, for integrated gradients.
        samples: Draws, for SmoothGrad.
        noise: Of SmoothGrad, as a part of the standard deviation of the embeddings.
        seed: Of SmoothGrad's noise.
        least_change: The least change of the logit that integrated gradients explain.

    Returns:
        An attribution whose scores, ``value`` and gap are in logits, with one target: the label.

    Raises:
        InputError: The label, a token or a position is not there, or the change is too small.
        NotFoundError: No gradient method of that name.
        CapabilityError: The module takes no embeddings, or reads more than them.
    """
    if tokens and len(tokens) != len(ids):
        raise InputError(f"{len(tokens)} tokens for {len(ids)} ids")
    function = LabelLogit(module, ids, label)
    value = function.value_of_ids()
    function.check_embeddings_suffice([value])
    facts = _facts(function, value, tokens, hold) | {"method": method}
    if method == "gradient_x_input":
        scores = gradient_x_input(function, hold=hold)
        return Attribution(**facts, scores=scores, baseline="none", steps=None)
    if method == "smoothgrad":
        scores = smoothgrad(function, samples=samples, noise=noise, seed=seed, hold=hold)
        return Attribution(**facts, scores=scores, baseline="none", steps=samples, seed=seed)
    if method != "integrated_gradients":
        raise NotFoundError.among("gradient method", str(method), get_args(LabelMethod))
    start = _padding(function) if baseline_id is None else baseline_id
    path = integrated_gradients(
        function, function.embed([start])[0], steps=steps, hold=hold, least_change=least_change
    )
    return Attribution(
        **facts,
        scores=path.scores,
        baseline="padding" if baseline_id is None else f"token {start}",
        steps=path.steps,
        baseline_value=path.baseline_value,
        completeness_gap=path.relative_gap,
        completeness_gap_nats=path.gap,
    )


def _facts(
    function: LabelLogit, value: float, tokens: Sequence[str], hold: Sequence[int]
) -> dict[str, Any]:
    """What an attribution says whatever it was made with."""
    count = len(function.ids)
    held = {position % count for position in hold}
    return {
        "model": type(function.module).__name__,
        "tokens": tuple(tokens) or tuple(str(each) for each in function.ids),
        "targets": (str(function.module.config.id2label[function.label]),),
        "token_ids": function.ids,
        "target_ids": (function.label,),
        "groups": tuple((place, place + 1) for place in range(count)),
        "value": value,
        "held": tuple(place in held for place in range(count)),
    }


def _padding(function: LabelLogit) -> int:
    found = function.module.config.pad_token_id
    if found is None:
        raise InputError(
            f"{type(function.module).__name__} has no padding token to start from",
            hint="baseline_id=...",
        )
    return int(found)
