"""Vectors of single words from an encoder's table of word pieces: no layer of it is run.

A word is the mean of its pieces (Schuster and Nakajima 2012). Only the table and the tokenizer are
read, with numpy: neither torch nor transformers is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from . import catalogue
from .formats.safetensors_files import read_safetensors
from .loading import model_files
from .tokenizer import open_tokenizer

if TYPE_CHECKING:
    import numpy as np

_TABLE = "embeddings.word_embeddings.weight"


class WordVectors:
    """The words of a BERT's folder, with ``model.safetensors`` and ``tokenizer.json``."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer, _ = open_tokenizer(folder)
        tensors = read_safetensors(
            folder / "model.safetensors", wanted=lambda name: name.endswith(_TABLE)
        )
        self._table = next(table for _, table in tensors)

    @property
    def size(self) -> int:
        """The dimensions of a vector."""
        return int(self._table.shape[1])

    def of(self, words: Sequence[str]) -> np.ndarray:
        """A vector for each word, float32 [words, size]; zeros where it has no piece."""
        import numpy as np

        found = np.zeros((len(words), self.size), np.float32)
        encoded = self._tokenizer.encode_batch(list(words), add_special_tokens=False)
        for place, each in enumerate(encoded):
            if each.ids:
                found[place] = self._table[each.ids].mean(axis=0)
        return found


def load_word_vectors(name: str) -> WordVectors:
    """The words of an encoder of the catalogue, which is fetched if it is not on the disk.

    Raises:
        NotFoundError, FetchError, IntegrityError, StorageError: It cannot be brought.
        MissingExtraError: The extra ``models`` is not installed.
    """
    folder = model_files(catalogue.find(name)).folder
    assert folder is not None, "an encoder is a folder"
    return WordVectors(folder)
