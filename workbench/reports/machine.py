"""Which machine, which commit, which versions: what a figure depends on and a reader asks for.

Nothing here names the machine, its user or a path: a report may be handed on.
"""

from __future__ import annotations

import functools
import os
import platform
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench.core.processors import usable_cores

# Import name to distribution, in the order in which a reader looks for them.
MAIN_PACKAGES = {
    "workbench": "workbench",
    "numpy": "numpy",
    "pandas": "pandas",
    "pyarrow": "pyarrow",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "torch": "torch",
    "transformers": "transformers",
    "tokenizers": "tokenizers",
    "safetensors": "safetensors",
    "mlx": "mlx",
    "mlx_lm": "mlx-lm",
    "xllamacpp": "xllamacpp",
    "datasets": "datasets",
    "captum": "captum",
    "shap": "shap",
    "fairlearn": "fairlearn",
    "plotly": "plotly",
    "altair": "altair",
    "matplotlib": "matplotlib",
    "ipywidgets": "ipywidgets",
    "anywidget": "anywidget",
    "ipykernel": "ipykernel",
}


def versions(loaded: Iterable[str]) -> dict[str, str]:
    """Python's version and those of the main packages among ``loaded`` (import names)."""
    import importlib.metadata

    found = {"python": platform.python_version()}
    names = set(loaded)
    for module, distribution in MAIN_PACKAGES.items():
        if module in names:
            try:
                found[distribution] = importlib.metadata.version(distribution)
            except importlib.metadata.PackageNotFoundError:
                continue  # run from a folder, not installed: there is no version to state
    return found


def versions_text(found: dict[str, str]) -> str:
    """Versions in the order in which a reader looks for them; JSON keeps none."""
    order = ["python", *MAIN_PACKAGES.values()]
    names = sorted(found, key=lambda name: order.index(name) if name in order else len(order))
    return ", ".join(f"{name} {found[name]}" for name in names)


@functools.cache
def machine() -> dict[str, Any]:
    """Operating system, processor, usable cores and memory."""
    return {
        "os": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "cpu": _cpu_model(),
        "cores": usable_cores(),
        "memory_bytes": _memory_bytes(),
    }


def commit(folder: Path | None = None) -> dict[str, Any]:
    """The commit that ``folder`` stands at and whether tracked files were changed since.

    Returns:
        ``{"sha": ..., "dirty": ...}``; ``sha`` is None outside a repository.
    """
    sha = _git(["rev-parse", "HEAD"], folder)
    if not sha:
        return {"sha": None, "dirty": None}
    changed = _git(["status", "--porcelain", "--untracked-files=no"], folder)
    return {"sha": sha, "dirty": changed is None or bool(changed)}


def _git(arguments: list[str], folder: Path | None) -> str | None:
    import subprocess

    # Optional locks off: a report must not make a commit that runs beside it fail.
    command = ["git", "--no-optional-locks", *arguments]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):  # no git on this machine, or a stalled disk
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _cpu_model() -> str:
    if sys.platform == "darwin":
        import subprocess

        done = subprocess.run(
            ["sysctl", "-n", "machdep.cpu.brand_string"],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
