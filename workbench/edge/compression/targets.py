"""What a model can be made into: a form that a runtime reads, and how its weights are kept."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import InputError

# By form: who reads it, and the ways to keep weights, in the words of the command.
ENGINES = {"gguf": "llamacpp", "onnx": "onnx", "mlx": "mlx", "page": "onnxruntime-web"}
_READERS = {
    "gguf": "llama.cpp",
    "onnx": "ONNX Runtime",
    "mlx": "MLX",
    "page": "ONNX Runtime in a browser",
}
_MLX = ("8", "4")
_ONNX = ("float32", "int8", "int4", "bytes", "shipped")
_PAGE = ("bytes", "int8", "int4", "shipped")


@dataclass(frozen=True)
class Target:
    """One of them: ``form`` is gguf, onnx, mlx or page, ``kind`` as its own writer calls it."""

    form: str
    kind: str

    @property
    def engine(self) -> str:
        """The engine that loads it here."""
        return ENGINES[self.form]

    def __str__(self) -> str:
        return f"{self.form}:{self.kind.lower()}"


def kinds_of(form: str) -> tuple[str, ...]:
    """The ways in which a form keeps weights that can be made here."""
    from workbench.models.formats.gguf_recipes import RECIPES

    return {"gguf": tuple(RECIPES), "onnx": _ONNX, "mlx": _MLX, "page": _PAGE}[form]


def parse_target(text: str) -> Target:
    """``gguf:q4_k_m``, ``onnx:int4``, ``mlx:4``; capitals do not matter.

    Raises:
        InputError: There is no such form, or its runtime reads no such weights.
    """
    form, _, said = text.strip().partition(":")
    form = form.lower()
    if form not in ENGINES:
        raise InputError(
            f"{text!r} begins with no form of a model: {', '.join(ENGINES)}",
            hint="--to gguf:q4_k_m",
            parameter="to",
        )
    kinds = kinds_of(form)
    found = {kind.lower(): kind for kind in kinds}.get(said.lower())
    if found is None:
        others = [other for other in ENGINES if said.lower() in map(str.lower, kinds_of(other))]
        raise InputError(
            f"{_READERS[form]} reads no {form} of {said!r} here; "
            f"{', '.join(kind.lower() for kind in kinds)} can be made",
            hint=f"--to {others[0]}:{said.lower()}" if others and said else f"--to {_first(form)}",
            parameter="to",
        )
    return Target(form, found)


def _first(form: str) -> str:
    return {"gguf": "gguf:q4_k_m", "onnx": "onnx:int4", "mlx": "mlx:4", "page": "page:bytes"}[form]
