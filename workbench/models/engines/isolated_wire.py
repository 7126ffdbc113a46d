"""What an engine in a child process and its owner say to each other, and how it is written down.

A frame is two lengths (4 bytes each, big-endian), a head in JSON and a body of bytes. The owner
sends calls and cancels, the child answers each call with any number of ``chunk``, ``event`` and
``log`` frames and then one ``result`` or ``error``. Nothing in a frame is code.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from workbench.core import errors
from workbench.core.errors import EngineError, WorkbenchError
from workbench.models.protocol import (
    AdapterFiles,
    Chunk,
    EngineSettings,
    ModelFiles,
    Sampling,
    TokenLogprob,
)

_LENGTHS = struct.Struct(">II")


@dataclass(frozen=True)
class Frame:
    """One message: its head, and bytes such as a batch of vectors."""

    head: dict[str, Any]
    body: bytes = b""


class Wire:
    """One end of the line. Any thread may send; one thread reads."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reader: BinaryIO = connection.makefile("rb")
        self._lock = threading.Lock()

    def send(self, head: Mapping[str, Any], body: bytes = b"") -> None:
        """Send a frame.

        Raises:
            TypeError, ValueError: The head has no JSON form.
            OSError: The other end is gone.
        """
        text = json.dumps(head).encode()
        with self._lock:
            self._connection.sendall(_LENGTHS.pack(len(text), len(body)) + text + body)

    def receive(self) -> Frame | None:
        """The next frame; None when the other end is gone."""
        try:
            lengths = self._reader.read(_LENGTHS.size)
            if len(lengths) < _LENGTHS.size:
                return None
            head_bytes, body_bytes = _LENGTHS.unpack(lengths)
            head, body = self._reader.read(head_bytes), self._reader.read(body_bytes)
        except (OSError, ValueError):  # it was closed under the read
            return None
        if len(head) < head_bytes or len(body) < body_bytes:
            return None
        return Frame(json.loads(head), body)

    def end(self) -> None:
        """Let nothing more pass: both ends read that nothing more comes."""
        with contextlib.suppress(OSError):  # it has ended already
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the descriptor back; not while another thread reads."""
        self._reader.close()
        self._connection.close()


def plain_files(files: ModelFiles) -> dict[str, Any]:
    """Where a model's files are, as plain data."""
    return {
        **{name: _text(getattr(files, name)) for name in ("gguf", "folder")},
        "name": files.name,
        "adapters": [
            {"name": each.name, "gguf": _text(each.gguf), "folder": _text(each.folder)}
            for each in files.adapters
        ],
    }


def read_files(plain: Mapping[str, Any]) -> ModelFiles:
    """The files that ``plain_files`` wrote down."""
    adapters = tuple(
        AdapterFiles(each["name"], gguf=_path(each["gguf"]), folder=_path(each["folder"]))
        for each in plain["adapters"]
    )
    return ModelFiles(
        plain["name"],
        gguf=_path(plain["gguf"]),
        folder=_path(plain["folder"]),
        adapters=adapters,
    )


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def plain_settings(settings: EngineSettings) -> dict[str, Any]:
    """An engine's settings as plain data."""
    return {**asdict(settings), "extra": dict(settings.extra)}


def read_sampling(plain: Mapping[str, Any]) -> Sampling:
    """The sampling whose fields are in ``plain``."""
    return Sampling(**{**plain, "stop": tuple(plain["stop"])})


def plain_chunk(chunk: Chunk) -> dict[str, Any]:
    """A chunk as plain data."""
    return asdict(chunk)


def read_chunk(plain: Mapping[str, Any]) -> Chunk:
    """The chunk that ``plain_chunk`` wrote down."""
    logprobs = tuple(
        TokenLogprob(
            entry["id"],
            entry["text"],
            entry["logprob"],
            tuple((text, value) for text, value in entry["top"]),
        )
        for entry in plain["logprobs"]
    )
    return Chunk(**{**plain, "ids": tuple(plain["ids"]), "logprobs": logprobs})


def plain_error(error: BaseException) -> dict[str, Any]:
    """An error as plain data; one that is not of our tree becomes an EngineError."""
    if not isinstance(error, WorkbenchError):
        said = f"the engine failed: {type(error).__name__}: {error}"
        error = EngineError(said, hint="ask again; if it recurs, load the model again")
    return {
        "classes": [cls.__name__ for cls in type(error).__mro__],
        "message": error.message,
        "hint": error.hint,
        "context": {
            name: value if _is_plain(value) else str(value) for name, value in error.context.items()
        },
    }


def read_error(plain: Mapping[str, Any]) -> WorkbenchError:
    """The error that ``plain_error`` wrote down, as the nearest class of the tree."""
    known = {cls.__name__: cls for cls in errors.all_errors()}
    cls = next(known[name] for name in plain["classes"] if name in known)
    return cls(plain["message"], hint=plain["hint"], **plain["context"])


def _is_plain(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True
