"""Feedback on answers as examples and preferences: what users thought good, and how it is better.

Only rows whose author consented are used. A corrected answer is an example of what is wanted; where
the first answer was called bad the two are a preference as well. A good answer is an example as it
stands. A judgement without either teaches nothing and is set aside with that reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.data.quarantine import Quarantine
from workbench.finetuning.examples import Example, Preference

from .forms import messages_of, text_of
from .reading import check_consent, records, sifted


@dataclass(frozen=True)
class Feedback:
    """What feedback teaches, and the rows that teach nothing with their reasons."""

    examples: tuple[Example, ...]
    preferences: tuple[Preference, ...]
    quarantine: Quarantine


def read_feedback(path: str | Path, *, on_bad: str = "quarantine") -> Feedback:
    """Read rows of ``{"request_id", "messages" or "prompt", "answer", "score", "corrected_answer",
    "consent"}``.

    Args:
        path: A .jsonl, .ndjson, .csv, .tsv or .parquet file.
        on_bad: ``quarantine`` or ``raise``; see ``read_examples``.

    Raises:
        NotFoundError: There is no such file.
        DataError: No row of it teaches anything.
    """
    path = Path(path)
    pairs, quarantine = sifted(path, of_feedback, records(path), on_bad=on_bad)
    return Feedback(
        tuple(example for example, _ in pairs),
        tuple(preference for _, preference in pairs if preference is not None),
        quarantine,
    )


def of_feedback(row: Mapping[str, Any], identity: str) -> tuple[Example, Preference | None]:
    """What one row teaches.

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
            raise InputError("it says what is bad and not what is better" if score < 0 else
                             "it passes no judgement")  # fmt: skip
        return Example((*question, ("assistant", answer)), identity), None
    example = Example((*question, ("assistant", better)), identity)
    return example, Preference(question, better, answer, identity) if score < 0 else None


def _score(given: Any) -> float:
    try:
        score = 2.0 if isinstance(given, bool) else float(given)
    except (TypeError, ValueError):
        score = 2.0
    if not -1 <= score <= 1:
        raise InputError(f"the score is {given!r:.40}; it lies between -1 and 1")
    return score
