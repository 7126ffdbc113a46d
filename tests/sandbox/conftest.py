"""Programs that try to get out, and what they are held against."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.sandbox import Code, Limits, run_isolated

needs_bubblewrap = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="needs bubblewrap: apt install bubblewrap"
)
PROBES = Path(__file__).parent / "probes.py"
LIMITS = Limits(
    cpu_s=20, wall_s=60, memory_bytes=512 << 20, processes=40, file_bytes=1 << 20, open_files=64,
    disk_bytes=8 << 20,
)  # fmt: skip
Try = Callable[..., dict[str, Any]]


@pytest.fixture
def naive() -> Try:
    """Run a probe as a plain subprocess: what it achieves where nobody keeps it from it."""

    def attempt(name: str, *arguments: object) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, PROBES, name, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, "WORKBENCH_TEST_SECRET": "hunter2"},
        )
        assert done.stdout, done.stderr
        return dict(json.loads(done.stdout))

    return attempt


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Try:
    """Run a probe in the sandbox."""
    monkeypatch.setenv("WORKBENCH_TEST_SECRET", "hunter2")

    def attempt(name: str, *arguments: object) -> dict[str, Any]:
        program = Code(PROBES.read_text(), arguments=(name, *map(str, arguments)))
        outcome = run_isolated(program, limits=LIMITS)
        said = json.loads(outcome.stdout) if outcome.stdout else {}
        return {"ended": outcome.ended, "stderr": outcome.stderr, **said}

    return attempt
