"""A loaded model as its users see it: the same on every engine."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import secrets
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import ContextLengthError, InputError
from workbench.models import adapters
from workbench.models.prompts import Messages, Prompts
from workbench.models.protocol import (
    Chunk,
    Engine,
    EngineSettings,
    ModelInfo,
    Sampling,
    join_chunks,
)
from workbench.models.reply import Reply
from workbench.models.sampling_rules import complete_sampling
from workbench.models.templates import check_messages, check_text

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)

_TURN_POLL_S = 0.1
Watch = Callable[[Iterator[Chunk]], Iterator[Chunk]]


class Model:
    """One model in one engine; close it, or use it in a ``with`` block, to give its memory back.

    Threads may share it: they take turns. A stream has its turn until it is read to its end or
    closed.

    Every method that answers takes the fields of ``Sampling`` as keywords: ``max_tokens``,
    ``temperature``, ``top_k``, ``top_p``, ``min_p``, ``repeat_penalty``, ``seed``, ``stop``,
    ``json_schema``, ``logprobs``. What is not given comes from the model's settings. ``adapter``
    is one of ``adapters``, or a name that stands for one (``mine``, ``mine@production``), in force
    for that answer alone; without it, the adapter that the model was loaded by, if any.
    ``settings`` are what the engine was started with: its threads, for one.
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
        base: str | None = None,
        adapter: str | None = None,
        settings: EngineSettings | None = None,
    ) -> None:
        self.name = name
        self.base = base or name
        self.adapter = adapter
        self.settings = settings or EngineSettings()
        self._engine = engine
        self._defaults = defaults or Sampling()
        self._prompts = Prompts(name, engine, template=template, system=system)
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
    def adapters(self) -> tuple[str, ...]:
        """The adapters that an answer may be asked with, as ``NAME@VERSION``."""
        return self._engine.adapters

    @property
    def special_tokens(self) -> Mapping[str, str]:
        """``bos_token``, ``eos_token``, ``pad_token`` and the like, as far as it names them."""
        return self._engine.special_tokens

    def has_adapter(self, name: str) -> bool:
        """Whether an adapter (``mine``, ``mine@2``, ``mine@label``) can be asked for.

        False means that it was registered after the model was loaded, or is one too many: a model
        that is loaded by ``base:name`` has it.

        Raises:
            NotFoundError: It is not registered.
        """
        known = self.adapters
        return name in known or (
            adapters.resolve(f"{self.base}:{name}", verify=False).reference in known
        )

    @property
    def module(self) -> Any:
        """The torch module, for gradients; CapabilityError on an engine that has none."""
        module = getattr(self._engine, "module", None)
        if module is None:
            raise self._engine.cannot("gradients")
        return module

    def chat(
        self,
        messages: Messages,
        *,
        adapter: str | None = None,
        watch: Watch | None = None,
        **sampling: Any,
    ) -> Reply:
        """Answer a conversation, with the model's own chat template.

        Args:
            messages: ``{"role": ..., "content": ...}`` each, the last usually the user's.
            adapter: One of ``adapters``.
            watch: A generator that is handed the chunks as they come and passes them on. Without
                it the engine is asked for the whole answer, which may cost it less.
            sampling: Fields of ``Sampling``.

        Raises:
            InputError: No message, an empty prompt, an unknown role or an ill-typed option.
            ContextLengthError: The conversation does not fit.
            NotFoundError: The adapter is not loaded.
        """
        ids = self._prompts.chat_ids(messages)
        return self._collect(ids, self._sampling(sampling), adapter=adapter, watch=watch)

    def stream_chat(
        self, messages: Messages, *, adapter: str | None = None, **sampling: Any
    ) -> Iterator[Chunk]:
        """``chat`` in pieces. Closing the iterator stops the engine's work."""
        return self._stream(
            self._prompts.chat_ids(messages), self._sampling(sampling), adapter=adapter
        )

    def generate(self, prompt: str, *, adapter: str | None = None, **sampling: Any) -> Reply:
        """Go on from raw text, without a chat template."""
        return self._collect(
            self._prompts.prompt_ids(prompt), self._sampling(sampling), adapter=adapter
        )

    def stream(
        self, prompt: str, *, adapter: str | None = None, **sampling: Any
    ) -> Iterator[Chunk]:
        """``generate`` in pieces. Closing the iterator stops the engine's work."""
        return self._stream(
            self._prompts.prompt_ids(prompt), self._sampling(sampling), adapter=adapter
        )

    def chat_ids(self, messages: Messages, *, answer_begun: bool = False) -> list[int]:
        """The token ids that ``chat`` gives the engine for a conversation.

        Args:
            messages: As for ``chat``.
            answer_begun: The last message is the assistant's own, and the answer goes on from its
                last character.
        """
        if not answer_begun:
            return self._prompts.chat_ids(messages)
        begun = check_messages(messages)[-1]
        if begun["role"] != "assistant" or len(messages) < 2:
            raise InputError("an answer that was begun is the last message, the assistant's")
        return self._prompts.chat_ids(messages[:-1]) + self.tokenize(begun["content"])

    def prompt_ids(self, prompt: str) -> list[int]:
        """The token ids that ``generate`` gives the engine for a raw text."""
        return self._prompts.prompt_ids(prompt)

    def stream_ids(
        self, ids: Sequence[int], *, adapter: str | None = None, **sampling: Any
    ) -> Iterator[Chunk]:
        """``stream_chat`` and ``stream`` for who made the ids himself and knows their number."""
        return self._stream(list(ids), self._sampling(sampling), adapter=adapter)

    def answer_ids(
        self, ids: Sequence[int], *, adapter: str | None = None, **sampling: Any
    ) -> Reply:
        """``chat`` and ``generate`` for who made the ids himself; the answer comes as a whole."""
        return self._collect(list(ids), self._sampling(sampling), adapter=adapter)

    def score(self, prompt: str, continuation: str, *, adapter: str | None = None) -> list[float]:
        """The natural log-probability of each token of ``continuation`` after ``prompt``.

        Both are raw text, tokenised each for itself and joined, with no chat template; so there
        is one number for each of ``tokenize(continuation)``.

        Raises:
            InputError: The continuation is empty, or the prompt is and the model has no token
                that begins a text.
            ContextLengthError: Together they do not fit.
        """
        given, said = self._scored_ids(prompt, continuation)
        with self._turn():
            return self._engine.score_ids(given, said, adapter=self._adapter(adapter))

    def score_many(
        self, requests: Sequence[tuple[str, str]], *, adapter: str | None = None
    ) -> Iterator[tuple[int, list[float]]]:
        """``score`` of many prompts with their continuations, several at a time where that helps.

        A prompt that stands in several requests is read once. The last digits may differ from
        those of ``score``: sums are taken in another order.

        Yields:
            The place of a request with its numbers, in whatever order they come.

        Raises:
            InputError, ContextLengthError: As ``score``, before anything is scored.
        """
        ids = [self._scored_ids(*each) for each in requests]
        yield from self.score_many_ids(ids, adapter=adapter)

    def score_many_ids(
        self, ids: Sequence[tuple[list[int], list[int]]], *, adapter: str | None = None
    ) -> Iterator[tuple[int, list[float]]]:
        """``score_many`` for who made the ids himself, as with ``chat_ids``."""
        chosen = self._adapter(adapter)
        with self._turn():
            yield from self._engine.score_many_ids(ids, adapter=chosen)

    def _scored_ids(self, prompt: str, continuation: str) -> tuple[list[int], list[int]]:
        continuation_ids = self.tokenize(continuation)
        if not continuation_ids:
            raise InputError("the continuation is empty: there is nothing to score")
        prompt_ids = self._prompts.prompt_ids(prompt)
        self._check_length(len(prompt_ids) + len(continuation_ids))
        return prompt_ids, continuation_ids

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
        """Token ids of ``text``; with ``special``, control tokens are read as such.

        A character for whose bytes the vocabulary has no token leaves none: see
        ``lost_characters``. Methods that answer warn of them.
        """
        return self._prompts.tokenize(text, special=special)

    def detokenize(self, ids: Sequence[int]) -> str:
        """The text of token ids."""
        return self._engine.detokenize(ids)

    def render(self, messages: Messages, *, add_generation_prompt: bool = True) -> str:
        """A conversation as the model reads it."""
        return "".join(self._prompts.pieces(messages, add_generation_prompt=add_generation_prompt))

    def forget_prompts(self) -> None:
        """Drop what the engine keeps of prompts that it has read.

        Whoever changes what ``module`` computes, by a hook or its weights, calls it before and
        after: what was kept was computed by another model. It waits for its turn.
        """
        forget = getattr(self._engine, "forget_prompts", None)
        if forget is not None:
            with self._turn():
                forget()

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
        sampling = complete_sampling(self._defaults, given)
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

    def _adapter(self, wanted: str | None) -> str | None:
        """The adapter for a request, checked before it waits for its turn."""
        chosen = self.adapter if wanted is None else wanted
        if chosen is not None and chosen not in self.adapters and self._engine.max_adapters:
            chosen = adapters.resolve(f"{self.base}:{chosen}", verify=False).reference
        self._engine.check_adapter(chosen)
        return chosen

    def _fit(self, prompt_ids: list[int], sampling: Sampling) -> Sampling:
        """The sampling with no more tokens than the context has room for."""
        self._check_length(len(prompt_ids) + 1)
        room = self.info.context_tokens - len(prompt_ids)
        return dataclasses.replace(sampling, max_tokens=min(sampling.max_tokens, room))

    def _stream(
        self, prompt_ids: list[int], sampling: Sampling, *, adapter: str | None
    ) -> Generator[Chunk, None, None]:
        return self._guarded(prompt_ids, self._fit(prompt_ids, sampling), self._adapter(adapter))

    def _guarded(
        self, prompt_ids: list[int], sampling: Sampling, adapter: str | None
    ) -> Generator[Chunk, None, None]:
        with self._turn():
            chunks: Any = self._engine.stream(prompt_ids, sampling, adapter=adapter)
            with contextlib.closing(chunks):
                for chunk in chunks:
                    check_cancelled()
                    yield chunk

    def _collect(
        self,
        prompt_ids: list[int],
        sampling: Sampling,
        *,
        adapter: str | None = None,
        watch: Watch | None = None,
    ) -> Reply:
        started_s = time.perf_counter()
        if watch is None:
            fitting, chosen = self._fit(prompt_ids, sampling), self._adapter(adapter)
            with self._turn():
                whole = self._engine.answer(prompt_ids, fitting, adapter=chosen)
        else:
            # Closed here whatever happens: a traceback would keep it, and the engine, busy.
            stream = self._stream(prompt_ids, sampling, adapter=adapter)
            with contextlib.closing(stream):
                whole = join_chunks(watch(stream))
        duration_s = time.perf_counter() - started_s
        decode_s = min(whole.decode_s or 0.0, duration_s)
        tokens = len(whole.ids)
        return Reply(
            text=whole.text,
            model=self.name,
            engine=self.engine,
            prompt_tokens=len(prompt_ids),
            completion_tokens=tokens,
            tokens_per_s=(tokens - 1) / decode_s if tokens > 1 and decode_s else None,
            finish_reason=whole.finish_reason or "stop",
            seed=sampling.seed or 0,
            duration_s=duration_s,
            time_to_first_token_s=duration_s - decode_s,
            logprobs=whole.logprobs,
            cached_tokens=whole.cached_tokens or 0,
            stop_text=whole.stop_text,
        )
