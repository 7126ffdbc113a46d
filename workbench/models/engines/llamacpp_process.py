"""Starting, asking and ending the process in which llama.cpp runs."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import select
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workbench.core.cancellation import check_cancelled, current_token
from workbench.core.errors import CancelledError, ContextLengthError, EngineError, InputError

# Without these, two threads on a busy core fall from 57 to 3.8 tokens/s (facts/serving.md).
_WAIT_POLICY = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
_POLL_S = 0.05


class LlamaProcess:
    """One llama.cpp server in a process of its own, on a loopback port with a key of its own."""

    def __init__(self, config: dict[str, Any], *, load_timeout_s: float) -> None:
        self._key = secrets.token_hex(16)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workbench.models.engines.llamacpp_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, **_WAIT_POLICY},
        )
        try:
            self._host, self._port = self._handshake({**config, "key": self._key}, load_timeout_s)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def _handshake(self, config: dict[str, Any], timeout_s: float) -> tuple[str, int]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(json.dumps(config).encode() + b"\n")
        stdin.flush()
        deadline_s = time.monotonic() + timeout_s
        while not select.select([stdout], [], [], _POLL_S)[0]:
            check_cancelled()
            if time.monotonic() > deadline_s:
                raise EngineError(
                    f"llama.cpp did not load {config['name']} within {timeout_s:g} s",
                    hint="WORKBENCH_LOAD_TIMEOUT_S=600 workbench ...",
                )
        line = stdout.readline()
        said = json.loads(line) if line else {"error": "its process ended"}
        if "error" in said:
            raise EngineError(
                f"llama.cpp could not load {config['name']}: {said['error']}{self._last_words()}",
                hint=f"workbench models pull {config['name']} --force",
            )
        address = urllib.parse.urlparse(said["address"])
        assert address.hostname is not None and address.port is not None
        return address.hostname, address.port

    def _last_words(self) -> str:
        """The last lines of its log that speak of an error."""
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        telling = [line.strip() for line in lines if "error" in line.lower()][-2:]
        return f" ({'; '.join(telling)})" if telling else ""

    def ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request with one answer."""
        with self._request(path, body) as response:
            answer: dict[str, Any] = json.loads(response.read())
        return answer

    def ask_stream(self, path: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
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
            if self._process.poll() is None:
                raise EngineError(f"llama.cpp broke off its answer: {error!r}") from error
            raise EngineError(
                f"llama.cpp's process ended with status {self._process.returncode}"
                f"{self._last_words()}",
                hint="load the model again; if it recurs, give it less context or fewer threads",
            ) from error
        finally:
            connection.close()

    def close(self) -> None:
        """End the process: first by closing its input, then, if it hangs, by its id."""
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

    def watch() -> None:
        while not done.wait(_POLL_S):
            if token.cancelled and connection.sock is not None:
                connection.sock.shutdown(2)
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
        )
    if error.get("type") == "invalid_request_error":
        return InputError(f"llama.cpp refused the request: {message}")
    return EngineError(f"llama.cpp answered with a fault: {message}")
