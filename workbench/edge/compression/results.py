"""What compressing gives: the file and its figures, a table of several, and what is recommended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.viewers import Viewable


@dataclass(frozen=True)
class Made:
    """A model in another form. ``path`` is a file (GGUF) or a folder (ONNX, MLX).

    ``sha256`` is the file's, or of a folder that of its files' names and digests. ``encoding`` is
    what it says of its own history; ``types`` counts the tensors of each type, and ``fallbacks``
    names those whose rows are too narrow for the type that they should have had, with that type.
    ``calibration`` is the sha256 of the texts that weighed the errors.
    """

    model: str
    target: str
    path: Path
    size_bytes: int
    sha256: str
    encoding: str = ""
    types: Mapping[str, int] = field(default_factory=dict)
    fallbacks: Mapping[str, str] = field(default_factory=dict)
    calibration: str | None = None


@dataclass(frozen=True)
class Measured:
    """Figures of one form of a model on one engine.

    ``memory_bytes`` is the most that its process held (where the system does not tell, what it held
    after the texts were read), of a page its tab's. ``start_s`` is from before its process is made
    to its first token, with the files read before; of a page the browser's start is in it.
    ``tokens_per_s`` is a median, greedy;
    ``joules_per_token`` is the processor's, where the machine tells it; ``accuracy`` the share of
    frozen questions that are answered with one of the answers that count, where they were asked.
    """

    target: str
    engine: str
    size_bytes: int
    memory_bytes: int
    perplexity: float
    bits_per_byte: float
    tokens: int
    tokens_per_s: float | None
    joules_per_token: float | None = None
    accuracy: float | None = None
    path: str = ""
    perplexity_ratio: float = 1.0
    speed_ratio: float | None = None
    frontier: bool = False
    start_s: float | None = None


@dataclass(frozen=True)
class Compression(Viewable):
    """A model in another form beside what it was made of, on the same texts.

    Figures are None where nothing was measured. ``texts_sha256`` names what was read. A model whose
    own weights were quantised before is *re-encoded*: ``perplexity_base`` is not that of the model
    as it was trained.
    """

    path: Path
    size_bytes: int
    perplexity: float | None
    perplexity_base: float | None
    tokens_per_s: float | None
    model: str
    target: str
    sha256: str
    encoding: str
    size_bytes_base: int
    tokens_per_s_base: float | None = None
    accuracy: float | None = None
    accuracy_base: float | None = None
    memory_bytes: int | None = None
    memory_bytes_base: int | None = None
    texts: str | None = None
    texts_sha256: str | None = None
    calibration_sha256: str | None = None
    types: Mapping[str, int] = field(default_factory=dict)
    fallbacks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FormsComparison(Viewable):
    """Several forms of a model on the same texts, the model as it came first.

    ``frontier`` of a row: none of the others is faster at no higher perplexity. ``left_out`` names
    the runtimes that were meant and are not here, with the reasons.
    """

    model: str
    rows: tuple[Measured, ...]
    texts: str
    texts_sha256: str
    machine: str
    picture: str | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def base(self) -> Measured:
        """The model as it came."""
        return self.rows[0]


@dataclass(frozen=True)
class Recommendation(Viewable):
    """The form for a device, the reason, and why the others were passed over.

    ``ok`` is False where nothing loses as little as the profile allows: then the least lossy that
    fits is named.
    """

    model: str
    profile: str
    target: str
    reason: str
    passed_over: Mapping[str, str]
    ok: bool = True
