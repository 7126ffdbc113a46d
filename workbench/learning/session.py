"""A lab in the learner's kernel: checks, hints, and the solution when it is asked for."""

from __future__ import annotations

import html
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import NotFoundError, StorageError
from workbench.reports.claims import RUNNER_VARIABLE, claim
from workbench.reports.display import FAILED_COLOUR, PASSED_COLOUR, QUIET_COLOUR

from .answers import NamespaceAnswers
from .catalogue import CHECKS, LabSpec, Question, find_lab
from .checking import Verdict, find_check, load_checks, run_check

log = logging.getLogger(__name__)

GRADED_VARIABLE = "WORKBENCH_LAB_GRADED"  # set where the grader runs a notebook


class Shown:
    """Something that a notebook shows as lines, the first with a colour."""

    colour = QUIET_COLOUR

    def lines(self) -> list[str]:
        """What is shown."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        first, *rest = (html.escape(line) for line in self.lines())
        more = "".join(f"<div style='white-space:pre-wrap'>{line}</div>" for line in rest)
        style = f"border-left:3px solid {self.colour};padding:2px 10px;margin:2px 0"
        return (
            f"<div style='{style}'><strong style='color:{self.colour}'>{first}</strong>{more}</div>"
        )


@dataclass(frozen=True, repr=False)
class CheckResult(Shown):
    """How the public checks of one question went."""

    question: str
    title: str
    verdict: Verdict
    hints_left: int

    @property
    def ok(self) -> bool:
        """Whether the public checks passed; hidden ones come with the grading."""
        return self.verdict.ok

    @property
    def colour(self) -> str:  # type: ignore[override]
        """Beside the words, never instead of them."""
        return PASSED_COLOUR if self.ok else FAILED_COLOUR

    def lines(self) -> list[str]:
        """The verdict in words."""
        if self.ok:
            return [f"✓ {self.question}: public checks passed"]
        said = [f"✗ {self.question}: not yet"]
        said.append(f"expected  {self.verdict.expected}")
        said.append(f"found     {self.verdict.found}")
        if self.verdict.why:
            said.append(f"perhaps   {self.verdict.why}")
        if self.hints_left:
            many = "hint" if self.hints_left == 1 else "hints"
            said.append(f'lab.hint("{self.question}") has {self.hints_left} more {many}')
        else:
            said.append(f'lab.solution("{self.question}") shows the solution')
        return said


@dataclass(frozen=True, repr=False)
class Note(Shown):
    """A hint or a solution."""

    head: str
    text: str

    def lines(self) -> list[str]:
        """The text under its head."""
        return [self.head, *self.text.splitlines()]


class Lab:
    """One lab for one learner.

    Args:
        spec: The lab.
        namespace: Where the learner's variables and functions are.
    """

    def __init__(self, spec: LabSpec, namespace: Mapping[str, Any]) -> None:
        self.spec = spec
        self._answers = NamespaceAnswers(namespace)
        self._checks = load_checks(spec.folder / CHECKS)
        self._given: dict[str, int] = {}
        self._claimed: dict[str, int] = {}

    def check(self, question: str) -> Shown:
        """Run the public checks of a question.

        Raises:
            NotFoundError: There is no such question, and this is a run that nobody watches.
        """
        asked = self._find(question)
        if isinstance(asked, Note):
            return asked
        if os.environ.get(GRADED_VARIABLE):
            return Note(
                f"{question}: left to the grader", "it checks where this kernel cannot reach"
            )
        verdict = run_check(find_check(self._checks, question), self._answers)
        if os.environ.get(RUNNER_VARIABLE):
            self._claim(asked, verdict)
        else:
            self._record("check", question, ok=verdict.ok)
        left = len(asked.hints) - self._given.get(question, 0)
        return CheckResult(question, asked.title, verdict, left)

    def hint(self, question: str) -> Note:
        """The next hint of a question; each says more than the one before."""
        if os.environ.get(GRADED_VARIABLE):
            return _left_out("hint", question)
        asked = self._find(question)
        if isinstance(asked, Note):
            return asked
        hints, given = asked.hints, self._given.get(question, 0)
        if given >= len(hints):
            return Note(
                f"{question}: there are no more hints",
                f'lab.solution("{question}") shows the solution',
            )
        self._given[question] = given + 1
        self._record("hint", question, number=given + 1)
        return Note(f"{question}: hint {given + 1} of {len(hints)}", hints[given])

    def solution(self, question: str) -> Note:
        """One way to do it. Look at it once you have tried: what is read is soon forgotten."""
        from .source import solution_of

        if os.environ.get(GRADED_VARIABLE):
            return _left_out("solution", question)
        asked = self._find(question)
        if isinstance(asked, Note):
            return asked
        text = solution_of(self.spec, question)
        self._record("solution", question)
        return Note(f"{question}: one solution", text)

    def _find(self, question: object) -> Question | Note:
        """The question; for a learner who mistyped it a word on which there are, and no traceback.

        Where a notebook runs by itself a wrong name is the fault of who wrote it, and raises.
        """
        try:
            return self.spec.find(str(question))
        except NotFoundError as error:
            if os.environ.get(RUNNER_VARIABLE) or os.environ.get(GRADED_VARIABLE):
                raise
            ids = [known.id for known in self.spec.questions]
            return Note(error.message, f'this lab asks {", ".join(ids)}: lab.check("{ids[0]}")')

    def _claim(self, asked: Question, verdict: Verdict) -> None:
        """In a report a task that is not done is a claim that does not hold.

        Otherwise the report of an untouched lab would pass: a check only says what it finds.
        """
        self._claimed[asked.id] = times = self._claimed.get(asked.id, 0) + 1
        name = f"{asked.id}, {asked.title}" + (f", check {times}" if times > 1 else "")
        claim(name, "passed" if verdict.ok else "not yet", equals="passed")

    def _record(self, kind: str, question: str, **more: Any) -> None:
        from .records import record_event

        try:
            record_event(self.spec.name, kind=kind, question=question, **more)
        except StorageError as error:  # a full disk must not keep a learner from learning
            log.warning("the progress could not be recorded: %s", error)

    def __repr__(self) -> str:
        return f"<Lab {self.spec.name}: {len(self.spec.questions)} questions>"


def _left_out(call: str, question: object) -> Note:
    """What a call left in a cell says while it is graded: the sandbox has no solutions."""
    return Note(f"{question}: no {call} here", "while a notebook is graded it is left out")


def lab(name: str, namespace: Mapping[str, Any] | None = None) -> Lab:
    """Open a lab.

    Args:
        name: Its folder below ``labs/``, e.g. ``"serving/01_first_answers"``.
        namespace: Where the answers are; in a notebook its own, elsewhere the ``__main__``.

    Raises:
        NotFoundError: There is no such lab; near matches are named.
    """
    if namespace is None:
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
        namespace = vars(sys.modules["__main__"]) if shell is None else shell.user_ns
    return Lab(find_lab(name), namespace)
