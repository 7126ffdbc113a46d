"""What every engine can be asked, in plain data.

An engine turns token ids into token ids, and text into token ids and back. Templates, defaults,
context limits and timing stand above it, once, in ``model.py``.
"""

from __future__ import annotations

import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, NotFoundError

if TYPE_CHECKING:
    import numpy as np

CHAT, STREAM, EMBED, SCORE = "chat", "stream", "embed", "score"
CONSTRAIN, LOGPROBS, GRADIENTS = "constrain", "logprobs", "gradients"
MOST_CONTEXT_TOKENS = 4096  # of a conversation, where nothing is set: the room is taken at the load


def default_context_tokens(trained_tokens: int | None) -> int:
    """The tokens that a model is loaded to read where nothing is set."""
    return min(trained_tokens or MOST_CONTEXT_TOKENS, MOST_CONTEXT_TOKENS)


@dataclass(frozen=True)
class Sampling:
    """How the next tokens are chosen.

    ``temperature`` 0 is greedy. ``top_k`` 0, ``top_p`` 1 and ``min_p`` 0 leave that filter out;
    they are applied in this order, before the temperature. ``seed`` None draws one. ``stop`` texts
    end the answer and are not part of it. ``json_schema`` allows only answers that match.
    ``logprobs`` asks for the natural log-probability of each token, with that many alternatives.
    """

    max_tokens: int = 256
    temperature: float = 0.7
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.0
    repeat_penalty: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    json_schema: Mapping[str, Any] | None = None
    logprobs: int | None = None


@dataclass(frozen=True)
class TokenLogprob:
    """One token with its natural log-probability under the model, before any filter."""

    id: int
    text: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Chunk:
    """A piece of an answer as it comes.

    ``text`` may be empty while a character is incomplete or might begin a stop text. The last
    chunk alone has a ``finish_reason``: ``stop`` (the model's end or a stop text), ``length`` or
    ``cancelled``; and, where the engine tells them, ``cached_tokens`` (how much of the prompt was
    known from before) and ``decode_s`` (from the first token to the last). ``stop_text`` is the
    one that ended the answer, if one did.
    """

    text: str
    ids: tuple[int, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()
    finish_reason: str | None = None
    cached_tokens: int | None = None
    decode_s: float | None = None
    stop_text: str | None = None


@dataclass(frozen=True)
class ModelInfo:
    """What an engine found in the model's files."""

    architecture: str
    context_tokens: int
    vocabulary_size: int
    weights_dtype: str
    embedding_size: int | None = None
    parameters: int | None = None


@dataclass(frozen=True)
class AdapterFiles:
    """Where an adapter's files are: a GGUF LoRA, a folder as PEFT saves it, one as mlx-lm does.

    ``name`` is what requests call it by: ``NAME@VERSION``.
    """

    name: str
    gguf: Path | None = None
    folder: Path | None = None
    mlx: Path | None = None


@dataclass(frozen=True)
class ModelFiles:
    """Where a model's files are, in the forms an engine may take.

    ``gguf`` is one file; ``folder`` holds ``config.json``, ``model.safetensors`` and
    ``tokenizer.json``. An engine that needs the other form asks the conversion cache.
    ``adapters`` are loaded beside the model; none is in force unless a request names it.
    """

    name: str
    gguf: Path | None = None
    folder: Path | None = None
    adapters: tuple[AdapterFiles, ...] = ()


@dataclass(frozen=True)
class EngineSettings:
    """What an engine is started with; see ``model_settings`` for where it comes from.

    ``context_tokens`` is the room of one conversation: of each of the ``parallel`` ones that
    llama.cpp holds at a time.
    """

    context_tokens: int | None = None
    threads: int = 1
    parallel: int = 1
    dtype: str = "float32"
    variant: str | None = None
    lookup_tokens: int = 0
    batch_tokens: int = 512
    load_timeout_s: float = 120.0
    cache_prompt: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


class Engine(ABC):
    """One loaded model in one engine.

    The constructor loads, or raises EngineError with the engine's own words. An engine is used by
    one caller at a time, or by ``parallel`` callers if it takes many; ``Model`` sees to it.
    ``tokenize`` and ``detokenize`` may be called beside that.
    """

    name: str
    capabilities: frozenset[str]
    info: ModelInfo
    has_own_process: ClassVar[bool] = False  # nothing of it runs in the caller's
    takes_many: ClassVar[bool] = False  # `parallel` requests at a time; else one
    max_adapters: int = 0  # how many it takes when it loads

    @abstractmethod
    def __init__(self, files: ModelFiles, settings: EngineSettings) -> None: ...

    @classmethod
    def measure_threads(
        cls, files: ModelFiles, settings: EngineSettings, counts: Sequence[int]
    ) -> dict[int, float] | None:
        """Tokens a second by number of threads; None for an engine that is not measured so."""
        return None

    @abstractmethod
    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """The token ids of ``text``, nothing added.

        With ``special``, texts such as ``<|im_start|>`` become their control token; without it
        they stay the characters that a user typed.
        """

    @abstractmethod
    def detokenize(self, ids: Sequence[int]) -> str:
        """The text of ``ids``, control tokens included, bytes that are no UTF-8 as U+FFFD."""

    @property
    @abstractmethod
    def special_tokens(self) -> Mapping[str, str]:
        """``bos_token``, ``eos_token`` and the like, as a chat template sees them."""

    @property
    @abstractmethod
    def chat_template(self) -> str | None:
        """The model's own Jinja template, if it has one."""

    @property
    @abstractmethod
    def bos_id(self) -> int | None:
        """The token that begins every text of this model, or None if it was trained without."""

    @property
    def adapters(self) -> tuple[str, ...]:
        """The adapters that a request may name: those that were there when the model loaded."""
        return ()

    @abstractmethod
    def stream(
        self, prompt_ids: Sequence[int], sampling: Sampling, *, adapter: str | None = None
    ) -> Iterator[Chunk]:
        """Continue ``prompt_ids`` (shape ``[n]``, n >= 1) and yield the pieces as they come.

        Closing the iterator stops the engine's work. The cancel token of the caller
        (``core.cancellation``) is looked at between tokens and raises CancelledError. With a
        ``json_schema`` the text of a finished answer matches it. ``adapter`` is one of
        ``adapters``, in force for this answer alone.
        """

    def answer(
        self, prompt_ids: Sequence[int], sampling: Sampling, *, adapter: str | None = None
    ) -> Chunk:
        """The whole answer as one chunk: what the chunks of ``stream`` are together.

        An engine overrides it if it can do with less work when nobody reads along.
        """
        chunks: Any = self.stream(prompt_ids, sampling, adapter=adapter)
        with contextlib.closing(chunks):
            return join_chunks(chunks)

    def score_ids(
        self,
        prompt_ids: Sequence[int],
        continuation_ids: Sequence[int],
        *,
        adapter: str | None = None,
    ) -> list[float]:
        """The natural log-probability of each continuation token, given all before it.

        Args:
            prompt_ids: Shape ``[n]``, n >= 1.
            continuation_ids: Shape ``[m]``, m >= 1.
            adapter: One of ``adapters``, or None for the model alone.

        Returns:
            m numbers.
        """
        raise self.cannot(SCORE)

    def score_many_ids(
        self,
        requests: Sequence[tuple[Sequence[int], Sequence[int]]],
        *,
        adapter: str | None = None,
    ) -> Iterator[tuple[int, list[float]]]:
        """``score_ids`` of many prompts with their continuations.

        An engine overrides it if it can do several at once.

        Yields:
            The place of a request with its numbers, in whatever order they come.
        """
        for place, (prompt_ids, continuation_ids) in enumerate(requests):
            check_cancelled()
            yield place, self.score_ids(prompt_ids, continuation_ids, adapter=adapter)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """One vector of length 1 for each text: shape ``[len(texts), d]``, float32."""
        raise self.cannot(EMBED)

    @abstractmethod
    def memory_bytes(self) -> int:
        """Resident memory that the loaded model takes now, as far as it can be told."""

    @abstractmethod
    def close(self) -> None:
        """Give everything back. Calling it twice is harmless."""

    def check_adapter(self, adapter: str | None) -> None:
        """See that a request's adapter is loaded.

        Raises:
            CapabilityError: The engine takes none.
            NotFoundError: It is not among those that were loaded.
        """
        if adapter is not None and not self.max_adapters:
            raise CapabilityError(
                f"the {self.name} engine does not load adapters",
                hint="load the model with engine='llamacpp'",
                engine=self.name,
                capability="adapters",
            )
        if adapter is not None and adapter not in self.adapters:
            raise NotFoundError.among(
                f"loaded adapter of the {self.name} engine",
                adapter,
                self.adapters,
                hint="load the model again: it takes what is registered then",
            )

    def cannot(self, capability: str) -> CapabilityError:
        """The error for something that this engine does not do."""
        can = ", ".join(sorted(self.capabilities))
        return CapabilityError(
            f"the {self.name} engine cannot {capability}; it can {can}",
            hint="choose another one: models.load(name, engine='transformers')",
            engine=self.name,
            capability=capability,
        )


def join_chunks(chunks: Iterable[Chunk]) -> Chunk:
    """The chunks of one answer as one, ``decode_s`` by the clock of whoever reads them here."""
    parts: list[Chunk] = []
    first_s = 0.0
    for chunk in chunks:
        if not parts:
            first_s = time.perf_counter()
        parts.append(chunk)
    last = parts[-1] if parts else Chunk("")
    return Chunk(
        "".join(part.text for part in parts),
        tuple(token for part in parts for token in part.ids),
        tuple(entry for part in parts for entry in part.logprobs),
        last.finish_reason,
        cached_tokens=last.cached_tokens,
        decode_s=time.perf_counter() - first_s if parts else 0.0,
        stop_text=last.stop_text,
    )
