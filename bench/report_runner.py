"""How much faster forked kernels run a set of notebooks than papermill with a cold kernel each.

    .venv/bin/python bench/report_runner.py [--notebooks 8] [--rounds 3] [--json FILE]

Each notebook imports torch and transformers and computes for about a second. The two ways
alternate, each in a fresh process with its own imports and warm-up counted; medians are shown.
The outputs of both must be the same.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CELLS = (
    "from workbench.reports import claim, stamp\nstamp(seed=1);",
    "import torch\nimport transformers\nfrom transformers import AutoModelForCausalLM",
    # About a second on one core of the machine this was written on; the same work either way.
    "a = torch.randn(384, 384)\nfor _ in range(700):\n    a = torch.tanh(a @ a.T / 384)\n"
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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebooks", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    taken: dict[str, list[float]] = {"fork": [], "serial": []}
    cpu: dict[str, list[float]] = {"fork": [], "serial": []}
    claims: dict[str, set[str]] = {}
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base)
        notebooks = write_notebooks(folder, options.notebooks)
        for number in range(options.rounds):
            for way, code in (("serial", SERIAL), ("fork", FORKED)):
                out = folder / f"{way}{number}"
                wall_s, cpu_s = timed(code, out, notebooks)
                taken[way].append(wall_s)
                cpu[way].append(cpu_s)
                claims[way] = claims_below(out)
                print(f"round {number + 1}, {way}: {wall_s:.1f} s, on a core {cpu_s:.1f} s")
    medians = {way: statistics.median(each) for way, each in taken.items()}
    ratio = medians["serial"] / medians["fork"]
    same = claims["fork"] == claims["serial"] and len(claims["fork"]) == 1
    cpu_ratio = statistics.median(cpu["serial"]) / statistics.median(cpu["fork"])
    result = {
        "wall_s": taken,
        "cpu_s": cpu,
        "ratio": ratio,
        "cpu_ratio": cpu_ratio,
        "same_outputs": same,
    }
    print(
        f"medians {medians}, {ratio:.2f} times faster, {cpu_ratio:.2f} times less work, "
        f"same outputs: {same}, load {os.getloadavg()}"
    )
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
