"""The labs that there are: a folder each, below ``labs/``.

``lab.toml`` says what a lab is about and asks; ``lab.py`` is its text with solutions, from which
the student's notebook is made; ``checks.py`` holds the public checks and ``hidden.py`` those that
only the grader sees.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core import settings
from workbench.core.errors import ConfigError, NotFoundError

_LISTS = ("models", "engines", "datasets")
SPEC, SOURCE, CHECKS, HIDDEN = "lab.toml", "lab.py", "checks.py", "hidden.py"


@dataclass(frozen=True)
class Question:
    """One task: its hints go from a nudge to nearly everything."""

    id: str
    title: str
    points: int
    hints: tuple[str, ...]


@dataclass(frozen=True)
class LabSpec:
    """What a lab is about. ``name`` is its folder below ``labs/``: ``serving/01_first_answers``.

    ``engines`` are those whose own form of the models is made before a notebook is graded: in the
    sandbox there is no room to make it. ``datasets`` are names of the catalogue of data sets.
    ``begin_here`` marks the lab that asks for nothing that another one teaches.
    """

    name: str
    folder: Path
    title: str
    question: str
    minutes: int
    memory_gb: float
    models: tuple[str, ...]
    questions: tuple[Question, ...]
    engines: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    begin_here: bool = False

    @property
    def notebook(self) -> Path:
        """The student's copy."""
        return self.folder / f"{self.folder.name}.ipynb"

    @property
    def points(self) -> int:
        """All that can be had."""
        return sum(question.points for question in self.questions)

    def find(self, question: str) -> Question:
        """A question by its id. Raises NotFoundError with near matches."""
        for known in self.questions:
            if known.id == question:
                return known
        raise NotFoundError.among("question", question, [known.id for known in self.questions])


def labs_folder() -> Path:
    """The folder of all labs: as set, or the nearest ``labs`` here or above, or the checkout's.

    Raises:
        NotFoundError: There is none.
    """
    wanted = Path(settings.get("labs_dir"))
    if wanted.is_absolute():
        candidates = [wanted]
    else:
        here, checkout = Path.cwd(), Path(__file__).resolve().parents[2]
        candidates = [folder / wanted for folder in (here, *here.parents, checkout)]
    for folder in candidates:
        if folder.is_dir() and any(folder.glob(f"*/*/{SPEC}")):
            return folder
    raise NotFoundError(
        f"there are no labs in {wanted} here or above", hint="WORKBENCH_LABS_DIR=/path/to/labs"
    )


def all_labs() -> tuple[LabSpec, ...]:
    """Every lab, by name."""
    folder = labs_folder()
    return tuple(_read(path.parent, folder) for path in sorted(folder.glob(f"*/*/{SPEC}")))


def find_lab(name: str) -> LabSpec:
    """A lab by name. Raises NotFoundError with near matches."""
    folder = labs_folder()
    known = {
        path.parent.relative_to(folder).as_posix(): path.parent
        for path in sorted(folder.glob(f"*/*/{SPEC}"))
    }
    if name not in known:
        raise NotFoundError.among("lab", name, known, hint="workbench learning list")
    return _read(known[name], folder)


def _read(folder: Path, root: Path) -> LabSpec:
    path = folder / SPEC
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        questions = tuple(
            Question(**{**one, "hints": tuple(one["hints"])}) for one in told.pop("questions")
        )
        spec = LabSpec(
            name=folder.relative_to(root).as_posix(),
            folder=folder,
            questions=questions,
            **{**told, **{name: tuple(told.get(name, ())) for name in _LISTS}},
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", hint=f"edit {path}") from None
    ids = [question.id for question in spec.questions]
    if len(set(ids)) < len(ids) or not ids:
        raise ConfigError(f"{path} has the questions {ids}; each needs an id of its own")
    return spec
