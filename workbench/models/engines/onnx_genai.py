"""ONNX Runtime: 4-bit weights on a CPU, from graphs that onnxruntime-genai's builder makes."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError
from workbench.models.constraint import Constraint
from workbench.models.decoding import Sampler, log_softmax
from workbench.models.engines.freeing import give_memory_back
from workbench.models.engines.in_python import PythonEngine, Step, Steps
from workbench.models.engines.onnx_session import OnnxSession
from workbench.models.engines.prompt_lookup import PromptLookup
from workbench.models.engines.slots import Slots
from workbench.models.folder import ModelFolder, read_config
from workbench.models.formats.onnx_build import build_onnx
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
    import numpy as np

_GRAPH = "model.onnx"
_SCORED_AT_ONCE = 128  # positions: their logits take 25 MB with a vocabulary of 50,000
_DECODE_PROMPT, _DECODED = 4, 24


class OnnxEngine(PythonEngine):
    """A GGUF or a Hugging Face folder as an ONNX graph, which is built on the first load.

    ``variant`` in the settings says how its weights are kept: ``shipped`` (the blocks of a GGUF as
    they are), ``int8``, ``int4`` or ``float32``. ``dtype`` has no effect. The keys and values of
    ``parallel`` conversations are kept, and what a next prompt shares with one of them is not read
    again; as many answers are made at a time, each in its caller's thread, on one graph. With
    ``lookup_tokens`` it guesses ahead where the text repeats (see ``prompt_lookup``).
    """

    name = "onnx"
    capabilities = frozenset({CHAT, STREAM, EMBED, SCORE, CONSTRAIN, LOGPROBS})
    takes_many = True

    def __init__(self, files: ModelFiles, settings: EngineSettings) -> None:
        if files.adapters:
            raise CapabilityError(
                "the onnx engine does not load adapters",
                hint=f"models.load({files.name!r}, engine='llamacpp')",
            )
        path = build_onnx(files, settings.variant)
        folder = ModelFolder(path, read_config(path), is_encoder=False)
        self._size_bytes = sum(file.stat().st_size for file in path.glob(f"{_GRAPH}*"))
        first = _open_session(folder, threads=settings.threads)
        self._sessions = [first, *(first.another() for _ in range(settings.parallel - 1))]
        self._slots = Slots(settings.parallel)
        self._free = threading.BoundedSemaphore(settings.parallel)
        info = ModelInfo(
            architecture=folder.architecture,
            context_tokens=min(
                settings.context_tokens or folder.context_tokens, folder.context_tokens
            ),
            vocabulary_size=folder.vocabulary_size,
            weights_dtype=path.name.partition("-onnx-")[2].rpartition("-v")[0],
            embedding_size=folder.hidden_size,
        )
        self._describe(files.name, TextTokenizer(path), settings, info)

    @classmethod
    def measure_threads(
        cls, files: ModelFiles, settings: EngineSettings, counts: Sequence[int]
    ) -> dict[int, float] | None:
        """See ``Engine.measure_threads``; one graph after the other, so that one is in memory."""
        path = build_onnx(files, settings.variant)
        folder = ModelFolder(path, read_config(path), is_encoder=False)
        return {count: _measure_rate(_open_session(folder, threads=count)) for count in counts}

    def score_ids(
        self,
        prompt_ids: Sequence[int],
        continuation_ids: Sequence[int],
        *,
        adapter: str | None = None,
    ) -> list[float]:
        """See ``Engine.score_ids``."""

        self.check_adapter(adapter)
        self._check_scored(prompt_ids, continuation_ids)
        ids = [*prompt_ids, *continuation_ids]
        with self._hold(list(prompt_ids)) as (_, session):
            return self._score(session, ids, len(prompt_ids) - 1)

    def _score(self, session: OnnxSession, ids: list[int], first: int) -> list[float]:
        import numpy as np

        if len(session.ids) < first:
            self._read(session, ids[len(session.ids) : first])
        scores: list[float] = []
        for start in range(first, len(ids) - 1, _SCORED_AT_ONCE):
            check_cancelled()
            end = min(start + _SCORED_AT_ONCE, len(ids) - 1)
            logprobs = log_softmax(session.read(ids[start:end], logits_from=0))
            scores += logprobs[np.arange(end - start), ids[start + 1 : end + 1]].tolist()
        return scores

    def memory_bytes(self) -> int:
        """Bytes of the weights' file and of the keys and values that are kept."""
        kept = sum(session.cache_bytes() for session in self._sessions)
        return self._size_bytes + kept if self._sessions else 0

    def close(self) -> None:
        """See ``Engine.close``."""
        if self._sessions:
            for session in self._sessions:
                session.clear()
            self._sessions = []
            self._compiler = None
            give_memory_back()

    @contextlib.contextmanager
    def _hold(self, ids: list[int]) -> Iterator[tuple[int, OnnxSession]]:
        with self._free, self._slots.take(ids, None) as place:
            if not self._sessions or place is None:
                raise self._closed()
            session = self._sessions[place]
            yield session.rewind(ids, keep=self._settings.cache_prompt), session

    def _steps(
        self, ids: list[int], sampling: Sampling, constraint: Constraint | None, held: OnnxSession
    ) -> Steps:
        import numpy as np

        sampler = Sampler(sampling)
        lookup = PromptLookup(self._settings.lookup_tokens)
        while True:
            guessed = lookup.guess(ids, room=self.info.context_tokens - len(ids))
            rows = self._read(held, [*ids[len(held.ids) :], *guessed], rows=len(guessed) + 1)
            right = 0
            for place, logits in enumerate(rows):
                allowed = constraint.mask(logits) if constraint is not None else logits
                token_id = sampler.choose(allowed, ids)
                if constraint is not None:
                    constraint.accept(token_id)
                yield Step(token_id, functools.partial(np.asarray, logits))
                if place == len(guessed) or token_id != guessed[place]:
                    break
                right += 1
            held.forget(len(guessed) - right)
            lookup.learn(len(guessed), right=right)

    def _read(self, session: OnnxSession, ids: Sequence[int], *, rows: int = 1) -> np.ndarray:
        """Read what is new of a conversation; what may follow its last ``rows``: ``[rows, v]``."""
        step = self._settings.batch_tokens
        whole = max(0, len(ids) - rows)
        for start in range(0, whole, step):
            check_cancelled()
            some = list(ids[start : min(start + step, whole)])
            session.read(some, logits_from=len(some))
        check_cancelled()
        return session.read(list(ids[whole:]), logits_from=0)

    def _embed_batch(self, rows: list[list[int]]) -> np.ndarray:
        import numpy as np

        size, step = int(self.info.embedding_size or 0), self._settings.batch_tokens
        vectors = np.zeros((len(rows), size), np.float32)
        for place, row in enumerate(rows):
            with self._hold([]) as (_, session):  # what is read here, no prompt goes on from
                session.rewind(row, keep=False)
                for start in range(0, len(row), step):
                    check_cancelled()
                    states = session.hidden_states(row[start : start + step], size=size)
                    vectors[place] += states.sum(axis=0)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _open_session(folder: ModelFolder, *, threads: int) -> OnnxSession:
    said: Any = folder.config.get("head_dim")
    return OnnxSession(
        folder.path / _GRAPH,
        threads=threads,
        head_size=int(said or folder.hidden_size // int(folder.config["num_attention_heads"])),
        vocabulary_size=folder.vocabulary_size,
    )


def _measure_rate(session: OnnxSession) -> float:
    """Tokens a second, the best of three goes."""
    import time

    session.read(list(range(1, _DECODE_PROMPT + 1)), logits_from=0)
    taken = []
    for _ in range(3):
        started_s = time.perf_counter()
        for token in range(_DECODED):
            session.read([token + 1], logits_from=0)
        taken.append(time.perf_counter() - started_s)
    session.clear()
    return _DECODED / min(taken)
