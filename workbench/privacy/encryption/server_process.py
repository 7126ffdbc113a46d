"""A server in a process of its own: started, waited for until it listens, ended by its own id."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core import settings
from workbench.core.cancellation import check_cancelled
from workbench.core.errors import DeadlineError, EngineError, all_errors

_POLL_S = 0.05
_START_S = 120.0
_GRACE_S = 5.0
_LOG_BYTES = 1 << 12


class ServerProcess:
    """An encrypted server as a child.

    It ends when it is told to, and also when its standard input closes: it does not outlive us.
    """

    def __init__(self, folder: Path, *, keys: Path | None = None) -> None:
        words = [sys.executable, "-m", "workbench.privacy.encryption.server_process", str(folder)]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            words if keys is None else [*words, str(keys)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, f"{settings.ENV_PREFIX}HOME": str(settings.home())},
            # Ctrl-C goes to the whole group; the client ends its server in its own order.
            process_group=0,
        )
        try:
            self.url = self._wait()
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def close(self) -> None:
        """End the process. Calling it twice is harmless."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _wait(self) -> str:
        stdout = self._process.stdout
        assert stdout is not None
        deadline_s = time.monotonic() + _START_S
        while not select.select([stdout], [], [], _POLL_S)[0]:
            check_cancelled()
            if time.monotonic() > deadline_s:
                raise DeadlineError(f"the server did not start within {_START_S:g} s")
        line = stdout.readline()
        if not line:
            raise EngineError(f"the server ended before it listened: {self._last_words()}")
        said = json.loads(line)
        if "url" in said:
            return str(said["url"])
        kinds = {kind.code: kind for kind in all_errors()}
        raise kinds.get(said["code"], EngineError)(said["message"], hint=said["hint"])

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        size = os.fstat(self._log.fileno()).st_size
        said = os.pread(self._log.fileno(), _LOG_BYTES, max(0, size - _LOG_BYTES))
        return said.decode(errors="replace").strip().rpartition("\n")[2]


@contextmanager
def encrypted_server(folder: Path, *, keys: Path | None = None) -> Iterator[ServerProcess]:
    """A server for as long as a block runs.

    Args:
        folder: The server's folder, as ``save_compiled`` wrote it.
        keys: A client's folder ``for_server``; clients may send theirs as well.

    Raises:
        InputError: A secret key is in one of the folders.
        EngineError: The server ended before it listened.
    """
    process = ServerProcess(folder, keys=keys)
    try:
        yield process
    finally:
        process.close()


def main(words: list[str]) -> int:
    """Serve in this process, and say where, until standard input closes."""
    from workbench.core.errors import WorkbenchError

    from .server import EncryptedServer

    def tell(said: dict[str, object]) -> None:
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()

    try:
        server = EncryptedServer(Path(words[0]), keys=Path(words[1]) if words[1:] else None)
    except WorkbenchError as error:
        tell(error.to_dict())
        return error.exit_status
    threading.Thread(target=server.serve, name="encrypted-server", daemon=True).start()
    tell({"url": server.url})
    sys.stdin.buffer.read()
    server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
