"""A gateway that is killed at any moment has on the disk what it told its clients was done."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from .upstreams import Upstream

CLIENTS, KILLED_AFTER_S = 8, 0.6
PROGRAM = """
import sys, time
variant = sys.argv.pop(1)
if variant == "hasty":  # says that a row is on the disk when it is handed over
    from workbench.store.usage import UsageLog
    real_add, real_write = UsageLog.add, UsageLog._write

    def add(self, row, *, tell, text=None):
        real_add(self, row, tell=lambda _: None, text=text)
        tell(True)

    def write(self, batch, **more):
        time.sleep(0.2)  # a disk that has more to do
        return real_write(self, batch, **more)

    UsageLog.add, UsageLog._write = add, write
from workbench.cli.main import main
sys.exit(main())
"""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    running = Upstream()
    yield running
    running.close()


@contextlib.contextmanager
def serving(variant: str, upstream: Upstream, folder: Path) -> Iterator[tuple[str, str, int]]:
    """A gateway in a process of its own: its address, its key and the process's id."""
    far = f'[upstreams.far]\nurl = "{upstream.url}"\nmodels = ["words"]\n'
    (folder / "workbench.toml").write_text(f"[serving]\nload_at_start = []\n{far}")
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, variant, "serve", "--port", "0",
         "--key-file", str(folder / "key")],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder,
        env={**os.environ, "WORKBENCH_CONFIG": str(folder / "workbench.toml")},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split("listens on ")[1].split(";")[0]
        yield url, (folder / "key").read_text().strip(), process.pid
    finally:
        process.kill()
        process.communicate()


def ask_until_gone(url: str, key: str, *, stream: bool, done: list[str]) -> None:
    """Ask again and again; note the id of each answer that came to its very end."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)
    said = [{"role": "user", "content": "Go"}]
    body = json.dumps({"model": "words", "messages": said, "stream": stream})
    with contextlib.suppress(OSError, http.client.HTTPException):
        while True:
            connection.request(
                "POST", "/v1/chat/completions", body, {"Authorization": f"Bearer {key}"}
            )
            response = connection.getresponse()
            whole = response.read()
            assert response.status == 200, whole
            if not stream or whole.endswith(b"data: [DONE]\n\n"):
                done.append(str(response.headers["x-request-id"]))
    connection.close()


def kill_one(
    variant: str, upstream: Upstream, home: Path, folder: Path
) -> tuple[list[str], set[str]]:
    """The answers that clients had when a gateway was killed, and the rows that it left."""
    done: list[str] = []
    with serving(variant, upstream, folder) as (url, key, pid):
        threads = [
            threading.Thread(
                target=ask_until_gone, args=(url, key), kwargs={"stream": n % 2 > 0, "done": done}
            )
            for n in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        while len(done) < CLIENTS:
            time.sleep(0.01)
        time.sleep(KILLED_AFTER_S)
        os.kill(pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
    with contextlib.closing(sqlite3.connect(home / "store.sqlite")) as store:
        assert store.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        rows = store.execute("SELECT request_id FROM usage").fetchall()
    assert len(rows) == len({row[0] for row in rows})
    return done, {row[0] for row in rows}


def test_what_clients_have_is_on_the_disk(upstream: Upstream, home: Path, tmp_path: Path) -> None:
    done, rows = kill_one("sound", upstream, home, tmp_path)
    assert len(done) > CLIENTS
    assert set(done) <= rows
    assert len(rows) <= len(done) + CLIENTS  # of each client one may have been under way


def test_a_gateway_that_says_so_too_early_is_found_out(
    upstream: Upstream, home: Path, tmp_path: Path
) -> None:
    done, rows = kill_one("hasty", upstream, home, tmp_path)
    assert set(done) - rows
