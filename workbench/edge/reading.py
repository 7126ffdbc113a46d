"""Whether the runtime reads a model, asked before work is put into it."""

from __future__ import annotations

from workbench.core.optional import available

_CONTEXT_TOKENS = 64


def check_read(model: str) -> None:
    """See that llama.cpp loads a GGUF, by loading it; where it is not installed nobody can say.

    Args:
        model: A name of the catalogue, or the path of a GGUF.

    Raises:
        CapabilityError: It does not know the model's architecture.
        EngineError: It does not load it, in its own words.
    """
    from workbench.models.loading import load

    if available("xllamacpp"):
        load(model, engine="llamacpp", context_tokens=_CONTEXT_TOKENS, threads=1).close()
