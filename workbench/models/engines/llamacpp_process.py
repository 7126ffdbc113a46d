"""Starting, asking and ending the process in which llama.cpp runs."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import secrets
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from workbench.core import settings
from workbench.core.cancellation import check_cancelled, current_token
from workbench.core.errors import (
    CancelledError,
    CapabilityError,
    ContextLengthError,
    DeadlineError,
    EngineError,
    InputError,
    WorkbenchError,
)
from workbench.models.engines.openmp import WAIT_POLICY

_POLL_S = 0.05
_LOG_BYTES = 1 << 16


class LlamaProcess:
    """One llama.cpp server in a process of its own, on a loopback port with a key of its own."""

    def __init__(self, config: dict[str, Any], *, load_timeout_s: float) -> None:
        self._closing = False
        self._key = secrets.token_hex(16)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workbench.models.engines.llamacpp_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            # The home is written out, however it was set: others see whose model this is.
            env={**os.environ, **WAIT_POLICY, f"{settings.ENV_PREFIX}HOME": str(settings.home())},
            # Ctrl-C, and a notebook's interrupt, go to the whole group: the model stays.
            process_group=0,
        )
        try:
            self._host, self._port = self._handshake({**config, "key": self._key}, load_timeout_s)
        except BaseException:
            self._process.kill()  # amid a load it would not see its input close
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def _handshake(self, config: dict[str, Any], timeout_s: float) -> tuple[str, int]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        with contextlib.suppress(BrokenPipeError):  # what it died of is said below
            stdin.write(json.dumps(config).encode() + b"\n")
            stdin.flush()
        deadline_s = time.monotonic() + timeout_s
        while not select.select([stdout], [], [], _POLL_S)[0]:
            check_cancelled()
            if time.monotonic() > deadline_s:
                raise DeadlineError(
                    f"llama.cpp did not load {config['name']} within {timeout_s:g} s",
                    hint="WORKBENCH_LOAD_TIMEOUT_S=600 workbench ...",
                )
        line = stdout.readline()
        said = json.loads(line) if line else {"error": self._end_of_process()}
        if "error" in said:
            raise _refusal(config["name"], f"{said['error']}{self._last_words()}")
        address = urllib.parse.urlparse(said["address"])
        assert address.hostname is not None and address.port is not None
        return address.hostname, address.port

    def _end_of_process(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)
        return f"its process ended with status {self._process.returncode}"

    def _last_words(self) -> str:
        """The last lines of its log that speak of an error."""
        if self._log.closed:
            return ""
        # pread: a seek would move the place at which the process itself writes.
        descriptor = self._log.fileno()
        size_bytes = os.fstat(descriptor).st_size
        said = os.pread(descriptor, _LOG_BYTES, max(0, size_bytes - _LOG_BYTES))
        lines = said.decode(errors="replace").splitlines()
        telling = [line.strip() for line in lines if "error" in line.lower()][-2:]
        return f" ({'; '.join(telling)})" if telling else ""

    def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request with one answer."""
        with self._request(path, body) as response:
            answer: dict[str, Any] = json.loads(response.read())
        return answer

    def ask_stream(self, path: str, body: dict[str, Any]) -> Generator[dict[str, Any], None, None]:
        """One request whose answer comes as server-sent events.

        Closing the iterator closes the connection, at which llama.cpp stops the work.
        """
        with self._request(path, {**body, "stream": True}) as response:
            for line in response:
                if not line.startswith(b"data: "):
                    continue
                if line.startswith(b"data: [DONE]"):
                    return
                event = json.loads(line[6:])
                if "error" in event:
                    raise _fault(event["error"])
                yield event
                if event.get("stop"):
                    return
        raise self._broken_off("it ended before its last word")

    @contextmanager
    def _request(
        self, path: str, body: dict[str, Any] | None
    ) -> Iterator[http.client.HTTPResponse]:
        check_cancelled()
        connection = http.client.HTTPConnection(self._host, self._port)
        method = "GET" if body is None else "POST"
        try:
            connection.request(
                method,
                path,
                None if body is None else json.dumps(body),
                {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
            )
            with _closed_on_cancel(connection):
                response = connection.getresponse()
                if response.status != 200:
                    raise _fault(json.loads(response.read())["error"])
                yield response
        except (ConnectionError, http.client.HTTPException) as error:
            check_cancelled()
            raise self._broken_off(repr(error)) from error
        finally:
            connection.close()

    def _broken_off(self, what: str) -> EngineError:
        """The error for an answer without an end."""
        if self._closing:
            return EngineError("the model was closed while it answered", hint="load it again")
        # The connection breaks an instant before the process is known to have ended.
        ended = self._end_of_process()
        if self._process.returncode is None:
            return EngineError(f"llama.cpp broke off its answer: {what}", hint="ask again")
        return EngineError(
            f"llama.cpp cannot answer: {ended}{self._last_words()}",
            hint="load the model again; if it recurs, give it less context or fewer threads",
            status=self._process.returncode,
        )

    def memory_bytes(self) -> int:
        """Resident memory of the process.

        Raises:
            EngineError: It has ended.
        """
        import psutil

        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            raise self._broken_off("its process is not there") from None

    def close(self) -> None:
        """End the process: first by closing its input, then, if it hangs, by its id."""
        self._closing = True
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()


@contextmanager
def _closed_on_cancel(connection: http.client.HTTPConnection) -> Iterator[None]:
    """Cut the connection as soon as the caller is cancelled, also while it waits for a prompt."""
    token = current_token.get()
    if token is None:
        yield
        return
    done = threading.Event()
    sock = connection.sock

    def watch() -> None:
        while not done.wait(_POLL_S):
            if token.cancelled:
                with contextlib.suppress(OSError):  # it may have ended by itself
                    sock.shutdown(socket.SHUT_RDWR)
                return

    watcher = threading.Thread(target=watch, daemon=True, name="llamacpp-cancel")
    watcher.start()
    try:
        yield
        if token.cancelled:  # the cut may look like a regular end of the answer
            raise CancelledError(f"cancelled: {token.reason}")
    finally:
        done.set()


def _fault(error: dict[str, Any]) -> Exception:
    """The error of ours that says what llama.cpp's says."""
    message = str(error.get("message", error))
    if error.get("type") == "exceed_context_size_error":
        return ContextLengthError(
            f"the prompt has {error['n_prompt_tokens']} tokens; the context holds {error['n_ctx']}",
            hint="shorten the prompt, or load the model with more context_tokens",
            prompt_tokens=error["n_prompt_tokens"],
            context_tokens=error["n_ctx"],
        )
    if error.get("type") == "invalid_request_error":
        return InputError(f"llama.cpp refused the request: {message}")
    return EngineError(f"llama.cpp answered with a fault: {message}")


def _refusal(name: str, said: str) -> WorkbenchError:
    """Why a model was not loaded, by what llama.cpp's last words were."""
    unknown = re.search(r"unknown model architecture: '([^']*)'", said)
    if unknown is not None:
        return CapabilityError(
            f"llama.cpp does not know the architecture {unknown[1]!r} of {name}",
            hint="pip install -U xllamacpp, or take another model",
        )
    return EngineError(
        f"llama.cpp could not load {name}: {said}", hint=f"workbench models pull {name} --force"
    )
