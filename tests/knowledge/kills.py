"""A script that kills and looks, run in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def kill(script: Path, folder: Path, kills: int, variant: str = "sound") -> list[dict[str, Any]]:
    """What the script saw at each kill."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), str(folder), str(kills), variant],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
