"""An upstream in a process of its own: what it is sent, what is read, what its faults are."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core import errors
from workbench.serving.backends.upstream import UpstreamBackend
from workbench.serving.call import Call, Facts, Piece, Tool
from workbench.serving.dialects.folding import fold
from workbench.serving.settings import UpstreamSettings

from ..upstreams import Upstream

TEXT = "The lighthouse – 灯台 – stands on a 🪨 rock; its keeper counts: one, two, three, four."


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    running = Upstream()
    yield running
    running.close()


def settings_of(upstream: Upstream, **more: Any) -> UpstreamSettings:
    names = (
        "words",
        "tools",
        "cut-4",
        "silent",
        "pace-50",
        *(f"status-{n}" for n in range(400, 600)),
    )
    given = {"models": {name: name for name in names}, **more}
    return UpstreamSettings("far", upstream.url, **given)


def ask(settings: UpstreamSettings, call: Call) -> tuple[list[Piece], Facts]:
    async def collect() -> tuple[list[Piece], Facts]:
        backend, facts = UpstreamBackend(settings), Facts()
        try:
            return [piece async for piece in backend.answer(call, facts)], facts
        finally:
            await backend.close()

    return asyncio.run(collect())


def chat(model: str = "words", **more: Any) -> Call:
    return Call("r", "chat", model, messages=({"role": "user", "content": "Go"},), **more)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("kind", ["chat", "completion"])
def test_a_text_comes_through_whole(upstream: Upstream, stream: bool, kind: str) -> None:
    call = chat(stream=stream)
    if kind == "completion":
        call = Call("r", "completion", "words", prompts=("Go",), stream=stream)
    pieces, facts = ask(settings_of(upstream), call)
    assert "".join(piece.text for piece in pieces) == TEXT
    assert [piece.finish_reason for piece in pieces if piece.finish_reason] == ["stop"]
    usage = pieces[-1].usage
    assert usage is not None and usage.completion_tokens == -(-len(TEXT) // 4)
    assert (facts.prompt_tokens, facts.completion_tokens) == (
        usage.prompt_tokens,
        usage.completion_tokens,
    )
    assert (facts.backend, facts.served_by) == ("far", "words")


def test_vectors_come_in_the_order_of_their_texts(upstream: Upstream) -> None:
    pieces, _ = ask(settings_of(upstream), Call("r", "embedding", "words", prompts=("a", "b")))
    assert [piece.vector for piece in pieces] == [(0.0, 1.0), (1.0, 1.0)]
    assert pieces[-1].usage is not None and pieces[-1].usage.prompt_tokens == 3


def test_what_it_is_sent(upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-very-secret\n")
    settings = settings_of(
        upstream, key_file=tmp_path / "key", models={"mine": "words"}, continues="flags"
    )
    call = Call(
        "r",
        "chat",
        "mine",
        messages=(
            {"role": "user", "content": "Go"},
            {"role": "tool", "tool_call_id": "1", "content": "sun", "is_error": True},
            {"role": "assistant", "content": "It"},
        ),
        sampling={
            "max_tokens": 5,
            "temperature": 0.5,
            "stop": ("END",),
            "logprobs": 2,
            "json_schema": {"type": "object", "title": "T"},
        },
        tools=(Tool("weather", "Tells it.", {"type": "object"}),),
        tool_choice="weather",
        parallel_tool_calls=False,
        options={"answer_begun": True},
    )
    ask(settings, call)
    last = upstream.seen()[-1]
    assert last["headers"]["authorization"] == "Bearer sk-very-secret"
    assert last["body"] == {
        "model": "words",
        "n": 1,
        "messages": [
            {"role": "user", "content": "Go"},
            {"role": "tool", "tool_call_id": "1", "content": "sun"},
            {"role": "assistant", "content": "It"},
        ],
        "continue_final_message": True,
        "add_generation_prompt": False,
        "temperature": 0.5,
        "max_tokens": 5,
        "stop": ["END"],
        "logprobs": True,
        "top_logprobs": 2,
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": "answer",
                "schema": {"type": "object", "title": "T"},
                "strict": True,
            },
        },
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "weather",
                    "description": "Tells it.",
                    "parameters": {"type": "object"},
                },
            }
        ],
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
        "parallel_tool_calls": False,
    }


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InputError),
        (401, errors.EngineError),
        (403, errors.EngineError),
        (404, errors.NotFoundError),
        (422, errors.InputError),
        (429, errors.BusyError),
        (500, errors.FetchError),
        (503, errors.FetchError),
        (504, errors.DeadlineError),
    ],
)
def test_a_refusal_is_told_as_what_it_is(
    upstream: Upstream, status: int, kind: type[errors.WorkbenchError]
) -> None:
    with pytest.raises(kind) as caught:
        ask(settings_of(upstream), chat(f"status-{status}"))
    assert type(caught.value) is kind
    if status not in (401, 403):
        assert f"told to say {status}" in caught.value.message


def test_a_stream_that_breaks_off_is_a_fault_after_its_last_piece(upstream: Upstream) -> None:
    seen: list[str] = []

    async def collect() -> None:
        backend = UpstreamBackend(settings_of(upstream))
        try:
            async for piece in backend.answer(chat("cut-4", stream=True), Facts()):
                seen.extend([piece.text])
        finally:
            await backend.close()

    with pytest.raises((errors.FetchError, errors.EngineError)):
        asyncio.run(collect())
    assert "".join(seen) == TEXT[:16]


def test_who_does_not_answer_in_time_is_given_up(upstream: Upstream) -> None:
    settings = settings_of(upstream, first_token_timeout_s=0.2)
    for stream in (True, False):
        with pytest.raises(errors.DeadlineError):
            ask(settings, chat("silent", stream=stream))
    settings = settings_of(upstream, between_tokens_timeout_s=0.01)
    with pytest.raises(errors.DeadlineError):
        ask(settings, chat("pace-50", stream=True))


def test_who_is_not_there_is_told_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(errors.FetchError, match="cannot be reached"):
        ask(UpstreamSettings("far", url, {"words": "words"}), chat())


def test_a_connection_is_used_again_after_a_whole_answer_and_after_a_stream(
    upstream: Upstream,
) -> None:
    async def count() -> int:
        backend = UpstreamBackend(settings_of(upstream))
        opened: list[Any] = []
        remember = backend.client.remember
        backend.client.remember = lambda made: (opened.append(made), remember(made))[1]
        try:
            for stream in (True, False, True, False):
                async for _ in backend.answer(chat(stream=stream), Facts()):
                    pass
                assert backend.client.idle() == 1
        finally:
            await backend.close()
        return len(opened)

    assert asyncio.run(count()) == 1


def test_its_key_is_in_no_log_and_no_error(
    upstream: Upstream, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAR_KEY", "sk-very-secret")
    with caplog.at_level(logging.DEBUG), pytest.raises(errors.EngineError) as caught:
        ask(settings_of(upstream, key_env="FAR_KEY"), chat("status-401"))
    said = caplog.text + caught.value.message + str(caught.value.hint) + repr(caught.value.context)
    assert "sk-very-secret" not in said
    assert upstream.seen()[-1]["headers"]["authorization"] == "Bearer sk-very-secret"


@pytest.mark.parametrize("content", ["", "two words", "\xe4"])
def test_a_key_file_that_holds_no_key_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)
    settings = UpstreamSettings("far", "http://a/v1", {"m": "m"}, key_file=tmp_path / "key")
    with pytest.raises(errors.ConfigError, match=r"key_file|no key"):
        UpstreamBackend(settings)


def test_a_key_that_is_not_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAR_KEY", raising=False)
    settings = UpstreamSettings("far", "http://a/v1", {"m": "m"}, key_env="FAR_KEY")
    with pytest.raises(errors.ConfigError, match="FAR_KEY is not set"):
        UpstreamBackend(settings)


@pytest.mark.parametrize("stream", [True, False])
def test_tools_that_it_calls_come_through(upstream: Upstream, stream: bool) -> None:
    call = chat("tools", stream=stream, tools=(Tool("look"), Tool("count")))
    pieces, _ = ask(settings_of(upstream), call)
    (choice,), usage = fold(pieces)
    assert [(each.id, each.name, each.arguments) for each in choice.tool_calls] == [
        ("call_1", "look", '{"at": "sea"}'),
        ("call_2", "count", '{"what": "ships"}'),
    ]
    assert choice.finish_reason == "tool_calls" and usage.completion_tokens == 9
