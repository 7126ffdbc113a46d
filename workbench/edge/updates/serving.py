"""A door for devices: a folder's files, in parts, and records.

For tests, and where a few devices come by a tunnel; for the files any other file server does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from workbench.core.errors import (
    AccessError,
    InputError,
    IntegrityError,
    StorageError,
    WorkbenchError,
)
from workbench.edge.device.letters import MOST_BYTES
from workbench.edge.device.sending import ROUTE
from workbench.edge.doors import FolderDoor, FolderRequest

_STATUS: dict[type[WorkbenchError], int] = {
    AccessError: 403,
    InputError: 400,
    IntegrityError: 400,
    StorageError: 507,
}
_CODES = {AccessError: "access", StorageError: "storage"}


class _Request(FolderRequest):
    server: FileDoor

    def take(self) -> None:
        """Take a letter and give its receipt."""
        size, take = self.headers.get("Content-Length", ""), self.server.take
        if self.path != f"/{ROUTE}" or take is None or not size.isdigit():
            super().take()
        elif int(size) > MOST_BYTES:
            self.close_connection = True
            self._answer(413, _plain(InputError(f"a letter has at most {MOST_BYTES:,} bytes")))
        else:
            body = self.rfile.read(int(size))
            if len(body) < int(size):  # the line was cut: there is nobody to answer
                self.close_connection = True
                return
            try:
                self._answer(200, take(body))
            except WorkbenchError as error:
                self._answer(_STATUS.get(type(error), 500), _plain(error))

    def _answer(self, status: int, data: bytes) -> None:
        self.end(status, len(data))
        self.wfile.write(data)


class FileDoor(FolderDoor):
    """The files of one folder, and a desk that takes records.

    Args:
        folder: The folder.
        port: As of a ``FolderDoor``.
        take: Takes a letter and gives its receipt; None takes none.
    """

    answering = _Request

    def __init__(
        self, folder: Path, *, port: int = 0, take: Callable[[bytes], bytes] | None = None
    ) -> None:
        super().__init__(folder, port=port)
        self.take = take


def _plain(error: WorkbenchError) -> bytes:
    """An error in the runner's words."""
    code = _CODES.get(type(error), "input")
    said = {"code": code, "message": error.message, "hint": error.hint or ""}
    return json.dumps(said).encode()
