"""A form of a model started in a process of its own: how long it takes, its memory at most."""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.cancellation import check_cancelled

if TYPE_CHECKING:
    from workbench.models.model import Model

CONTEXT_TOKENS = 1024
_PROMPT = "A small machine"


@dataclass(frozen=True)
class Candidate:
    """One form and how it is loaded."""

    target: str
    load: str
    engine: str
    variant: str | None
    size_bytes: int
    path: str


@dataclass(frozen=True)
class Started:
    """A model that runs. ``start_s`` is the median of its starts, each to its first token."""

    model: Model
    start_s: float
    before: frozenset[int]

    def peak_bytes(self) -> int:
        """The most that one of its processes held, resident; where only Linux tells, what it holds.

        One and not their sum: a browser's processes share what they are made of, and the model is
        in one of them.
        """
        new = _children() - self.before
        return max([self.model.memory_bytes(), *(_peak_bytes(pid) for pid in new)])


@contextlib.contextmanager
def started(candidate: Candidate, *, times: int = 1) -> Iterator[Started]:
    """Start a form so many times, one after the other, and give the last.

    What is only made once, a graph, a page or a file in another precision, is made before the
    clock runs.
    """
    seconds = []
    with _ready(candidate) as load:
        for number in range(times):
            check_cancelled()
            before = _children()
            begun_s = time.perf_counter()
            with load() as model:
                model.generate(_PROMPT, max_tokens=1, temperature=0)
                seconds.append(time.perf_counter() - begun_s)
                if number == times - 1:
                    yield Started(model, statistics.median(seconds), before)


@contextlib.contextmanager
def _ready(candidate: Candidate) -> Iterator[Callable[[], Model]]:
    """What loads the model, in a process of its own, so that its memory is its own too."""
    from workbench.models.loading import load, prepare

    if candidate.target.startswith("page:"):
        from workbench.edge.browser.page_engine import load_page, made_page

        assert candidate.variant is not None
        with made_page(candidate.load, candidate.variant) as files:
            yield lambda: load_page(files, candidate.load)
        return
    if candidate.variant is not None:
        prepare(candidate.load, engine=candidate.engine, variant=candidate.variant)
    yield lambda: load(
        candidate.load,
        engine=candidate.engine,
        variant=candidate.variant,
        context_tokens=CONTEXT_TOKENS,
        isolated=True,
    )


def _children() -> frozenset[int]:
    import psutil

    return frozenset(each.pid for each in psutil.Process(os.getpid()).children(recursive=True))


def _peak_bytes(pid: int) -> int:
    """What the kernel says a process held at most; 0 where it says nothing or it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    return 0
