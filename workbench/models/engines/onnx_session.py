"""An ONNX graph of a decoder in ONNX Runtime, with the keys and values of one conversation."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import EngineError
from workbench.core.optional import require
from workbench.models.engines.huge_pages import in_huge_pages
from workbench.models.engines.shared_prefix import shared_length
from workbench.models.formats.onnx_graph import HIDDEN_STATES, LOGITS_FROM

if TYPE_CHECKING:
    import numpy as np

_FIRST_TOKENS = 512  # of room; doubled when a conversation grows
_ERRORS_ONLY = 3


class OnnxSession:
    """Reads tokens and gives logits; what was read stays until it is taken back.

    ONNX Runtime is asked without onnxruntime-genai's own generator: that one computes the logits
    of each position of a prompt, and takes room for the longest conversation at once.

    Args:
        path: ``model.onnx``, as ``formats.onnx_build`` makes it.
        threads: Of ONNX Runtime, this thread among them. They sleep while they wait: those that
            spin take the core from whoever they wait for.
        head_size: Of the keys and values.
        vocabulary_size: Length of the logits.
    """

    def __init__(self, path: Path, *, threads: int, head_size: int, vocabulary_size: int) -> None:
        ort = require("onnxruntime", extra="models")
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        try:
            with in_huge_pages():
                self._session: Any = ort.InferenceSession(
                    str(path), options, providers=["CPUExecutionProvider"]
                )
        except Exception as error:  # its own kinds derive from Exception alone
            raise EngineError(
                f"ONNX Runtime could not load {path}: {error}",
                hint=f"delete {path.parent}, so that it is built again",
            ) from error
        self._ort = ort
        self._caches = [each for each in self._session.get_inputs() if "past" in each.name]
        self._head_size, self._vocabulary_size = head_size, vocabulary_size
        self._start()

    def _start(self) -> None:
        self.ids: list[int] = []
        self._room = 0
        self._values: list[np.ndarray] = []
        self._bound: tuple[str, tuple[int, ...]] | None = None
        self._binding: Any = None
        self._answer: Any = None

    def another(self) -> OnnxSession:
        """One more conversation on the same graph, which is in memory once.

        Each may be asked in a thread of its own: only the graph is shared, and it holds no state.
        """
        made = copy.copy(self)
        made._start()
        return made

    def rewind(self, ids: Sequence[int], *, keep: bool = True) -> int:
        """Take back all that ``ids`` does not begin with; how much of ``ids`` is read already.

        At least one is left to read, as only reading gives logits.
        """
        known = shared_length(self.ids, ids[:-1]) if keep else 0
        del self.ids[known:]
        return known

    def forget(self, count: int) -> None:
        """Take the last tokens back."""
        del self.ids[len(self.ids) - count :]

    def read(self, ids: Sequence[int], *, logits_from: int) -> np.ndarray:
        """Read more tokens; logits of those from ``logits_from`` on: float32 ``[n, vocabulary]``.

        The next call writes over the array.
        """
        shape = (1, len(ids) - logits_from, self._vocabulary_size)
        return self._run(ids, "logits", shape, logits_from=logits_from)

    def hidden_states(self, ids: Sequence[int], *, size: int) -> np.ndarray:
        """Read more tokens; their last hidden states: float32 ``[n, size]``."""
        return self._run(ids, HIDDEN_STATES, (1, len(ids), size), logits_from=len(ids))

    def _run(
        self, ids: Sequence[int], wanted: str, shape: tuple[int, ...], *, logits_from: int
    ) -> np.ndarray:
        import numpy as np

        total = len(self.ids) + len(ids)
        if total > self._room:
            self._grow(total)
        if (wanted, shape) != self._bound:
            self._bind(wanted, shape)
        self._binding.bind_cpu_input("input_ids", np.array([ids], np.int64))
        self._binding.bind_cpu_input("attention_mask", np.ones((1, total), np.int64))
        self._binding.bind_cpu_input(LOGITS_FROM, np.array([logits_from], np.int64))
        self._session.run_with_iobinding(self._binding)
        self.ids += ids
        found: np.ndarray = self._answer[0]
        return found

    def _grow(self, least: int) -> None:
        import numpy as np

        room = max(_FIRST_TOKENS, 2 * self._room)
        while room < least:
            room *= 2
        old, self._values = self._values, []
        for place, cache in enumerate(self._caches):
            made = np.zeros((1, cache.shape[1], room, self._head_size), np.float32)
            if old:
                made[:, :, : len(self.ids)] = old[place][:, :, : len(self.ids)]
            self._values.append(made)
        self._room, self._bound = room, None

    def _bind(self, wanted: str, shape: tuple[int, ...]) -> None:
        """Let keys and values be written where they were read, so that nothing is copied."""
        import numpy as np

        binding = self._session.io_binding()
        for cache, value in zip(self._caches, self._values, strict=True):
            bound = self._ort.OrtValue.ortvalue_from_numpy(value)
            binding.bind_ortvalue_input(cache.name, bound)
            present = cache.name.replace("past_key_values", "present")
            binding.bind_ortvalue_output(present, bound)
        self._answer = np.empty(shape, np.float32)
        told = self._ort.OrtValue.ortvalue_from_numpy(self._answer)
        binding.bind_ortvalue_output(wanted, told)
        self._binding, self._bound = binding, (wanted, shape)

    def clear(self) -> None:
        """Forget what was read and give its room back."""
        self.ids, self._values, self._room, self._bound = [], [], 0, None
        self._binding = self._answer = None

    def cache_bytes(self) -> int:
        """Memory of the keys and values."""
        return sum(value.nbytes for value in self._values)
