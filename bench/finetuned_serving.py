"""What a tune costs when it is served by llama.cpp: live, merged, and four of them by turns.

The adapters hold random numbers on all seven maps of every layer, rank 16: what they cost does not
depend on what they say. Whether they mix does not either: the answers of 1,000 requests by turns
are compared with those of processes that have one adapter alone.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from shape import Benchmark, Figure, take_turns
from sides import MODEL

NAMES = ("a@1", "b@1", "c@1", "d@1")
REQUESTS, TOKENS = 1000, 4
DECODED = 128
LIVE_BOUND, MERGED_BOUND, LIMIT_MS = 0.75, 0.97, 10.0
WORDS = "the sailor saw a light over the sea and turned his boat to the north again"


@contextmanager
def engine(gguf: Path, adapters: tuple[Any, ...] = (), *, parallel: int = 1) -> Iterator[Any]:
    """llama.cpp with one thread, closed at the end."""
    from workbench.models.engines.llamacpp import LlamaCppEngine
    from workbench.models.protocol import EngineSettings, ModelFiles

    settings = EngineSettings(context_tokens=512, threads=1, parallel=parallel)
    made = LlamaCppEngine(ModelFiles(MODEL, gguf=gguf, adapters=adapters), settings)
    try:
        yield made
    finally:
        made.close()


def make_adapters(folder: Path, gguf: Path, *, size: float = 0.5) -> tuple[Any, ...]:
    """Four adapters, each as a GGUF beside what PEFT saves."""
    from workbench.models.adapter_store import write_gguf
    from workbench.models.formats.tiny_lora import ALL_TARGETS, make_tiny_lora
    from workbench.models.protocol import AdapterFiles

    made = []
    for seed, name in enumerate(NAMES):
        make_tiny_lora(
            folder / name,
            gguf,
            name=name[0],
            base_model=MODEL,
            seed=seed,
            rank=16,
            size=size,
            targets=ALL_TARGETS,
        )
        path = write_gguf(folder / name, gguf)
        made.append(AdapterFiles(name, gguf=path, folder=folder / name))
    return tuple(made)


def base_gguf() -> Path:
    """The default model as shipped, Q4_1."""
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    gguf = model_files(catalogue.find(MODEL)).gguf
    assert gguf is not None
    return gguf


def speed(rounds: int) -> list[Figure]:
    """Tokens a second of a live and of a merged adapter, against those of the base alone."""
    from workbench.models.formats.lora_merged import write_merged_gguf
    from workbench.models.protocol import ModelFiles, Sampling

    gguf = base_gguf()
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        # Small numbers: what is said stays as long as what the base says.
        adapters = make_adapters(folder, gguf, size=0.02)[:1]
        base = ModelFiles(MODEL, gguf=gguf)
        merged = write_merged_gguf(adapters[0].folder, folder / "merged.gguf", base=base)
        bare, live, whole = (
            stack.enter_context(engine(path, beside))
            for path, beside in ((gguf, ()), (gguf, adapters), (merged, ()))
        )
        ids = bare.tokenize(WORDS)

        def rate(one: Any, adapter: str | None = None) -> float:
            found = one.answer(ids, Sampling(max_tokens=DECODED, temperature=0), adapter=adapter)
            assert len(found.ids) == DECODED, "the answer ended before it was measured"
            return float((len(found.ids) - 1) / found.decode_s)

        figures = []
        for what, one, name, bound in (
            ("live adapter (rank 16) on Q4_1", live, NAMES[0], LIVE_BOUND),
            ("merged adapter, Q4_1 again", whole, None, MERGED_BOUND),
        ):
            rate(one, name), rate(bare)
            ours, theirs = take_turns(
                lambda one=one, name=name: rate(one, name),  # type: ignore[misc]
                lambda: rate(bare),
                rounds=rounds,
            )
            figures.append(
                Figure(what, "the base", "tokens/s", tuple(ours), tuple(theirs), bound=bound)
            )
        return figures


def switching(rounds: int) -> list[Figure]:
    """1,000 requests by turns over four adapters, a slot each: the same answers as alone."""
    from workbench.models.protocol import Sampling

    gguf, greedy = base_gguf(), Sampling(max_tokens=TOKENS, temperature=0)
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        adapters = make_adapters(Path(temporary), gguf)
        shared = stack.enter_context(engine(gguf, adapters, parallel=len(NAMES)))
        prompts = [shared.tokenize(f"{number} {WORDS}") for number in range(3)]
        expected = {}
        for adapter in adapters:
            with engine(gguf, (adapter,)) as alone:
                for place, prompt in enumerate(prompts):
                    # Read whole and then from the cache: the sums come in another order, and of two
                    # tokens that are nearly as likely the other one may win.
                    expected[adapter.name, place] = {
                        alone.answer(prompt, greedy, adapter=adapter.name).ids for _ in range(2)
                    }
        dice = random.Random(7)
        for _ in range(REQUESTS):
            name, place = dice.choice(NAMES), dice.randrange(len(prompts))
            found = shared.answer(prompts[place], greedy, adapter=name).ids
            assert found in expected[name, place], f"{name} answered as another one"

        def first_ms(names: tuple[str, ...]) -> float:
            times = []
            for place in range(40):
                started_s = time.perf_counter()
                one = Sampling(max_tokens=1, temperature=0)
                shared.answer(prompts[0], one, adapter=names[place % len(names)])
                times.append(1000 * (time.perf_counter() - started_s))
            return statistics.median(times)

        first_ms(NAMES)
        changing, staying = take_turns(
            lambda: first_ms(NAMES), lambda: first_ms(NAMES[:1]), rounds=rounds
        )
    added_ms = statistics.median(a - b for a, b in zip(changing, staying, strict=True))
    return [
        Figure(
            f"first token, four adapters by turns ({REQUESTS} requests were answered as alone)",
            "the same adapter",
            "ms",
            tuple(changing),
            tuple(staying),
            better="lower",
            details={"added_ms": added_ms, "limit_ms": LIMIT_MS, "requests": REQUESTS},
        )
    ]


BENCHMARKS = (
    Benchmark("finetuned_speed", speed),
    Benchmark("finetuned_switching", switching),
)
