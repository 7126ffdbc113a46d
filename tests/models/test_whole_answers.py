"""A whole answer of llama.cpp is what its stream says, piece by piece, in every respect."""

from __future__ import annotations

import dataclasses
import itertools
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbench.core import settings
from workbench.core.cancellation import cancellable
from workbench.core.errors import CancelledError
from workbench.models.engines import llamacpp_answer
from workbench.models.engines.llamacpp_process import LlamaProcess
from workbench.models.loading import load
from workbench.models.model import Model
from workbench.models.protocol import Chunk, Sampling, join_chunks

pytestmark = pytest.mark.model

ECHO = "Repeat: naïve café 日本 🙂\nRepeat: naïve café 日本 🙂\nRepeat:"
PROMPTS = (ECHO, "1, 2, 3, 4, 5,", "日本語の文章:", "Emoji: 🙂🙃🫠", "JSON:")
STOPS = ((), (", 9",), (" 6 and more",), ("日本",), ("\n", "e"), ("本 and more", "é"))
DIGIT = {
    "type": "object",
    "properties": {"a": {"type": "integer", "minimum": 0, "maximum": 9}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def model(shared_home_path: Path) -> Iterator[Model]:
    """Without a prompt cache: a prompt read in one piece or in two has other last digits."""
    options = {"context_tokens": 1024, "threads": 1, "cache_prompt": False}
    with settings.override(home=shared_home_path):
        loaded = load("smollm2-135m", engine="llamacpp", **options)
    with loaded:
        yield loaded


def both_ways(model: Model, prompt: str, sampling: Sampling) -> tuple[Chunk, Chunk]:
    ids = model.tokenize(prompt)
    engine = model._engine
    whole, streamed = engine.answer(ids, sampling), join_chunks(engine.stream(ids, sampling))
    return _rounded(whole), _rounded(streamed)


def _rounded(chunk: Chunk) -> Chunk:
    """A token's own pass and a forced one differ in the last digits."""
    told = tuple(
        dataclasses.replace(
            entry,
            logprob=round(entry.logprob, 2),
            top=tuple((text, round(value, 2)) for text, value in entry.top),
        )
        for entry in chunk.logprobs
    )
    return dataclasses.replace(chunk, logprobs=told, decode_s=None)


def draw(seed: int) -> tuple[str, Sampling]:
    """One of many thousand ways to ask."""
    dice = random.Random(seed)
    return dice.choice(PROMPTS), Sampling(
        max_tokens=dice.choice((1, 2, 5, 6, 7, 14)),
        temperature=dice.choice((0.0, 0.7, 1.5, 3.0)),
        top_k=dice.choice((0, 40)),
        top_p=dice.choice((1.0, 0.95)),
        repeat_penalty=dice.choice((1.0, 1.1)),
        seed=seed,
        stop=dice.choice(STOPS),
        json_schema=dice.choice((None, None, None, DIGIT)),
        logprobs=dice.choice((None, None, 2)),
    )


@pytest.mark.parametrize("seed", range(16))
def test_a_whole_answer_is_its_stream(model: Model, seed: int) -> None:
    prompt, sampling = draw(seed)
    whole, streamed = both_ways(model, prompt, sampling)
    assert whole == streamed
    assert whole.finish_reason in {"stop", "length"}
    assert len(whole.logprobs) == (len(whole.ids) if sampling.logprobs is not None else 0)


def test_the_comparison_would_see_half_a_character(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that ends inside 日, read by one who does not know what llama.cpp holds back."""
    sampling = Sampling(temperature=0, max_tokens=5, logprobs=0)
    whole, streamed = both_ways(model, ECHO, sampling)
    assert whole == streamed
    assert whole.text == " naïve café "
    monkeypatch.setattr(llamacpp_answer, "is_held_back", lambda text: False)
    whole, streamed = both_ways(model, ECHO, sampling)
    assert whole != streamed


def test_nothing_is_streamed_when_nobody_watches(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = LlamaProcess.ask_stream

    def ask_stream(self: LlamaProcess, path: str, body: dict[str, Any]) -> Any:
        asked.append(path)
        return real(self, path, body)

    monkeypatch.setattr(LlamaProcess, "ask_stream", ask_stream)
    alone = model.generate("1, 2, 3,", temperature=0, max_tokens=8)
    assert asked == []
    watched = model.chat([{"role": "user", "content": "Hi"}], max_tokens=4, watch=iter)
    assert len(asked) == 1
    assert watched.completion_tokens
    assert alone.text == join_chunks(model.stream("1, 2, 3,", temperature=0, max_tokens=8)).text


def test_a_cancel_stops_a_whole_answer(model: Model) -> None:
    """Told by what the process computes: less than three hundred tokens, where nine hundred numbers
    were asked for. A token under a schema costs more, and on a busy machine a cancel comes late."""
    process = psutil.Process(model._engine._process.pid)  # type: ignore[attr-defined]

    def cpu_s() -> float:
        times = process.cpu_times()
        return times.user + times.system

    started_s = cpu_s()
    model.generate("1, 2, 3,", temperature=0, max_tokens=40)
    per_token_s = (cpu_s() - started_s) / 40
    before_s = cpu_s()
    with pytest.raises(CancelledError, match="enough"), cancellable() as token:

        def cancel_at_work() -> None:
            while cpu_s() - before_s < 10 * per_token_s and not token.cancelled:
                time.sleep(0.01)
            token.cancel("enough")

        thread = threading.Thread(target=cancel_at_work)
        thread.start()
        many = {"type": "array", "items": {"type": "integer"}, "minItems": 900}
        model.generate("Numbers:", json_schema=many, max_tokens=1000, temperature=0)
    thread.join()
    assert "4" in model.generate("1, 2, 3,", temperature=0, max_tokens=4).text
    assert cpu_s() - before_s < 300 * per_token_s


def test_the_engine_tells_what_it_measured(shared_home_path: Path, model: Model) -> None:
    reply = model.generate("1, 2, 3,", temperature=0, max_tokens=16)
    assert reply.tokens_per_s is not None
    assert reply.cached_tokens == 0
    assert 0 < reply.time_to_first_token_s < reply.duration_s
    with settings.override(home=shared_home_path):
        keeping = load("smollm2-135m", engine="llamacpp", context_tokens=512, threads=1)
    with keeping:
        prompt = "One two three four five six seven eight nine ten."
        first, second = (keeping.generate(prompt, max_tokens=2) for _ in range(2))
        assert (first.cached_tokens, second.cached_tokens) == (0, first.prompt_tokens - 1)
        streamed = list(keeping.stream(prompt, max_tokens=2))[-1]
        assert streamed.cached_tokens == first.prompt_tokens - 1
        assert streamed.decode_s is not None
        assert streamed.decode_s > 0


def test_what_llama_cpp_holds_back() -> None:
    """Its own rule: a head among the last three bytes whose character would be longer."""
    for text in ("é", "日", "🙂"):
        whole = text.encode()
        assert not llamacpp_answer.is_held_back(b"a" + whole)
        for length in range(1, len(whole)):
            assert llamacpp_answer.is_held_back(b"a" + whole[:length])
    assert not llamacpp_answer.is_held_back(b"")
    pairs = itertools.product((b"", b"abc"), (b"a", b"\x80", b"\xff"))
    assert not any(llamacpp_answer.is_held_back(before + end) for before, end in pairs)
