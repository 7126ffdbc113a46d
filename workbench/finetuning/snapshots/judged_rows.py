"""Rows of judged answers: how one is told from an example, and what it teaches.

A row is ``{"messages" or "prompt", "answer", "score", "corrected_answer", "consent"}``. It may
stand in any file to learn from. Its author must have agreed: a row that says nothing of it is not
learnt, while an example that says nothing is, for who wrote it as one meant it to be learnt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.core.errors import InputError
from workbench.finetuning.examples import Example, Preference

from .forms import messages_of, text_of

_NO_CONSENT = "its author did not consent"
_NOTHING_BETTER = "it says what is bad and not what is better"
_NO_JUDGEMENT = "it passes no judgement"
_NO_PREFERENCE = "it is an example and no preference: no answer in it was called bad"
# Of rows that could be read: whoever keeps a log of feedback has many of these.
TEACH_NOTHING = frozenset({_NO_CONSENT, _NOTHING_BETTER, _NO_JUDGEMENT, _NO_PREFERENCE})


def is_judged(row: Mapping[str, Any]) -> bool:
    """Whether a row is a judged answer and neither an example nor a preference."""
    others = any(row.get(name) is not None for name in ("response", "chosen", "rejected"))
    return row.get("answer") is not None and row.get("score") is not None and not others


def check_consent(row: Mapping[str, Any], *, needed: bool) -> None:
    """Raise InputError if a row's author did not consent, or if it must be said and is not."""
    consent = row.get("consent")
    if consent is None and not needed:
        return
    if str(consent).lower() not in ("true", "1", "yes"):
        raise InputError(_NO_CONSENT)


def of_feedback(row: Mapping[str, Any], identity: str) -> tuple[Example, Preference | None]:
    """What one row teaches: the wanted answer, and where another was called bad, which of the two.

    Raises:
        InputError: Nothing: no consent, no judgement, or a field is of no use.
    """
    check_consent(row, needed=True)
    score = _score(row.get("score"))
    identity = str(row.get("request_id") or identity)
    asked = row.get("messages")
    question = (
        messages_of(asked)
        if asked is not None
        else (("user", text_of(row.get("prompt"), what="prompt")),)
    )
    answer = text_of(row.get("answer"), what="answer")
    better = row.get("corrected_answer")
    if better is not None and str(better).strip():
        better = text_of(better, what="corrected_answer")
    else:
        better = None
    if better is None or better.strip() == answer.strip():
        if score <= 0:
            raise InputError(_NOTHING_BETTER if score < 0 else _NO_JUDGEMENT)
        return Example((*question, ("assistant", answer)), identity), None
    example = Example((*question, ("assistant", better)), identity)
    return example, Preference(question, better, answer, identity) if score < 0 else None


def to_judged_preference(row: Mapping[str, Any], identity: str) -> Preference:
    """The preference of a row.

    Raises:
        InputError: It names no answer that is worse than another, or see ``of_feedback``.
    """
    preference = of_feedback(row, identity)[1]
    if preference is None:
        raise InputError(_NO_PREFERENCE)
    return preference


def _score(given: Any) -> float:
    try:
        score = 2.0 if isinstance(given, bool) else float(given)
    except (TypeError, ValueError):
        score = 2.0
    if not -1 <= score <= 1:
        raise InputError(f"the score is {given!r:.40}; it lies between -1 and 1")
    return score
