"""What an import costs and what it leaves alone: the promise that rooms are free until used.

Times are CPU seconds of whole processes, the least of several runs less that of a bare interpreter,
so that a busy machine does not decide. The list of modules is the stronger test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REPO = Path(__file__).resolve().parents[2]
ROOMS = sorted(path.parent.name for path in (REPO / "workbench").glob("*/__init__.py"))
RUNS = 5
HEAVY = {
    "IPython", "aiohttp", "altair", "anywidget", "captum", "datasets", "duckdb", "fairlearn",
    "gguf", "huggingface_hub", "ipykernel", "ipywidgets", "jinja2", "jupyter_client", "llguidance",
    "matplotlib", "mlx", "mlx_lm", "nbclient", "nbconvert", "nbformat", "numpy", "pandas",
    "papermill", "plotly", "psutil", "psycopg", "pyarrow", "pydantic", "ray", "redis", "requests",
    "rich", "safetensors", "scipy", "shap", "sklearn", "starlette", "tokenizers", "torch",
    "transformers", "usearch", "vl_convert", "xllamacpp",
}  # fmt: skip
HELP = "import sys; sys.argv = ['workbench', '--help']; from workbench.cli.main import main; main()"


def cpu_ms(source: str, bytecode: Path, path: Path | None = None) -> float:
    """The least CPU time of several runs of a process, in milliseconds."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    variables = {**kept, "PYTHONPYCACHEPREFIX": str(bytecode), "PYTHONPATH": str(path or "")}
    times = []
    for _ in range(RUNS + 1):  # the first one compiles
        process = subprocess.Popen(
            [sys.executable, "-c", source], env=variables, stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, source
        times.append(1000 * (usage.ru_utime + usage.ru_stime))
    return min(times[1:])


@pytest.fixture(scope="module")
def bare_ms(bytecode: Path) -> float:
    """What starting Python costs by itself."""
    return cpu_ms("pass", bytecode)


@pytest.mark.parametrize(
    ("source", "most_ms"),
    [("import workbench", 20.0), *((f"import workbench.{room}", 100.0) for room in ROOMS),
     (HELP, 250.0)],
    ids=["workbench", *ROOMS, "help"],
)  # fmt: skip
def test_an_import_stays_in_its_budget(
    source: str, most_ms: float, bare_ms: float, bytecode: Path
) -> None:
    cost_ms = cpu_ms(source, bytecode) - bare_ms
    assert cost_ms <= most_ms, f"{cost_ms:.0f} ms of CPU, allowed {most_ms:.0f}"


def test_the_budget_sees_an_eager_import(tmp_path: Path, bare_ms: float, bytecode: Path) -> None:
    room = tmp_path / "wb_planted"
    room.mkdir()
    (room / "__init__.py").write_text("import numpy, pandas, pydantic, jinja2\n")
    # Some 400 ms: a planted import near the bound would be seen on some machines and not on others.
    assert cpu_ms("import wb_planted", bytecode, tmp_path) - bare_ms > 100.0


def loaded_by(run_python: Callable[..., Any], source: str, extra: Path | None = None) -> set[str]:
    """The top-level packages in ``sys.modules`` after ``source`` ran."""
    code = (
        f"import sys\ntry:\n    exec({source!r})\nexcept SystemExit:\n    pass\n"
        "print('\\n' + ' '.join({name.partition('.')[0] for name in sys.modules}))"
    )
    return set(run_python("-c", code, extra=extra).stdout.splitlines()[-1].split())


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_loads_nothing_heavy(room: str, run_python: Callable[..., Any]) -> None:
    assert loaded_by(run_python, f"import workbench.{room}; dir(workbench.{room})") & HEAVY == set()


def test_operations_and_help_load_nothing_heavy(run_python: Callable[..., Any]) -> None:
    everything = "from workbench.core.operations import all_operations; all_operations()"
    assert loaded_by(run_python, everything) & HEAVY == set()
    assert loaded_by(run_python, HELP) & HEAVY == set()


def test_the_look_at_modules_sees_an_eager_import(
    tmp_path: Path, run_python: Callable[..., Any]
) -> None:
    room = tmp_path / "wb_planted"
    room.mkdir()
    (room / "__init__.py").write_text("from . import inside\n")
    (room / "inside.py").write_text("import numpy\n")
    assert loaded_by(run_python, "import wb_planted", tmp_path) & HEAVY == {"numpy"}


# Looks before and after importing every room and every module that registers operations.
LOOK = """
import gc, json, logging, os, random, signal, sys, threading, warnings
def look():
    return {
        'environment': dict(os.environ),
        'handlers': [str(h) for h in logging.getLogger().handlers]
        + [n for n, l in logging.Logger.manager.loggerDict.items() if getattr(l, 'handlers', [])],
        'log level': logging.getLogger().level,
        'threads': sorted(t.name for t in threading.enumerate()),
        'signals': {s.name: str(signal.getsignal(s)) for s in signal.valid_signals()
                    if isinstance(s, signal.Signals)},
        'warnings': [str(w) for w in warnings.filters],
        'path': list(sys.path),
        'folder': os.getcwd(),
        'descriptors': len(os.listdir('/proc/self/fd')) if os.path.isdir('/proc/self/fd') else 0,
        'random': random.getstate()[1][:3],
        'hooks': [str(sys.excepthook), str(sys.displayhook), str(sys.meta_path)],
    }
before = look()
exec(sys.argv[1])
after = look()
print(json.dumps([name for name in before if before[name] != after[name]]))
"""


def changed_by(run_python: Callable[..., Any], source: str, home: Path, **extra: Any) -> list[str]:
    found = run_python("-c", LOOK, source, **extra)
    changed: list[str] = json.loads(found.stdout.splitlines()[-1])
    written = [path for path in home.parent.rglob("*") if path.name not in ("empty", "planted")]
    return changed + ["files" for _ in written[:1]] + ["output" for _ in found.stderr[:1]]


def test_an_import_changes_nothing(run_python: Callable[..., Any], home: Path) -> None:
    everything = "\n".join(f"import workbench.{room}" for room in ROOMS)
    everything += "\nfrom workbench.core.operations import all_operations\nall_operations()"
    assert changed_by(run_python, everything, home) == []


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("import os; os.environ['TOKENIZERS_PARALLELISM'] = 'false'", ["environment"]),
        ("import logging; logging.basicConfig()", ["handlers"]),
        ("import logging; logging.getLogger('wb').addHandler(logging.NullHandler())", ["handlers"]),
        ("import threading; threading.Thread(target=threading.Event().wait, args=(5,)).start()",
         ["threads"]),
        ("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)", ["signals"]),
        ("import warnings; warnings.simplefilter('ignore')", ["warnings"]),
        ("import random; random.seed(0)", ["random"]),
        ("kept = open('/dev/null')", ["descriptors"]),
        ("import os; os.makedirs(os.environ['WORKBENCH_HOME'])", ["files"]),
        ("import sys; sys.stderr.write('loading...')", ["output"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)  # fmt: skip
def test_the_look_sees_each_kind_of_change(
    run_python: Callable[..., Any], home: Path, source: str, seen: list[str]
) -> None:
    assert changed_by(run_python, source, home) == seen
