"""A real server that speaks Bolt (ArcadeDB) on the loopback, which the tests start and stop."""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

import pytest

DATABASES = ("graph", "shared", "others")
_SERVER = """
import os, sys
import arcadedb_embedded
from arcadedb_embedded.server import ArcadeDBServer

folder, bolt, http, *databases = sys.argv[1:]
server = ArcadeDBServer(
    folder,
    sys.stdin.readline().strip(),
    {
        "host": "127.0.0.1",
        "http_port": int(http),
        "server_plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
        "bolt_port": int(bolt),
    },
    {"heap_size": "512m"},
)
server.start()
for name in databases:
    server.create_database(name)
print("ready", flush=True)
sys.stdin.read()  # until the tests end, however they do
os._exit(0)
"""


class BoltServer:
    """A server on free ports with some empty databases; the password is drawn."""

    user = "root"

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="workbench-bolt-"))
        self.password = secrets.token_hex(16)
        self.port, self.http_port = _free_ports(2)
        self._process: subprocess.Popen[str] | None = None

    def url(self, database: str = DATABASES[0]) -> str:
        """What ``graph_url`` has to be."""
        return f"bolt://{self.user}@127.0.0.1:{self.port}/{database}"

    def __enter__(self) -> Self:
        if sys.platform != "linux":
            pytest.skip("arcadedb-embedded is for Linux alone")
        with (self._folder / "errors").open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVER, str(self._folder), str(self.port),
                 str(self.http_port), *DATABASES],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                cwd=self._folder,
            )  # fmt: skip
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{self.password}\n")
        self._process.stdin.flush()
        if not any(line.startswith("ready") for line in self._process.stdout):
            pytest.fail(f"the server did not start: {(self._folder / 'errors').read_text()[-800:]}")
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process is not None:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.close()
            process.wait(timeout=30)
            process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def use(server: BoltServer, monkeypatch: pytest.MonkeyPatch, database: str = DATABASES[0]) -> None:
    """Settings and password as a user would give them."""
    monkeypatch.setenv("WORKBENCH_GRAPH_URL", server.url(database))
    monkeypatch.setenv("NEO4J_PASSWORD", server.password)


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports
