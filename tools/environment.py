"""Write environment.yml and binder/ from pyproject.toml, requirements.lock and the Makefile.

python tools/environment.py           # writes them
python tools/environment.py --check   # says which differ, and ends with 1 if one does
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from generated import write_or_check

REPO = Path(__file__).resolve().parents[1]
NOTE = "Made by tools/environment.py; change pyproject.toml or the lock file and `make generate`."


def python_version() -> str:
    """The Python that everything is tested with: the lowest that pyproject.toml allows."""
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = re.match(r">=\s*(\d+\.\d+)", project["requires-python"])
    assert found is not None
    return found[1]


def torch_pin() -> str:
    """The requirement of torch, which the Makefile installs before the rest."""
    found = re.search(r"^TORCH\s*:=\s*(\S+)$", (REPO / "Makefile").read_text("utf-8"), re.M)
    assert found is not None
    return found[1]


def pins() -> list[str]:
    """The requirements of the lock file without their hashes."""
    lines = (REPO / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return [line.removesuffix("\\").strip() for line in lines if re.match(r"[A-Za-z0-9]", line)]


def render() -> dict[str, str]:
    """Each file's content by its path in the repository."""
    listed = "\n".join(f'      - "{pin}"' for pin in [torch_pin(), *pins(), "--editable ."])
    conda = f"""\
# {NOTE}
# conda env create --file environment.yml && conda activate workbench
# The pins are those of requirements.lock; its hashes are checked by `make`, which conda cannot.
name: workbench
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python={python_version()}
  - pip
  - pip:
{listed}
"""
    after_build = f"""\
#!/usr/bin/env bash
# {NOTE}
# What `make` does, in the environment that repo2docker made.
set -euo pipefail
python -m pip install {torch_pin()}
python -m pip install --no-deps --require-hashes -r requirements.lock
python -m pip install --no-deps --no-build-isolation --editable .
workbench models pull smollm2-135m
"""
    start = f"""\
#!/usr/bin/env bash
# {NOTE}
# Opens what `make lab` opens. Binder's server is reached through its proxy, which has the token.
export JUPYTER_CONFIG_PATH="$PWD/jupyter_config" JUPYTER_PATH="$PWD/jupyter_config"
exec "$@" --ServerApp.allow_remote_access=True
"""
    return {
        "environment.yml": conda,
        "binder/runtime.txt": f"python-{python_version()}\n",
        "binder/postBuild": after_build,
        "binder/start": start,
    }


if __name__ == "__main__":
    write_or_check(render(), executable={"binder/postBuild", "binder/start"})
