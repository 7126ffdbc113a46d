"""Questions with the answers that count, and whether an answer is one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.data.json_lines import read_json_lines

_LEAST = 2
_FORMS = (
    '{"question": ..., "accept": [...]}, {"prompt": ..., "response": ...} or {"messages": [...]}'
)


@dataclass(frozen=True)
class GateQuestion:
    """One question. An answer is right if it holds one of ``accept``, or is it where ``whole``."""

    messages: tuple[tuple[str, str], ...]
    accept: tuple[str, ...]
    whole: bool = False
    task: str = ""

    def is_right(self, answer: str) -> bool:
        """Whether an answer counts.

        A whole one is compared without regard to case, punctuation and articles; else one of
        ``accept`` has to stand in it as a word, or words, of its own, whatever their case.
        """
        from workbench.evaluation.exact_match import is_exact_match

        if self.whole:
            return is_exact_match(answer, self.accept)
        said = answer.lower()
        return any(
            re.search(rf"(?<!\w){re.escape(one.lower())}(?!\w)", said) for one in self.accept
        )


@dataclass(frozen=True)
class QuestionSet:
    """Questions of one file, and its sha256."""

    name: str
    questions: tuple[GateQuestion, ...]
    sha256: str


def read_questions(path: Path) -> QuestionSet:
    """The questions of a JSONL file: with ``accept``, or examples whose last answer is right.

    Raises:
        NotFoundError: There is no such file.
        InputError: A line is no question; its number is named. Or there are fewer than two.
    """
    lines, digest = read_json_lines(path, hint=_FORMS)
    rows = []
    for number, row in lines:
        try:
            rows.append(of_row(row))
        except (ValueError, TypeError) as error:
            said = error.message if isinstance(error, InputError) else str(error)
            raise InputError(f"{path}, line {number}: {said}", hint=_FORMS) from None
    return _checked(QuestionSet(path.name, tuple(rows), digest))


def read_general() -> QuestionSet:
    """The 80 general questions that were frozen before the code."""
    from workbench.finetuning.frozen_sets import DIGESTS, read_frozen

    return QuestionSet("general", tuple(map(of_row, read_frozen("general"))), DIGESTS["general"])


def of_row(row: Any) -> GateQuestion:
    """A question of plain data.

    Raises:
        InputError: It has none of the forms.
    """
    if not isinstance(row, Mapping):
        raise InputError("a row is an object", hint=_FORMS)
    task = str(row.get("task") or "")
    if row.get("messages"):
        *asked, last = _messages(row["messages"])
        if not asked or last[0] != "assistant":
            raise InputError("its last message is no answer", hint=_FORMS)
        return GateQuestion(tuple(asked), (last[1],), whole=True, task=task)
    question = row.get("question") or row.get("prompt")
    accept = row.get("accept") or row.get("answers")
    if not isinstance(question, str) or not question.strip():
        raise InputError("it asks nothing", hint=_FORMS)
    if accept:
        accepted = [accept] if isinstance(accept, str) else list(accept)
        return GateQuestion((("user", question),), _texts(accepted), task=task)
    return GateQuestion((("user", question),), _texts([row.get("response")]), True, task)


def _messages(given: Any) -> list[tuple[str, str]]:
    try:
        return [(str(each["role"]), _texts([each["content"]])[0]) for each in given]
    except (KeyError, TypeError):
        raise InputError("a message needs a role and a content", hint=_FORMS) from None


def _texts(given: Iterable[Any]) -> tuple[str, ...]:
    found = tuple(given)
    if not found or not all(isinstance(each, str) and each.strip() for each in found):
        raise InputError("it has no answer that counts", hint=_FORMS)
    return found


def _checked(found: QuestionSet) -> QuestionSet:
    if len(found.questions) < _LEAST:
        raise InputError(
            f"{found.name} has {len(found.questions)} questions; a comparison needs {_LEAST}",
            hint="give more; what a gate can show grows with their number",
        )
    return found
