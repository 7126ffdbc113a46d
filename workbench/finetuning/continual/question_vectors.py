"""What questions are about, as an embedder's vectors: loaded once, and each question asked once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.model import Model

EMBEDDER = "minilm-l6-v2"


class QuestionVectors:
    """Vectors by the text that they are of, so that a text which comes again costs nothing.

    After each task all tests that were learnt so far are described again. The embedder is loaded
    at the first text and stays until ``close``; the vectors stay with this object.
    """

    def __init__(self, embedder: str = EMBEDDER) -> None:
        self.embedder = embedder
        self._model: Model | None = None
        self._known: dict[str, np.ndarray] = {}

    def describe(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of length 1, float32 ``[n, d]``, in the order of the texts; at least one.

        Raises:
            InputError: There is an empty text.
            NotFoundError, FetchError, IntegrityError, StorageError: The embedder cannot be brought.
        """
        import numpy as np

        new = [each for each in dict.fromkeys(texts) if each not in self._known]
        if new:
            found = self._load().embed(new)
            self._known.update(zip(new, found, strict=True))
        return np.stack([self._known[each] for each in texts])

    def close(self) -> None:
        """Unload the embedder; a new text loads it again."""
        if self._model is not None:
            self._model.close()
            self._model = None

    def _load(self) -> Model:
        from workbench.models.loading import load

        if self._model is None:
            self._model = load(self.embedder)
        return self._model
