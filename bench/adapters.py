"""What a change of adapter costs on llama.cpp: time to the first token, changing and staying.

A model has one slot for each adapter, as in the gateway. With a new prompt both sides read it
whole; a known one has been read by each adapter in its own slot, and is not read again.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from shape import Benchmark, Figure, take_turns
from sides import MODEL

REQUESTS = 30
LIMIT_MS = 10.0
WORDS = "the sailor saw a light over the sea and turned his boat to the north again"


@contextmanager
def engine_with_adapters(folder: Path) -> Iterator[object]:
    """The default model with two random adapters, one thread."""
    from workbench.models import catalogue
    from workbench.models.adapter_store import write_gguf
    from workbench.models.engines.llamacpp import LlamaCppEngine
    from workbench.models.formats.tiny_lora import make_tiny_lora
    from workbench.models.loading import model_files
    from workbench.models.protocol import AdapterFiles, EngineSettings, ModelFiles

    gguf = model_files(catalogue.find(MODEL)).gguf
    assert gguf is not None
    adapters = []
    for seed, name in enumerate(("a@1", "b@1")):
        make_tiny_lora(folder / name, gguf, name=name[0], base_model=MODEL, seed=seed, rank=16)
        adapters.append(AdapterFiles(name, write_gguf(folder / name, gguf)))
    engine = LlamaCppEngine(
        ModelFiles(MODEL, gguf=gguf, adapters=tuple(adapters)),
        EngineSettings(context_tokens=512, threads=1, parallel=2),
    )
    try:
        yield engine
    finally:
        engine.close()


def adapters(rounds: int) -> list[Figure]:
    """A change of adapter against none, with prompts that are new and with one that is known."""
    from workbench.models.protocol import Sampling

    sampling = Sampling(max_tokens=1, temperature=0)
    number = itertools.count()

    with tempfile.TemporaryDirectory() as folder, engine_with_adapters(Path(folder)) as engine:

        def run(names: tuple[str, ...], prompt: Callable[[], list[int]]) -> float:
            """The median milliseconds to the first token of requests that take turns."""
            times = []
            for place in range(REQUESTS):
                ids, name = prompt(), names[place % len(names)]
                started_s = time.perf_counter()
                engine.answer(ids, sampling, adapter=name)  # type: ignore[attr-defined]
                times.append(1000 * (time.perf_counter() - started_s))
            return statistics.median(times)

        def new() -> list[int]:
            return list(engine.tokenize(f"{next(number)} {WORDS}"))  # type: ignore[attr-defined]

        known = new()
        figures = []
        for what, prompt in (("a new prompt", new), ("a prompt that is known", lambda: known)):
            run(("a@1", "b@1"), prompt)
            changing, staying = take_turns(
                lambda prompt=prompt: run(("a@1", "b@1"), prompt),  # type: ignore[misc]
                lambda prompt=prompt: run(("a@1",), prompt),  # type: ignore[misc]
                rounds=rounds,
            )
            added = [a - b for a, b in zip(changing, staying, strict=True)]
            figures.append(
                Figure(
                    f"first token of {what}, the adapter changed each time",
                    "the same adapter",
                    "ms",
                    tuple(changing),
                    tuple(staying),
                    better="lower",
                    details={
                        "added_ms": statistics.median(added),
                        "limit_ms": LIMIT_MS,
                        "requests": REQUESTS,
                        "prompt_tokens": len(known),
                    },
                )
            )
    return figures


BENCHMARKS = (Benchmark("adapters", adapters),)
