"""What a user can ask: which tokens of a prompt made a language model say what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import annotated_types as limits

from workbench.core.operations import operation
from workbench.interpretability.attribution.baselines import BaselineName
from workbench.interpretability.attribution.comparison import Comparison
from workbench.interpretability.attribution.contrast import Contrast
from workbench.interpretability.attribution.groups import GroupKind
from workbench.interpretability.attribution.result import Attribution
from workbench.interpretability.reading_limit import MOST_TOKENS, refuse_empty

if TYPE_CHECKING:
    from workbench.models.model import Model

_SAY = "give a prompt of two tokens or more"
_OWN = "leave the answer (target) out to explain the model's own"


@dataclass(frozen=True)
class MethodRow:
    """One method. ``complete``: its scores sum to what the prompt did, up to a gap that is told.

    ``baseline`` is the one it takes if none is named; ``seeded`` ones draw.
    """

    name: str
    title: str
    complete: bool
    baseline: str
    seeded: bool


@operation(
    "interpretability.attribute",
    title="Say which tokens of a prompt made a model's answer",
    produces="attribution",
)
def attribute(
    *,
    prompt: str,
    target: str | None = None,
    model: str | None = None,
    method: str = "ablation",
    baseline: BaselineName | None = None,
    groups: GroupKind = "token",
    chat: bool = False,
    hold_first: bool | None = None,
    steps: Annotated[int, limits.Ge(1)] = 64,
    samples: Annotated[int, limits.Ge(1)] | None = None,
    window: Annotated[int, limits.Ge(1)] = 3,
    noise: Annotated[float, limits.Ge(0)] = 0.1,
    whole_target: bool = False,
    max_target_tokens: Annotated[int, limits.Ge(1)] = 16,
    curves: bool = True,
    seed: Annotated[int, limits.Ge(0)] | None = None,
    threads: Annotated[int, limits.Ge(1)] | None = None,
    most_tokens: Annotated[int, limits.Ge(1)] = MOST_TOKENS,
) -> Attribution:
    """Say how much each token of a prompt did for each token of an answer, in nats.

    Every result carries its checks: the completeness gap where the method promises a sum, and the
    areas under the deletion and insertion curves.

    Args:
        prompt: The text before, or the user's message with `chat`.
        target: The text that follows it at once, its white space included; the model's own greedy
            answer if none is given.
        model: A name of the catalogue, or the path of a model folder; a causal language model.
        method: One of those that `workbench interpretability methods` lists.
        baseline: What stands in the place of a token that is taken away; the method's own choice
            if none is given.
        groups: Which tokens are taken away together.
        chat: Put the prompt into the model's chat template.
        hold_first: Never take away the token at position 0; the method's own choice if not given.
        steps: Points of the path, for integrated gradients.
        samples: Draws, for methods that sample; their own number if none is given.
        window: Groups that an occlusion covers at a time.
        noise: Standard deviation of the noise of SmoothGrad, as a part of the embeddings' own.
        whole_target: Score the target as a whole, not each of its tokens.
        max_target_tokens: Longest answer of the model's own.
        curves: Also draw the deletion and the insertion curve.
        seed: Of all that is drawn; the setting `seed` if none is given.
        threads: For torch; the setting of the model if none is given.
        most_tokens: What would have the model read more tokens in all is refused.
    """
    from workbench.core import settings
    from workbench.interpretability.attribution.attributing import attribute_target
    from workbench.interpretability.attribution.methods import find_method

    find_method(method)  # before the model is loaded for nothing
    refuse_empty(_SAY, prompt=prompt)
    refuse_empty(_OWN, target=target)
    with _load(model, threads=threads) as loaded:
        return attribute_target(
            loaded,
            prompt,
            target,
            method=method,
            baseline=baseline,
            groups=groups,
            chat=chat,
            hold_first=hold_first,
            max_target_tokens=max_target_tokens,
            curves=curves,
            steps=steps,
            samples=samples,
            window=window,
            noise=noise,
            whole_target=whole_target,
            seed=settings.get("seed") if seed is None else seed,
            most_tokens=most_tokens,
        )


@operation(
    "interpretability.compare",
    title="Compare methods of attribution on one prompt",
    produces="comparison",
)
def compare(
    *,
    prompt: str,
    target: str | None = None,
    model: str | None = None,
    methods: list[str] | None = None,
    baseline: BaselineName | None = None,
    groups: GroupKind = "token",
    chat: bool = False,
    hold_first: bool | None = None,
    top: Annotated[int, limits.Ge(1)] = 3,
    seeds: Annotated[int, limits.Ge(1)] = 3,
    random_orders: Annotated[int, limits.Ge(1)] = 5,
    samples: Annotated[int, limits.Ge(1)] | None = None,
    steps: Annotated[int, limits.Ge(1)] = 64,
    window: Annotated[int, limits.Ge(1)] = 3,
    max_target_tokens: Annotated[int, limits.Ge(1)] = 16,
    seed: Annotated[int, limits.Ge(0)] | None = None,
    threads: Annotated[int, limits.Ge(1)] | None = None,
    most_tokens: Annotated[int, limits.Ge(1)] = MOST_TOKENS,
) -> Comparison:
    """Say how far methods agree on a prompt, hold still from seed to seed, and beat random orders.

    Args:
        prompt: The text before, or the user's message with `chat`.
        target: The text that follows it; the model's own greedy answer if none is given.
        model: A name of the catalogue, or the path of a model folder; a causal language model.
        methods: Ablation, Owen values and LIME if none are given.
        baseline: What stands in the place of a token, for all; each method's own if none is given.
        groups: Which tokens are taken away together.
        chat: Put the prompt into the model's chat template.
        hold_first: Never take away the token at position 0; if not given, where one method asks.
        top: How many of the highest groups are compared.
        seeds: Runs of each method that draws; 1 leaves stability out.
        random_orders: For the reference of the curves.
        samples: Draws, for methods that sample; their own number if none is given.
        steps: Points of the path, for integrated gradients.
        window: Groups that an occlusion covers at a time.
        max_target_tokens: Longest answer of the model's own.
        seed: Of all that is drawn; the setting `seed` if none is given.
        threads: For torch; the setting of the model if none is given.
        most_tokens: What would have the model read more tokens in all is refused.
    """
    from workbench.core import settings
    from workbench.interpretability.attribution.comparison import DEFAULT_METHODS, compare_methods
    from workbench.interpretability.attribution.methods import find_method

    chosen = methods or list(DEFAULT_METHODS)
    for name in chosen:  # before the model is loaded for nothing
        find_method(name)
    refuse_empty(_SAY, prompt=prompt)
    refuse_empty(_OWN, target=target)
    with _load(model, threads=threads) as loaded:
        return compare_methods(
            loaded,
            prompt,
            target,
            methods=chosen,
            baseline=baseline,
            groups=groups,
            chat=chat,
            hold_first=hold_first,
            top=top,
            seeds=seeds,
            random_orders=random_orders,
            samples=samples,
            steps=steps,
            window=window,
            max_target_tokens=max_target_tokens,
            seed=settings.get("seed") if seed is None else seed,
            most_tokens=most_tokens,
        )


@operation(
    "interpretability.contrast",
    title="Set two prompts, or two models, against each other by what made their answers",
    produces="contrast",
)
def contrast(
    *,
    prompt: str,
    other_prompt: str | None = None,
    target: str | None = None,
    other_target: str | None = None,
    model: str | None = None,
    other_model: str | None = None,
    method: str = "ablation",
    baseline: BaselineName | None = None,
    groups: GroupKind = "token",
    chat: bool = False,
    hold_first: bool | None = None,
    steps: Annotated[int, limits.Ge(1)] = 64,
    samples: Annotated[int, limits.Ge(1)] | None = None,
    max_target_tokens: Annotated[int, limits.Ge(1)] = 16,
    seed: Annotated[int, limits.Ge(0)] | None = None,
    threads: Annotated[int, limits.Ge(1)] | None = None,
    most_tokens: Annotated[int, limits.Ge(1)] = MOST_TOKENS,
) -> Contrast:
    """Attribute two prompts, or one prompt under two models, and say part by part how they differ.

    Parts of the prompts that read the same are set against each other, in order; a difference is
    the second's share in its answer less the first's.

    Args:
        prompt: The first text, or the user's message with `chat`.
        other_prompt: The second; the first again if none is given.
        target: The text that follows the first; the model's own greedy answer if none is given.
        other_target: The text that follows the second; if none is given, `target`, or without that
            too the model's own answer to the second.
        model: A name of the catalogue, or the path of a model folder; a causal language model.
        other_model: For the second prompt; the same model if none is given.
        method: How; `workbench interpretability methods` lists them.
        baseline: What stands in the place of a token; the method's own choice if none is given.
        groups: Which tokens are taken away together.
        chat: Put the prompts into the model's chat template.
        hold_first: Never take away the token at position 0; the method's own choice if not given.
        steps: Points of the path, for integrated gradients.
        samples: Draws, for methods that sample; their own number if none is given.
        max_target_tokens: Longest answer of the model's own.
        seed: Of all that is drawn; the setting `seed` if none is given.
        threads: For torch; the setting of the model if none is given.
        most_tokens: What would have the model read more tokens in all is refused.
    """
    from workbench.core import settings
    from workbench.interpretability.attribution import contrast as contrasts
    from workbench.interpretability.attribution.methods import find_method

    find_method(method)  # before the model is loaded for nothing
    refuse_empty(_SAY, prompt=prompt)
    refuse_empty(_OWN, target=target)
    name = model or str(settings.get("model"))
    return contrasts.contrast(
        contrasts.Question(name, prompt, target),
        contrasts.Question(
            name if other_model is None else other_model,
            prompt if other_prompt is None else other_prompt,
            target if other_target is None else other_target,
        ),
        load=lambda chosen: _load(chosen, threads=threads),
        method=method,
        baseline=baseline,
        groups=groups,
        chat=chat,
        hold_first=hold_first,
        steps=steps,
        samples=samples,
        max_target_tokens=max_target_tokens,
        seed=settings.get("seed") if seed is None else seed,
        most_tokens=most_tokens,
    )


def _load(model: str | None, *, threads: int | None) -> Model:
    from workbench import models

    chosen = {} if threads is None else {"threads": threads}
    return models.load(model, engine="transformers", needs="score", dtype="float32", **chosen)


@operation("interpretability.methods", title="List the methods of attribution", produces="methods")
def methods() -> list[MethodRow]:
    """List the methods of attribution, and what each promises."""
    from workbench.interpretability.attribution.methods import METHODS

    return [
        MethodRow(name, method.title, method.complete, method.baseline, method.seeded)
        for name, method in METHODS.items()
    ]
