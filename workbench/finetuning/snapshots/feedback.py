"""Feedback on answers as examples and preferences: what users thought good, and how it is better.

Only rows whose author consented are used. A corrected answer is an example of what is wanted; where
the first answer was called bad the two are a preference as well. A good answer is an example as it
stands. A judgement without either teaches nothing and is set aside with that reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.data.quarantine import Quarantine
from workbench.finetuning.examples import Example, Preference

from .judged_rows import of_feedback
from .reading import records, sifted


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
