"""An embedding model for thousands of texts, where what a text costs is what counts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.processors import usable_cores
from workbench.models import catalogue
from workbench.models.adapters import parse_model_name
from workbench.models.engines.openmp import wait_quietly
from workbench.models.loading import load
from workbench.models.model_settings import read_settings

if TYPE_CHECKING:
    from workbench.models.model import Model


def load_for_many(name: str) -> Model:
    """Load an embedding model for whole corpora, in what the processor computes fastest.

    It has all threads, but one where other work keeps the cores busy.

    In bfloat16 a vector differs from that in float32 by an angle of about a degree, so the two may
    be compared with each other. What ``[models.NAME]`` sets goes before both.

    Raises:
        As ``load``.
    """
    own = read_settings(catalogue.find(parse_model_name(name).base).name)
    threads = own.threads or (1 if _others_are_busy() else settings.get("threads"))
    return load(name, threads=threads, dtype=own.dtype or quickest_dtype())


def _others_are_busy() -> bool:
    """Whether others want the cores too: threads that wait for each other then get nowhere (94 CPU
    s for what one did in 11). Twice the cores, since a load up to them may be our own work before.
    """
    return os.getloadavg()[0] > 2 * usable_cores()


def quickest_dtype() -> str:
    """``bfloat16`` if this processor multiplies it faster than ``float32``, else ``float32``.

    That is so with the instructions for it on x86, by 2.2 to 2.7 times; on ARM nobody has measured.
    """
    wait_quietly()
    import torch

    found = torch.cpu.get_capabilities()
    quick = found.get("avx512_bf16") or found.get("amx_bf16")
    return "bfloat16" if quick else "float32"
