"""The runner as it goes into a bundle: the device's package as it is here, and what starts it."""

from __future__ import annotations

from pathlib import Path

from workbench.edge import device

PACKAGE = "edge_device"
_START = '''"""What starts: ``python BUNDLE``, or ``python FOLDER`` where it is installed."""

import os
import sys

if sys.version_info < (3, 11):
    sys.exit("error: Python 3.11 or newer is needed; this is " + sys.version.split()[0])

from edge_device.commands import main

status = main()
sys.stdout.flush()
sys.stderr.flush()
os._exit(status)  # llama.cpp's threads have no end of their own
'''


def runner_files() -> dict[str, bytes]:
    """The runner's files by their names in a bundle."""
    folder = Path(device.__file__).parent
    found = {f"{PACKAGE}/{path.name}": path.read_bytes() for path in sorted(folder.glob("*.py"))}
    return {"__main__.py": _START.encode(), **found}
