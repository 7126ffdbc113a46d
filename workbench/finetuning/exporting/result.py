"""What an export is: which files, of what, and under which name they can be loaded here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.core.viewers import Viewable

Format = Literal["gguf", "mlx", "peft"]


@dataclass(frozen=True)
class ExportedFile:
    """One file."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Export(Viewable):
    """An adapter in one form, or its base with the adapter in its weights.

    ``model`` is the name under which a merged one stands in the catalogue, None if it was written
    elsewhere or is not merged. ``encoding`` says how the weights are kept.
    """

    adapter: str
    format: Format
    merged: bool
    encoding: str
    folder: str
    files: tuple[ExportedFile, ...]
    model: str | None = None
    notes: tuple[str, ...] = ()
