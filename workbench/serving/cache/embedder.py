"""Vectors from a model of the pool, which runs in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.errors import EngineError
from workbench.serving.call import Backend, Call, Facts


class BackendEmbedder:
    """Turns texts into vectors with a model behind a backend.

    Args:
        backend: Answers; that of the models here.
        model: The embedder's name.
    """

    def __init__(self, backend: Backend, model: str) -> None:
        self._backend, self._model = backend, model

    async def __call__(self, text: str) -> Sequence[float]:
        """The vector of a text.

        Raises:
            WorkbenchError: The model is not there, or failed.
        """
        call = Call("embed", "embedding", self._model, prompts=(text,), options={"priority": 1})
        vector: Sequence[float] | None = None
        async for piece in self._backend.answer(call, Facts()):
            vector = vector if piece.vector is None else piece.vector
        if vector is None:
            raise EngineError(
                f"{self._model} gave no vector",
                hint="name an embedder: WORKBENCH_SEMANTIC_CACHE_MODEL=minilm-l6-v2",
            )
        return vector
