"""Any engine in a process of its own: its libraries, its faults and its memory are not ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError
from workbench.models.engines.isolated_process import IsolatedProcess
from workbench.models.engines.isolated_wire import (
    plain_files,
    plain_settings,
    read_chunk,
)
from workbench.models.protocol import (
    GRADIENTS,
    Chunk,
    Engine,
    EngineSettings,
    ModelFiles,
    ModelInfo,
    Sampling,
)

if TYPE_CHECKING:
    import numpy as np


class IsolatedEngine(Engine):
    """An engine that runs in a child process, asked over a socket.

    torch, MLX or onnxruntime are loaded there alone. A crash of native code is an EngineError
    here, and closing gives all memory back. The child ends when this process does, also by
    ``kill -9``. What needs the module itself (gradients) is not to be had.

    Args:
        files: The model's.
        settings: What it is started with; its threads are set before any library is loaded.
        engine: The name of the engine that the child loads.
    """

    has_own_process = True

    def __init__(self, files: ModelFiles, settings: EngineSettings, *, engine: str) -> None:
        self.name = engine
        self._process = IsolatedProcess(f"{files.name} on {engine}", threads=settings.threads)
        try:
            told = self._process.ask(
                "load",
                {
                    "engine": engine,
                    "files": plain_files(files),
                    "settings": plain_settings(settings),
                },
                timeout_s=settings.load_timeout_s,
            ).head["result"]
        except BaseException:
            self._process.close()
            raise
        self.info = ModelInfo(**told["info"])
        self.capabilities = frozenset(told["capabilities"]) - {GRADIENTS}
        self.max_adapters = int(told["max_adapters"])
        self._told: dict[str, Any] = told

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """See ``Engine.tokenize``."""
        return [int(token) for token in self._ask("tokenize", text=text, special=special)]

    def detokenize(self, ids: Sequence[int]) -> str:
        """See ``Engine.detokenize``."""
        return str(self._ask("detokenize", ids=list(ids)))

    @property
    def special_tokens(self) -> Mapping[str, str]:
        """See ``Engine.special_tokens``."""
        return dict(self._told["special_tokens"])

    @property
    def chat_template(self) -> str | None:
        """See ``Engine.chat_template``."""
        return self._told["chat_template"]

    @property
    def bos_id(self) -> int | None:
        """See ``Engine.bos_id``."""
        return self._told["bos_id"]

    @property
    def adapters(self) -> tuple[str, ...]:
        """See ``Engine.adapters``."""
        return tuple(self._told["adapters"])

    def stream(
        self, prompt_ids: Sequence[int], sampling: Sampling, *, adapter: str | None = None
    ) -> Iterator[Chunk]:
        """See ``Engine.stream``."""
        request = _request(prompt_ids, sampling, adapter)
        with contextlib.closing(self._process.ask_stream("stream", request)) as frames:
            for frame in frames:
                if frame.head["kind"] == "chunk":
                    yield read_chunk(frame.head["chunk"])

    def answer(
        self, prompt_ids: Sequence[int], sampling: Sampling, *, adapter: str | None = None
    ) -> Chunk:
        """See ``Engine.answer``."""
        return read_chunk(self._ask("answer", **_request(prompt_ids, sampling, adapter)))

    def score_ids(
        self,
        prompt_ids: Sequence[int],
        continuation_ids: Sequence[int],
        *,
        adapter: str | None = None,
    ) -> list[float]:
        """See ``Engine.score_ids``."""
        scores = self._ask(
            "score_ids",
            prompt_ids=list(prompt_ids),
            continuation_ids=list(continuation_ids),
            adapter=adapter,
        )
        return [float(score) for score in scores]

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """See ``Engine.embed``."""
        import numpy as np

        frame = self._process.ask("embed", {"texts": list(texts)})
        shape = frame.head["result"]
        return np.frombuffer(frame.body, "<f4").reshape(shape).astype(np.float32)

    def memory_bytes(self) -> int:
        """Resident memory of the process."""
        return self._process.memory_bytes()

    def close(self) -> None:
        """See ``Engine.close``."""
        self._process.close()

    def cannot(self, capability: str) -> CapabilityError:
        """See ``Engine.cannot``."""
        error = super().cannot(capability)
        if capability == GRADIENTS:
            error.hint = "load it into this process: models.load(name, isolated=False)"
        return error

    def _ask(self, method: str, **arguments: Any) -> Any:
        return self._process.ask(method, arguments).head["result"]


def _request(prompt_ids: Sequence[int], sampling: Sampling, adapter: str | None) -> dict[str, Any]:
    schema = None if sampling.json_schema is None else dict(sampling.json_schema)
    fields = {**vars(sampling), "json_schema": schema, "stop": list(sampling.stop)}
    return {"prompt_ids": list(prompt_ids), "sampling": fields, "adapter": adapter}
