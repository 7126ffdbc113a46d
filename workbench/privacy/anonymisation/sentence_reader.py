"""What stands around words, as vectors: the first layers of all-MiniLM-L6-v2, in NumPy alone.

BERT (Devlin et al. 2019) without its upper half: what a word is, and what its sentence makes of it,
is told by the embeddings and the third layer; the upper ones are for whole sentences. A window of
words is read at a time, so nothing is padded, and neither torch nor transformers is loaded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.optional import require
from workbench.models.formats.safetensors_files import read_safetensors
from workbench.models.tokenizer import open_tokenizer

if TYPE_CHECKING:
    import numpy as np

MODEL = "minilm-l6-v2"
LAYERS = 3
_MOST_PIECES = 112  # of a window
_BEFORE = 24  # pieces that a window has before the first span in it
_BEHIND = 24  # pieces that it has behind the last
_FIRST, _LAST = 101, 102  # [CLS] and [SEP]


class SentenceReader:
    """Reads spans of texts in their surroundings.

    Args:
        folder: The model's, with ``config.json``, ``model.safetensors`` and ``tokenizer.json``.

    Raises:
        DependencyError: tokenizers or scipy is not installed.
        NotFoundError, IntegrityError, OSError, ValueError: A file is missing or of another form.
    """

    def __init__(self, folder: Path) -> None:
        self._erf = require("scipy.special", extra="data").erf
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._heads = int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])
        self._tokenizer, _ = open_tokenizer(folder)
        wanted = ("embeddings.", *(f"encoder.layer.{at}." for at in range(LAYERS)))
        tensors = read_safetensors(
            folder / "model.safetensors",
            wanted=lambda name: name.startswith(wanted) and "position_ids" not in name,
        )
        self._weights = dict(tensors)
        self.width = 2 * int(config["hidden_size"])

    def read(self, text: str, spans: Sequence[tuple[int, int]]) -> np.ndarray:
        """A row of ``width`` numbers for each span: its words' mean in layer 0, then in layer 3.

        A span without a letter that the model knows has zeros.
        """
        import numpy as np

        rows = np.zeros((len(spans), self.width), np.float32)
        if not spans:
            return rows
        read = self._tokenizer.encode(text, add_special_tokens=False)
        starts = np.array([start for start, _ in read.offsets], np.int64)
        ends = np.array([end for _, end in read.offsets], np.int64)
        places = []
        for at, (start, end) in enumerate(spans):
            first = int(np.searchsorted(ends, start, side="right"))
            last = int(np.searchsorted(starts, end, side="left"))
            if last > first:
                places.append((first, last, at))
        for low, high, within in _windows(sorted(places), len(read.ids)):
            below, above = self._layers(read.ids[low:high])
            for first, last, at in within:
                part = slice(first - low + 1, min(last, high) - low + 1)
                rows[at] = np.concatenate([below[part].mean(axis=0), above[part].mean(axis=0)])
        return rows

    def _layers(self, ids: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """The embeddings of a window and its last layer here (pieces and two marks, width / 2)."""
        import numpy as np

        known = np.array([_FIRST, *ids, _LAST], np.int64)
        said = self._weights
        state = (
            said["embeddings.word_embeddings.weight"][known]
            + said["embeddings.position_embeddings.weight"][: len(known)]
            + said["embeddings.token_type_embeddings.weight"][0]
        )
        below = state = self._normed(state, "embeddings.LayerNorm")
        for at in range(LAYERS):
            state = self._layer(state, f"encoder.layer.{at}")
        return below, state

    def _layer(self, state: np.ndarray, name: str) -> np.ndarray:
        import numpy as np

        length, width = state.shape
        query, key, value = (
            self._sent(state, f"{name}.attention.self.{part}")
            .reshape(length, self._heads, width // self._heads)
            .transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(width // self._heads))
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        mixed = (shares @ value).transpose(1, 0, 2).reshape(length, width)
        mixed = self._sent(mixed, f"{name}.attention.output.dense")
        state = self._normed(state + mixed, f"{name}.attention.output.LayerNorm")
        inner = self._sent(state, f"{name}.intermediate.dense")
        inner = inner * np.float32(0.5) * (1 + self._erf(inner * np.float32(0.5**0.5)))  # GELU
        outer = self._sent(inner, f"{name}.output.dense")
        return self._normed(state + outer, f"{name}.output.LayerNorm")

    def _sent(self, state: np.ndarray, name: str) -> np.ndarray:
        sent: np.ndarray = state @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return sent

    def _normed(self, state: np.ndarray, name: str) -> np.ndarray:
        import numpy as np

        centred = state - state.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + self._epsilon)
        normed: np.ndarray = (
            centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        )
        return normed


def _windows(
    places: list[tuple[int, int, int]], length: int
) -> Iterator[tuple[int, int, list[tuple[int, int, int]]]]:
    """Windows of pieces that hold all places, each place with something around it."""
    left = places
    while left:
        low = max(0, left[0][0] - _BEFORE)
        most = low + _MOST_PIECES - _BEHIND
        within = [each for each in left if each[1] <= most] or left[:1]
        left = [each for each in left if each not in within]
        last = max(each[1] for each in within)
        yield low, min(length, last + _BEHIND, low + _MOST_PIECES), within
