"""The server: it has the weights, a client's public keys and ciphertexts, and nothing that opens.

    GET  /plan            what a client may know of the model
    PUT  /keys            relinearisation, Galois and public keys; the answer names them
    POST /infer?keys=...  a ciphertext of rows; the answer is one of scores

It listens on loopback alone. A body in which a secret key is found is refused, and so is one that
is not exactly what it should be.
"""

from __future__ import annotations

import json
import logging
import struct
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from workbench.core.errors import (
    BusyError,
    InputError,
    IntegrityError,
    NotFoundError,
    WorkbenchError,
)
from workbench.core.viewers import Viewable

from .compiling import load_compiled
from .evaluating import CircuitRunner
from .keys import PARTS, ServerKeys, load_server_keys, read_given
from .scheme import dump, load, scheme_of
from .secrets_found import refuse_secret_bytes, refuse_secret_keys

log = logging.getLogger(__name__)
HOST = "127.0.0.1"
_KEY_SETS = 4
_TIMEOUT_S = 30.0
_MOST_BYTES = 1 << 29
_SIZES = struct.Struct(f">{len(PARTS)}Q")
_STATUS = {"not-found": 404, "busy": 503}


@dataclass(frozen=True)
class ServedModel(Viewable):
    """What a server has done by its end."""

    url: str
    plan: str
    calls: int
    compute_s: float


class EncryptedServer:
    """A compiled model behind a loopback port.

    Args:
        folder: The server's folder: plan and weights.
        keys: A folder with a client's keys for the server; clients may send theirs as well.
        port: 0 for a free one.

    Raises:
        InputError: A secret key is in one of the folders.
        NotFoundError: The folder holds no plan or no weights, or a key is missing.
        IntegrityError: Weights or keys are not of the plan.
    """

    def __init__(self, folder: Path, *, keys: Path | None = None, port: int = 0) -> None:
        compiled = load_compiled(folder)
        self.plan = compiled.plan
        self._scheme = scheme_of(self.plan.parameters)
        for each in (folder, keys):
            if each is not None:
                refuse_secret_keys(each, self._scheme)
        self._runner = CircuitRunner(compiled.circuit, self.plan)
        self._keys: OrderedDict[str, ServerKeys] = OrderedDict()
        self._lock = threading.Lock()
        self.calls, self.compute_s = 0, 0.0
        if keys is not None:
            self._keep(load_server_keys(read_given(keys), self.plan))
        try:
            self._http = _Listener((HOST, port), self)
        except OSError as error:
            raise InputError(
                f"port {port} of {HOST} cannot be listened on: {error.strerror}",
                hint="--port 0 takes a free one",
            ) from None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self._http.server_address[1]}"

    def serve(self) -> None:
        """Answer until ``close`` is called from another thread."""
        self._http.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """Stop answering and give the port back."""
        self._http.shutdown()
        self._http.server_close()

    def told(self) -> ServedModel:
        """What was done so far."""
        return ServedModel(self.url, self.plan.sha256, self.calls, self.compute_s)

    def put_keys(self, body: bytes) -> str:
        """Keep a client's keys; the oldest that nobody asked with go.

        Raises:
            InputError: A secret key is among them.
            IntegrityError: They are not what the plan takes.
        """
        refuse_secret_bytes(body[_SIZES.size :], self._scheme, where="a request to a server")
        keys = load_server_keys(unpack_keys(body), self.plan)
        self._keep(keys)
        return keys.key

    def infer(self, body: bytes, key: str) -> tuple[bytes, float]:
        """The encrypted scores of a ciphertext, and the seconds that it took.

        Raises:
            NotFoundError: The keys were not sent.
            InputError: The body is a secret key.
            IntegrityError: The body is no fresh ciphertext of the plan.
        """
        if not self._lock.acquire(timeout=_TIMEOUT_S):
            raise BusyError("other clients are asking", hint="ask again", retry_after_s=_TIMEOUT_S)
        try:
            if key not in self._keys:
                raise NotFoundError("these keys are not here", hint="send them first: PUT /keys")
            self._keys.move_to_end(key)
            keys = self._keys[key]
            started_s = time.perf_counter()
            try:
                ciphertext = load("Ciphertext", body, self._scheme, what="the body")
            except IntegrityError:
                refuse_secret_bytes(body, self._scheme, where="a request to a server")
                raise
            answer = dump(self._runner.run(ciphertext, keys.relin, keys.galois))
            took_s = time.perf_counter() - started_s
            self.calls, self.compute_s = self.calls + 1, self.compute_s + took_s
        finally:
            self._lock.release()
        return answer, took_s

    def _keep(self, keys: ServerKeys) -> None:
        with self._lock:
            self._keys[keys.key] = keys
            while len(self._keys) > _KEY_SETS:
                self._keys.popitem(last=False)


def pack_keys(contents: dict[str, bytes]) -> bytes:
    """Keys as the body of a request: their sizes, then themselves."""
    return _SIZES.pack(*(len(contents[name]) for name in PARTS)) + b"".join(
        contents[name] for name in PARTS
    )


def unpack_keys(body: bytes) -> dict[str, bytes]:
    """The keys of a body.

    Raises:
        IntegrityError: The sizes are not those of what follows.
    """
    sizes = _SIZES.unpack_from(body) if len(body) >= _SIZES.size else ()
    if _SIZES.size + sum(sizes) != len(body) or not sizes:
        raise IntegrityError("the body is cut off, or holds no keys", hint="send them again")
    found, at = {}, _SIZES.size
    for name, size in zip(PARTS, sizes, strict=True):
        found[name] = body[at : at + size]
        at += size
    return found


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], model: EncryptedServer) -> None:
        self.model = model
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "workbench", ""
    timeout = _TIMEOUT_S
    server: _Listener

    def do_GET(self) -> None:
        """The plan."""
        self._answer(self._get)

    def do_PUT(self) -> None:
        """Keys."""
        self._answer(self._put)

    def do_POST(self) -> None:
        """A ciphertext."""
        self._answer(self._post)

    def _get(self) -> tuple[bytes, dict[str, str]]:
        self._expect("/plan")
        return self.server.model.plan.to_json().encode(), {"content-type": "application/json"}

    def _put(self) -> tuple[bytes, dict[str, str]]:
        self._expect("/keys")
        key = self.server.model.put_keys(self._body())
        return json.dumps({"keys": key}).encode(), {"content-type": "application/json"}

    def _post(self) -> tuple[bytes, dict[str, str]]:
        self._expect("/infer")
        (key,) = parse_qs(urlsplit(self.path).query).get("keys", [""])
        answer, took_s = self.server.model.infer(self._body(), key)
        return answer, {"x-workbench-compute-s": f"{took_s:.6f}"}

    def _expect(self, path: str) -> None:
        # A page in somebody's browser may reach loopback by a name of its own, and is not let in.
        host = (self.headers.get("host") or "").rpartition(":")[0]
        if host not in (HOST, "localhost"):
            raise InputError(f"the host {host!r} is not this server's")
        if urlsplit(self.path).path != path:
            raise NotFoundError(f"there is no {self.path} here", hint="/plan, /keys, /infer")

    def _body(self) -> bytes:
        told = self.headers.get("content-length", "")
        if not told.isdigit() or int(told) > _MOST_BYTES:
            self.close_connection = True
            raise InputError(f"the body must say its length, at most {_MOST_BYTES:,} bytes")
        return self.rfile.read(int(told))

    def _answer(self, make: Any) -> None:
        try:
            content, headers = make()
            status = 200
        except WorkbenchError as error:
            log.info("refused: %s", error)
            content, headers = json.dumps(error.to_dict()).encode(), {}
            status = _STATUS.get(error.code, 400)
            self.close_connection = True  # what is left of a refused body is not read as a request
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests go to the log, not to standard error."""
        log.debug(format, *args)
