"""See that MLflow itself reads back an exported run; by hand, for MLflow is no part of us.

    python tools/check_mlflow.py                 # the newest run of WORKBENCH_HOME
    python tools/check_mlflow.py --python PATH   # with an environment that has MLflow already

Without --python it makes an environment in a temporary folder and installs MLflow there: over 30
packages, a few minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

_READ = """
import json, sys
from mlflow.tracking import MlflowClient
client = MlflowClient()
home = client.get_experiment_by_name("workbench").experiment_id
runs = client.search_runs([home])
told = json.load(open(sys.argv[1], encoding="utf-8"))
(run,) = runs
assert run.info.status == told["status"], run.info.status
assert run.data.params == told["params"]
wanted = {}
for name, value, time_ms, step in told["metrics"]:
    wanted.setdefault(name, set()).add((step, value, time_ms))
for name, rows in wanted.items():
    history = client.get_metric_history(run.info.run_id, name)
    read = {(each.step, each.value, each.timestamp) for each in history}
    assert read == rows, (name, rows ^ read)
print(len(told["metrics"]), "numbers of", len(wanted), "metrics and", len(told["params"]),
      "parameters are as they were written")
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="latest")
    parser.add_argument("--python", type=Path)
    chosen = parser.parse_args()
    from workbench.finetuning.recording.run_export import export_run

    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder)
        python = chosen.python or install(own / "venv")
        made = export_run(chosen.run, to="mlflow", out=own / "runs")
        script = Path(made.folder) / "import_into_mlflow.py"
        environment = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{own}/mlflow.db"}
        for arguments in ([script], [script], ["-c", _READ, script.with_name("run.json")]):
            subprocess.run([python, *arguments], env=environment, cwd=own, check=True)
        told = json.loads(script.with_name("run.json").read_text(encoding="utf-8"))
        print(f"{told['name']}: read back by MLflow, imported twice and there once")
    return 0


def install(folder: Path) -> Path:
    """An environment with MLflow; its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "mlflow"], check=True)
    return python


if __name__ == "__main__":
    sys.exit(main())
