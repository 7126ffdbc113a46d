"""Many continuations at once against one at a time, on small random models of several kinds."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError, InputError
from workbench.models.engines import torch_scoring
from workbench.models.engines.transformers import TransformersEngine
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.model import Model
from workbench.models.protocol import EngineSettings, ModelFiles

Requests = list[tuple[list[int], list[int]]]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TransformersEngine]:
    folder = make_tiny_folder(tmp_path_factory.mktemp("tiny"))
    engine = TransformersEngine(ModelFiles("tiny", folder=folder), EngineSettings(batch_tokens=24))
    yield engine
    engine.close()


def ragged(vocabulary: int, *, seed: int = 0) -> Requests:
    """Prompts of 1 to 30 tokens, some of them twice, with continuations of 1 to 9."""
    draw = np.random.default_rng(seed)
    found: Requests = []
    for length in (1, 1, 2, 5, 5, 5, 9, 30):
        prompt = draw.integers(3, vocabulary, length).tolist()
        for _ in range(int(draw.integers(1, 4))):
            found.append((prompt, draw.integers(3, vocabulary, draw.integers(1, 10)).tolist()))
    return [found[at] for at in draw.permutation(len(found))]


def furthest(module: Any, requests: Requests, one_by_one: list[list[float]]) -> float:
    """The largest difference from scoring one at a time; every request must come once."""
    found = dict(torch_scoring.score_batches(module, requests, batch_tokens=24))
    assert sorted(found) == list(range(len(requests)))
    return max(
        float(np.abs(np.subtract(found[place], expected)).max())
        for place, expected in enumerate(one_by_one)
    )


def test_batches_give_what_one_at_a_time_gives(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = ragged(engine.info.vocabulary_size)
    one_by_one = [engine.score_ids(*request) for request in requests]
    assert furthest(engine.module, requests, one_by_one) < 1e-4

    # The broken variant: what one batch of continuations reads stays in the prompts' cache.
    monkeypatch.setattr(torch_scoring, "copy", SimpleNamespace(copy=lambda given: given))
    with pytest.raises((AssertionError, IndexError, RuntimeError)):
        assert furthest(engine.module, requests, one_by_one) < 1e-4


def test_a_sliding_window_changes_nothing() -> None:
    import torch
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, head_dim=8, sliding_window=4,
    )  # fmt: skip
    module = MistralForCausalLM(config).eval()
    assert torch_scoring.can_share_prompts(module)

    def score(prompt: list[int], continuation: list[int]) -> list[float]:
        ids = torch.tensor([prompt + continuation])
        with torch.inference_mode():
            logprobs = torch.log_softmax(module(input_ids=ids, use_cache=False).logits[0], dim=-1)
        ends = range(len(prompt) - 1, ids.shape[1] - 1)
        return [float(logprobs[at, ids[0, at + 1]]) for at in ends]

    requests = ragged(64, seed=1)
    assert furthest(module, requests, [score(*request) for request in requests]) < 1e-4


def test_recurrent_models_are_scored_one_by_one(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import LlamaConfig, Qwen3NextConfig

    assert torch_scoring.can_share_prompts(SimpleNamespace(config=LlamaConfig()))
    assert not torch_scoring.can_share_prompts(SimpleNamespace(config=Qwen3NextConfig()))
    requests = ragged(engine.info.vocabulary_size)[:3]
    monkeypatch.setattr(torch_scoring, "can_share_prompts", lambda module: False)
    monkeypatch.setattr(torch_scoring, "score_batches", lambda *_, **__: pytest.fail("batched"))
    found = dict(engine.score_many_ids(requests))
    assert found == {at: engine.score_ids(*request) for at, request in enumerate(requests)}


def test_a_model_scores_texts_and_says_what_is_wrong_first(engine: TransformersEngine) -> None:
    model = Model("tiny", engine)
    texts = [("the cat", " sat"), ("the cat", " sat on the mat"), ("a", " b")]
    found = dict(model.score_many(texts))
    for place, (prompt, continuation) in enumerate(texts):
        assert found[place] == pytest.approx(model.score(prompt, continuation), abs=1e-4)
    with pytest.raises(InputError, match="nothing to score"):
        next(model.score_many([*texts, ("the cat", "")]))
    assert dict(model.score_many([])) == {}


def test_a_cancelled_caller_stops_it(engine: TransformersEngine) -> None:
    token = CancelToken()
    requests = ragged(engine.info.vocabulary_size)
    with cancellable(token):
        scored = engine.score_many_ids(requests)
        next(scored)
        token.cancel()
        with pytest.raises(CancelledError):
            list(scored)
    assert engine.score_ids([5], [6])  # it is as good as before
