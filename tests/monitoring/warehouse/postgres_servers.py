"""A real Postgres that the tests start, stop and kill, as a user that is not root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

import pytest

PASSWORD = "made, with / and @ and %"
_QUOTED = "made%2C%20with%20%2F%20and%20%40%20and%20%25"
# Nothing here outlives its test, so nothing is waited for until it is on the disk.
_SETTINGS = ("fsync=off", "shared_buffers=64MB", "max_wal_size=2GB", "listen_addresses=127.0.0.1")


class PostgresServer:
    """A Postgres on a free port, in a temporary folder, with texts ordered as English has them."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._folder = Path(tempfile.mkdtemp(prefix="workbench-postgres-"))
        self._log = self._folder / "log"
        self._databases = 0
        self._process: subprocess.Popen[bytes] | None = None
        if os.getuid() == 0:  # Postgres refuses to run as root
            nobody = pwd.getpwnam("nobody")
            os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)
        secret = self._folder / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._run(
            "initdb", "--pgdata", str(self._folder / "data"), "--username", "lab", "--encoding",
            "UTF8", "--locale", "C.UTF-8", "--locale-provider", "icu", "--icu-locale", "en",
            "--auth", "scram-sha-256", "--pwfile", str(secret), "--no-sync",
        )  # fmt: skip

    def url(self, database: str = "postgres", *, password: str = _QUOTED) -> str:
        """The address of a database."""
        return f"postgresql://lab:{password}@127.0.0.1:{self.port}/{database}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [part for setting in _SETTINGS for part in ("-c", setting)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_as_nobody(), _program("postgres"), "-D", str(self._folder / "data"), "-p",
                 str(self.port), "-k", str(self._folder), *options],
                stdout=log, stderr=log, cwd=self._folder,
            )  # fmt: skip
        for _ in range(1000):
            if b"ready to accept connections" in self._log.read_bytes():
                return
            time.sleep(0.01)
        pytest.fail(f"Postgres did not start: {self._log.read_text()[-500:]}")

    def new_database(self) -> str:
        """The address of an empty database."""
        self._databases += 1
        name = f"made_{self._databases}"
        self.do(f"CREATE DATABASE {name}")
        return self.url(name)

    def do(self, text: str, url: str | None = None) -> list[tuple[object, ...]]:
        """Run statements as the owner; the rows of the last one."""
        import psycopg

        with psycopg.connect(url or self.url(), autocommit=True) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []

    def stop(self) -> None:
        """End it at once; what was committed stays."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(20)
            self._process = None
        self._log.unlink(missing_ok=True)

    def remove(self) -> None:
        """End it with all that it holds."""
        self.stop()
        shutil.rmtree(self._folder)

    def _run(self, program: str, *given: str) -> None:
        done = subprocess.run(
            [*_as_nobody(), _program(program), *given],
            capture_output=True, text=True, cwd=self._folder,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def _as_nobody() -> list[str]:
    if os.getuid() != 0:
        return []
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


def _program(name: str) -> str:
    """Debian keeps the server's programs beside the path, a folder a version."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: int(each.parts[-2])
    )
    for folder in reversed(folders):
        if (folder / name).is_file():
            return str(folder / name)
    found = shutil.which(name)
    assert found, f"{name} is not installed; Debian has it in the package postgresql"
    return found
