"""What the engines that run in Python share: from a prompt to the chunks of its answer."""

from __future__ import annotations

import contextlib
import dataclasses
from abc import abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, EngineError, InputError
from workbench.models.answer import Answer
from workbench.models.batching import batch_by_length
from workbench.models.constraint import Constraint, ConstraintCompiler
from workbench.models.decoding import describe_logprob
from workbench.models.engines.requests import check_ids
from workbench.models.formats.lora_merge import Change, read_changes
from workbench.models.protocol import (
    STREAM,
    Chunk,
    Engine,
    EngineSettings,
    ModelFiles,
    ModelInfo,
    Sampling,
)
from workbench.models.tokenizer import TextTokenizer

if TYPE_CHECKING:
    import numpy as np

_EMBED_BATCH_TOKENS = 2048  # what stays in a core's cache: with four times as many, a third slower


class Step(NamedTuple):
    """A token that was chosen, and the logits before any filter: ``[vocabulary]``, when asked."""

    token_id: int
    logits: Callable[[], np.ndarray]


Steps = Generator[Step, None, None]


class PythonEngine(Engine):
    """An engine with a tokenizer of ours around a model that gives logits.

    A subclass loads the model, calls ``_describe``, and says how tokens are chosen one after the
    other (``_steps``) and how a batch of texts becomes vectors (``_embed_batch``).
    """

    max_adapters = 1

    _adapters: tuple[str, ...] = ()
    _tokenizer: TextTokenizer
    _settings: EngineSettings
    _name: str

    def _describe(
        self, name: str, tokenizer: TextTokenizer, settings: EngineSettings, info: ModelInfo
    ) -> None:
        """Say what was loaded."""
        self._name, self._tokenizer, self._settings = name, tokenizer, settings
        self.info = info
        self._compiler: ConstraintCompiler | None = None

    @property
    def adapters(self) -> tuple[str, ...]:
        """See ``Engine.adapters``: the one that was merged into the weights, if any."""
        return self._adapters

    def _changes(self, files: ModelFiles) -> Iterator[tuple[str, Change]]:
        """What the adapter of ``files`` makes of which weights."""
        if not files.adapters:
            return
        (adapter,) = files.adapters
        if adapter.folder is None:
            raise CapabilityError(
                f"the {self.name} engine needs an adapter as PEFT saves it; "
                f"{files.name}:{adapter.name} is a GGUF",
                hint=f"models.load('{files.name}:{adapter.name}', engine='llamacpp')",
            )
        self._adapters = (adapter.name,)
        yield from read_changes(adapter.folder)

    def _unfitting(self, weight: str) -> InputError:
        return InputError(
            f"the adapter {self._adapters[0]} changes {weight}, which the model does not have "
            "in that shape",
            hint="name the base that it belongs to",
        )

    def check_adapter(self, adapter: str | None) -> None:
        """See ``Engine.check_adapter``: what is merged is in force for every request."""
        merged = self._adapters[0] if self._adapters else None
        if adapter == merged:
            return
        wanted = f":{adapter}" if adapter else ""
        has = f"has the adapter {merged} merged into its weights" if merged else "has no adapter"
        raise CapabilityError(
            f"the {self.name} engine {has}; it cannot change that for a request",
            hint=f"models.load('{self._name}{wanted}', engine={self.name!r}), or engine='llamacpp'",
            engine=self.name,
            capability="adapters",
        )

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """See ``Engine.tokenize``."""
        return self._tokenizer.tokenize(text, special=special)

    def detokenize(self, ids: Sequence[int]) -> str:
        """See ``Engine.detokenize``."""
        return self._tokenizer.detokenize(ids)

    @property
    def special_tokens(self) -> Mapping[str, str]:
        """See ``Engine.special_tokens``."""
        return self._tokenizer.special_tokens

    @property
    def chat_template(self) -> str | None:
        """See ``Engine.chat_template``."""
        return self._tokenizer.chat_template

    @property
    def bos_id(self) -> int | None:
        """See ``Engine.bos_id``."""
        return self._tokenizer.bos_id

    def stream(
        self, prompt_ids: Sequence[int], sampling: Sampling, *, adapter: str | None = None
    ) -> Iterator[Chunk]:
        """See ``Engine.stream``."""
        if STREAM not in self.capabilities:
            raise self.cannot(STREAM)
        self.check_adapter(adapter)
        check_ids(prompt_ids, self.info, room_tokens=1)
        constraint = self._constrain(sampling)
        answer = Answer(self._tokenizer, sampling)
        ids = list(prompt_ids)
        with self._hold(ids) as (cached_tokens, held):
            steps = self._steps(ids, sampling, constraint, held)
            for chunk in self._chunks(ids, steps, answer, sampling, constraint):
                if chunk.finish_reason is None:
                    yield chunk
                else:
                    yield dataclasses.replace(chunk, cached_tokens=cached_tokens)

    def _chunks(
        self,
        ids: list[int],
        steps: Steps,
        answer: Answer,
        sampling: Sampling,
        constraint: Constraint | None,
    ) -> Iterator[Chunk]:
        """A chunk for each step; the last one says why it ended."""
        with contextlib.closing(steps):
            for token_id, logits in steps:
                check_cancelled()
                logprob = None
                if sampling.logprobs is not None:
                    logprob = describe_logprob(logits(), token_id, sampling.logprobs, self._text_of)
                ids.append(token_id)
                full = len(ids) >= self.info.context_tokens
                complete = constraint is not None and constraint.complete
                chunk = answer.add(token_id, logprob, full=full, complete=complete)
                yield chunk
                if chunk.finish_reason is not None:
                    return

    @abstractmethod
    def _hold(self, ids: list[int]) -> AbstractContextManager[tuple[int, Any]]:
        """What an answer to ``ids`` is made with, held for as long as it is made.

        Gives how many of the ids need not be read again, and what ``_steps`` is handed. The list
        grows by the answer, so that afterwards it says what was read.
        """

    @abstractmethod
    def _steps(
        self, ids: list[int], sampling: Sampling, constraint: Constraint | None, held: Any
    ) -> Steps:
        """The tokens after ``ids``, without end; whoever reads them adds each to ``ids``.

        A token that is given out was accepted by the constraint. Closed, it has kept of ``ids``
        what a next prompt may go on from.
        """

    def _constrain(self, sampling: Sampling) -> Constraint | None:
        if sampling.json_schema is None:
            return None
        self._compiler = self._compiler or ConstraintCompiler(
            self._tokenizer, self.info.vocabulary_size
        )
        return self._compiler.compile(sampling.json_schema)

    def _check_scored(self, prompt_ids: Sequence[int], continuation_ids: Sequence[int]) -> None:
        if not prompt_ids or not continuation_ids:
            raise InputError("a prompt and a continuation of at least one token each are needed")
        check_ids([*prompt_ids, *continuation_ids], self.info, room_tokens=-1)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """See ``Engine.embed``. A text that is longer than the model reads is cut at its end."""
        import numpy as np

        rows = self._tokenizer.tokenize_for_embedding(texts, max_tokens=self._embedding_tokens)
        if any(not row for row in rows):
            raise InputError("there is an empty text among those to embed")
        vectors = np.empty((len(rows), int(self.info.embedding_size or 0)), np.float32)
        for places in batch_by_length([len(row) for row in rows], batch_tokens=_EMBED_BATCH_TOKENS):
            check_cancelled()
            vectors[places] = self._embed_batch([rows[place] for place in places])
        return vectors

    @property
    def _embedding_tokens(self) -> int:
        return self.info.context_tokens

    @abstractmethod
    def _embed_batch(self, rows: list[list[int]]) -> np.ndarray:
        """A vector of length 1 for each row of ids: ``[rows, d]``, float32."""

    def _closed(self) -> EngineError:
        return EngineError(f"{self._name} was closed", hint="load the model again")

    def _text_of(self, token_id: int) -> str:
        return self._tokenizer.detokenize([token_id])
