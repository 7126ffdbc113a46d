"""Finding and reading notebooks, before anything of them runs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from ..core.errors import InputError
from ..core.near_names import near_names
from .own_copies import COPIED, FOLDER

# Folders whose notebooks are not reports: pages for Voila, and Jupyter's own copies.
SKIPPED_FOLDERS = {"dashboards", ".ipynb_checkpoints", "node_modules", ".venv"}
_ROOT_MARKS = (".git", "workbench.toml", "pyproject.toml")
_CONFLICT = re.compile(rb"^<{7} ", re.MULTILINE)
_HEADING = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Notebook:
    """A notebook as it was read. ``node`` is nbformat's, version 4; treat it as read-only."""

    path: Path
    slug: str
    sha256: str
    node: Any

    @property
    def title(self) -> str:
        """The first heading, or the file's name."""
        for cell in self.node.cells:
            if cell.cell_type == "markdown":
                found = _HEADING.search(cell.source)
                if found:
                    return found.group(1)
        return self.path.stem

    @property
    def settings(self) -> dict[str, Any]:
        """What the notebook says to this room, in its metadata under ``workbench``."""
        return dict(self.node.metadata.get("workbench", {}))

    @property
    def root(self) -> Path:
        """The folder it runs in: the root of its project, so that paths mean one thing.

        That is the nearest folder above with a repository, a ``workbench.toml`` or a
        ``pyproject.toml``, and the notebook's own folder where there is none.
        """
        folder = self.path.resolve().parent
        for candidate in (folder, *folder.parents):
            if any((candidate / mark).exists() for mark in _ROOT_MARKS):
                return candidate
        return folder

    @property
    def shown_path(self) -> str:
        """Its path below the project's root: a report names no home folder."""
        return self.path.resolve().relative_to(self.root).as_posix()


def find_notebooks(paths: Iterable[Path]) -> list[Notebook]:
    """Read notebooks; a folder stands for every notebook below it, in order of their names.

    Raises:
        InputError: A path is not there, a folder has none, or a file is not a Python notebook.
    """
    found, broken = read_notebooks(find_files(paths))
    for error in broken.values():
        raise error
    return found


def read_notebooks(files: Sequence[Path]) -> tuple[list[Notebook], dict[Path, InputError]]:
    """Read notebooks, and tell those that are none apart: they must not keep the others back.

    Raises:
        InputError: A file is not there or has another ending: that is a slip in what was typed.
    """
    for file in files:
        _check_path(file)
    stems = [file.stem for file in files]
    found: list[Notebook] = []
    broken: dict[Path, InputError] = {}
    for file in files:
        try:
            found.append(_read(file, unique=stems.count(file.stem) == 1))
        except InputError as error:
            broken[file] = error
    return found, broken


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The notebooks' files, none of them opened yet.

    Raises:
        InputError: No path was given, or a folder has no notebook.
    """
    files: list[Path] = []
    for path in paths:
        found = _below(Path(path)) if Path(path).is_dir() else [Path(path)]
        files.extend(file for file in found if file.resolve() not in {f.resolve() for f in files})
    if not files:
        raise InputError("no notebook was named", hint="workbench report run notebooks")
    return files


def _below(folder: Path) -> list[Path]:
    found = [
        path
        for path in sorted(folder.rglob("*.ipynb"))
        if not SKIPPED_FOLDERS & set(path.relative_to(folder).parts[:-1])
    ]
    if not found:
        raise InputError(f"there is no notebook below {folder}", hint=f"ls {folder}")
    return found


def _read(path: Path, *, unique: bool) -> Notebook:
    import nbformat

    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", hint=f"ls -l {path}", path=str(path)
        ) from error
    _check_json(path, content)
    try:
        node = nbformat.reads(content.decode(), as_version=4)
        nbformat.validate(node)
    except (nbformat.ValidationError, AttributeError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{path} is not a valid notebook: {reason}", hint=f"jupyter lab {path}", path=str(path)
        ) from None
    _check_language(path, node)
    slug = path.stem if unique else f"{path.resolve().parent.name}-{path.stem}"
    read = Notebook(path, slug, hashlib.sha256(content).hexdigest(), node)
    if read.shown_path.startswith(f"{FOLDER}/"):  # what a reader made of it is not its last result
        return replace(read, slug=f"{FOLDER}-{slug}")
    return read


def _check_path(path: Path) -> None:
    if path.suffix != ".ipynb":
        near = near_notebooks(path)
        raise InputError(
            f"{path} is not a notebook; its name must end in .ipynb",
            hint=f"workbench report run {near[0] if near else 'notebooks'}",
            path=str(path),
        )
    if not path.exists():
        near = near_notebooks(path)
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        raise InputError(
            f"there is no notebook {path}{meant}",
            hint=f"workbench report run {near[0] if near else 'notebooks'}",
            path=str(path),
        )


def near_notebooks(path: Path) -> list[str]:
    """The notebooks that a misspelt path may mean: beside it, or among the project's."""
    project = (Path(place).rglob("*.ipynb") for place in COPIED)
    names: dict[str, str] = {}
    for each in chain(path.parent.glob("*.ipynb"), *project):
        if ".ipynb_checkpoints" not in each.parts:
            names.setdefault(each.stem, str(each))
    return [names[stem] for stem in near_names(path.stem, names)]


def _check_json(path: Path, content: bytes) -> None:
    if not content.strip():
        raise InputError(
            f"{path} is empty; a notebook is expected", hint=_earlier(path), path=str(path)
        )
    try:
        plain = json.loads(content)
    except ValueError as error:  # UnicodeDecodeError is one as well
        conflict = _CONFLICT.search(content)
        said = f"it is not valid JSON ({error})"
        if conflict:
            line = content.count(b"\n", 0, conflict.start()) + 1
            said = f"a merge left its marks in line {line}, so it is not valid JSON"
        raise InputError(
            f"{path} is not a notebook: {said}", hint=_earlier(path), path=str(path)
        ) from None
    if not isinstance(plain, dict) or not isinstance(plain.get("nbformat"), int):
        raise InputError(
            f"{path} is JSON, but not a notebook: it has no nbformat",
            hint="workbench report run takes what JupyterLab saves as .ipynb",
            path=str(path),
        )


def _earlier(path: Path) -> str:
    """How a notebook that was spoilt is had back."""
    kept = path.parent / ".ipynb_checkpoints" / f"{path.stem}-checkpoint.ipynb"
    if kept.is_file():
        return f"what JupyterLab kept of it: cp {kept} {path}"
    return f"mend it in an editor, or take back what git has of it: git restore {path}"


def _check_language(path: Path, node: Any) -> None:
    metadata = node.metadata
    language = (
        metadata.get("kernelspec", {}).get("language")
        or metadata.get("language_info", {}).get("name")
        or "python"
    )
    if language.lower() != "python":
        raise InputError(
            f"{path} is a notebook in {language}; only Python runs as a report",
            hint=f"jupyter lab {path}",
            path=str(path),
        )
