"""The tiny base of the training tests, taught by way of the queue."""

from __future__ import annotations

from ..training.conftest import data, tiny_folder, tiny_gguf

__all__ = ["data", "tiny_folder", "tiny_gguf"]
