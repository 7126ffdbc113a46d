"""Three real models under a budget that holds two; bench/pool.py does it a thousand times."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from workbench.core import settings
from workbench.models import estimates
from workbench.models.formats.requantize import requantize
from workbench.models.formats.tiny import make_tiny_gguf
from workbench.models.pool import ModelPool

pytestmark = pytest.mark.model


def just_forked(child: psutil.Process) -> bool:
    """Whether it has yet to become another program: until then its pages are its parent's own.

    Asked before its memory is read: a program that was begun stays one.
    """
    parent = child.parent()
    return parent is not None and child.cmdline() == parent.cmdline()


@contextmanager
def watched() -> Iterator[list[int]]:
    """The memory of all child processes, every 20 ms, from outside; but for those of others."""
    others = {child.pid for child in psutil.Process().children(recursive=True)}
    seen: list[int] = [0]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            taken = 0
            for child in psutil.Process().children(recursive=True):
                if child.pid in others:
                    continue
                try:
                    taken += 0 if just_forked(child) else child.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            seen.append(taken)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def play(pool: ModelPool, names: list[str], requests: int) -> Counter[str]:
    """Mixed requests from four callers; how many of each model were answered."""
    draw = random.Random(1)
    work = [(draw.choice(names), draw.choice("ab"), draw.randint(1, 6)) for _ in range(requests)]

    def one(item: tuple[str, str, int]) -> str:
        name, tenant, tokens = item
        with pool.borrow(name, tenant=tenant, tokens=tokens + 4, timeout_s=280) as loan:
            loan.model.generate("The sea is", max_tokens=tokens, temperature=0)
        return name

    with ThreadPoolExecutor(4) as threads:
        return Counter(threads.map(one, work))


@pytest.fixture(scope="module")
def paths(smollm2_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The default model as shipped, the same in 8 bits, and a tiny one."""
    folder = tmp_path_factory.mktemp("soak")
    requantize(smollm2_gguf, folder / "eight.gguf", "Q8_0")
    make_tiny_gguf(folder / "tiny.gguf")
    own = {name: folder / f"{name}.gguf" for name in ("eight", "tiny")}
    return {"shipped": smollm2_gguf, **own}


@pytest.fixture
def names(paths: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The same as models of the user's own, small in context."""
    table = "".join(
        f'[models.{name}]\npath = "{path}"\ncontext_tokens = 256\n' for name, path in paths.items()
    )
    (tmp_path / "workbench.toml").write_text(table)
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "workbench.toml"))
    return list(paths)


def needs(name: str) -> int:
    """What the pool will reckon the model with before it has seen it in use."""
    from workbench.models.pool.describing import describe

    return describe(name, None, slots=2).needs.bytes


@pytest.mark.slow
def test_three_models_under_a_budget_for_two(names: list[str]) -> None:
    sizes = sorted(map(needs, names))
    budget = sizes[1] + sizes[2] + 1_000_000
    assert sum(sizes) > budget
    with settings.override(threads=1), watched() as seen, ModelPool(budget, patience_s=1.0) as pool:
        served = play(pool, names, 40)
        assert pool.state().queued == 0
    assert set(served) == set(names)
    assert sum(served.values()) == 40
    assert 0 < max(seen) <= 1.05 * budget


def test_a_pool_that_reckons_with_too_little_is_seen_to_go_over(
    names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = sorted(map(needs, names))
    monkeypatch.setattr(estimates, "estimate_bytes", lambda *_, **__: 1_000_000)
    monkeypatch.setattr("workbench.models.pool.scheduler.Scheduler._shed", lambda *_: None)
    monkeypatch.setattr("workbench.models.pool.scheduler.Scheduler.loaded", _believe)
    with settings.override(threads=1), watched() as seen, ModelPool(sizes[2] + sizes[0]) as pool:
        play(pool, names, 6)
    assert max(seen) > 1.05 * (sizes[2] + sizes[0])


def _believe(_: object, resident: object, *, now_s: float, **__: object) -> None:
    """Take a loaded model for as small as it was reckoned."""
    resident.status, resident.loaded_at_s = "ready", now_s  # type: ignore[attr-defined]
