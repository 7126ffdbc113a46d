"""How much faster forked kernels run a set of notebooks than papermill with a cold kernel each.

Each notebook imports torch and transformers and computes for about a second. The two ways
take turns, each in a fresh process with its own imports and warm-up counted. The outputs of both
must be the same.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from shape import Benchmark, Figure, take_turns

NOTEBOOKS = 8
CELLS = (
    "from workbench.reports import claim, stamp\nstamp(seed=1);",
    "import torch\nimport transformers\nfrom transformers import AutoModelForCausalLM",
    # About a second on one core of the machine this was written on; the same work either way. Its
    # result is sensitive: a rounding that differs in the first step is another number at the end.
    "w = torch.randn(384, 384) / 384**0.5 * 2\na = torch.randn(384, 384)\n"
    "for _ in range(1450):\n    a = torch.tanh(a @ w)\n"
    "claim('mean', a.mean().item(), low=-1, high=1)",
)
FORKED = """
import sys
from pathlib import Path
from workbench.reports import run
result = run([Path(name) for name in sys.argv[2:]], out=Path(sys.argv[1]), jobs=2, kernels='fork')
assert result.ok and all(each.kernel == 'fork' for each in result.runs), result
"""
SERIAL = """
import sys
from pathlib import Path
import papermill
for name in sys.argv[2:]:
    papermill.execute_notebook(name, str(Path(sys.argv[1]) / Path(name).name), progress_bar=False)
"""


def write_notebooks(folder: Path, count: int) -> list[Path]:
    """Write the notebooks; each is the same, so their outputs must be too."""
    import nbformat

    paths = []
    for number in range(count):
        node = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in CELLS],
            metadata={
                "kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}
            },
        )
        paths.append(folder / f"notebook{number}.ipynb")
        nbformat.write(node, paths[-1])
    return paths


def timed(code: str, out: Path, notebooks: list[Path]) -> tuple[float, float]:
    """Seconds that a fresh process takes, and those of all its processes on a core.

    The second is what a busy machine leaves as it is.
    """
    out.mkdir(parents=True)
    # One thread each, in both: two kernels side by side get one core each.
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    started_s, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", code, str(out), *map(str, notebooks)],
        check=True,
        env={**os.environ, **threads, "WORKBENCH_HOME": str(out / "home")},
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started_s, cpu_s


def claims_below(folder: Path) -> set[str]:
    """The claims of every executed notebook below a folder, as text."""
    found = set()
    for path in folder.rglob("*.ipynb"):
        for cell in json.loads(path.read_text())["cells"]:
            for output in cell.get("outputs", []):
                claim = output.get("data", {}).get("application/vnd.workbench.claim+json")
                if claim:
                    found.add(json.dumps(claim, sort_keys=True))
    return found


def measure(rounds: int) -> list[Figure]:
    """Wall time and CPU time of the same notebooks, run both ways."""
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base)
        notebooks = write_notebooks(folder, NOTEBOOKS)
        claims: dict[str, set[str]] = {}

        def one(way: str, code: str) -> tuple[float, float]:
            out = folder / f"{way}{time.monotonic_ns()}"
            taken = timed(code, out, notebooks)
            claims[way] = claims_below(out)
            return taken

        forked, serial = take_turns(
            lambda: one("fork", FORKED), lambda: one("serial", SERIAL), rounds=rounds
        )
    if claims["fork"] != claims["serial"] or len(claims["fork"]) != 1:
        raise RuntimeError(f"the two ways gave different outputs: {claims}")
    name = f"{NOTEBOOKS} notebooks that import torch and transformers, 2 at a time"
    peer = "papermill, one after another"

    def figure(label: str, part: int, bound: float | None) -> Figure:
        mine, theirs = (tuple(each[part] for each in way) for way in (forked, serial))
        return Figure(label, peer, "s", mine, theirs, better="lower", bound=bound)

    return [figure(name, 0, 3.0), figure(f"{name}: CPU time", 1, None)]


BENCHMARKS = (Benchmark("reports", measure),)
