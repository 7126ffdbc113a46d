"""Guessing ahead where a text repeats: fewer runs of the model, the same answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings
from workbench.models.engines.llamacpp import LlamaCppEngine
from workbench.models.engines.onnx_genai import OnnxEngine
from workbench.models.engines.onnx_session import OnnxSession
from workbench.models.engines.prompt_lookup import PromptLookup
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.protocol import EngineSettings, ModelFiles, Sampling

GREEDY = Sampling(temperature=0, max_tokens=40)
RECITE = "Repeat.\nThe ferry left at six, before the fog had lifted.\nRepeat.\nThe ferry left"


def test_what_followed_the_latest_match_is_guessed() -> None:
    lookup = PromptLookup(8)
    assert lookup.guess([1, 2, 3, 4, 1, 2, 3, 5, 6, 1, 2, 3], room=9) == [5, 6, 1, 2]
    assert lookup.guess([1, 2, 3, 4, 1, 2, 3, 5, 6, 1, 2, 3, 7], room=9) == []
    assert lookup.guess([1, 2, 3, 4, 1, 2, 3, 5, 6, 1, 2, 3, 7, 1, 2, 3], room=3) == [7, 1]


def test_guesses_grow_while_they_are_right_and_shrink_when_not() -> None:
    lookup, ids = PromptLookup(16), [*range(30), *range(3)]
    lengths = [len(lookup.guess(ids, room=99))]
    for right in (1.0, 1.0, 1.0, 0.75, 0.0, 0.0):
        guessed = lengths[-1]
        lookup.learn(guessed, right=int(guessed * right))
        lengths.append(len(lookup.guess(ids, room=99)))
    assert lengths == [4, 8, 16, 16, 16, 8, 4]


def test_without_a_limit_nothing_is_guessed() -> None:
    assert PromptLookup(0).guess([1, 2, 3, 1, 2, 3], room=9) == []


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OnnxEngine, OnnxEngine]]:
    """A tiny model that guesses, and one that does not; both float32, where sums are the same."""
    files = ModelFiles("t", folder=make_tiny_folder(tmp_path_factory.mktemp("t") / "f", "llama"))
    with settings.override(home=tmp_path_factory.mktemp("home")):
        plain = OnnxEngine(files, EngineSettings(variant="float32"))
        guessing = OnnxEngine(files, EngineSettings(variant="float32", lookup_tokens=8))
    yield guessing, plain
    guessing.close()
    plain.close()


def answer(engine: Any, ids: list[int], sampling: Sampling) -> list[int]:
    return [token for chunk in engine.stream(ids, sampling) for token in chunk.ids]


@pytest.mark.parametrize(
    "sampling",
    [
        GREEDY,
        Sampling(temperature=1.2, seed=3, max_tokens=40, repeat_penalty=1.2),
        dataclasses.replace(GREEDY, json_schema={"enum": ["one one one", "two two two"]}),
    ],
    ids=["greedy", "drawn", "schema"],
)
def test_the_answer_is_the_one_without_guesses(
    pair: tuple[OnnxEngine, OnnxEngine], sampling: Sampling
) -> None:
    guessing, plain = pair
    ids = plain.tokenize("A model of a few numbers. A model of a few numbers. A model of")
    for prompt in (ids, ids[:5], [*ids, *ids]):
        assert answer(guessing, prompt, sampling) == answer(plain, prompt, sampling)
    asked = dataclasses.replace(sampling, logprobs=0)
    said = [e.logprob for c in guessing.stream(ids, asked) for e in c.logprobs]
    expected = [e.logprob for c in plain.stream(ids, asked) for e in c.logprobs]
    assert said == pytest.approx(expected, abs=1e-4)


def test_a_guess_that_was_wrong_is_taken_back(
    pair: tuple[OnnxEngine, OnnxEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    guessing, plain = pair
    monkeypatch.setattr(PromptLookup, "guess", lambda self, ids, room: [7, 7, 7, 7])
    ids = plain.tokenize("The quick brown fox jumps")
    expected = answer(plain, ids, GREEDY)
    assert answer(guessing, ids, GREEDY) == expected
    monkeypatch.setattr(OnnxSession, "forget", lambda self, count: None)  # the check sees it
    assert answer(guessing, ids, GREEDY) != expected


def test_a_repetitive_answer_takes_fewer_runs(
    pair: tuple[OnnxEngine, OnnxEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    guessing, plain = pair
    runs: dict[int, int] = {}
    read = OnnxSession.read

    def counted(self: OnnxSession, ids: list[int], *, logits_from: int) -> Any:
        runs[id(self)] = runs.get(id(self), 0) + 1
        return read(self, ids, logits_from=logits_from)

    monkeypatch.setattr(OnnxSession, "read", counted)
    ids = plain.tokenize("The quick brown fox")
    schema = {"type": "array", "items": {"const": "one number"}, "minItems": 8, "maxItems": 8}
    repetitive = dataclasses.replace(GREEDY, max_tokens=200, json_schema=schema)
    assert answer(guessing, ids, repetitive) == answer(plain, ids, repetitive)
    assert runs[id(guessing._sessions[0])] < 0.7 * runs[id(plain._sessions[0])]


@pytest.mark.model
def test_llamacpp_guesses_and_answers_alike(smollm2_gguf: Path) -> None:
    files = ModelFiles("smollm2", gguf=smollm2_gguf)
    told = []
    for lookup_tokens in (0, 8):
        engine = LlamaCppEngine(
            files, EngineSettings(context_tokens=512, lookup_tokens=lookup_tokens)
        )
        try:
            body = engine._request_body(engine.tokenize(RECITE), GREEDY, None)
            timings = engine._ask("/completion", body)["timings"]
            drawn = Sampling(temperature=0.8, seed=4, max_tokens=40, logprobs=1)
            chunks = list(engine.stream(engine.tokenize(RECITE), drawn))
            told.append(
                (
                    answer(engine, engine.tokenize(RECITE), GREEDY),
                    [token for chunk in chunks for token in chunk.ids],
                    len([entry for chunk in chunks for entry in chunk.logprobs]),
                    timings.get("draft_n_accepted", 0) > 0,
                )
            )
        finally:
            engine.close()
    assert [accepted for *_, accepted in told] == [False, True]
    assert told[0][:3] == told[1][:3]
