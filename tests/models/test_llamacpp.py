"""The llama.cpp engine with the real model, through the public API."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import psutil
import pytest

from workbench.core import settings
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import (
    CancelledError,
    ContextLengthError,
    EngineError,
    InputError,
    WorkbenchError,
)
from workbench.models.engines.llamacpp_answer import Answer, TokenBytes
from workbench.models.loading import load
from workbench.models.model import Model
from workbench.models.protocol import Sampling

pytestmark = pytest.mark.model

FRANCE = [{"role": "user", "content": "What is the capital of France?"}]
ECHO = "Repeat: naïve café 日本 🙂\nRepeat: naïve café 日本 🙂\nRepeat:"
LIST = {
    "type": "array",
    "items": {"type": "integer", "minimum": 0, "maximum": 9999},
    "minItems": 500,
}
PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 12},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "city": {"enum": ["Paris", "Rome", "Wien"]},
        "pets": {"type": "array", "items": {"type": "boolean"}, "maxItems": 3},
    },
    "required": ["name", "age", "city", "pets"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def model(shared_home_path: Path) -> Iterator[Model]:
    with settings.override(home=shared_home_path):
        loaded = load("smollm2-135m", engine="llamacpp", context_tokens=2048, threads=1)
    with loaded:
        yield loaded


def process_of(model: Model) -> psutil.Process:
    return psutil.Process(model._engine._process.pid)  # type: ignore[attr-defined]


def cpu_s(model: Model) -> float:
    times = process_of(model).cpu_times()
    return times.user + times.system


def ask_raw(model: Model, **body: Any) -> dict[str, Any]:
    """llama.cpp itself, past everything that is under test."""
    answer: dict[str, Any] = model._engine._process.ask("/completion", body)  # type: ignore[attr-defined]
    return answer


def test_it_knows_the_capital_of_france(model: Model) -> None:
    reply = model.chat(FRANCE, temperature=0, max_tokens=16)
    assert "Paris" in reply.text
    assert (reply.model, reply.engine, reply.finish_reason) == ("smollm2-135m", "llamacpp", "stop")
    assert reply.text == model.detokenize(model.tokenize(reply.text))
    assert reply.completion_tokens == len(model.tokenize(reply.text))
    assert reply.prompt_tokens == len(model.tokenize(model.render(FRANCE), special=True))


def test_the_rate_is_of_the_tokens_after_the_first(model: Model) -> None:
    reply = model.generate("1, 2, 3,", temperature=0, max_tokens=24)
    assert reply.completion_tokens == 24
    assert reply.tokens_per_s is not None
    after_first_s = reply.duration_s - reply.time_to_first_token_s
    assert reply.tokens_per_s == pytest.approx(23 / after_first_s, rel=0.05)
    assert 0 < reply.time_to_first_token_s < reply.duration_s
    assert model.generate("1, 2,", max_tokens=1).tokens_per_s is None


def test_a_seed_is_repeated_and_another_differs(model: Model) -> None:
    def tell(seed: int | None) -> str:
        return model.chat(
            [{"role": "user", "content": "Tell a story."}],
            temperature=0.8,
            max_tokens=24,
            seed=seed,
        ).text

    assert tell(7) == tell(7)
    assert len({tell(seed) for seed in range(5)}) > 1
    drawn = model.chat(FRANCE, temperature=0.8, max_tokens=4)
    again = model.chat(FRANCE, temperature=0.8, max_tokens=4, seed=drawn.seed)
    assert drawn.text == again.text


def test_a_stop_text_ends_the_answer_and_is_not_in_it(model: Model) -> None:
    whole = model.generate("1, 2, 3, 4, 5,", temperature=0, max_tokens=20)
    assert ", 9" in whole.text
    cut = model.generate("1, 2, 3, 4, 5,", temperature=0, max_tokens=20, stop=", 9")
    assert cut.text == whole.text[: whole.text.index(", 9")]
    assert cut.finish_reason == "stop"
    assert cut.completion_tokens < whole.completion_tokens


def test_a_text_that_might_have_begun_a_stop_is_told_at_the_end(model: Model) -> None:
    """llama.cpp's own stream loses it (shown by the second half)."""
    whole = model.generate("1, 2, 3, 4, 5,", temperature=0, max_tokens=1).text
    never = whole + " and more that never comes"
    kept = model.generate("1, 2, 3, 4, 5,", temperature=0, max_tokens=1, stop=never)
    assert (kept.text, kept.finish_reason) == (whole, "length")
    prompt = model.tokenize("1, 2, 3, 4, 5,")
    told = model._engine._process.ask_stream(  # type: ignore[attr-defined]
        "/completion", {"prompt": prompt, "n_predict": 1, "temperature": 0, "stop": [never]}
    )
    assert "".join(event["content"] for event in told) == ""


def test_max_tokens_is_a_length_and_the_end_of_the_answer_a_stop(model: Model) -> None:
    cut = model.chat(FRANCE, temperature=0, max_tokens=3)
    assert (cut.finish_reason, cut.completion_tokens) == ("length", 3)
    assert model.chat(FRANCE, temperature=0, max_tokens=64).finish_reason == "stop"


@pytest.mark.parametrize("max_tokens", [5, 6, 7, 24])
def test_a_stream_tells_every_token_and_every_character(model: Model, max_tokens: int) -> None:
    """In this vocabulary 日 is three tokens; 5 and 6 end inside it."""
    sampling = {"temperature": 0, "max_tokens": max_tokens}
    chunks = list(model.stream(ECHO, **sampling))
    text = "".join(chunk.text for chunk in chunks)
    ids = [token for chunk in chunks for token in chunk.ids]
    raw = ask_raw(
        model, prompt=model.tokenize(ECHO), n_predict=max_tokens, temperature=0, return_tokens=True
    )
    assert ids == raw["tokens"]
    assert "\ufffd" not in text
    reply = model.generate(ECHO, **sampling)
    assert (text, len(ids)) == (reply.text, reply.completion_tokens)
    assert [bool(chunk.finish_reason) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    if max_tokens == 24:
        assert " naïve café 日本 🙂\n" in text


def test_tokens_inside_a_character_are_told_at_a_temperature_too(model: Model) -> None:
    """llama.cpp's answer without a stream is the oracle: there it does tell every token."""
    prompt, inside = "日本語の文章:", 0
    for seed in range(6):
        sampling = Sampling(temperature=1.5, seed=seed, max_tokens=30, top_k=0, top_p=1.0)
        ids_of_prompt = model.tokenize(prompt)
        chunks = list(model._engine.stream(ids_of_prompt, sampling))
        ids = [token for chunk in chunks for token in chunk.ids]
        body = model._engine._request_body(ids_of_prompt, sampling, None)  # type: ignore[attr-defined]
        told = ask_raw(model, **body)["tokens"]
        assert ids == (told[:-1] if chunks[-1].finish_reason == "stop" else told)
        inside += sum(len(chunk.ids) > 1 for chunk in chunks)
    assert inside > 10


def test_the_search_for_tokens_finds_none_that_cannot_be(smollm2_gguf: Path) -> None:
    pieces = TokenBytes(smollm2_gguf)
    assert pieces.fill([None, None, 115], " 日".encode()) == [17097, 241, 115]
    assert pieces.fill([None], b"whole") is None  # it would have been told
    assert pieces.fill([115, None], " 日".encode()) is None


def test_tokens_that_cannot_be_found_come_from_a_replay(smollm2_gguf: Path) -> None:
    def event(text: str, ids: list[int], predicted: int, stop: str = "") -> dict[str, Any]:
        told = {"content": text, "tokens": ids, "tokens_predicted": predicted}
        return {**told, "stop": bool(stop), "stop_type": stop}

    # The text was not what the hidden token's bytes say, as after an invalid character.
    events = [
        event("a", [81], 1),
        event("b", [82], 3),
        event("c", [83], 4),
        event("", [], 5, "eos"),
    ]
    replayed: list[int] = [81, 999, 82, 83, 2]
    answer = Answer(TokenBytes(smollm2_gguf), lambda: replayed, None)
    chunks = list(answer.chunks(iter(events), alternatives=0))
    assert "".join(chunk.text for chunk in chunks) == "abc"
    assert [token for chunk in chunks for token in chunk.ids] == [81, 999, 82, 83]


def test_closing_a_stream_stops_the_work(model: Model) -> None:
    """Told by what the process computes: a full answer is 500 numbers, so well over 1000 tokens."""
    started_s = cpu_s(model)
    model.generate("Numbers:", json_schema=LIST, max_tokens=40, temperature=0)
    per_token_s = (cpu_s(model) - started_s) / 40
    stream = model.stream("Numbers:", json_schema=LIST, max_tokens=1500, temperature=0)
    next(stream)
    before_s = cpu_s(model)
    stream.close()  # type: ignore[attr-defined]
    assert "Paris" in model.chat(FRANCE, temperature=0, max_tokens=16).text
    assert cpu_s(model) - before_s < 300 * per_token_s


def test_an_error_in_the_watcher_leaves_the_model_free(model: Model) -> None:
    def fail(chunks: Iterator[Any]) -> Iterator[Any]:
        yield next(chunks)
        raise KeyError("the watcher's own")

    with pytest.raises(KeyError) as caught:  # the traceback keeps the frames alive
        model.chat(FRANCE, json_schema=LIST, max_tokens=1500, watch=fail)
    with cancellable() as token:
        alarm = threading.Timer(60, token.cancel)  # a model that stays busy fails, not hangs
        alarm.start()
        assert model.chat(FRANCE, temperature=0, max_tokens=16).text
        alarm.cancel()
    assert caught.value.args == ("the watcher's own",)


def cancel_once(token: CancelToken, ready: Callable[[], bool]) -> threading.Thread:
    def wait() -> None:
        while not ready() and not token.cancelled:
            time.sleep(0.01)
        token.cancel("enough")

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_cancel_from_another_thread_stops_a_long_answer(model: Model) -> None:
    seen: list[Any] = []

    def watch(chunks: Iterator[Any]) -> Iterator[Any]:
        for chunk in chunks:
            seen.append(chunk)
            yield chunk

    with pytest.raises(CancelledError, match="enough"), cancellable() as token:
        thread = cancel_once(token, lambda: len(seen) > 5)
        model.chat(FRANCE, json_schema=LIST, max_tokens=1500, watch=watch)
    thread.join()
    assert 5 < len(seen) < 400
    assert "Paris" in model.chat(FRANCE, temperature=0, max_tokens=16).text


def test_a_cancel_stops_the_reading_of_a_long_prompt(model: Model) -> None:
    """The prompt is read in batches of 512, so at most two are read after the cancel."""
    started_s = cpu_s(model)
    model.generate("Nothing like the rest. " * 40, max_tokens=1)
    per_token_s = (cpu_s(model) - started_s) / 200
    long = " ".join(f"{number} apples" for number in range(400))  # 1900 tokens
    before_s = cpu_s(model)
    with pytest.raises(CancelledError), cancellable() as token:
        thread = cancel_once(token, lambda: cpu_s(model) - before_s > 20 * per_token_s)
        model.generate(long, max_tokens=1)
    thread.join()
    assert "Paris" in model.chat(FRANCE, temperature=0, max_tokens=16).text
    assert cpu_s(model) - before_s < 1400 * per_token_s


def test_a_cancelled_caller_does_not_wait_for_its_turn(model: Model) -> None:
    stream = model.stream("Numbers:", json_schema=LIST, max_tokens=1500)
    next(stream)  # it has the turn
    with pytest.raises(CancelledError), cancellable() as token:
        token.cancel()
        model.chat(FRANCE)
    stream.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(10))
def test_an_answer_matches_its_schema(model: Model, seed: int) -> None:
    reply = model.chat(
        [{"role": "user", "content": "Describe a person as JSON."}],
        json_schema=PERSON,
        temperature=1,
        seed=seed,
        max_tokens=120,
    )
    jsonschema.validate(json.loads(reply.text), PERSON)
    assert reply.finish_reason == "stop"


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "nonsense"}, "Invalid type: nonsense"),
        ({"type": 5}, "type must be"),
        ({"$ref": "#/nope"}, "/nope"),
        ({"type": "string", "pattern": "(["}, "regex"),
        ({"not": {"type": "string"}}, "not"),
        ({"type": "integer", "minimum": 5, "maximum": 1}, "minimum"),
        ({"enum": [object()]}, "serializable"),
    ],
)
def test_a_schema_that_cannot_be_enforced_is_refused(
    model: Model, schema: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said) as error:
        model.generate("JSON:", json_schema=schema, max_tokens=8)
    assert error.value.hint


def test_llama_cpp_itself_drops_a_bad_schema_without_a_word(model: Model) -> None:
    """Why it is checked before: if this fails, llama.cpp has learnt to refuse."""
    raw = ask_raw(
        model, prompt=[1], n_predict=8, temperature=0, json_schema={"type": "nonsense"}, seed=1
    )
    assert raw["tokens_predicted"] > 0


def test_logprobs_are_those_of_score(model: Model) -> None:
    reply = model.generate(ECHO, temperature=0, max_tokens=12, logprobs=5)
    assert len(reply.logprobs) == reply.completion_tokens == 12
    for entry in reply.logprobs:
        chances = [math.exp(value) for _, value in entry.top]
        assert len(chances) == 5
        assert sum(chances) <= 1 + 1e-6
        assert entry.top[0][1] == pytest.approx(entry.logprob, abs=1e-3)  # greedy
        assert chances == sorted(chances, reverse=True)
    prompt, ids = model.tokenize(ECHO), [entry.id for entry in reply.logprobs]
    scored = model._engine.score_ids(prompt, ids)
    assert [entry.logprob for entry in reply.logprobs] == pytest.approx(scored, abs=1e-3)
    assert model.generate("a", max_tokens=2).logprobs == ()
    assert model.generate("a", max_tokens=1, logprobs=0).logprobs[0].top == ()


def test_scores_are_those_of_the_whole_vocabulary(model: Model) -> None:
    """The oracle asks llama.cpp for every log-probability at each place and forces nothing."""
    prompt, continuation = "The capital of France is", " Paris, zebra&&quantum"
    scores = model.score(prompt, continuation)
    ids = model.tokenize(continuation)
    assert len(scores) == len(ids) >= 6
    history = model.tokenize(prompt)
    for token, score in zip(ids, scores, strict=True):
        told = ask_raw(
            model,
            prompt=history,
            n_predict=1,
            temperature=0,
            n_probs=model.info.vocabulary_size,
            cache_prompt=False,
        )["completion_probabilities"][0]["top_logprobs"]
        every = {entry["id"]: entry["logprob"] for entry in told}
        assert len(every) == model.info.vocabulary_size
        assert sum(map(math.exp, every.values())) == pytest.approx(1, abs=1e-3)
        assert score == pytest.approx(every[token], abs=1e-3)
        history.append(token)
    assert min(scores) < -12  # very unlikely ones were among them


def test_scores_add_up(model: Model) -> None:
    prompt, first, second = "The sky is", " blue and", " the grass is green."
    whole = model.score(prompt, first + second)
    parts = model.score(prompt, first) + model.score(prompt + first, second)
    assert model.tokenize(first) + model.tokenize(second) == model.tokenize(first + second)
    assert whole == pytest.approx(parts, abs=1e-3)
    assert len(model.score("Japan:", " 日本 🙂")) == len(model.tokenize(" 日本 🙂"))


def test_embeddings_have_length_one(model: Model) -> None:
    vectors = model.embed(["A cat sits.", "Stocks fell."])
    assert vectors.shape == (2, model.info.embedding_size)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert model.embed("A cat sits.") == pytest.approx(vectors[0], abs=1e-3)
    with pytest.raises(WorkbenchError, match="2048"):
        model.embed("word " * 3000)


def test_a_prompt_over_the_context_is_refused_with_both_numbers(shared_home: Path) -> None:
    with load("smollm2-135m", engine="llamacpp", context_tokens=256) as small:
        text = " word" * 255  # a token each
        assert len(small.tokenize(text)) == 255
        reply = small.generate(text, max_tokens=50, temperature=0)
        assert (reply.completion_tokens, reply.finish_reason) == (1, "length")
        with pytest.raises(ContextLengthError, match=r"257.*256") as error:
            small.generate(text + " word")
        assert error.value.context == {"prompt_tokens": 257, "context_tokens": 256}
        assert len(small.score(text, " word")) == 1
        with pytest.raises(ContextLengthError):
            small.score(text, " one two")
        with pytest.raises(ContextLengthError) as raw:  # llama.cpp's own word, in our words
            list(small._engine.stream(small.tokenize(text + " one two"), Sampling()))
        assert raw.value.context == {"prompt_tokens": 257, "context_tokens": 256}


def test_ids_that_are_not_in_the_vocabulary_are_refused(model: Model) -> None:
    with pytest.raises(InputError, match="invalid tokens"):
        list(model._engine.stream([10**8], Sampling()))


def ask_capital(model: Model, country: str) -> str:
    question = [{"role": "user", "content": f"What is the capital of {country}?"}]
    return model.chat(question, temperature=0, max_tokens=16).text


def ask_at_once(models: dict[str, Model]) -> dict[str, str]:
    """Ask each model, in a thread of its own, for the capital of the country it stands under."""
    with ThreadPoolExecutor(len(models)) as pool:
        found = pool.map(lambda country: ask_capital(models[country], country), models)
        return dict(zip(models, found, strict=True))


def test_two_threads_share_one_model(model: Model) -> None:
    alone = {country: ask_capital(model, country) for country in ("France", "Japan")}
    assert "Paris" in alone["France"]
    assert "Tokyo" in alone["Japan"]
    assert ask_at_once(dict.fromkeys(alone, model)) == alone


def test_three_models_at_once_answer_from_three_threads(model: Model, shared_home: Path) -> None:
    countries = ("France", "Japan", "Germany")
    alone = {country: ask_capital(model, country) for country in countries}
    assert len(set(alone.values())) == 3
    with ExitStack() as stack:
        models = {
            country: stack.enter_context(load(engine="llamacpp", context_tokens=2048, threads=1))
            for country in countries
        }
        assert len({process_of(one).pid for one in models.values()}) == 3
        assert ask_at_once(models) == alone


def test_a_closed_model_says_so(shared_home: Path) -> None:
    loaded = load(engine="llamacpp", context_tokens=256)
    stream = loaded.stream("1, 2,", max_tokens=200)
    next(stream)
    loaded.close()
    loaded.close()
    with pytest.raises(EngineError, match="closed while it answered"):
        list(stream)
    for use in (
        lambda: loaded.chat(FRANCE),
        lambda: loaded.tokenize("a"),
        lambda: loaded.embed("a"),
        lambda: loaded.score("a", "b"),
        lambda: list(loaded.stream("a")),
        loaded.memory_bytes,
    ):
        with pytest.raises(EngineError, match="was closed") as error:
            use()
        assert error.value.hint
