"""What comes of making, checking and running bundles."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.viewers import Viewable


@dataclass(frozen=True)
class BundlePart:
    """One file of a bundle."""

    kind: str
    name: str
    size_bytes: int
    sha256: str
    chunks: int


@dataclass(frozen=True)
class Bundle(Viewable):
    """A bundle that is whole. ``key`` names the key that signed it, ``digest`` its manifest.

    ``trusted`` says whether the key was among those that were given. ``changed_bytes`` is what a
    device that has the version before fetches; None where no version before was given.
    """

    path: Path
    name: str
    version: int
    digest: str
    line: str
    key: str
    public_key: str = field(repr=False)
    trusted: bool
    size_bytes: int
    architecture: str
    target: str
    runtime: str
    memory_bytes: int
    context_tokens: int
    expires_s: int | None
    parts: tuple[BundlePart, ...] = field(repr=False)
    changed_bytes: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class EdgeAnswer(Viewable):
    """An answer of a bundle, run by its own runner in a process of its own.

    ``start_s`` is from the process's begin to the model being ready, ``first_s`` from there to the
    first word, ``memory_bytes`` the most memory that the process had at once.
    """

    text: str
    version: int
    prompt_tokens: int
    completion_tokens: int
    finish: str
    start_s: float
    first_s: float
    duration_s: float
    memory_bytes: int
    root: Path
    notes: tuple[str, ...] = ()
