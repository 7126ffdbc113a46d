"""Perplexity and bits per byte of texts under a model, with overlapping windows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from workbench.core.errors import InputError
from workbench.core.progress import track
from workbench.core.viewers import Viewable

from .bootstrap import Interval, bootstrap_interval
from .checks import Check, check, register_check

_LEAST_UNITS = 8
# A word with the white space before it: where tokenisers of today cut as well, so that scoring a
# text in pieces meets the tokens that the model was trained on.
_PIECE = re.compile(r"\s*\S+|\s+$")


class Scorer(Protocol):
    """The part of a model that is needed here."""

    def score(self, prompt: str, continuation: str) -> list[float]:
        """The natural log-probability of each token of ``continuation`` after ``prompt``."""
        ...

    def tokenize(self, text: str) -> list[int]:
        """The token ids of a text."""
        ...


@dataclass(frozen=True)
class Window:
    """One call of the model: ``context`` is given, ``scored`` is what counts."""

    context: str
    scored: str


@dataclass(frozen=True)
class Perplexity(Viewable):
    """How well a model foretells texts.

    ``perplexity`` is ``exp(nats / tokens)`` over all texts together, so each token weighs the
    same; ``bits_per_byte`` is ``nats / (ln 2 * bytes)`` of UTF-8 and compares models with
    different tokenisers. ``interval`` is a bootstrap interval of the perplexity over texts (over
    windows where there is one text; neighbours depend on each other, so that one is too narrow),
    None where there are fewer than eight: resamples of so few say little. ``skipped_bytes`` could
    not be scored: the first piece of a text under a model without a token that begins texts.
    """

    perplexity: float
    bits_per_byte: float
    nats: float
    tokens: int
    bytes: int
    texts: int
    windows: int
    skipped_bytes: int
    interval: Interval | None
    interval_over: str


def measure_perplexity(
    model: Scorer,
    texts: str | Sequence[str],
    *,
    window_tokens: int = 512,
    stride_tokens: int = 256,
    confidence: float = 0.95,
    seed: int = 0,
) -> Perplexity:
    """The perplexity and the bits per byte of texts.

    The first window of a text scores all its tokens, each later one ``stride_tokens`` new ones
    after ``window_tokens - stride_tokens`` of context. A smaller stride gives each token more
    context and takes longer.

    Args:
        model: Anything with ``score`` and ``tokenize``.
        texts: One or several; empty ones are an error, as they would weigh nothing unseen.
        window_tokens: Tokens that the model sees at a time, at most its context.
        stride_tokens: New tokens a window, at most ``window_tokens``.
        confidence: Of the interval.
        seed: Of the interval.

    Raises:
        InputError: A text is empty, or the sizes are not possible.
    """
    texts = [texts] if isinstance(texts, str) else list(texts)
    if not texts or not all(text.strip() for text in texts):
        raise InputError("there is no text, or one is empty", hint="give texts with words in them")
    if not 0 < stride_tokens <= window_tokens:
        raise InputError(
            f"stride_tokens {stride_tokens} and window_tokens {window_tokens} do not fit",
            hint="0 < stride_tokens <= window_tokens",
        )
    per_text: list[list[tuple[float, int]]] = []
    skipped_bytes = 0
    for text in track(texts, "perplexity", unit="texts"):
        windows = list(cut_windows(model, text, window_tokens, stride_tokens=stride_tokens))
        measured, skipped = _score(model, windows)
        per_text.append(measured)
        skipped_bytes += skipped
    nats = sum(n for measured in per_text for n, _ in measured)
    tokens = sum(count for measured in per_text for _, count in measured)
    size_bytes = sum(len(text.encode()) for text in texts) - skipped_bytes
    if tokens == 0:
        raise InputError("no token could be scored", hint="give a text of more than one word")
    over, units = _units(per_text)
    return Perplexity(
        math.exp(nats / tokens),
        nats / math.log(2) / size_bytes,
        nats,
        tokens,
        size_bytes,
        len(texts),
        sum(len(measured) for measured in per_text),
        skipped_bytes,
        _interval(units, confidence=confidence, seed=seed),
        over,
    )


def cut_windows(
    model: Scorer, text: str, window_tokens: int, *, stride_tokens: int
) -> Iterator[Window]:
    """Cut a text so that the scored parts, joined, are the text and each window fits."""
    pieces = [
        part
        for piece in _PIECE.findall(text)
        for part in _small(model, piece, limit=min(stride_tokens, window_tokens))
    ]
    sizes = [len(model.tokenize(piece)) for piece in pieces]
    start = 0
    while start < len(pieces):
        room = window_tokens if start == 0 else stride_tokens
        end, used = start, 0
        while end < len(pieces) and (end == start or used + sizes[end] <= room):
            used += sizes[end]
            end += 1
        first = start
        while first > 0 and used + sizes[first - 1] <= window_tokens:
            first -= 1
            used += sizes[first]
        yield Window("".join(pieces[first:start]), "".join(pieces[start:end]))
        start = end


def _small(model: Scorer, piece: str, *, limit: int) -> Iterator[str]:
    """A piece in parts of at most ``limit`` tokens: a script without spaces is one long word."""
    if len(piece) == 1 or len(model.tokenize(piece)) <= limit:
        yield piece
        return
    half = len(piece) // 2
    yield from _small(model, piece[:half], limit=limit)
    yield from _small(model, piece[half:], limit=limit)


def _score(model: Scorer, windows: Sequence[Window]) -> tuple[list[tuple[float, int]], int]:
    """Nats and tokens of each window, and the bytes that could not be scored."""
    measured, skipped_bytes = [], 0
    for window in windows:
        try:
            scored = model.score(window.context, window.scored)
        except InputError:
            if window.context:
                raise
            # No token begins a text in this model: the first piece is given, not scored.
            given = _PIECE.findall(window.scored)[0]
            skipped_bytes += len(given.encode())
            if given == window.scored:
                continue
            scored = model.score(given, window.scored[len(given) :])
        measured.append((-math.fsum(scored), len(scored)))
    return measured, skipped_bytes


def _units(per_text: list[list[tuple[float, int]]]) -> tuple[str, list[tuple[float, int]]]:
    if len(per_text) == 1:
        return "windows", per_text[0]
    sums = [(sum(n for n, _ in m), sum(count for _, count in m)) for m in per_text]
    return "texts", [unit for unit in sums if unit[1]]


def _interval(units: list[tuple[float, int]], *, confidence: float, seed: int) -> Interval | None:
    import numpy as np

    if len(units) < _LEAST_UNITS:
        return None

    def statistic(nats: Any, tokens: Any, axis: int) -> Any:
        return np.exp(nats.sum(axis=axis) / tokens.sum(axis=axis))

    nats, tokens = np.array(units, float).T
    return bootstrap_interval(statistic, nats, tokens, confidence=confidence, seed=seed)


@register_check("perplexity")
def check_perplexity(
    model: Scorer, texts: str | Sequence[str], *, high: float, **options: Any
) -> Check:
    """Whether a model's perplexity on texts is at most ``high``."""
    return check("perplexity", measure_perplexity(model, texts, **options).perplexity, high=high)
