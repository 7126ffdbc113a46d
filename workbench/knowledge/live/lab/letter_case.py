"""A file is asked for by the name that it is stored under, also on a disk that is blind to case.

Roles are given for names. Where the disk opens ``SECRET`` for ``secret``, another spelling would
come to the same file and past the grant that shuts it.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path


def misspelt(folder: Path, path: str) -> str | None:
    """The first name of a path that the disk finds though no file is stored under it; or None.

    Args:
        folder: Where the path begins.
        path: Names with slashes between them; what is not there is nothing misspelt.
    """
    for name in filter(None, path.split("/")):
        swapped = name.swapcase()
        blind = not name.isascii() or (swapped != name and os.path.lexists(folder / swapped))
        if blind and os.path.lexists(folder / name) and not _is_stored(folder, name):
            return name
        folder = folder / name
    return None


def _is_stored(folder: Path, name: str) -> bool:
    wanted = unicodedata.normalize("NFC", name)
    return any(unicodedata.normalize("NFC", each.name) == wanted for each in folder.iterdir())
