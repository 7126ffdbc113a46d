"""ONNX Runtime: 4-bit weights on a CPU, from graphs that onnxruntime-genai's builder makes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, EngineError, InputError
from workbench.models.answer import Answer
from workbench.models.constraint import Constraint, ConstraintCompiler
from workbench.models.decoding import Sampler, describe_logprob, log_softmax
from workbench.models.engines.freeing import give_memory_back
from workbench.models.engines.onnx_session import OnnxSession
from workbench.models.engines.requests import check_ids
from workbench.models.folder import ModelFolder, read_config
from workbench.models.formats.onnx_build import build_onnx
from workbench.models.protocol import (
    CHAT,
    CONSTRAIN,
    EMBED,
    LOGPROBS,
    SCORE,
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

_GRAPH = "model.onnx"
_SCORED_AT_ONCE = 128  # positions: their logits take 25 MB with a vocabulary of 50,000


class OnnxEngine(Engine):
    """A GGUF or a Hugging Face folder as an ONNX graph, which is built on the first load.

    ``variant`` in the settings says how its weights are kept: ``shipped`` (the blocks of a GGUF as
    they are), ``int8``, ``int4`` or ``float32``. ``dtype`` has no effect. One conversation's keys
    and values are kept, and what the next prompt shares with it is not read again.
    """

    name = "onnx"
    capabilities = frozenset({CHAT, STREAM, EMBED, SCORE, CONSTRAIN, LOGPROBS})

    def __init__(self, files: ModelFiles, settings: EngineSettings) -> None:
        if files.adapters:
            raise CapabilityError(
                "the onnx engine does not load adapters",
                hint=f"models.load({files.name!r}, engine='llamacpp')",
            )
        path = build_onnx(files, settings.variant)
        self._name = files.name
        self._settings = settings
        self._tokenizer = TextTokenizer(path)
        folder = ModelFolder(path, read_config(path), is_encoder=False)
        self._size_bytes = sum(file.stat().st_size for file in path.glob(f"{_GRAPH}*"))
        self._session: OnnxSession | None = OnnxSession(
            path / _GRAPH,
            threads=settings.threads,
            head_size=_head_size(folder),
            vocabulary_size=folder.vocabulary_size,
        )
        self.info = ModelInfo(
            architecture=folder.architecture,
            context_tokens=min(
                settings.context_tokens or folder.context_tokens, folder.context_tokens
            ),
            vocabulary_size=folder.vocabulary_size,
            weights_dtype=_variant_of(path),
            embedding_size=folder.hidden_size,
        )
        self._compiler: ConstraintCompiler | None = None

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
        self.check_adapter(adapter)
        check_ids(prompt_ids, self.info, room_tokens=1)
        constraint = self._constraint(sampling)
        sampler = Sampler(sampling)
        answer = Answer(self._tokenizer, sampling)
        ids = list(prompt_ids)
        known = self._loaded().rewind(ids, keep=self._settings.cache_prompt)
        while True:
            logits = self._read(ids[len(self._loaded().ids) :])
            allowed = constraint.mask(logits) if constraint is not None else logits
            token_id = sampler.choose(allowed, ids)
            logprob = None
            if sampling.logprobs is not None:
                logprob = describe_logprob(logits, token_id, sampling.logprobs, self._text_of)
            ids.append(token_id)
            if constraint is not None:
                constraint.accept(token_id)
            chunk = answer.add(
                token_id,
                logprob,
                full=len(ids) >= self.info.context_tokens,
                complete=constraint is not None and constraint.complete,
            )
            if chunk.finish_reason is not None:
                chunk = dataclasses.replace(chunk, cached_tokens=known)
            yield chunk
            if chunk.finish_reason is not None:
                return

    def _read(self, ids: Sequence[int]) -> np.ndarray:
        """Read what is new of a conversation; what may follow it: float32 ``[vocabulary]``."""
        step = self._settings.batch_tokens
        for start in range(0, len(ids), step):
            check_cancelled()
            some = list(ids[start : start + step])
            logits = self._loaded().read(some, logits_from=len(some) - 1)
        return logits[-1]

    def score_ids(
        self,
        prompt_ids: Sequence[int],
        continuation_ids: Sequence[int],
        *,
        adapter: str | None = None,
    ) -> list[float]:
        """See ``Engine.score_ids``."""
        import numpy as np

        self.check_adapter(adapter)
        if not prompt_ids or not continuation_ids:
            raise InputError("a prompt and a continuation of at least one token each are needed")
        ids = [*prompt_ids, *continuation_ids]
        check_ids(ids, self.info, room_tokens=-1)
        session, first = self._loaded(), len(prompt_ids) - 1
        session.rewind(prompt_ids, keep=self._settings.cache_prompt)
        if len(session.ids) < first:
            self._read(ids[len(session.ids) : first])
        scores: list[float] = []
        for start in range(first, len(ids) - 1, _SCORED_AT_ONCE):
            check_cancelled()
            end = min(start + _SCORED_AT_ONCE, len(ids) - 1)
            logprobs = log_softmax(session.read(ids[start:end], logits_from=0))
            scores += logprobs[np.arange(end - start), ids[start + 1 : end + 1]].tolist()
        return scores

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """See ``Engine.embed``: the mean of the last hidden states.

        A text that is longer than the context is cut at its end.
        """
        import numpy as np

        rows = self._tokenizer.tokenize_for_embedding(texts, max_tokens=self.info.context_tokens)
        if any(not row for row in rows):
            raise InputError("there is an empty text among those to embed")
        size, step = int(self.info.embedding_size or 0), self._settings.batch_tokens
        vectors = np.zeros((len(rows), size), np.float32)
        for place, row in enumerate(rows):
            session = self._loaded()
            session.rewind(row, keep=False)
            for start in range(0, len(row), step):
                check_cancelled()
                states = session.hidden_states(row[start : start + step], size=size)
                vectors[place] += states.sum(axis=0)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def memory_bytes(self) -> int:
        """Bytes of the weights' file and of the keys and values that are kept."""
        return 0 if self._session is None else self._size_bytes + self._session.cache_bytes()

    def close(self) -> None:
        """See ``Engine.close``."""
        if self._session is not None:
            self._session.clear()
            self._session = None
            self._compiler = None
            give_memory_back()

    def _constraint(self, sampling: Sampling) -> Constraint | None:
        if sampling.json_schema is None:
            return None
        self._compiler = self._compiler or ConstraintCompiler(
            self._tokenizer, self.info.vocabulary_size
        )
        return self._compiler.compile(sampling.json_schema)

    def _loaded(self) -> OnnxSession:
        if self._session is None:
            raise EngineError(f"{self._name} was closed", hint="load the model again")
        return self._session

    def _text_of(self, token_id: int) -> str:
        return self._tokenizer.detokenize([token_id])


def _head_size(folder: ModelFolder) -> int:
    said = folder.config.get("head_dim")
    return int(said or folder.hidden_size // int(folder.config["num_attention_heads"]))


def _variant_of(path: Path) -> str:
    return path.name.partition("-onnx-")[2].rpartition("-v")[0]
