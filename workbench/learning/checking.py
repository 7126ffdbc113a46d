"""Running a lab's checks: ``checks.py`` and ``hidden.py`` hold a function for each question."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.core.errors import ConfigError, WorkbenchError

from .answers import WrongAnswer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verdict:
    """What one check found."""

    ok: bool
    expected: str = ""
    found: str = ""
    why: str = ""

    @property
    def message(self) -> str:
        """The fault in one sentence; empty if there is none."""
        if self.ok:
            return ""
        why = f" ({self.why})" if self.why else ""
        return f"expected {self.expected}; found {self.found}{why}"


def load_checks(path: Path) -> ModuleType:
    """The module of a lab's checks, read anew.

    Raises:
        ConfigError: It is not there, or does not run.
    """
    spec = importlib.util.spec_from_file_location(f"workbench_lab_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (OSError, SyntaxError, ImportError, NameError) as error:
        raise ConfigError(f"{path} does not run: {error}", hint=f"edit {path}") from error
    return module


def find_check(module: ModuleType, question: str) -> Callable[..., None]:
    """The check of one question. Raises ConfigError if there is none."""
    found = getattr(module, question, None)
    if not callable(found):
        raise ConfigError(
            f"{module.__file__} has no check of {question!r}", hint=f"def {question}(answers): ..."
        )
    checked: Callable[..., None] = found
    return checked


def run_check(check: Callable[..., None], *given: Any) -> Verdict:
    """Run one check."""
    try:
        check(*given)
    except WrongAnswer as wrong:
        return Verdict(False, wrong.expected, wrong.found, wrong.why)
    except WorkbenchError:
        raise  # the model is not there, the learner's process is gone: that is no answer
    except Exception as error:  # what a learner returns may have any shape and trip a check up
        log.warning("check %s could not read the answer", check.__name__, exc_info=True)
        said = f"{type(error).__name__}: {error}"
        return Verdict(False, "an answer of the form that the task asks for", said[:200])
    return Verdict(True)
