"""Choosing tokens: closed forms, a chi-square, and one meaning in numpy, MLX and llama.cpp."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from workbench.core.errors import InputError
from workbench.models.decoding import (
    Sampler,
    describe_logprob,
    filter_candidates,
    log_softmax,
    penalise_repeats,
)
from workbench.models.engines import mlx_sampling
from workbench.models.protocol import Sampling

OFF = Sampling(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)
# Probabilities 0.4, 0.3, 0.2, 0.1 at ids 2, 0, 3, 1.
LOGITS = np.log(np.array([0.3, 0.1, 0.4, 0.2], np.float32))


def distribution(sampling: Sampling) -> dict[int, float]:
    ids, probabilities = filter_candidates(LOGITS, sampling)
    return dict(zip(ids.tolist(), probabilities.tolist(), strict=True))


def change(**fields: float) -> Sampling:
    return Sampling(**{**OFF.__dict__, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (OFF, {2: 0.4, 0: 0.3, 3: 0.2, 1: 0.1}),
        (change(top_k=2), {2: 4 / 7, 0: 3 / 7}),
        # 0.4 + 0.3 reaches 0.65 with the second, which is kept.
        (change(top_p=0.65), {2: 4 / 7, 0: 3 / 7}),
        (change(top_p=0.05), {2: 1.0}),
        (change(min_p=0.45), {2: 4 / 9, 0: 3 / 9, 3: 2 / 9}),
        # top_p counts what top_k left: 4/9 + 3/9 reach 0.7.
        (change(top_k=3, top_p=0.7), {2: 4 / 7, 0: 3 / 7}),
        # The filters come before the temperature, which would otherwise change what they keep.
        (change(top_p=0.65, temperature=0.5), {2: 16 / 25, 0: 9 / 25}),
        (change(min_p=0.45, temperature=2.0), None),
    ],
)
def test_filters_give_the_distribution_that_pen_and_paper_give(
    sampling: Sampling, expected: dict[int, float] | None
) -> None:
    if expected is None:
        roots = {2: math.sqrt(0.4), 0: math.sqrt(0.3), 3: math.sqrt(0.2)}
        expected = {token: root / sum(roots.values()) for token, root in roots.items()}
    found = distribution(sampling)
    assert list(found) == list(expected)
    assert found == pytest.approx(expected, rel=1e-6)


def test_swapping_the_order_of_the_filters_would_be_seen() -> None:
    softened = filter_candidates(LOGITS / 5.0, change(top_p=0.65))[0]
    assert list(softened) != list(distribution(change(top_p=0.65, temperature=5.0)))


def test_draws_follow_the_distribution() -> None:
    sampler = Sampler(change(top_k=3, temperature=0.7, seed=7))
    expected = distribution(change(top_k=3, temperature=0.7))
    draws = [sampler.choose(LOGITS, []) for _ in range(4000)]
    counts = [draws.count(token) for token in expected]
    assert sum(counts) == len(draws)
    assert stats.chisquare(counts, [4000 * p for p in expected.values()]).pvalue > 0.01
    # The same test tells a wrong temperature from the right one.
    wrong = distribution(change(top_k=3, temperature=0.9))
    assert stats.chisquare(counts, [4000 * p for p in wrong.values()]).pvalue < 1e-4


def test_the_seed_alone_decides() -> None:
    def draw(seed: int) -> list[int]:
        sampler = Sampler(change(seed=seed))
        return [sampler.choose(LOGITS, []) for _ in range(30)]

    first = draw(3)
    np.random.default_rng().random()
    assert draw(3) == first != draw(4)


def test_no_temperature_is_greedy_and_forbidden_tokens_never_come() -> None:
    assert Sampler(change(temperature=0.0)).choose(LOGITS, []) == 2
    masked = LOGITS.copy()
    masked[[0, 2]] = -np.inf
    sampler = Sampler(change(seed=0))
    assert {sampler.choose(masked, []) for _ in range(200)} == {1, 3}


def test_repeats_are_penalised_once_and_only_among_the_last_64() -> None:
    logits = np.array([2.0, -2.0, 1.0, 0.5], np.float32)
    found = penalise_repeats(logits, [3] + [0, 1] * 32, 2.0)
    assert found.tolist() == [1.0, -4.0, 1.0, 0.5]
    assert logits.tolist() == [2.0, -2.0, 1.0, 0.5]
    assert penalise_repeats(logits, [0], 1.0) is logits
    with pytest.raises(InputError, match="repeat_penalty"):
        penalise_repeats(logits, [0], 0.0)


def test_logprobs_are_those_of_the_model_itself() -> None:
    found = describe_logprob(LOGITS, 3, 2, lambda token: f"<{token}>")
    assert found.logprob == pytest.approx(math.log(0.2), abs=1e-6)
    assert [text for text, _ in found.top] == ["<2>", "<0>"]
    assert log_softmax(LOGITS[None])[0].sum() == pytest.approx(np.log([0.4, 0.3, 0.2, 0.1]).sum())
    assert len(describe_logprob(LOGITS, 3, 99, str).top) == 4


@pytest.mark.parametrize(
    "sampling",
    [OFF, change(top_k=5), change(top_p=0.6), change(min_p=0.2), change(top_k=9, top_p=0.8)],
)
def test_mlx_keeps_the_same_tokens(sampling: Sampling) -> None:
    import mlx.core as mx

    for seed in range(5):
        logits = np.random.default_rng(seed).normal(size=50).astype(np.float32) * 2
        ids, _ = filter_candidates(logits, sampling)
        theirs, kept = mlx_sampling.filter_candidates(mx.array(logits)[None], sampling)
        alive = np.isfinite(np.array(kept[0]))
        assert np.array(theirs[0])[alive].tolist() == ids.tolist()


def test_mlx_draws_follow_the_distribution_and_the_seed() -> None:
    import mlx.core as mx

    sampling = change(top_k=3, temperature=0.7, seed=7)
    logits = mx.array(LOGITS)[None]

    def draw(count: int) -> list[int]:
        choose = mlx_sampling.make_choice(sampling)
        return [int(choose(logits).item()) for _ in range(count)]

    expected = distribution(sampling)
    draws = draw(1500)
    counts = [draws.count(token) for token in expected]
    assert stats.chisquare(counts, [1500 * p for p in expected.values()]).pvalue > 0.01
    assert draw(30) == draws[:30]


def test_mlx_penalises_the_same_repeats() -> None:
    import mlx.core as mx

    logits = np.array([2.0, -2.0, 1.0, 0.5], np.float32)
    before = [3] + [0, 1] * 32
    found = mlx_sampling.make_penalty(2.0)(mx.array(before), mx.array(logits)[None])
    assert np.array(found[0]).tolist() == penalise_repeats(logits, before, 2.0).tolist()
    with pytest.raises(InputError, match="repeat_penalty"):
        mlx_sampling.make_penalty(-1.0)


def test_llamacpp_draws_from_the_same_distribution(tmp_path: Path) -> None:
    from workbench.models.engines.llamacpp import LlamaCppEngine
    from workbench.models.engines.transformers import TransformersEngine
    from workbench.models.formats.tiny import make_tiny_gguf
    from workbench.models.protocol import EngineSettings, ModelFiles

    files = ModelFiles("tiny", gguf=make_tiny_gguf(tmp_path / "tiny.gguf", "gemma", seed=1))
    asked = {"top_k": 6, "top_p": 0.9, "min_p": 0.05, "temperature": 1.5, "repeat_penalty": 1.3}
    ours = TransformersEngine(files, EngineSettings())
    ids = ours.tokenize("Once upon a time the the")
    # What the filters keep is worked out on the logits of transformers, drawn by llama.cpp.
    logits = penalise_repeats(ours._next_logits(ids), ids, 1.3)
    kept, probabilities = filter_candidates(logits, change(**asked))
    # llama.cpp tells no id of a token that ends the answer or is a part of a character.
    assert all(ours.detokenize([token]).isascii() and token > 2 for token in kept.tolist())
    assert len(kept) >= 3
    theirs = LlamaCppEngine(files, EngineSettings(context_tokens=64))
    try:
        draws = []
        for seed in range(150):
            chunks = theirs.stream(ids, change(**asked, max_tokens=1, seed=seed))
            draws += [token for chunk in chunks for token in chunk.ids]
    finally:
        theirs.close()
    counts = [draws.count(token) for token in kept]
    assert sum(counts) == 150
    assert stats.chisquare(counts, 150 * probabilities).pvalue > 0.01
