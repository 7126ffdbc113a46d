"""The tiny base of the training tests, taught on the nodes of a cluster."""

from __future__ import annotations

from ...training.conftest import data, tiny_folder, tiny_gguf

__all__ = ["data", "tiny_folder", "tiny_gguf"]
