"""MLX: the engine of choice on Apple silicon; on Linux the same code runs on the CPU.

Nothing of MLX is imported before an engine is made: a Metal device does not survive a fork.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, EngineError, InputError
from workbench.models.answer import Answer
from workbench.models.batching import batch_by_length
from workbench.models.constraint import Constraint, ConstraintCompiler
from workbench.models.decoding import describe_logprob
from workbench.models.engines.freeing import give_memory_back
from workbench.models.engines.mlx_cache import MlxPromptCache
from workbench.models.engines.mlx_loading import load_module
from workbench.models.engines.mlx_sampling import (
    LogitsRecord,
    LogitsStep,
    make_choice,
    make_mask,
    make_penalty,
)
from workbench.models.engines.requests import check_ids
from workbench.models.folder import find_folder
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
    import mlx.core as mx
    import numpy as np

_EMBED_BATCH_TOKENS = 8192


class MlxEngine(Engine):
    """A Hugging Face folder, or a GGUF through the conversion cache, on MLX.

    ``threads`` has no effect: MLX has one thread a stream on the CPU, and none to set on Metal.
    """

    name = "mlx"
    capabilities = frozenset({CHAT, STREAM, EMBED, SCORE, CONSTRAIN, LOGPROBS})

    def __init__(self, files: ModelFiles, settings: EngineSettings) -> None:
        if files.adapters:
            raise CapabilityError(
                "the mlx engine does not load adapters yet",
                hint=f"models.load({files.name!r}, engine='llamacpp')",
            )
        self._name = files.name
        self._settings = settings
        folder = find_folder(files, dtype=settings.dtype)
        if folder.is_encoder:
            raise CapabilityError(
                f"the mlx engine cannot run {files.name}: it is an encoder ({folder.architecture})",
                hint=f"models.load({files.name!r}, engine='transformers')",
            )
        self._tokenizer = TextTokenizer(folder.path)
        self._module: Any = load_module(folder, dtype=settings.dtype)
        self.info = ModelInfo(
            architecture=folder.architecture,
            context_tokens=min(
                settings.context_tokens or folder.context_tokens, folder.context_tokens
            ),
            vocabulary_size=folder.vocabulary_size,
            weights_dtype=settings.dtype,
            embedding_size=folder.hidden_size,
            parameters=sum(weights.size for weights in self._weights()),
        )
        self._cache = MlxPromptCache(keep=settings.cache_prompt)
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
        """See ``Engine.stream``. Without a schema the next step runs while a token is read."""
        import numpy as np

        self.check_adapter(adapter)
        check_ids(prompt_ids, self.info, room_tokens=1)
        constraint = self._constraint(sampling)
        answer = Answer(self._tokenizer, sampling)
        record = LogitsRecord() if sampling.logprobs is not None else None
        ids = list(prompt_ids)
        steps = self._steps(ids, sampling, constraint, record)
        try:
            for token_id, _ in steps:
                check_cancelled()
                logprob = None
                if record is not None:
                    logits = np.array(record.pop()[0].astype(_float32()))
                    count = sampling.logprobs or 0
                    logprob = describe_logprob(logits, token_id, count, self._text_of)
                ids.append(token_id)
                full = len(ids) >= self.info.context_tokens
                complete = constraint is not None and constraint.complete
                chunk = answer.add(token_id, logprob, full=full, complete=complete)
                yield chunk
                if chunk.finish_reason is not None:
                    return
        finally:
            steps.close()
            self._cache.keep_covered(ids)

    def score_ids(
        self,
        prompt_ids: Sequence[int],
        continuation_ids: Sequence[int],
        *,
        adapter: str | None = None,
    ) -> list[float]:
        """See ``Engine.score_ids``. The prompt is read without computing what may follow it."""
        import mlx.core as mx
        from mlx_lm.models.cache import make_prompt_cache

        self.check_adapter(adapter)
        if not prompt_ids or not continuation_ids:
            raise InputError("a prompt and a continuation of at least one token each are needed")
        ids = [*prompt_ids, *continuation_ids]
        check_ids(ids, self.info, room_tokens=-1)
        cache = make_prompt_cache(self._loaded())
        first, step = len(prompt_ids) - 1, self._settings.batch_tokens
        for start in range(0, first, step):
            check_cancelled()
            self._loaded()(mx.array([ids[start : min(start + step, first)]]), cache=cache)
            mx.eval([layer.state for layer in cache])  # the logits are lazy and stay uncomputed
        logits = self._loaded()(mx.array([ids[first:-1]]), cache=cache)[0].astype(mx.float32)
        chosen = mx.take_along_axis(logits, mx.array(ids[first + 1 :])[:, None], axis=-1)[:, 0]
        scores: Any = (chosen - mx.logsumexp(logits, axis=-1)).tolist()
        return list(scores)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """See ``Engine.embed``: the mean of the last hidden states.

        A text that is longer than the context is cut at its end.
        """
        import numpy as np

        rows = self._tokenizer.tokenize_for_embedding(texts, max_tokens=self.info.context_tokens)
        if any(not row for row in rows):
            raise InputError("there is an empty text among those to embed")
        vectors = np.empty((len(rows), int(self.info.embedding_size or 0)), np.float32)
        for places in batch_by_length([len(row) for row in rows], batch_tokens=_EMBED_BATCH_TOKENS):
            check_cancelled()
            vectors[places] = self._embed_batch([rows[place] for place in places])
        return vectors

    def memory_bytes(self) -> int:
        """Bytes of the weights and of the keys and values that are kept."""
        if self._module is None:
            return 0
        return sum(int(weights.nbytes) for weights in self._weights()) + self._cache.size_bytes()

    def close(self) -> None:
        """See ``Engine.close``."""
        if self._module is not None:
            import mlx.core as mx

            self._module = None
            self._compiler = None
            self._cache.clear()
            give_memory_back()
            mx.clear_cache()

    def _steps(
        self,
        ids: list[int],
        sampling: Sampling,
        constraint: Constraint | None,
        record: LogitsRecord | None,
    ) -> Any:
        import mlx.core as mx
        from mlx_lm.generate import generate_step

        cache, known = self._cache.take(ids, self._loaded())
        before = mx.array(ids[:known], mx.int32)
        processors: list[LogitsStep] = [record] if record is not None else []
        if constraint is not None:
            processors.append(make_mask(constraint, prompt_tokens=len(ids) - known))
        if sampling.repeat_penalty != 1.0:
            penalise = make_penalty(sampling.repeat_penalty)
            # mlx-lm hands over what it read itself, not what the cache already held.
            processors.append(lambda new, logits: penalise(mx.concatenate([before, new]), logits))
        return generate_step(
            mx.array(ids[known:], mx.int32),
            self._loaded(),
            max_tokens=sampling.max_tokens,
            sampler=make_choice(sampling),
            logits_processors=processors,
            prompt_cache=cache,
            prefill_step_size=self._settings.batch_tokens,
            prompt_progress_callback=lambda *_: check_cancelled(),
        )

    def _constraint(self, sampling: Sampling) -> Constraint | None:
        if sampling.json_schema is None:
            return None
        self._compiler = self._compiler or ConstraintCompiler(
            self._tokenizer, self.info.vocabulary_size
        )
        return self._compiler.compile(sampling.json_schema)

    def _embed_batch(self, rows: list[list[int]]) -> np.ndarray:
        import mlx.core as mx
        import numpy as np

        longest = max(len(row) for row in rows)
        # No mask is needed while reading: what is padded comes after, where none of a text looks.
        ids = mx.array([row + [0] * (longest - len(row)) for row in rows])
        mask = mx.array([[1.0] * len(row) + [0.0] * (longest - len(row)) for row in rows])
        states = self._loaded().model(ids).astype(mx.float32)
        pooled = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return np.array(pooled / mx.linalg.norm(pooled, axis=-1, keepdims=True))

    def _loaded(self) -> Any:
        if self._module is None:
            raise EngineError(f"{self._name} was closed", hint="load the model again")
        return self._module

    def _weights(self) -> list[mx.array]:
        from mlx.utils import tree_flatten

        named: Any = tree_flatten(self._loaded().parameters())
        return [weights for _, weights in named]

    def _text_of(self, token_id: int) -> str:
        return self._tokenizer.detokenize([token_id])


def _float32() -> Any:
    import mlx.core as mx

    return mx.float32
