"""What pruning gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.core.viewers import Viewable


@dataclass(frozen=True)
class Pruned(Viewable):
    """A model with parameters taken out, as a folder.

    ``parameters`` are those that are not 0, ``removed_share`` what is gone of the base's. Both
    perplexities are of a token of the base's tokenizer, so that they can be compared where the
    vocabulary was trimmed; None where nothing was measured. ``what`` says what went.
    """

    path: Path
    model: str
    method: str
    what: str
    size_bytes: int
    size_bytes_base: int
    parameters: int
    parameters_base: int
    removed_share: float
    recovery_steps: int = 0
    perplexity: float | None = None
    perplexity_base: float | None = None
    texts: str | None = None
    texts_sha256: str | None = None
