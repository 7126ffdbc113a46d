"""Upstreams for the tests: processes of their own that speak OpenAI's dialect."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).resolve().parents[2] / "bench" / "upstream_server.py"


class Upstream:
    """One that runs; what it does, its models' names say (see ``bench/upstream_server.py``)."""

    def __init__(self, port: int = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(port)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def seen(self) -> list[dict[str, Any]]:
        """What it was asked."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/seen") as response:
            return json.loads(response.read())

    def close(self) -> None:
        """End it. Calling it twice is harmless."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
