"""A Chromium of one's own, asked over a pipe (the Chrome DevTools Protocol); no port is opened."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, DeadlineError, EngineError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_ARGUMENTS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
)
_POLL_S, _END_S, _READ_BYTES = 0.2, 5.0, 1 << 16
_ITS_FIRST_FREE = 10  # above the files 3 and 4, by which a browser is asked and answers


def find_chromium() -> str | None:
    """The path of a browser that is made of Chromium; None if there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or next((path for path in _PLACES if Path(path).exists()), None)


class Chromium:
    """One browser without a window, with a profile that goes when it is closed.

    Raises:
        CapabilityError: There is no Chromium on this machine.
        EngineError: It did not start.
    """

    def __init__(self) -> None:
        import psutil

        path = find_chromium()
        if path is None:
            raise CapabilityError(
                "no Chromium, Chrome or Edge was found, in which a page could be measured",
                hint="install chromium; or leave the forms of page: out",
            )
        self._profile = tempfile.TemporaryDirectory(prefix="workbench-browser-")
        sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        arguments = [path, *_ARGUMENTS, *sandbox, f"--user-data-dir={self._profile.name}"]
        to_read, its_writing = os.pipe()
        its_reading, to_write = os.pipe()
        try:
            self._process = psutil.Process(_spawn(path, arguments, its_reading, its_writing))
        except OSError as error:
            raise EngineError(f"{path} could not be started: {error}") from error
        finally:
            os.close(its_reading)
            os.close(its_writing)
        self._from, self._to = to_read, to_write
        self._heard = b""
        self._asked = 0
        self._session: str | None = None

    def open(self, address: str, *, timeout_s: float = 60) -> None:
        """Open a page in its one tab."""
        made = self._ask("Target.createTarget", {"url": "about:blank"}, timeout_s)
        target = {"targetId": made["targetId"], "flatten": True}
        self._session = self._ask("Target.attachToTarget", target, timeout_s)["sessionId"]
        self._ask("Page.navigate", {"url": address}, timeout_s)

    def evaluate(self, expression: str, *, timeout_s: float = 600) -> Any:
        """What a JavaScript expression of the page gives, awaited, as plain data.

        Raises:
            EngineError: It threw, in its own words; or the browser ended.
            DeadlineError: It took longer.
        """
        asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        found = self._ask("Runtime.evaluate", asked, timeout_s)
        if (fault := found.get("exceptionDetails")) is not None:
            said = fault.get("exception", {}).get("description") or fault["text"]
            raise EngineError(f"the page failed: {said.splitlines()[0]}")
        return found["result"].get("value")

    def close(self) -> None:
        """End it and take its profile away; twice is harmless."""
        import psutil

        if self._from >= 0:
            with contextlib.suppress(EngineError, DeadlineError):
                self._ask("Browser.close", {}, _END_S)
            try:
                self._process.wait(_END_S)
            except psutil.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for handle in (self._from, self._to):
            if handle >= 0:
                os.close(handle)
        self._from = self._to = -1
        shutil.rmtree(self._profile.name, ignore_errors=True)  # its last children may still write
        self._profile.cleanup()

    def keep_priority(self) -> None:
        """Give its processes the caller's priority: it gives its tabs the ordinary one."""
        import psutil

        own = psutil.Process().nice()
        for each in self.processes():
            with contextlib.suppress(psutil.Error):
                each.nice(own)

    def processes(self) -> list[Any]:
        """Its processes now, as of psutil."""
        import psutil

        with contextlib.suppress(psutil.Error):
            return self._process.children(recursive=True)
        return []

    def _ask(self, method: str, given: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        self._asked += 1
        number = self._asked
        message: dict[str, Any] = {"id": number, "method": method, "params": given}
        if self._session is not None and not method.startswith(("Target.", "Browser.")):
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        try:
            while data:
                data = data[os.write(self._to, data) :]
        except OSError as error:
            raise EngineError(f"the browser is gone: {error}") from error
        until_s = time.monotonic() + timeout_s
        while True:
            told = self._next(until_s)
            if told.get("id") == number:
                if "error" in told:
                    raise EngineError(f"the browser refused {method}: {told['error']['message']}")
                result: dict[str, Any] = told["result"]
                return result

    def _next(self, until_s: float) -> dict[str, Any]:
        while b"\0" not in self._heard:
            check_cancelled()
            if time.monotonic() > until_s:
                raise DeadlineError("the browser did not answer in time")
            if not select.select([self._from], [], [], _POLL_S)[0]:
                continue
            more = os.read(self._from, _READ_BYTES)
            if not more:
                raise EngineError("the browser ended")
            self._heard += more
        data, _, self._heard = self._heard.partition(b"\0")
        told: dict[str, Any] = json.loads(data)
        return told


def _spawn(path: str, arguments: list[str], reading: int, writing: int) -> int:
    """Start a browser whose file 3 is what it reads and whose file 4 is what it writes; its pid."""
    moved = [
        fcntl.fcntl(handle, fcntl.F_DUPFD_CLOEXEC, _ITS_FIRST_FREE) for handle in (reading, writing)
    ]
    quiet = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_RDWR, 0) for n in (0, 1, 2)]
    taken = [(os.POSIX_SPAWN_DUP2, handle, n) for n, handle in zip((3, 4), moved, strict=True)]
    try:
        return os.posix_spawn(path, arguments, os.environ, file_actions=[*quiet, *taken])
    finally:
        for handle in moved:
            os.close(handle)
