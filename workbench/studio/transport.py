"""How a server speaks to its kernels: through files that only their owner can open, where it can.

Over TCP everybody on the machine could listen in, as each kernel says when it starts.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

# The longest name of a socket: kernel-, an id of 36 letters, -ipc- and a number.
_LONGEST_NAME = "kernel-" + 36 * "0" + "-ipc-99"


def kernel_transport(folder: Path) -> str:
    """``ipc`` if sockets can lie in a folder, else ``tcp``.

    They cannot on some file systems (such as a folder of Windows in WSL), nor where their paths
    would be longer than the system has room for (104 bytes on macOS, 108 on Linux).

    Args:
        folder: Where connection files go; it is made if need be.
    """
    path = folder / f"{_LONGEST_NAME}-{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as tried:
            tried.bind(str(path))
        path.unlink()
    except (OSError, AttributeError):
        return "tcp"
    return "ipc"
