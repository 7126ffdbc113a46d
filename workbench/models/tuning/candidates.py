"""What is tried when a model is tuned: engine, variant and number of threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core import settings
from workbench.core.errors import CapabilityError, InputError
from workbench.core.optional import install_command
from workbench.models.catalogue import ENGINES, CatalogueEntry
from workbench.models.loading import is_installed
from workbench.models.protocol import ModelFiles
from workbench.models.thread_count import candidates as thread_counts
from workbench.models.variants import list_variants

# What is worth trying where weights are of 4 bits: others lie between these in speed and quality.
_QUICK = {"llamacpp": ("shipped",), "onnx": ("shipped", "int8")}
_FULL = {
    "llamacpp": ("shipped", "Q8_0", "Q5_1", "Q4_0"),
    "onnx": ("shipped", "int8", "int4"),
}
_TUNED = ("llamacpp", "onnx")


@dataclass(frozen=True)
class Candidate:
    """One way to run a model. ``variant`` is empty where the engine has none."""

    engine: str
    variant: str
    threads: int

    @property
    def label(self) -> str:
        """As the table shows it."""
        return f"{self.engine} {self.variant} x{self.threads}".replace("  ", " ")


def list_candidates(
    entry: CatalogueEntry,
    files: ModelFiles,
    *,
    engines: Sequence[str] | None,
    threads: Sequence[int] | None,
    full: bool,
) -> list[Candidate]:
    """Every candidate, the reference first: the default engine with the weights as they came.

    Raises:
        InputError: An engine or a number of threads cannot be.
        CapabilityError: No engine of this model that is installed can be tuned.
    """
    if entry.kind != "chat":
        raise CapabilityError(
            f"{entry.name} is no chat model: what is tuned is decoding",
            hint="workbench models list",
        )
    wrong = sorted(set(engines or ()) - set(entry.engines))
    if wrong:
        raise InputError(
            f"{entry.name} does not run on {wrong[0]}; it runs on {', '.join(entry.engines)}",
            parameter="engines",
        )
    limit = settings.most_threads()
    if threads and not all(1 <= count <= limit for count in threads):
        raise InputError(
            f"threads is {list(threads)}; each must be 1 to {limit}", parameter="threads"
        )
    wanted = [name for name in engines or _TUNED if name in entry.engines]
    wanted = [name for name in wanted if is_installed(name)]
    counts = sorted(set(threads or thread_counts(settings.get("threads"))))
    found = [
        Candidate(engine, variant, count)
        for engine in sorted(wanted, key=ENGINES.index)
        for variant in _variants(files, engine, full=full)
        for count in (counts if engine != "mlx" else counts[:1])
    ]
    if not found:
        raise CapabilityError(
            f"no engine for {entry.name} that could be tuned is installed",
            hint=install_command("models"),
        )
    return found


def _variants(files: ModelFiles, engine: str, *, full: bool) -> list[str]:
    had = list_variants(files, engine)
    chosen = [each for each in (_FULL if full else _QUICK).get(engine, ()) if each in had]
    return chosen or [""]
