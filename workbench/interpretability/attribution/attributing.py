"""From a prompt and a target to an attribution with its checks."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from workbench.core.errors import EngineError, InputError
from workbench.core.progress import progress
from workbench.interpretability.reading_limit import Cost

from .baselines import find_baseline
from .case import Case, open_case
from .cost import refuse_expensive
from .curves import draw_deletion, draw_insertion
from .groups import GroupKind
from .methods import Options, Scores, find_method, load_method
from .result import Attribution
from .scorer import Scorer

if TYPE_CHECKING:
    from workbench.models.model import Model

_log = logging.getLogger(__name__)
_WORTH_TIMING_TOKENS, _WORTH_TELLING_S = 50_000, 20.0
DEFAULT_METHOD = "ablation"


def attribute_target(
    model: Model,
    prompt: str,
    target: str | None = None,
    *,
    method: str = DEFAULT_METHOD,
    baseline: str | None = None,
    groups: GroupKind = "token",
    chat: bool = False,
    hold_first: bool | None = None,
    max_target_tokens: int = 16,
    curves: bool = True,
    **options: Any,
) -> Attribution:
    """Say which tokens of a prompt made a model foretell a target.

    Args:
        model: Loaded with ``models.load(name, engine="transformers")``.
        prompt: Raw text, or the user's message if ``chat``.
        target: Text that follows the prompt at once; the model's greedy answer if None.
        method: A name of ``METHODS``.
        baseline: What replaces a token; the method's own choice if None.
        groups: Which tokens are replaced together.
        chat: Put the prompt into the model's chat template.
        hold_first: Never replace position 0; the method's own choice if None.
        max_target_tokens: Longest greedy answer.
        curves: Also draw the deletion and the insertion curve.
        options: Fields of ``Options``.

    Raises:
        InputError: Prompt, target or an option is not possible.
        NotFoundError: No method or baseline of that name.
        CapabilityError: The model is no causal model on the transformers engine.
        CapacityError: It would have the model read more than ``most_tokens``.
    """
    found = find_method(method)
    case = open_case(
        model,
        prompt,
        target,
        chat=chat,
        groups=groups,
        hold_first=found.hold_first if hold_first is None else hold_first,
        max_target_tokens=max_target_tokens,
    )
    return attribute_case(case, method=method, baseline=baseline, curves=curves, **options)


def attribute_case(
    case: Case,
    *,
    method: str = DEFAULT_METHOD,
    baseline: str | None = None,
    curves: bool = True,
    scorer: Scorer | None = None,
    **options: Any,
) -> Attribution:
    """``attribute_target`` for a case that is open.

    Args:
        case: Prompt, target and groups; whether position 0 is held stands there.
        method: A name of ``METHODS``.
        baseline: What replaces a token; the method's own choice if None.
        curves: Also draw the deletion and the insertion curve.
        scorer: One of the same case and baseline, whose memory is used.
        options: Fields of ``Options``.
    """
    found = find_method(method)
    chosen = _read_options(options)
    cost = refuse_expensive(
        case, method=method, options=chosen, curves=curves, most_tokens=chosen.most_tokens
    )
    if scorer is None:
        named = find_baseline(case.model, baseline or found.baseline)
        scorer = Scorer(case, named, batch_tokens=chosen.batch_tokens)
    _tell_time(scorer, cost, method)
    scores = load_method(method)(scorer, chosen)
    _check_finite(scores, method)
    return _assemble(scorer, scores, method=method, options=chosen, curves=curves)


def _tell_time(scorer: Scorer, cost: Cost, method: str) -> None:
    """Say how long it will take, if that is long, by the time that one reading takes."""
    if cost.tokens < _WORTH_TIMING_TOKENS:
        return
    began_s = time.perf_counter()
    with progress(f"read the prompt of {len(scorer.case.prompt_ids):,} tokens") as task:
        _ = scorer.whole
        took_s = time.perf_counter() - began_s
        most_s = took_s * cost.tokens / (len(scorer.case.prompt_ids) + len(scorer.case.target_ids))
        if most_s < _WORTH_TELLING_S:
            return
        scorer.told = f"about {cost.prompts:,} in all, {_words(most_s)} at most"
        task.update(1, message=scorer.told)
        _log.info("%s: %s", method, scorer.told)


def _words(time_s: float) -> str:
    return f"{time_s / 60:.0f} min" if time_s >= 90 else f"{time_s:.0f} s"


def _read_options(given: dict[str, Any]) -> Options:
    try:
        options = Options(**given)
    except TypeError:
        known = ", ".join(Options.__dataclass_fields__)
        unknown = sorted(set(given) - set(Options.__dataclass_fields__))
        raise InputError(f"no option named {', '.join(unknown)}; known: {known}") from None
    counts = {
        "steps": options.steps,
        "samples": options.samples,
        "window": options.window,
        "batch_tokens": options.batch_tokens,
        "most_tokens": options.most_tokens,
    }
    for name, count in counts.items():
        if count is not None and count < 1:
            raise InputError(f"{name} must be at least 1, found {count}")
    if options.noise < 0:
        raise InputError(f"noise must not be negative, found {options.noise}")
    return options


def _check_finite(scores: Scores, method: str) -> None:
    import numpy as np

    if not np.isfinite(scores.by_group).all():
        raise EngineError(
            f"{method} gave scores that are not finite: the model's own numbers overflowed",
            hint="load the model with dtype='float32'",
        )


def _assemble(
    scorer: Scorer, scores: Scores, *, method: str, options: Options, curves: bool
) -> Attribution:
    found, case = find_method(method), scorer.case
    value = float(scorer.whole.sum())
    bare = scores.baseline_value
    if bare is None:
        bare = float(scorer.bare.sum())
    gap_nats = abs(float(scores.by_group.sum()) - (value - bare)) if found.complete else None
    moved = abs(value - bare)
    worth = scores.by_group.sum(axis=0)[list(case.players)]
    deletion = draw_deletion(scorer, worth) if curves else None
    insertion = draw_insertion(scorer, worth) if curves else None
    rows = scores.by_group.shape[0]
    return Attribution(
        model=case.model.name,
        tokens=case.tokens,
        targets=case.targets if rows == len(case.targets) else ("".join(case.targets),),
        token_ids=case.prompt_ids,
        target_ids=case.target_ids,
        groups=case.groups,
        scores=scores.by_group,
        method=method,
        baseline=scorer.baseline.name if found.replaces else "none",
        steps=scores.steps,
        value=value,
        baseline_value=bare,
        completeness_gap=gap_nats / moved if gap_nats is not None and moved > 0 else None,
        completeness_gap_nats=gap_nats,
        deletion_auc=deletion.area if deletion else None,
        insertion_auc=insertion.area if insertion else None,
        seed=options.seed if found.seeded and scores.steps is not None else None,
        held=case.held,
        checked_with=scorer.baseline.name,
        error_nats=scores.error_nats,
        deletion=deletion,
        insertion=insertion,
        evaluations=scorer.evaluations,
        prompt=case.model.detokenize(case.prompt_ids),
        target=case.model.detokenize(case.target_ids),
    )
