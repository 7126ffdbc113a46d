"""An embedding model for thousands of texts, where what a text costs is what counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.models import catalogue
from workbench.models.adapters import parse_model_name
from workbench.models.loading import load
from workbench.models.model_settings import read_settings

if TYPE_CHECKING:
    from workbench.models.model import Model


def load_for_many(name: str) -> Model:
    """Load an embedding model on all threads, in what the processor computes fastest.

    In bfloat16 a vector differs from that in float32 by an angle of about a degree, so the two may
    be compared with each other. What ``[models.NAME]`` sets goes before both.

    Raises:
        As ``load``.
    """
    own = read_settings(catalogue.find(parse_model_name(name).base).name)
    # Not as `load` chooses: at load it takes one thread, and the load may be our own work before.
    threads = own.threads or settings.get("threads")
    return load(name, threads=threads, dtype=own.dtype or quickest_dtype())


def quickest_dtype() -> str:
    """``bfloat16`` if this processor multiplies it faster than ``float32``, else ``float32``.

    That is so with the instructions for it on x86, by 2.2 to 2.7 times; on ARM nobody has measured.
    """
    import torch

    found = torch.cpu.get_capabilities()
    quick = found.get("avx512_bf16") or found.get("amx_bf16")
    return "bfloat16" if quick else "float32"
