"""What a lab says to a wrong answer that was planted."""

from __future__ import annotations

from typing import Any

from workbench.learning.answers import NamespaceAnswers
from workbench.learning.catalogue import CHECKS, HIDDEN, find_lab
from workbench.learning.checking import find_check, load_checks, run_check
from workbench.learning.hidden import Hidden


def assert_caught(lab: str, question: str, code: str, said: str) -> None:
    """The learner's check of a question, or else the hidden one, names the fault in ``code``."""
    spec, namespace = find_lab(lab), dict[str, Any]()
    exec(code, namespace)
    answers = NamespaceAnswers(namespace)
    verdict = run_check(find_check(load_checks(spec.folder / CHECKS), question), answers)
    if verdict.ok:
        check = find_check(load_checks(spec.folder / HIDDEN), question)
        verdict = run_check(check, answers, Hidden(spec, seed=11))
    assert not verdict.ok
    assert said in verdict.message, verdict.message
