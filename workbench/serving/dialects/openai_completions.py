"""OpenAI's older completions: raw text to go on from, without a chat template."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from workbench.core.errors import CapabilityError, InputError
from workbench.serving.call import Call, Facts, Piece, Usage
from workbench.serving.dialects.folding import fold
from workbench.serving.dialects.openai_answers import (
    LEAST_LOGPROB,
    FinishReason,
    UsageAnswer,
    finish_reason,
    usage_answer,
)
from workbench.serving.dialects.openai_errors import error_answer
from workbench.serving.dialects.openai_errors import render_error as render_error
from workbench.serving.dialects.openai_requests import NO_PENALTY, StreamOptions
from workbench.serving.dialects.reading import (
    Alternatives,
    Choices,
    Count,
    Options,
    Refused,
    Seed,
    Share,
    Temperature,
    check_stream_options,
    decode,
    read_options,
    read_sampling,
    refuse,
)
from workbench.serving.dialects.sse import DONE, encode, write_stream
from workbench.serving.http_errors import HttpError

METHOD, PATH = "POST", "/v1/completions"
MOST_PROMPTS = 2048
Texts = str | list[str | int | list[int]]


class CompletionRequest(Struct, forbid_unknown_fields=True):
    """Text to go on from: one or several."""

    model: str
    prompt: Texts
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Choices | None = None
    max_tokens: Count | None = None
    temperature: Temperature | None = None
    top_p: Share | None = None
    top_k: Count | None = None
    min_p: Share | None = None
    repeat_penalty: Temperature | None = None
    seed: Seed | None = None
    stop: str | list[str] | None = None
    logprobs: Alternatives | None = None
    echo: bool | None = None
    workbench: Options | None = None
    user: str | None = None
    best_of: int | None = None
    frequency_penalty: float | None = None
    logit_bias: Any = None
    presence_penalty: float | None = None
    suffix: str | None = None


WITHOUT_EFFECT = {"user": "the key says who asks"}
REFUSED = {
    "best_of": Refused("answers are not made and thrown away", (1,), "use n"),
    "frequency_penalty": NO_PENALTY,
    "logit_bias": Refused("single tokens cannot be made likelier"),
    "presence_penalty": NO_PENALTY,
    "suffix": Refused("the models here write on, not in between", ("",)),
}
_DECODER = msgspec.json.Decoder(CompletionRequest)


class TextLogprobs(Struct):
    """The tokens of a text, each with its log-probability and its place in the text."""

    tokens: list[str]
    token_logprobs: list[float]
    top_logprobs: list[dict[str, float]]
    text_offset: list[int]


class TextChoice(Struct):
    """One text. ``index`` is the prompt's place times ``n``, and the choice."""

    text: str
    index: int
    logprobs: TextLogprobs | None = None
    finish_reason: FinishReason | None = None


class CompletionAnswer(Struct):
    """Texts that go on from the prompts; also one event of a stream of them."""

    id: str
    created: int
    model: str
    choices: list[TextChoice]
    object: Literal["text_completion"] = "text_completion"
    usage: UsageAnswer | None = None


def parse(body: bytes, *, request_id: str, headers: Mapping[str, str]) -> Call:
    """The call of a request's body.

    Raises:
        InputError: A field is wrong; the message says which, what was found, what is allowed.
        CapabilityError: A field asks for something that is not done.
    """
    request = decode(_DECODER, body)
    refuse(request, REFUSED)
    if request.echo and request.logprobs is not None:
        raise CapabilityError(
            "echo together with logprobs is not done: a prompt's tokens are not scored here",
            hint="leave one of them out; models.load(name).score(prompt, continuation) scores",
            parameter="echo",
        )
    sampling = read_sampling(request)
    if request.max_tokens is not None:
        sampling["max_tokens"] = request.max_tokens
    if request.logprobs is not None:
        sampling["logprobs"] = request.logprobs
    return Call(
        request_id=request_id,
        kind="completion",
        model=request.model,
        prompts=read_texts(request.prompt, "prompt"),
        sampling=sampling,
        n=request.n or 1,
        stream=bool(request.stream),
        include_usage=check_stream_options(request.stream_options, bool(request.stream)),
        options=read_options(request.workbench, headers),
        form={"echo": True} if request.echo else {},
    )


def read_texts(given: Texts, name: str) -> tuple[str, ...]:
    """The texts of a request that may name one or several.

    Raises:
        InputError: There is none, or there are too many.
        CapabilityError: They are token ids.
    """
    if isinstance(given, str):
        return (given,)
    if not 1 <= len(given) <= MOST_PROMPTS:
        raise InputError(
            f"{name} has {len(given)} texts; allowed are 1 to {MOST_PROMPTS}", parameter=name
        )
    if any(not isinstance(text, str) for text in given):
        raise CapabilityError(
            f"{name} holds token ids, which mean another text to each model",
            hint="send text (langchain: check_embedding_ctx_length=False)",
            parameter=name,
        )
    return tuple(text for text in given if isinstance(text, str))


def render(call: Call, pieces: Sequence[Piece], facts: Facts, *, created_s: float) -> bytes:
    """The whole answer."""
    choices, usage = fold(pieces)
    told = "logprobs" in call.sampling
    answers = [
        TextChoice(
            _echo(call, choice.index) + choice.text,
            choice.index,
            _logprobs(choice.logprobs, 0) if told else None,
            finish_reason(choice.finish_reason),
        )
        for choice in choices
    ]
    answer = CompletionAnswer(
        f"cmpl-{call.request_id}", int(created_s), facts.served_by or call.model, answers
    )
    answer.usage = usage_answer(usage)
    return msgspec.json.encode(answer)


def render_stream(
    call: Call, pieces: AsyncIterator[Piece], facts: Facts, *, created_s: float
) -> AsyncIterator[bytes]:
    """The answer as events; an error before the first piece is raised."""
    return write_stream(
        lambda: CompletionWriter(call, facts, created_s), pieces, request_id=call.request_id
    )


class CompletionWriter:
    """Writes one stream."""

    def __init__(self, call: Call, facts: Facts, created_s: float) -> None:
        self._call = call
        self._answer = CompletionAnswer(
            f"cmpl-{call.request_id}", int(created_s), facts.served_by or call.model, []
        )
        self._lengths: dict[int, int] = {}
        self._usage = Usage()

    def write(self, piece: Piece) -> bytes:
        """See ``Writer.write``."""
        text, length = piece.text, self._lengths.get(piece.index)
        if length is None:
            text, length = _echo(self._call, piece.index) + text, 0
        self._lengths[piece.index] = length + len(piece.text)
        if piece.usage is not None:
            self._usage = piece.usage
        if not (text or piece.logprobs or piece.finish_reason):
            return b""
        choice = TextChoice(text, piece.index)
        if "logprobs" in self._call.sampling:
            choice.logprobs = _logprobs(piece.logprobs, length)
        if piece.finish_reason is not None:
            choice.finish_reason = finish_reason(piece.finish_reason)
        return self._event([choice])

    def finish(self) -> bytes:
        """See ``Writer.finish``."""
        if not self._call.include_usage:
            return DONE
        self._answer.usage = usage_answer(self._usage)
        return self._event([]) + DONE

    def break_off(self, error: HttpError) -> bytes:
        """See ``Writer.break_off``; no ``[DONE]`` follows, for it is not done."""
        return b"data: " + encode(error_answer(error)) + b"\n\n"

    def _event(self, choices: list[TextChoice]) -> bytes:
        self._answer.choices = choices
        return b"data: " + encode(self._answer) + b"\n\n"


def _echo(call: Call, index: int) -> str:
    return call.prompts[index // call.n] if call.form.get("echo") else ""


def _logprobs(entries: Sequence[Any], offset: int) -> TextLogprobs:
    told = TextLogprobs([], [], [], [])
    for entry in entries:
        told.tokens.append(entry.text)
        told.token_logprobs.append(max(entry.logprob, LEAST_LOGPROB))
        told.top_logprobs.append({text: max(prob, LEAST_LOGPROB) for text, prob in entry.top})
        told.text_offset.append(offset)
        offset += len(entry.text)
    return told
