"""MLX: the engine of choice on Apple silicon; on Linux the same code runs on the CPU.

Nothing of MLX is imported before an engine is made: a Metal device does not survive a fork.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError
from workbench.models.constraint import Constraint
from workbench.models.engines.freeing import give_memory_back
from workbench.models.engines.in_python import PythonEngine, Step, Steps
from workbench.models.engines.mlx_cache import MlxPromptCache
from workbench.models.engines.mlx_loading import attach_adapter, load_module
from workbench.models.engines.mlx_sampling import (
    LogitsRecord,
    LogitsStep,
    make_choice,
    make_mask,
    make_penalty,
)
from workbench.models.folder import find_folder
from workbench.models.protocol import (
    CHAT,
    CONSTRAIN,
    EMBED,
    LOGPROBS,
    SCORE,
    STREAM,
    EngineSettings,
    ModelFiles,
    ModelInfo,
    Sampling,
)
from workbench.models.tokenizer import TextTokenizer

if TYPE_CHECKING:
    import mlx.core as mx
    import numpy as np


class MlxEngine(PythonEngine):
    """A Hugging Face folder, or a GGUF through the conversion cache, on MLX.

    ``threads`` has no effect: MLX has one thread a stream on the CPU, and none to set on Metal.
    """

    name = "mlx"
    capabilities = frozenset({CHAT, STREAM, EMBED, SCORE, CONSTRAIN, LOGPROBS})

    def __init__(self, files: ModelFiles, settings: EngineSettings) -> None:
        folder = find_folder(files, dtype=settings.dtype)
        if folder.is_encoder:
            raise CapabilityError(
                f"the mlx engine cannot run {files.name}: it is an encoder ({folder.architecture})",
                hint=f"models.load({files.name!r}, engine='transformers')",
            )
        self._module: Any = load_module(folder, dtype=settings.dtype)
        self._take_adapter(files)
        info = ModelInfo(
            architecture=folder.architecture,
            context_tokens=min(
                settings.context_tokens or folder.context_tokens, folder.context_tokens
            ),
            vocabulary_size=folder.vocabulary_size,
            weights_dtype=settings.dtype,
            embedding_size=folder.hidden_size,
            parameters=sum(weights.size for weights in self._weights()),
        )
        self._describe(files.name, TextTokenizer(folder.path), settings, info)
        self._cache = MlxPromptCache(keep=settings.cache_prompt)

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
        self._check_scored(prompt_ids, continuation_ids)
        ids = [*prompt_ids, *continuation_ids]
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

    def _take_adapter(self, files: ModelFiles) -> None:
        """Lay mlx-lm's own form beside the weights, or put PEFT's into them."""
        adapter = files.adapters[0] if files.adapters else None
        if adapter is not None and adapter.mlx is not None:
            attach_adapter(self._module, adapter.mlx)
            self._adapters = (adapter.name,)
        else:
            self._merge(files)

    def _merge(self, files: ModelFiles) -> None:
        """Put an adapter into the weights, in 32 bits whatever they are kept in."""
        import mlx.core as mx
        import numpy as np
        from mlx.utils import tree_flatten

        weights: dict[str, Any] = dict(tree_flatten(self._module.parameters()))
        merged = []
        for name, change in self._changes(files):
            found = weights.get(name)
            if found is None or tuple(found.shape) != change.shape:
                raise self._unfitting(name)
            changed = change.apply(np.array(found.astype(mx.float32)))
            merged.append((name, mx.array(changed).astype(found.dtype)))
        if merged:
            self._module.load_weights(merged, strict=False)
            mx.eval(self._module.parameters())

    @contextlib.contextmanager
    def _hold(self, ids: list[int]) -> Iterator[tuple[int, None]]:
        yield self._cache.covers(ids), None

    def _steps(
        self, ids: list[int], sampling: Sampling, constraint: Constraint | None, held: None
    ) -> Steps:
        """See ``PythonEngine``. Without a schema the next step runs while a token is read."""
        record = LogitsRecord() if sampling.logprobs is not None else None
        steps = self._generate(ids, sampling, constraint, record)
        try:
            for token_id, _ in steps:
                yield Step(token_id, functools.partial(_pop_float32, record))
        finally:
            steps.close()
            self._cache.keep_covered(ids)

    def _generate(
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
            raise self._closed()
        return self._module

    def _weights(self) -> list[mx.array]:
        from mlx.utils import tree_flatten

        named: Any = tree_flatten(self._loaded().parameters())
        return [weights for _, weights in named]


def _pop_float32(record: LogitsRecord | None) -> np.ndarray:
    import mlx.core as mx
    import numpy as np

    assert record is not None, "log-probabilities were not asked for"
    return np.array(record.pop()[0].astype(mx.float32))
