"""What a user can ask: probes of language models: likelihoods, swaps, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import annotated_types as limits

from workbench.core import settings
from workbench.core.operations import operation

from .result import Correction, Inference, ProbeComparison, ProbeResult
from .swap_result import SwapResult

if TYPE_CHECKING:
    from workbench.data.lexicon import Lexicon

    from .choosing import ChosenModel
    from .probing import Questions
    from .swap_templates import Filled
    from .swaps import Asked, SwapSettings


@operation("fairness.probe", title="Probe a language model", produces="figures")
def probe(
    *,
    dataset: str,
    model: str | None = None,
    engine: str | None = None,
    limit: Annotated[int, limits.Ge(1)] | None = None,
    correction: Correction = "holm",
    confidence: Annotated[float, limits.Gt(0), limits.Lt(1)] = 0.95,
    draws: Annotated[int, limits.Ge(100)] = 2000,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> ProbeResult:
    """Probe a language model with a data set of texts that differ in a group of people.

    Each figure comes with its interval, under each control of length and word frequency, over all
    items and by group. Scores are kept: the same probe again asks the model nothing.

    Args:
        dataset: `crows_pairs`, `stereoset`, `wino` or `bbq`; or a file of your own pairs.
        model: A name of the catalogue, or `base:adapter@version`; the setting `model` if none
            is given.
        engine: `transformers` if the model runs on it, because it scores many texts at once.
        limit: So many items at most, drawn at random.
        correction: Of the tests of the groups of one measure: `holm`, `benjamini-hochberg`, `none`.
        confidence: Of the intervals.
        draws: Of the bootstrap.
        seed: Of the draw of items, of intervals and of tests; the setting `seed` if none is given.
    """
    from .probing import read_questions

    inference = _inference(correction, confidence, draws, seed)
    questions = read_questions(dataset, limit=limit, seed=inference.seed)
    return _ask(questions, model, engine, inference)


@operation("fairness.probe_change", title="Test whether a probe changed", produces="figures")
def probe_change(
    before: str,
    after: str,
    *,
    dataset: str,
    engine: str | None = None,
    engine_after: str | None = None,
    limit: Annotated[int, limits.Ge(1)] | None = None,
    correction: Correction = "holm",
    confidence: Annotated[float, limits.Gt(0), limits.Lt(1)] = 0.95,
    draws: Annotated[int, limits.Ge(100)] = 2000,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> ProbeComparison:
    """Probe two models with the same items, and test each difference item by item.

    Args:
        before: A model's name, such as the base of an adapter.
        after: Another, such as `base:adapter@version`; or the same one on another engine.
        dataset: `crows_pairs`, `stereoset`, `wino` or `bbq`; or a file of your own pairs.
        engine: Of both models; `transformers` if they run on it.
        engine_after: Of the second model alone.
        limit: So many items at most, drawn at random.
        correction: Of the tests of the groups of one measure: `holm`, `benjamini-hochberg`, `none`.
        confidence: Of the intervals.
        draws: Of the bootstrap.
        seed: Of the draw of items, of intervals and of tests; the setting `seed` if none is given.
    """
    from .comparing import compare_probes
    from .probing import read_questions

    inference = _inference(correction, confidence, draws, seed)
    questions = read_questions(dataset, limit=limit, seed=inference.seed)
    first = _ask(questions, before, engine, inference)
    second = _ask(questions, after, engine_after or engine, inference)
    return compare_probes(first, second)


@operation("fairness.swap", title="Swap names and words in texts", produces="figures")
def swap(
    templates: Path,
    *,
    by: str = "gender",
    model: str | None = None,
    engine: str | None = None,
    continuation: list[str] | None = None,
    max_tokens: Annotated[int, limits.Ge(0)] = 0,
    words: Path | None = None,
    lexicon: Path | None = None,
    correction: Correction = "holm",
    confidence: Annotated[float, limits.Gt(0), limits.Lt(1)] = 0.95,
    draws: Annotated[int, limits.Ge(100)] = 2000,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> SwapResult:
    """Put names and words of one group in the place of another's, and test what changes.

    What is compared: the log-probability of continuations, and of answers their length, refusals
    and hits of a lexicon of insults. What a model said is kept and not asked again.

    Args:
        templates: A text file, one template a line, with slots in braces: `{name}`, `{they}`.
        by: Whose words: `gender`, `origin`, `nationality`, `religion`, or a table of `words`.
        model: A name of the catalogue, or `base:adapter@version`; the setting `model` if none
            is given.
        engine: `transformers` if the model runs on it.
        continuation: A text that is scored after each template; may be given several times.
        max_tokens: Of an answer to each template; 0 asks for none.
        words: A TOML file with words of your own.
        lexicon: A file of words of your own, in the place of the built-in insults.
        correction: Of the tests of the groups of one measure: `holm`, `benjamini-hochberg`, `none`.
        confidence: Of the intervals.
        draws: Of the bootstrap.
        seed: Of intervals and tests; the setting `seed` if none is given.
    """
    from workbench.data.lexicon import read_lexicon

    from .swap_result import conclude_swaps
    from .swap_templates import fill_templates, read_templates
    from .swap_words import read_swap_words
    from .swaps import SwapSettings, check_swaps

    inference = _inference(correction, confidence, draws, seed)
    continuations, answers = continuation or [], SwapSettings(max_tokens)
    texts, chosen_words = read_templates(templates), read_swap_words(by, words)
    filled, found = fill_templates(texts, chosen_words), read_lexicon(lexicon)
    check_swaps(filled, continuations, answers)
    chosen = _choose(model, engine)
    asked = _ask_swaps(chosen, filled, list(chosen_words.groups), continuations, answers, found)
    return conclude_swaps(
        asked,
        chosen_words,
        templates=texts,
        lexicon=found,
        model=chosen.name,
        engine=chosen.engine,
        inference=inference,
    )


def _choose(model: str | None, engine: str | None) -> ChosenModel:
    from .choosing import choose_model

    return choose_model(model, engine)


def _ask_swaps(
    chosen: ChosenModel,
    filled: list[Filled],
    groups: list[str],
    continuations: list[str],
    answers: SwapSettings,
    lexicon: Lexicon,
) -> Asked:
    """What a model says to filled templates; it is loaded only if that is not known."""
    import contextlib
    import functools

    from .choosing import load_model
    from .known_scores import digest_model
    from .swaps import ask_swaps

    with contextlib.ExitStack() as stack:
        return ask_swaps(
            filled,
            groups,
            continuations=continuations,
            settings=answers,
            lexicon=lexicon,
            get_model=functools.cache(lambda: stack.enter_context(load_model(chosen))),
            model_digest=digest_model(chosen.name, engine=chosen.engine),
        )


def _inference(
    correction: Correction, confidence: float, draws: int, seed: int | None
) -> Inference:
    from .inference import check_inference

    chosen = settings.get("seed") if seed is None else seed
    inference = Inference(confidence, draws, correction, seed=chosen)
    check_inference(inference)
    return inference


def _ask(
    questions: Questions, model: str | None, engine: str | None, inference: Inference
) -> ProbeResult:
    """The answers of a model by name, which is loaded only if they are not known."""
    from .choosing import load_model
    from .known_scores import digest_model
    from .probing import answer_questions
    from .scoring import score_requests

    chosen = _choose(model, engine)

    def score(requests: Any) -> Any:
        with load_model(chosen) as loaded:
            return score_requests(loaded, requests)

    return answer_questions(
        questions,
        score,
        model=chosen.name,
        engine=chosen.engine,
        inference=inference,
        model_digest=digest_model(chosen.name, engine=chosen.engine),
    )
