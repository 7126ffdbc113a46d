"""Asking a gateway that runs, as the command line does: found by its state file, with a key."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from pathlib import Path
from typing import Any

from workbench.core import errors
from workbench.core.errors import InputError, NotFoundError, WorkbenchError
from workbench.serving.running import find_running, is_alive

_ERRORS: dict[int, type[WorkbenchError]] = {
    400: errors.InputError,
    401: errors.AccessError,
    403: errors.AccessError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    429: errors.BusyError,
    503: errors.CapacityError,
    504: errors.DeadlineError,
}
_TIMEOUT_S = 600.0  # a model may have to be fetched from a slow disk


class GatewayClient:
    """Asks one gateway.

    Args:
        url: Where it is; the one that runs in this home if None.
        key_file: Holds a key for it; its owner's if None.
        timeout_s: How long an answer may take.

    Raises:
        NotFoundError: None runs, or there is no key.
    """

    def __init__(
        self,
        url: str | None = None,
        key_file: Path | None = None,
        *,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        self._pid: int | None = None
        if url is None or key_file is None:
            running = find_running()
            self._pid = running.pid if url in (None, running.url) else None
            url, key_file = url or running.url, key_file or Path(running.key_file)
        self.url, self._timeout_s = url.rstrip("/"), timeout_s
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise InputError(f"{url!r} is no address", hint="--url http://127.0.0.1:8400")
        self._parts = parts
        try:
            self._key = key_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise NotFoundError(
                f"there is no key in {key_file}", hint="name the key's file with --key-file"
            ) from None

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request; its answer as plain data.

        Raises:
            WorkbenchError: What the gateway refused, in its words.
            BusyError: It is ending.
            FetchError: It cannot be reached.
        """
        return json.loads(self.read(method, path, body))

    def read(self, method: str, path: str, body: Any = None) -> bytes:
        """One request; its answer as it came. Raises as ``ask``."""
        kind = (
            http.client.HTTPSConnection
            if self._parts.scheme == "https"
            else (http.client.HTTPConnection)
        )
        connection = kind(self._parts.netloc, timeout=self._timeout_s)
        try:
            connection.request(
                method,
                self._parts.path + path,
                None if body is None else json.dumps(body),
                {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
            )
            response = connection.getresponse()
            content = response.read()
        except ConnectionRefusedError:
            raise self._no_door() from None
        except (OSError, http.client.HTTPException) as error:
            raise errors.FetchError(
                f"the gateway at {self.url} does not answer: {type(error).__name__}",
                hint="workbench serve",
            ) from None
        finally:
            connection.close()
        if response.status >= 400:
            raise _refusal(response.status, content)
        return content

    def _no_door(self) -> WorkbenchError:
        """Nobody listens there: it has ended, or it is about to and its process is still there."""
        if self._pid is None or not is_alive(self._pid):
            return errors.FetchError(
                f"the gateway at {self.url} does not answer: nothing listens there",
                hint="workbench serve",
                url=self.url,
            )
        return errors.BusyError(
            f"the gateway at {self.url} (process {self._pid}) is ending: it takes no new request, "
            "and the answers in work go on to their end",
            hint="wait until its process has ended; a second SIGTERM cuts the answers off",
        )


def quoted(name: str) -> str:
    """A model's name as a part of a path."""
    return urllib.parse.quote(name, safe="/:@")


def _refusal(status: int, content: bytes) -> WorkbenchError:
    try:
        told = json.loads(content)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        told = f"the gateway answered {status}"
    # The gateway puts the hint behind its message; here it has a place of its own.
    message, _, hint = str(told).removesuffix(")").rpartition(" (hint: ")
    if not message or not str(told).endswith(")"):
        message, hint = str(told), ""
    return _ERRORS.get(status, errors.EngineError)(message, hint=hint or None)
