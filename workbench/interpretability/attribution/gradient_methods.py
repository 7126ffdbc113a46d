"""The gradient methods as ``methods.METHODS`` asks for them: of a case, summed by its groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.errors import InputError

from .differentiable import BATCH_TOKENS, TargetLogprobs
from .gradient_x_input import gradient_x_input
from .integrated_gradients import integrated_gradients
from .methods import Options, Scores
from .scorer import Scorer
from .smoothgrad import SAMPLES, smoothgrad

if TYPE_CHECKING:
    from torch import Tensor


def integrate(scorer: Scorer, options: Options) -> Scores:
    """Integrated gradients from the scorer's baseline; see ``integrated_gradients``."""
    start = _baseline_embedding(scorer)
    found = integrated_gradients(
        _open_function(scorer),
        start,
        steps=options.steps,
        hold=_held(scorer),
        per_output=not options.whole_target,
        batch_tokens=min(options.batch_tokens, BATCH_TOKENS),
    )
    scorer.evaluations += found.steps + 2
    return Scores(
        scorer.case.sum_by_group(found.scores),
        steps=found.steps,
        baseline_value=found.baseline_value,
    )


def multiply(scorer: Scorer, options: Options) -> Scores:
    """Gradient x input; see ``gradient_x_input``."""
    found = gradient_x_input(
        _open_function(scorer), hold=_held(scorer), per_output=not options.whole_target
    )
    scorer.evaluations += 1
    return Scores(scorer.case.sum_by_group(found))


def smooth(scorer: Scorer, options: Options) -> Scores:
    """SmoothGrad; see ``smoothgrad``."""
    samples = options.samples or SAMPLES
    found = smoothgrad(
        _open_function(scorer),
        samples=samples,
        noise=options.noise,
        seed=options.seed,
        hold=_held(scorer),
        per_output=not options.whole_target,
        batch_tokens=min(options.batch_tokens, BATCH_TOKENS),
    )
    scorer.evaluations += samples
    return Scores(scorer.case.sum_by_group(found), steps=samples)


def _open_function(scorer: Scorer) -> TargetLogprobs:
    case = scorer.case
    function = TargetLogprobs(case.model.module, case.prompt_ids, case.target_ids)
    function.check_embeddings_suffice(scorer.whole.tolist())
    return function


def _held(scorer: Scorer) -> list[int]:
    return [place for place, held in enumerate(scorer.case.held_tokens()) if held]


def _baseline_embedding(scorer: Scorer) -> Tensor:
    """What every token of the prompt starts from: ``[d]``."""
    baseline = scorer.baseline
    if baseline.deletes:
        raise InputError(
            "the baseline deletion leaves a shorter prompt, and no line leads from it to the whole",
            hint="take the baseline space, padding, first_token or mean_embedding",
        )
    if baseline.token_id is None:
        return scorer.forward.mean_embedding
    return scorer.forward.embed([baseline.token_id])[0]
