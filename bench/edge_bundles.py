"""A bundle on a device: how soon it is ready, what it takes, what an update of 1% costs.

Issue 11 asks for a start within 1.5 s, within 400 MB, with the network off, and at most 3% of the
bytes for a change of 1%. The start is a process's whole life: from before it is made until it has
answered with one token and ended, by its own runner, in a network namespace where one can be made.
Memory is what the kernel says the process had at most, in a cgroup of 400 MB where one can be made.

The changes are drawn from seeds and were set down before anything was measured: 1% of the model's
bytes in 1, 16 or 64 runs; bytes put in at three places, which moves all that lies behind; and an
adapter of 1% beside a model that stays. What is counted is all that is read from the source.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shape import Benchmark, Figure

ASKED_S, ASKED_BYTES, ASKED_SHARE = 1.5, 400e6, 0.03
SHARE, SEED = 0.01, 20261128
MODEL = "smollm2-135m"
BLOCK_BYTES = 16 * 1024


@contextmanager
def bundle() -> Iterator[tuple[Path, Any]]:
    """A folder, and the first version of a bundle in it, with the real model."""
    from workbench.edge.bundles import building, keys, parts

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chosen = parts.find_model(MODEL)
        policy = parts.make_policy(chosen, {"max_tokens": 16})
        made = building.build(
            "bench",
            folder / "bench-1.bundle",
            contents=[chosen.content, policy],
            architecture=chosen.architecture,
            terms=building.Terms(memory_bytes=int(ASKED_BYTES)),
            signer=keys.load_signer(folder / "keys"),
        )
        yield folder, made


@contextmanager
def group() -> Iterator[Path | None]:
    """A memory cgroup of what is asked for; None where none can be made."""
    places = (
        (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
        (Path("/sys/fs/cgroup"), "memory.max"),
    )
    for base, limit in places:
        made = base / f"workbench-bench-{os.getpid()}"
        try:
            made.mkdir()
            (made / limit).write_text(str(int(ASKED_BYTES)))
        except OSError:
            if made.is_dir():
                made.rmdir()
            continue
        yield made
        made.rmdir()
        return
    yield None


def measure_start(rounds: int) -> list[Figure]:
    """The start and the memory of an installed bundle."""
    from workbench.edge.device import updating

    seconds, peaks, ready = [], [], []
    with bundle() as (folder, made), group() as kept:
        updating.install(folder / "device", str(made.path))
        enter = f"echo $$ > {kept}/cgroup.procs; " if kept else ""
        offline = "unshare --net " if os.geteuid() == 0 and shutil.which("unshare") else ""
        command = f'{enter}exec {offline}"$@"'
        run = [sys.executable, "-I", str(folder / "device" / "edge.py"), "health", "--json"]
        for _ in range(rounds):
            begun_s = time.perf_counter()
            done = subprocess.run(
                ["sh", "-c", command, "sh", *run], capture_output=True, check=True, env=quiet()
            )
            seconds.append(time.perf_counter() - begun_s)
            told = json.loads(done.stdout)
            peaks.append(float(told["memory_bytes"]))
            ready.append(told["start_s"])
    details = {
        "ready_s": ready,
        "network": "a namespace without any" if offline else "as it is",
        "memory": "kept by a cgroup" if kept else "measured",
    }
    return [
        Figure(
            "a bundle's start, one token and end",
            "asked",
            "s",
            tuple(seconds),
            (ASKED_S,) * rounds,
            better="lower",
            bound=1.0,
            details=details,
        ),
        Figure(
            "a bundle's memory at most",
            "asked",
            "bytes",
            tuple(peaks),
            (ASKED_BYTES,) * rounds,
            better="lower",
            bound=1.0,
            details=details,
        ),
    ]


def quiet() -> dict[str, str]:
    """An environment in which nothing leads to the packages of the benchmarks."""
    return {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"}


def changes(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The model after each change."""
    for runs in (1, 16, 64):
        drawn, out = random.Random(SEED + runs), bytearray(data)
        size = round(len(data) * SHARE / runs)
        for _ in range(runs):
            place = drawn.randrange(len(data) - size)
            out[place : place + size] = drawn.randbytes(size)
        yield f"1% in {runs} run{'s' * (runs > 1)}", bytes(out)
    drawn = random.Random(SEED)
    places = sorted(drawn.randrange(len(data)) for _ in range(3))
    put = drawn.randbytes(round(len(data) * SHARE / 3))
    pieces = [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]
    yield "1% put in at 3 places", put.join(pieces)


def fixed_share(before: bytes, after: bytes) -> float:
    """What blocks of one size would cost: those that are not there before, by their bytes."""
    import hashlib

    def blocks(data: bytes) -> list[bytes]:
        return [data[at : at + BLOCK_BYTES] for at in range(0, len(data), BLOCK_BYTES)]

    known = {hashlib.sha256(block).digest() for block in blocks(before)}
    new = sum(len(b) for b in blocks(after) if hashlib.sha256(b).digest() not in known)
    return (new + 32 * len(after) / BLOCK_BYTES) / len(after)


def measure_update(rounds: int) -> list[Figure]:
    """What updates fetch, as shares of the bundle; each is the same in each round."""
    from workbench.edge.bundles import building, keys, parts
    from workbench.edge.device import updating

    figures = []
    with bundle() as (folder, made):
        signer = keys.load_signer(folder / "keys")
        first = next(part for part in made.manifest.parts if part.kind == "model")
        updating.install(folder / "device", str(made.path), attempt=untried)
        kept = folder / "device" / "bundles" / made.manifest.digest / first.name
        data = kept.read_bytes()
        adapter = folder / "adapter.gguf"
        adapter.write_bytes(random.Random(SEED).randbytes(round(len(data) * SHARE)))
        for number, (name, changed) in enumerate([*changes(data), ("an adapter of 1%", data)]):
            model = folder / "model.gguf"
            model.write_bytes(changed)
            contents = [parts.Content("model", first.name, model)]
            if changed is data:
                contents.append(parts.Content("adapter", "parts/adapter.gguf", adapter))
            after = building.build(
                "bench",
                folder / "bench-2.bundle",
                contents=contents,
                architecture="llama",
                previous=made.path,
                signer=signer,
            )
            device = folder / f"device-{number}"
            updating.install(device, str(made.path), attempt=untried)
            done = updating.update(device, str(after.path), attempt=untried)
            share = done.fetched_bytes / after.size_bytes
            shutil.rmtree(device)
            figures.append(
                Figure(
                    f"update fetches, {name}",
                    "asked",
                    "of the bundle",
                    (share,) * rounds,
                    (ASKED_SHARE,) * rounds,
                    better="lower",
                    bound=1.0,
                    details={
                        "fetched_bytes": done.fetched_bytes,
                        "chunks": done.fetched_chunks,
                        "fixed_blocks_share": fixed_share(data, changed),
                    },
                )
            )
    return figures


def untried(folder: Path, root: Path) -> None:
    """What is counted here is bytes."""


BENCHMARKS = [
    Benchmark("edge-start", measure_start),
    Benchmark("edge-update", measure_update),
]
