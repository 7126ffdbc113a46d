"""Perplexity, speed and memory of the forms of a model, on the same texts, by turns."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import EngineError
from workbench.edge.compression.results import Made, Measured
from workbench.edge.compression.starting import Candidate, Started, started
from workbench.edge.compression.targets import parse_target
from workbench.edge.compression.texts import Texts

if TYPE_CHECKING:
    from workbench.models.model import Model

BASE = "as it came"
ROUNDS, TOKENS, STARTS = 3, 64, 3
_WINDOW_TOKENS = 512
_ANSWER_TOKENS = 24


def base_candidate(model: str) -> Candidate:
    """The model as it came, on the engine that suits it and this machine."""
    from workbench.models import catalogue
    from workbench.models.loading import choose_engine, model_files

    entry = catalogue.find(model)
    files = model_files(entry)
    path = files.gguf or files.folder
    assert path is not None
    sizes = [path] if path.is_file() else sorted(path.glob("*.safetensors"))
    size_bytes = sum(each.stat().st_size for each in sizes)
    return Candidate(BASE, model, choose_engine(entry), None, size_bytes, str(path))


def candidate_of(made: Made, model: str) -> Candidate:
    """What was made, on the engine that reads its form."""
    target = parse_target(made.target)
    is_graph = target.form in ("onnx", "page")
    return Candidate(
        made.target,
        model if is_graph else str(made.path),
        target.engine,
        target.kind if is_graph else None,
        made.size_bytes,
        str(made.path),
    )


def measure(
    candidates: Sequence[Candidate],
    texts: Texts,
    *,
    rounds: int = ROUNDS,
    tokens: int = TOKENS,
    ask: bool = False,
) -> tuple[Measured, ...]:
    """Measure each, of which the first is what the others are told against.

    A machine's speed drifts: each answers by turns with the first, and its rate is told as the
    median of their ratios times what the first reached over all. Two are loaded at a time. With
    ``ask`` sixty frozen questions are asked, too.
    """
    found: list[Measured] = []
    base_rates: list[float] = []
    ratios: list[float | None] = []
    with started(candidates[0], times=min(rounds, STARTS)) as base:
        for candidate in candidates:
            check_cancelled()
            with contextlib.ExitStack() as stack:
                is_base = candidate is candidates[0]
                one = base if is_base else stack.enter_context(
                    started(candidate, times=min(rounds, STARTS))
                )  # fmt: skip
                joules = warm_up(one.model, tokens)
                mine, its = take_turns(one.model, base.model, rounds=rounds, tokens=tokens)
                base_rates += its
                ratios.append(_ratio(mine, its, is_base=is_base))
                row = replace(_read(candidate, one, texts), joules_per_token=joules)
                found.append(replace(row, accuracy=count_right(one.model)) if ask else row)
    return tuple(
        replace(
            row,
            tokens_per_s=None if ratio is None else ratio * statistics.median(base_rates),
            speed_ratio=ratio,
            perplexity_ratio=row.perplexity / found[0].perplexity,
        )
        for row, ratio in zip(found, ratios, strict=True)
    )


def _ratio(mine: list[float], its: list[float], *, is_base: bool) -> float | None:
    """How fast a form is against the first; None if one of them had nothing to say."""
    if not mine:
        return None
    return 1.0 if is_base else statistics.median(a / b for a, b in zip(mine, its, strict=True))


def count_right(model: Model) -> float:
    """The share of the frozen questions whose answer holds one of those that count."""
    from workbench.core.progress import track
    from workbench.evaluation.exact_match import normalise_answer
    from workbench.evaluation.frozen_texts import read_frozen

    rows = read_frozen("questions").rows
    right = 0
    for row in track(rows, "asking", unit="questions"):
        messages = [{"role": "user", "content": row["question"]}]
        said = model.chat(messages, max_tokens=_ANSWER_TOKENS, temperature=0).text
        words = f" {normalise_answer(said)} "
        right += any(f" {normalise_answer(each)} " in words for each in row["answers"])
    return right / len(rows)


def warm_up(model: Model, tokens: int) -> float | None:
    """Let a model answer once, which is not timed; joules a token, where the machine tells them."""
    from workbench.edge.compression.energy import counting
    from workbench.models.tuning.measuring import decode

    with counting() as spent, contextlib.suppress(EngineError):
        decode(model, tokens)
    return None if spent.joules is None else spent.joules / tokens


def take_turns(
    model: Model, base: Model, *, rounds: int, tokens: int
) -> tuple[list[float], list[float]]:
    """Rates of both by turns, in tokens a second; none if one of them has nothing to say."""
    from workbench.models.tuning.measuring import decode

    mine: list[float] = []
    its: list[float] = []
    try:
        for number in range(rounds):
            for rates, one in ((mine, model), (its, base))[:: -1 if number % 2 else 1]:
                rates.append(decode(one, tokens))
    except EngineError:
        return [], []
    return mine, its


def _read(candidate: Candidate, one: Started, texts: Texts) -> Measured:
    from workbench.evaluation.perplexity import measure_perplexity

    window = min(_WINDOW_TOKENS, one.model.info.context_tokens)
    found = measure_perplexity(
        one.model, texts.texts, window_tokens=window, stride_tokens=max(1, window // 2)
    )
    return Measured(
        candidate.target,
        candidate.engine,
        candidate.size_bytes,
        one.peak_bytes(),
        found.perplexity,
        found.bits_per_byte,
        found.tokens,
        None,
        path=str(Path(candidate.path)),
        start_s=one.start_s,
    )
