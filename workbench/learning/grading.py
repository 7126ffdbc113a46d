"""Grading a notebook where its author cannot reach.

The notebook runs in a sandbox: no files but the lab's public ones, no network. The checks run
here, in another process, and see only what comes over as data; the inputs of the hidden ones are
drawn anew each time. Whatever the notebook does to its own ``check``, process, files or output
changes nothing here.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import (
    CapabilityError,
    DeadlineError,
    EngineError,
    InputError,
    NotFoundError,
)
from workbench.core.progress import Progress, progress
from workbench.reports.notebooks import near_notebooks
from workbench.sandbox import Conversation, Limits, talk_isolated
from workbench.sandbox.programs import interpreter

from .answers import ANSWER_S, Answers, WrongAnswer
from .catalogue import CHECKS, HIDDEN, SPEC, LabSpec, find_lab
from .checking import Verdict, find_check, load_checks, run_check
from .grades import Grade, QuestionGrade
from .hidden import Hidden
from .session import GRADED_VARIABLE
from .source import read_code

GRADER_VERSION = "1"
LIMITS = Limits(
    cpu_s=600,
    wall_s=900.0,
    memory_bytes=4 << 30,
    processes=128,
    file_bytes=256 << 20,
    open_files=512,
    output_bytes=4 << 20,
)
_BEGIN_S, _CELL_S, _ANSWER_S = 300.0, 300.0, ANSWER_S
_MOST_LEFT_OUT = 3  # cells; each that loops takes all of its time


class SandboxAnswers(Answers):
    """What a notebook left, asked of its process in the sandbox.

    ``is_lost`` says that the process is gone or was ended, so that nobody can be asked any more.
    """

    def __init__(self, talk: Conversation) -> None:
        self._talk = talk
        self.is_lost = False

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """See ``Answers.ask``. A process that is gone or mute is a wrong answer."""
        try:
            said = ask(self._talk, request, timeout_s=_ANSWER_S)
        except WrongAnswer:
            self.is_lost = True
            raise
        if not isinstance(said, dict):
            raise WrongAnswer("an answer of the notebook's process", "something else")
        return said


def ask(talk: Conversation, request: dict[str, Any], *, timeout_s: float) -> Any:
    """Ask the notebook's process. Raises WrongAnswer if it is gone, mute or talks nonsense."""
    if talk.outcome is not None:
        raise WrongAnswer(
            "the notebook's process to answer",
            f"that it ended ({talk.outcome.ended}, status {talk.outcome.status})",
            why="a cell ended the process, or took too much time or memory",
        )
    try:
        return talk.ask(request, timeout_s=timeout_s)
    except DeadlineError:
        talk.cut_off()
        raise WrongAnswer(
            "an answer of the notebook's process", f"none within {timeout_s:.0f} s", why="a loop?"
        ) from None
    except EngineError as error:
        raise WrongAnswer("an answer of the notebook's process", error.message) from None


def grade_notebook(notebook: Path, *, lab: str | None = None, seed: int | None = None) -> Grade:
    """Run a notebook in the sandbox and check what it left.

    Args:
        notebook: The learner's file.
        lab: The lab, by default the one that the notebook names.
        seed: Draws the hidden inputs; by default a new one.

    Raises:
        NotFoundError: There is no such notebook, or no such lab.
        InputError: It is no notebook, or names no lab.
        CapabilityError: There is no sandbox here, or the process does not begin in it.
    """
    notebook = Path(notebook)
    _check_file(notebook)
    named, cells = read_code(notebook)
    if lab is None and named is None:
        raise InputError(f"{notebook} does not say of which lab it is", hint="--lab TOPIC/NAME")
    spec = find_lab(lab or str(named))
    sha256 = hashlib.sha256(notebook.read_bytes()).hexdigest()
    hidden = Hidden(spec, seed=secrets.randbits(63) if seed is None else seed)
    steps = len(cells) + len(spec.questions)
    with (
        progress(f"grade {spec.name}", total=steps) as task,
        contextlib.closing(hidden),
        contextlib.ExitStack() as room,
    ):

        def begin() -> Conversation:
            room.close()
            talk = room.enter_context(_kernel(spec))
            _check_begun(talk)
            return talk

        left_out: dict[int, str] = {}
        talk, failed = _run_cells(begin, cells, left_out, task)

        def begin_again() -> Conversation:
            return _run_cells(begin, cells, left_out)[0]

        again = None if _is_given_up(left_out) else begin_again
        questions = _check_all(spec, talk, hidden, task, begin_again=again)
    return Grade(
        lab=spec.name,
        notebook=str(notebook),
        notebook_sha256=sha256,
        grader_version=GRADER_VERSION,
        checks_sha256=checks_sha256(spec),
        questions=questions,
        score=sum(question.points for question in questions),
        score_possible=spec.points,
        ok=all(question.public_ok and question.hidden_ok for question in questions),
        cells_failed=tuple(failed),
        note=_told(left_out),
        time=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )


def _check_file(notebook: Path) -> None:
    if notebook.suffix != ".ipynb":
        raise InputError(
            f"{notebook} is not a notebook; its name must end in .ipynb",
            hint="workbench learning grade TOPIC/NAME",
        )
    if not notebook.is_file():
        near = near_notebooks(notebook)
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        hint = f"workbench learning grade {near[0]}" if near else "workbench learning list"
        raise NotFoundError(f"there is no notebook {notebook}{meant}", hint=hint)


@contextlib.contextmanager
def _kernel(spec: LabSpec) -> Iterator[Conversation]:
    """The notebook's process: it sees the lab's public files, models and data, nothing else."""
    readable = {
        f"labs/{spec.name}/{file}": (spec.folder / file).resolve() for file in (SPEC, CHECKS)
    }
    for name in spec.models:
        readable.update(_model_files(name, spec.engines))
    for name in spec.datasets:
        readable.update(_dataset_files(name))
    command = [interpreter(), "-m", "workbench.learning.kernel"]
    environment = {
        "WORKBENCH_HOME": "/box/home",
        "WORKBENCH_LABS_DIR": "/box/labs",
        "WORKBENCH_OFFLINE": "1",
        GRADED_VARIABLE: "1",
        "IPYTHONDIR": "/box/ipython",
    }
    with talk_isolated(command, readable=readable, environment=environment, limits=LIMITS) as talk:
        yield talk


def _model_files(name: str, engines: Sequence[str]) -> dict[str, Path]:
    """The files of a model, fetched and converted if need be, by their place in the sandbox."""
    from workbench.core import settings
    from workbench.models import catalogue, presence
    from workbench.models.formats.made_folders import is_sound
    from workbench.models.loading import model_files, prepare
    from workbench.store import provenance
    from workbench.store.artifacts import Artifacts

    entry, artifacts = catalogue.find(name), Artifacts()
    model_files(entry)
    for engine in engines:
        prepare(name, engine=engine)
    found = {}
    for sha256 in presence.known_sha256s(entry, artifacts).values():
        path = artifacts.path(sha256)
        found[f"home/blobs/{path.name}"] = path
        origin = artifacts.root / provenance.FOLDER / f"{sha256}.json"
        if origin.is_file():
            found[f"home/{provenance.FOLDER}/{origin.name}"] = origin
        if engines:
            made = (settings.home() / "converted").glob(f"{sha256}-*")
            found.update({f"home/converted/{f.name}": f for f in made if is_sound(f)})
    return found


def _dataset_files(name: str) -> dict[str, Path]:
    """A data set, fetched and built if need be: its raw files and its build, by their place."""
    from workbench.data.catalogue import find_entry
    from workbench.data.loading import pull
    from workbench.store import provenance
    from workbench.store.artifacts import Artifacts
    from workbench.store.sources import fetch

    entry, artifacts = find_entry(name), Artifacts()
    build = pull(entry)
    found = {f"home/datasets/{build.folder.name}": build.folder}
    for file in fetch(entry.sources, artifacts=artifacts):
        found[f"home/blobs/{file.path.name}"] = file.path
        origin = artifacts.root / provenance.FOLDER / f"{file.sha256}.json"
        if origin.is_file():
            found[f"home/{provenance.FOLDER}/{origin.name}"] = origin
    return found


def _check_begun(talk: Conversation) -> None:
    """That the process is there before any cell has run: what is wrong by then is not the
    learner's fault, and no grade.

    Raises:
        CapabilityError: It ended, or does not answer.
    """
    try:
        ask(talk, {"run": ""}, timeout_s=_BEGIN_S)
    except WrongAnswer as wrong:
        said = talk.close().stderr.strip().splitlines()
        raise CapabilityError(
            f"the notebook's process did not begin, so nothing was graded: "
            f"{said[-1] if said else wrong.found}",
            hint="workbench sandbox show",
        ) from None


def _run_cells(
    begin: Callable[[], Conversation],
    cells: list[str],
    left_out: dict[int, str],
    task: Progress | None = None,
) -> tuple[Conversation, list[str]]:
    """Run every cell, also after one that fails; the process in which they ran, and what failed.

    A cell that loops, or ends the process, is put into ``left_out`` with the reason, and all
    begins again without it, so that it costs the tasks that do not need it nothing.
    """
    reached = 0
    while True:
        talk, failed = begin(), []
        for number, text in enumerate(cells, start=1):
            if number in left_out:
                continue
            try:
                said = ask(talk, {"run": text}, timeout_s=_CELL_S)
            except WrongAnswer as wrong:
                left_out[number] = wrong.found
                break
            if isinstance(said, dict) and not said.get("ok"):
                failed.append(f"code cell {number}: {said.get('error')}"[:500])
            if task is not None and number > reached:
                reached = number
                task.advance()
        else:
            return talk, failed
        if _is_given_up(left_out):
            return talk, failed


def _is_given_up(left_out: dict[int, str]) -> bool:
    return len(left_out) > _MOST_LEFT_OUT


def _told(left_out: dict[int, str]) -> str:
    """Which cells were left out, and why; empty if none was."""
    if not left_out:
        return ""
    told = "; ".join(f"code cell {number}: {why}" for number, why in sorted(left_out.items()))
    if _is_given_up(left_out):
        return f"{told}. With so many the notebook was not run again."
    without = "it" if len(left_out) == 1 else "them"
    return f"{told}. The notebook was run again without {without}."


def _check_all(
    spec: LabSpec,
    talk: Conversation,
    hidden: Hidden,
    task: Progress,
    *,
    begin_again: Callable[[], Conversation] | None,
) -> tuple[QuestionGrade, ...]:
    """Check each question. One whose answer ends the process, or that loops, costs the later ones
    nothing: they are asked of a new process in which the notebook was run again."""
    public, secret = load_checks(spec.folder / CHECKS), load_checks(spec.folder / HIDDEN)
    answers, graded = SandboxAnswers(talk), []
    for question in spec.questions:
        if answers.is_lost and begin_again is not None:
            answers = SandboxAnswers(begin_again())
        first = run_check(find_check(public, question.id), answers)
        second = run_check(find_check(secret, question.id), answers, hidden) if first.ok else first
        graded.append(_grade_of(question.id, question.title, question.points, first, second))
        task.advance()
    return tuple(graded)


def _grade_of(
    name: str, title: str, points: int, public: Verdict, hidden: Verdict
) -> QuestionGrade:
    ok = public.ok and hidden.ok
    return QuestionGrade(
        id=name,
        title=title,
        public_ok=public.ok,
        hidden_ok=ok,
        points=points if ok else 0,
        points_possible=points,
        message=public.message or hidden.message,
    )


def checks_sha256(spec: LabSpec) -> str:
    """The hash of what a lab is graded by."""
    digest = hashlib.sha256()
    for name in (SPEC, CHECKS, HIDDEN):
        content = (spec.folder / name).read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
