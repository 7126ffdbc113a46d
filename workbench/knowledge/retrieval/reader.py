"""Reads a question beside sentences: whether one says what is asked, not only its words.

The embedder's own network (MiniLM) reads both as one text, so that each word of the question is
weighed by the words of the sentence. Its last layers were taught to tell an answer from a near miss
by matrices of low rank that are added to theirs (Hu et al. 2022, "LoRA: Low-Rank Adaptation of
Large Language Models"); these are all that is kept here. It runs with numpy alone.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.models import catalogue
from workbench.models.loading import model_files
from workbench.models.plain_encoder import PlainEncoder

from .scorers import read_weights

if TYPE_CHECKING:
    import numpy as np

MODEL = "minilm-l6-v2"
MATRICES = (
    *("attention.self.query", "attention.self.key", "attention.self.value"),
    *("attention.output.dense", "intermediate.dense", "output.dense"),
)
"""Of a layer, in the order in which what is added to them is kept."""

LONGEST = 112
"""Tokens of question and sentence together; what is longer is cut."""


class Reader(PlainEncoder):
    """MiniLM with what was taught added to its last layers.

    Args:
        folder: Where its ``model.safetensors`` and ``tokenizer.json`` lie.
        taught: ``start``, the first layer that is changed; ``rank``; and ``data``: in base64 and 16
            bits, for each changed layer and matrix A (rank, in) and B (out, rank), then the head's
            weights (3 x 384) and bias.
    """

    def __init__(self, folder: Path, taught: Mapping[str, Any]) -> None:
        from tokenizers import Tokenizer

        super().__init__(folder)
        self._pairs = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._pairs.no_padding()
        self._pairs.enable_truncation(LONGEST)
        self._head = self._add(taught)

    def _add(self, taught: Mapping[str, Any]) -> np.ndarray:
        """Add what was taught; gives the head: weights and, last, bias."""
        import numpy as np

        data = np.frombuffer(base64.b64decode(taught["data"]), dtype="<f2").astype(np.float32)
        rank, at = taught["rank"], 0
        for layer in range(taught["start"], self._config["num_hidden_layers"]):
            for matrix in MATRICES:
                name = f"encoder.layer.{layer}.{matrix}.weight"
                wide, long = self._weights[name].shape
                down = data[at : at + rank * long].reshape(rank, long)
                at += rank * long
                up = data[at : at + wide * rank].reshape(wide, rank)
                at += wide * rank
                self._weights[name] = self._weights[name] + up @ down
        return data[at:]

    def read(self, question: str, sentences: Sequence[str]) -> np.ndarray:
        """How far each sentence says what is asked: log odds, shape (sentences,)."""
        import numpy as np

        odds = np.zeros(len(sentences))
        for number, sentence in enumerate(sentences):
            pair = self._pairs.encode(question, sentence)
            kinds = np.array([pair.type_ids])
            states = self.states(np.array([pair.ids]), kinds)[0]
            asked = kinds[0] == 0
            # The marks about the question count with the sentence, as when it was taught.
            asked[[0, int(asked.sum()) - 1]] = False
            means = [states[each].sum(axis=0) / max(1, each.sum()) for each in (asked, ~asked)]
            seen = np.concatenate([states[0], *means])
            odds[number] = float(seen @ self._head[:-1] + self._head[-1])
        return odds


@lru_cache(maxsize=1)
def kept_reader() -> Reader:
    """The reader whose taught part is kept in this package.

    Raises:
        NotFoundError, FetchError: The model cannot be brought.
    """
    folder = model_files(catalogue.find(MODEL)).folder
    assert folder is not None
    return Reader(folder, read_weights("reader"))
