"""Hugging Face transformers on torch: the engine that has gradients, for any model it knows."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.models.batching import pad_rows
from workbench.models.constraint import Constraint
from workbench.models.decoding import Sampler
from workbench.models.engines.freeing import give_memory_back
from workbench.models.engines.in_python import PythonEngine, Step, Steps
from workbench.models.engines.torch_cache import PromptCache
from workbench.models.engines.torch_loading import load_module
from workbench.models.folder import find_folder
from workbench.models.protocol import (
    CHAT,
    CONSTRAIN,
    EMBED,
    GRADIENTS,
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
    import numpy as np
    import torch

log = logging.getLogger(__name__)

_CAUSAL = frozenset({CHAT, STREAM, EMBED, SCORE, CONSTRAIN, LOGPROBS, GRADIENTS})
_ENCODER = frozenset({EMBED, GRADIENTS})


class TransformersEngine(PythonEngine):
    """A Hugging Face folder, or a GGUF through the conversion cache, on torch.

    ``threads`` is set with ``torch.set_num_threads``, which holds for the whole process: each
    request sets it again, so two engines of one process may differ but must not run at once.

    With ``cache_prompt`` the keys and values of the last conversation are kept, and what the next
    prompt shares with it is not computed again. Sums are then taken in another order, so logits
    may differ in the last digits from those of a fresh engine; without it they are the same.
    """

    name = "transformers"

    def __init__(self, files: ModelFiles, settings: EngineSettings) -> None:
        folder = find_folder(files, dtype=settings.dtype)
        self._folder = folder
        self._module: torch.nn.Module | None = load_module(folder, dtype=settings.dtype)
        self._merge(self._module, files)
        self.capabilities = _ENCODER if folder.is_encoder else _CAUSAL
        info = ModelInfo(
            architecture=folder.architecture,
            context_tokens=min(
                settings.context_tokens or folder.context_tokens, folder.context_tokens
            ),
            vocabulary_size=folder.vocabulary_size,
            weights_dtype=settings.dtype,
            embedding_size=folder.hidden_size,
            parameters=sum(weights.numel() for weights in self._module.parameters()),
        )
        self._describe(files.name, TextTokenizer(folder.path), settings, info)
        self._set_threads()  # not before: it loads torch, and how its threads wait is said there
        self._cache = PromptCache(keep=settings.cache_prompt)

    def _merge(self, module: torch.nn.Module, files: ModelFiles) -> None:
        """Put an adapter into the weights, in 32 bits whatever they are kept in."""
        import torch

        weights = dict(module.named_parameters())
        with torch.no_grad():
            for name, change in self._changes(files):
                found = weights.get(name)
                if found is None or tuple(found.shape) != change.shape:
                    raise self._unfitting(name)
                found.copy_(torch.from_numpy(change.apply(found.float().numpy())))

    @property
    def module(self) -> torch.nn.Module:
        """The torch module, in evaluation mode, for gradients and hooks."""
        if self._module is None:
            raise self._closed()
        return self._module

    def forget_prompts(self) -> None:
        """Drop the keys and values that are kept: the module now computes something else."""
        self._cache.clear()

    @contextlib.contextmanager
    def _hold(self, ids: list[int]) -> Iterator[tuple[int, None]]:
        yield self._cache.covers(ids), None

    def _steps(
        self, ids: list[int], sampling: Sampling, constraint: Constraint | None, held: None
    ) -> Steps:
        import numpy as np

        self._set_threads()
        sampler = Sampler(sampling)
        while True:
            logits = self._next_logits(ids)
            allowed = constraint.mask(logits) if constraint is not None else logits
            token_id = sampler.choose(allowed, ids)
            if constraint is not None:
                constraint.accept(token_id)
            yield Step(token_id, functools.partial(np.asarray, logits))

    def score_ids(
        self,
        prompt_ids: Sequence[int],
        continuation_ids: Sequence[int],
        *,
        adapter: str | None = None,
    ) -> list[float]:
        """See ``Engine.score_ids``; one forward pass, in which the prompt cache has no part."""
        import torch

        if SCORE not in self.capabilities:
            raise self.cannot(SCORE)
        self.check_adapter(adapter)
        self._check_scored(prompt_ids, continuation_ids)
        ids = [*prompt_ids, *continuation_ids]
        check_cancelled()
        self._set_threads()
        count = len(continuation_ids)
        with torch.inference_mode():
            given = torch.tensor([ids[:-1]])
            output = self.module(input_ids=given, use_cache=False, logits_to_keep=count)
            logprobs = torch.log_softmax(output.logits[0].double(), dim=-1)
            scores = logprobs.gather(1, torch.tensor(ids[-count:])[:, None])[:, 0]
        return [float(score) for score in scores]

    def score_many_ids(
        self,
        requests: Sequence[tuple[Sequence[int], Sequence[int]]],
        *,
        adapter: str | None = None,
    ) -> Iterator[tuple[int, list[float]]]:
        """See ``Engine.score_many_ids``; in batches, each prompt read once."""
        from workbench.models.engines.torch_scoring import can_share_prompts, score_batches

        if SCORE not in self.capabilities:
            raise self.cannot(SCORE)
        self.check_adapter(adapter)
        if not can_share_prompts(self.module):
            yield from super().score_many_ids(requests)
            return
        for prompt_ids, continuation_ids in requests:
            self._check_scored(prompt_ids, continuation_ids)
        self._set_threads()
        yield from score_batches(self.module, requests, batch_tokens=self._settings.batch_tokens)

    @property
    def _embedding_tokens(self) -> int:
        return min(self._folder.embedding_tokens, self.info.context_tokens)

    def memory_bytes(self) -> int:
        """Bytes of the weights and of the keys and values that are kept."""
        if self._module is None:
            return 0
        tensors = [*self._module.parameters(), *self._module.buffers()]
        return sum(tensor.nbytes for tensor in tensors) + self._cache.size_bytes()

    def close(self) -> None:
        """See ``Engine.close``."""
        if self._module is not None:
            self._module = None
            self._compiler = None
            self._cache.clear()
            give_memory_back()

    def _next_logits(self, ids: Sequence[int]) -> np.ndarray:
        """What may follow ``ids``: float32 ``[vocabulary]``."""
        import torch

        cache, known = self._cache.take(ids)
        step = self._settings.batch_tokens
        for start in range(known, len(ids), step):
            check_cancelled()
            # Not around the whole stream: the mode would leak into whoever reads it.
            with torch.inference_mode():
                output = self.module(
                    input_ids=torch.tensor([ids[start : start + step]]),
                    past_key_values=cache,
                    use_cache=True,
                    logits_to_keep=1,
                )
            self._cache.put(ids[: start + step])
        logits: np.ndarray = output.logits[0, -1].float().numpy()
        return logits

    def _embed_batch(self, rows: list[list[int]]) -> np.ndarray:
        """See ``PythonEngine``: an encoder gives the mean over its tokens (or the first one's
        state, if the folder says so), a causal model the mean of its last hidden states.
        """
        import torch

        self._set_threads()
        ids, mask = pad_rows(rows)
        body: Any = self.module.base_model
        with torch.inference_mode():
            options = {} if self._folder.is_encoder else {"use_cache": False}
            states = body(input_ids=ids, attention_mask=mask, **options).last_hidden_state.float()
            if self._folder.is_encoder and self._folder.pools_first_token:
                pooled = states[:, 0]
            else:
                weights = mask[:, :, None].float()
                pooled = (states * weights).sum(dim=1) / weights.sum(dim=1)
            vectors: np.ndarray = torch.nn.functional.normalize(pooled, dim=1).numpy()
        return vectors

    def _set_threads(self) -> None:
        import torch

        if torch.get_num_threads() != self._settings.threads:
            log.info("torch now uses %d threads in this process", self._settings.threads)
            torch.set_num_threads(self._settings.threads)
