"""A reader's own copy of a notebook, so that working in it changes no file of the project.

JupyterLab saves a notebook by itself, outputs and all. Opened where it lies, a committed notebook
is changed by being read, and a lab by being done. So the home page opens the copy in ``work/``,
which is made when it is first asked for and belongs to the reader from then on.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from ..core.errors import InputError, NotFoundError
from ..store import files

FOLDER = "work"
COPIED = ("notebooks", "labs")  # what a project keeps under version control


def own_path(notebook: str) -> str:
    """Where the copy of a notebook stands; both below the project.

    Raises:
        InputError: It is no notebook of the project's.
    """
    path = PurePosixPath(notebook)
    ours = path.parts and path.parts[0] in COPIED and ".." not in path.parts
    if path.suffix != ".ipynb" or not ours:
        raise InputError(
            f"{notebook} is not a notebook of this project", hint="ls notebooks labs", path=notebook
        )
    return f"{FOLDER}/{path}"


def own_copy(notebook: str, project: Path) -> str:
    """The copy of a notebook, made if there is none yet; one that is there stays as it is.

    Args:
        notebook: Its path below the project, ``labs/serving/01_first_answers/...ipynb``.
        project: The project's folder.

    Returns:
        The copy's path below the project.

    Raises:
        InputError: It is no notebook of the project's.
        NotFoundError: There is no such notebook.
        StorageError: The copy cannot be written.
    """
    place = own_path(notebook)
    source, copy = project / notebook, project / place
    if copy.is_file():
        return place
    if not source.is_file():
        raise NotFoundError(f"there is no notebook {notebook}", hint=f"ls {COPIED[0]}")
    with files.saying_why(copy):
        files.make_folder(copy.parent)
        files.write_bytes(copy, source.read_bytes())
    return place
