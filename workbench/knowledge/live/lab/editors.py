"""What JupyterLab needs in the browser to write together: two prebuilt extensions, out of wheels.

They are taken out of their wheels and not installed: an installed one is in every JupyterLab of the
environment, and where no server answers it no file can be opened.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path, PurePosixPath

from workbench.core import settings
from workbench.store.distributions import Distribution, opened_wheel

_LICENSE = "https://github.com/jupyterlab/jupyter-collaboration/blob/main/LICENSE"
WHEELS = (
    Distribution(
        "jupyter-docprovider",
        "3.0.4",
        "331385e90ce9837ebd192593999d28a1116e51e63d687a2c79c6ca5cb4d0d974",
        164_671,
        "JupyterLab's provider of shared documents",
        "BSD-3-Clause",
        _LICENSE,
    ),
    Distribution(
        "jupyter-collaboration-ui",
        "3.0.4",
        "a45290efc32eb934dfae020fd1848f35d1cf0c6cbd16f94a4e7984e32df1b7a5",
        49_048,
        "JupyterLab's list of who is here, and cursors of others",
        "BSD-3-Clause",
        _LICENSE,
    ),
)
_INSIDE = "share/jupyter/labextensions/"


def editors_folder(home: Path | None = None) -> Path:
    """The folder of the extensions, fetched and checked if it is not there yet.

    Raises:
        FetchError: They are not here and could not be fetched, or must not be.
        IntegrityError: What came is not what was recorded.
    """
    home = settings.home() if home is None else home
    name = "-".join(wheel.sha256[:12] for wheel in WHEELS)
    folder = home / "lab" / "editors" / name
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix="incoming-"))
    try:
        for wheel in WHEELS:
            _unpack(wheel, made, home)
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # another process was first
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder


def _unpack(wanted: Distribution, folder: Path, home: Path) -> None:
    with opened_wheel(wanted, home=home) as wheel:
        for name in wheel.names():
            _, found, inside = name.partition(_INSIDE)
            path = PurePosixPath(inside)
            if not found or name.endswith("/") or ".." in path.parts or path.is_absolute():
                continue
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with wheel.open(name) as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy)
