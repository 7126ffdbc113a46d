"""Several answers at a time from one model: each as if it were alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbench.core import settings
from workbench.core.cancellation import cancellable
from workbench.core.errors import CancelledError, ContextLengthError
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.loading import load
from workbench.models.model import Model
from workbench.models.protocol import Sampling

pytestmark = pytest.mark.model

SLOTS, CONTEXT = 3, 256
PROMPTS = ("1, 2, 3, 4,", "The capital of France is", "a b c d e f")
LIST = {"type": "array", "items": {"type": "integer", "maximum": 99, "minimum": 0}, "minItems": 90}


@pytest.fixture(scope="module")
def model(shared_home_path: Path) -> Iterator[Model]:
    options: dict[str, Any] = {"context_tokens": CONTEXT, "parallel": SLOTS, "threads": 1}
    with settings.override(home=shared_home_path):
        loaded = load("smollm2-135m", engine="llamacpp", **options)
    with loaded:
        yield loaded


@pytest.fixture(scope="module")
def alone(model: Model) -> list[str]:
    """What each prompt gets when nobody else asks."""
    return [model.generate(prompt, temperature=0, max_tokens=12).text for prompt in PROMPTS]


def test_streams_that_are_read_by_turns_do_not_mix(model: Model, alone: list[str]) -> None:
    streams = [model.stream(prompt, temperature=0, max_tokens=12) for prompt in PROMPTS]
    texts = [""] * len(streams)
    open_ones = set(range(len(streams)))
    while open_ones:
        for place in sorted(open_ones):
            chunk = next(streams[place], None)
            if chunk is None:
                open_ones.remove(place)
            else:
                texts[place] += chunk.text
    assert texts == alone


def test_threads_get_their_own_answers(model: Model, alone: list[str]) -> None:
    def ask(place: int) -> str:
        return model.generate(PROMPTS[place % 3], temperature=0, max_tokens=12).text

    with ThreadPoolExecutor(6) as pool:  # twice as many as there are slots
        assert list(pool.map(ask, range(12))) == alone * 4


def test_a_cancel_or_a_close_of_one_leaves_the_others(model: Model, alone: list[str]) -> None:
    """Two long answers are given up in different ways while a third goes on."""
    started, cancelled = threading.Barrier(3), threading.Event()
    found: dict[str, Any] = {}

    def give_up_by_cancel() -> None:
        try:
            with cancellable() as token:
                stream = model.stream("Numbers:", json_schema=LIST, max_tokens=200)
                next(stream)
                started.wait(60)
                token.cancel("enough")
                for _ in stream:
                    pass
        except CancelledError as error:
            found["cancel"] = error
        finally:
            cancelled.set()

    def give_up_by_close() -> None:
        stream: Any = model.stream("Numbers:", json_schema=LIST, max_tokens=200)
        next(stream)
        started.wait(60)
        stream.close()
        found["close"] = True

    threads = [threading.Thread(target=one) for one in (give_up_by_cancel, give_up_by_close)]
    for thread in threads:
        thread.start()
    stream = model.stream(PROMPTS[1], temperature=0, max_tokens=12)
    text = next(stream).text
    started.wait(60)
    text += "".join(chunk.text for chunk in stream)
    for thread in threads:
        thread.join()
    assert text == alone[1]
    assert "enough" in str(found["cancel"])
    assert found["close"]
    # Every slot is free again: as many answers as there are slots, at once.
    streams = [model.stream(prompt, temperature=0, max_tokens=12) for prompt in PROMPTS]
    assert [next(stream).ids for stream in streams]
    for one in streams:
        one.close()  # type: ignore[attr-defined]


def test_one_more_than_there_are_slots_waits_and_may_give_up(model: Model) -> None:
    streams: list[Any] = [
        model.stream("Numbers:", json_schema=LIST, max_tokens=200) for _ in range(SLOTS)
    ]
    for stream in streams:
        next(stream)
    with pytest.raises(CancelledError), cancellable() as token:
        token.cancel("no longer")
        model.generate("a", max_tokens=1)
    streams.pop().close()
    assert model.generate("a", max_tokens=1).completion_tokens == 1
    for stream in streams:
        stream.close()


def test_the_context_is_that_of_one_conversation(model: Model) -> None:
    """llama.cpp divides its own among the slots; what a user sets is what he gets."""
    assert model.info.context_tokens == CONTEXT
    with pytest.raises(ContextLengthError, match=f"a context of {CONTEXT}") as error:
        model.generate("one " * (CONTEXT + 5))
    assert error.value.context["context_tokens"] == CONTEXT
    with pytest.raises(ContextLengthError, match=f"context holds {CONTEXT}"):
        model._engine.answer([5] * (CONTEXT + 20), Sampling(max_tokens=1))
    fitting = model.tokenize("one " * 300)[: CONTEXT - 8]
    reply = model.answer_ids(fitting, temperature=0, max_tokens=100, json_schema=LIST)
    assert (reply.completion_tokens, reply.finish_reason) == (8, "length")


def test_many_who_embed_at_once_start_one_process(model: Model) -> None:
    before = len(psutil.Process().children())
    with ThreadPoolExecutor(4) as pool:
        vectors = list(pool.map(lambda _: model.embed("a text"), range(4)))
    assert len(psutil.Process().children()) == before + 1
    assert all((vector == vectors[0]).all() for vector in vectors)


def test_an_engine_that_takes_one_at_a_time_is_asked_so(tmp_path: Path) -> None:
    folder = make_tiny_folder(tmp_path / "tiny")
    with load(str(folder), engine="transformers", threads=1, parallel=4) as tiny:

        def ask(place: int) -> str:
            return tiny.generate(f"number {place} of", temperature=0, max_tokens=12).text

        expected = [ask(place) for place in range(6)]
        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(ask, range(6))) == expected
        stream: Any = tiny.stream("number", max_tokens=5)
        next(stream)
        with pytest.raises(CancelledError), cancellable() as token:
            token.cancel()
            tiny.generate("another")
        stream.close()
