"""A loaded model as its users see it: the same on every engine."""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import ContextLengthError, InputError
from workbench.models.protocol import Chunk, Engine, ModelInfo, Sampling
from workbench.models.reply import Reply
from workbench.models.templates import check_messages, check_text, render

if TYPE_CHECKING:
    import numpy as np

Messages = Sequence[Mapping[str, Any]]
_TURN_POLL_S = 0.1
Watch = Callable[[Iterator[Chunk]], Iterator[Chunk]]


class Model:
    """One model in one engine; close it, or use it in a ``with`` block, to give its memory back.

    Threads may share it: they take turns. A stream has its turn until it is read to its end or
    closed.

    Every method that answers takes the fields of ``Sampling`` as keywords: ``max_tokens``,
    ``temperature``, ``top_k``, ``top_p``, ``min_p``, ``repeat_penalty``, ``seed``, ``stop``,
    ``json_schema``, ``logprobs``. What is not given comes from the model's settings.
    """

    def __init__(
        self,
        name: str,
        engine: Engine,
        *,
        defaults: Sampling | None = None,
        template: str | None = None,
        system: str | None = None,
        parallel: int = 1,
    ) -> None:
        self.name = name
        self._engine = engine
        self._defaults = defaults or Sampling()
        self._template = template
        self._system = system
        self._turns = threading.BoundedSemaphore(parallel)

    @property
    def engine(self) -> str:
        """The engine's name."""
        return self._engine.name

    @property
    def info(self) -> ModelInfo:
        """What the engine found in the model's files."""
        return self._engine.info

    @property
    def capabilities(self) -> frozenset[str]:
        """What the engine can be asked with this model."""
        return self._engine.capabilities

    @property
    def module(self) -> Any:
        """The torch module, for gradients; CapabilityError on an engine that has none."""
        module = getattr(self._engine, "module", None)
        if module is None:
            raise self._engine.cannot("gradients")
        return module

    def chat(self, messages: Messages, *, watch: Watch | None = None, **sampling: Any) -> Reply:
        """Answer a conversation, with the model's own chat template.

        Args:
            messages: ``{"role": ..., "content": ...}`` each, the last usually the user's.
            watch: A generator that is handed the chunks as they come and passes them on.
            sampling: Fields of ``Sampling``.

        Raises:
            InputError: No message, an empty prompt, an unknown role or an ill-typed option.
            ContextLengthError: The conversation does not fit.
        """
        return self._collect(self._chat_ids(messages), self._sampling(sampling), watch=watch)

    def stream_chat(self, messages: Messages, **sampling: Any) -> Iterator[Chunk]:
        """``chat`` in pieces. Closing the iterator stops the engine's work."""
        return self._stream(self._chat_ids(messages), self._sampling(sampling))

    def generate(self, prompt: str, **sampling: Any) -> Reply:
        """Go on from raw text, without a chat template."""
        return self._collect(self._prompt_ids(prompt), self._sampling(sampling))

    def stream(self, prompt: str, **sampling: Any) -> Iterator[Chunk]:
        """``generate`` in pieces. Closing the iterator stops the engine's work."""
        return self._stream(self._prompt_ids(prompt), self._sampling(sampling))

    def chat_ids(self, messages: Messages, *, answer_begun: bool = False) -> list[int]:
        """The token ids that ``chat`` gives the engine for a conversation.

        Args:
            messages: As for ``chat``.
            answer_begun: The last message is the assistant's own, and the answer goes on from its
                last character.
        """
        if not answer_begun:
            return self._chat_ids(messages)
        begun = check_messages(messages)[-1]
        if begun["role"] != "assistant" or len(messages) < 2:
            raise InputError("an answer that was begun is the last message, the assistant's")
        return self._chat_ids(messages[:-1]) + self.tokenize(begun["content"])

    def prompt_ids(self, prompt: str) -> list[int]:
        """The token ids that ``generate`` gives the engine for a raw text."""
        return self._prompt_ids(prompt)

    def stream_ids(self, ids: Sequence[int], **sampling: Any) -> Iterator[Chunk]:
        """``stream_chat`` and ``stream`` for who made the ids himself and knows their number."""
        return self._stream(list(ids), self._sampling(sampling))

    def score(self, prompt: str, continuation: str) -> list[float]:
        """The natural log-probability of each token of ``continuation`` after ``prompt``.

        Both are raw text, tokenised each for itself and joined, with no chat template; so there
        is one number for each of ``tokenize(continuation)``.

        Raises:
            InputError: The continuation is empty, or the prompt is and the model has no token
                that begins a text.
            ContextLengthError: Together they do not fit.
        """
        continuation_ids = self.tokenize(continuation)
        if not continuation_ids:
            raise InputError("the continuation is empty: there is nothing to score")
        prompt_ids = self._prompt_ids(prompt)
        self._check_length(len(prompt_ids) + len(continuation_ids))
        with self._turn():
            return self._engine.score_ids(prompt_ids, continuation_ids)

    def embed(self, texts: str | Sequence[str]) -> np.ndarray:
        """Vectors of length 1, float32: shape ``[d]`` for one text, ``[n, d]`` for a list."""
        single = isinstance(texts, str)
        batch = [texts] if isinstance(texts, str) else list(texts)
        if not batch or any(not isinstance(text, str) or not text.strip() for text in batch):
            raise InputError("there is an empty text among those to embed")
        for number, text in enumerate(batch, start=1):
            check_text(text, f"text {number}")
        with self._turn():
            vectors = self._engine.embed(batch)
        return vectors[0] if single else vectors

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """Token ids of ``text``; with ``special``, control tokens are read as such."""
        if not isinstance(text, str):
            raise InputError(f"the text is {type(text).__name__}, not text")
        check_text(text, "the text")
        return self._engine.tokenize(text, special=special)

    def detokenize(self, ids: Sequence[int]) -> str:
        """The text of token ids."""
        return self._engine.detokenize(ids)

    def render(self, messages: Messages, *, add_generation_prompt: bool = True) -> str:
        """A conversation as the model reads it."""
        return "".join(self._pieces(messages, add_generation_prompt))

    def memory_bytes(self) -> int:
        """Resident memory that the loaded model takes, as far as it can be told."""
        return self._engine.memory_bytes()

    def close(self) -> None:
        """Unload. Calling it twice is harmless."""
        self._engine.close()

    def __enter__(self) -> Model:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Model {self.name} on {self.engine}>"

    def _pieces(self, messages: Messages, add_generation_prompt: bool) -> list[str]:
        checked = check_messages(messages)
        if self._system and checked[0]["role"] != "system":
            checked.insert(0, {"role": "system", "content": self._system})
        return render(
            self._template or self._engine.chat_template,
            checked,
            special_tokens=self._engine.special_tokens,
            control_texts=self._control_texts("\n".join(m["content"] for m in checked)),
            add_generation_prompt=add_generation_prompt,
        )

    def _control_texts(self, text: str) -> set[str]:
        """The control tokens that would be read in ``text``, where nobody is to write them."""
        found: set[str] = set()
        while (read := self.tokenize(text, special=True)) != (plain := self.tokenize(text)):
            suspects = {self.detokenize([token]) for token in set(read) - set(plain)}
            fresh = {
                suspect
                for suspect in suspects
                if suspect in text
                and self.tokenize(suspect) != self.tokenize(suspect, special=True)
            }
            if not fresh:
                break
            found |= fresh
            for control in fresh:  # cut it as `render` does, and look whether more is read then
                text = text.replace(control, f"{control[:1]}\n{control[1:]}")
        return found

    def _chat_ids(self, messages: Messages) -> list[int]:
        pieces = self._pieces(messages, True)
        ids = [token for piece in pieces for token in self.tokenize(piece, special=True)]
        # A template that writes the beginning itself must not get it twice.
        if self._engine.bos_id is not None and ids[:1] != [self._engine.bos_id]:
            ids.insert(0, self._engine.bos_id)
        return ids

    def _prompt_ids(self, prompt: str) -> list[int]:
        if not isinstance(prompt, str):
            raise InputError(f"the prompt is {type(prompt).__name__}, not text")
        ids = self.tokenize(prompt)
        if self._engine.bos_id is not None:
            ids.insert(0, self._engine.bos_id)
        if not ids:
            raise InputError("the prompt is empty", hint="write a question or a text to go on from")
        return ids

    def _check_length(self, tokens: int) -> None:
        if tokens > self.info.context_tokens:
            raise ContextLengthError(
                f"the prompt has {tokens} tokens; {self.name} was loaded with a context of "
                f"{self.info.context_tokens}",
                hint=f"shorten it, or models.load({self.name!r}, context_tokens=...)",
                prompt_tokens=tokens,
                context_tokens=self.info.context_tokens,
            )

    def _sampling(self, given: Mapping[str, Any]) -> Sampling:
        known = {field.name for field in dataclasses.fields(Sampling)}
        for name in given:
            if name not in known:
                raise InputError(
                    f"there is no sampling option {name!r}; there are {', '.join(sorted(known))}"
                )
        chosen = {name: value for name, value in given.items() if value is not None}
        stop = chosen.get("stop", ())
        if isinstance(stop, str):
            chosen["stop"] = (stop,)
        elif isinstance(stop, (list, tuple)):
            chosen["stop"] = tuple(stop)
        else:
            raise InputError(f"stop is {stop!r}; it must be a text or a list of texts")
        sampling = dataclasses.replace(self._defaults, **chosen)
        check_sampling(sampling)
        if sampling.seed is None:
            sampling = dataclasses.replace(sampling, seed=secrets.randbits(31))
        return sampling

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for the engine to be free; a caller that is cancelled stops waiting."""
        while not self._turns.acquire(timeout=_TURN_POLL_S):
            check_cancelled()
        try:
            yield
        finally:
            self._turns.release()

    def _stream(self, prompt_ids: list[int], sampling: Sampling) -> Generator[Chunk, None, None]:
        self._check_length(len(prompt_ids) + 1)
        room = self.info.context_tokens - len(prompt_ids)
        sampling = dataclasses.replace(sampling, max_tokens=min(sampling.max_tokens, room))
        return self._guarded(prompt_ids, sampling)

    def _guarded(self, prompt_ids: list[int], sampling: Sampling) -> Generator[Chunk, None, None]:
        with self._turn():
            chunks = self._engine.stream(prompt_ids, sampling)
            try:
                for chunk in chunks:
                    check_cancelled()
                    yield chunk
            finally:
                close = getattr(chunks, "close", None)
                if close is not None:
                    close()

    def _collect(
        self, prompt_ids: list[int], sampling: Sampling, *, watch: Watch | None = None
    ) -> Reply:
        started_s = time.perf_counter()
        first_s: float | None = None
        chunks: list[Chunk] = []
        # Closed here whatever happens: a traceback would keep it, and with it the engine, busy.
        with contextlib.closing(self._stream(prompt_ids, sampling)) as stream:
            for chunk in watch(stream) if watch else stream:
                if first_s is None:
                    first_s = time.perf_counter()
                chunks.append(chunk)
        ended_s = time.perf_counter()
        first_s = first_s if first_s is not None else ended_s
        tokens = sum(len(chunk.ids) for chunk in chunks)
        return Reply(
            text="".join(chunk.text for chunk in chunks),
            model=self.name,
            engine=self.engine,
            prompt_tokens=len(prompt_ids),
            completion_tokens=tokens,
            tokens_per_s=(tokens - 1) / (ended_s - first_s) if tokens > 1 else None,
            finish_reason=chunks[-1].finish_reason or "stop",
            seed=sampling.seed or 0,
            duration_s=ended_s - started_s,
            time_to_first_token_s=first_s - started_s,
            logprobs=tuple(entry for chunk in chunks for entry in chunk.logprobs),
        )


def check_sampling(sampling: Sampling) -> None:
    """Raise InputError that names the option, what was found and what is allowed."""
    limits: list[tuple[str, type | tuple[type, ...], float, float]] = [
        ("max_tokens", int, 1, 2**31),
        ("temperature", (int, float), 0, 100),
        ("top_k", int, 0, 2**31),
        ("top_p", (int, float), 0, 1),
        ("min_p", (int, float), 0, 1),
        ("repeat_penalty", (int, float), 0.01, 100),
        ("seed", int, 0, 2**32 - 1),
        ("logprobs", int, 0, 2**31),
    ]
    for name, kind, low, high in limits:
        value: Any = getattr(sampling, name)
        if value is None:
            continue
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not (whole or (kind is not int and isinstance(value, float))):
            what = "a whole number" if kind is int else "a number"
            raise InputError(f"{name} is {value!r}; it must be {what}", parameter=name)
        if not low <= value <= high:
            raise InputError(f"{name} is {value!r}; it must be {low:g} to {high:g}", parameter=name)
    if any(not isinstance(text, str) or not text for text in sampling.stop):
        raise InputError(f"stop is {sampling.stop!r}; it must be texts that are not empty")
    for text in sampling.stop:
        check_text(text, "a stop text")
    if not isinstance(sampling.json_schema, (Mapping, type(None))):
        raise InputError(
            f"json_schema is {type(sampling.json_schema).__name__}; it must be an object",
            hint='{"type": "object", "properties": {...}}',
        )
