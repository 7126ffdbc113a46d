"""From the store to the trainer: judged calls whose askers agreed, as rows to learn from."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from workbench.core import settings
from workbench.core.cancellation import check_cancelled
from workbench.core.errors import ConflictError, InputError
from workbench.core.viewers import Viewable
from workbench.store import files
from workbench.store.judged_words import JudgedWords, judged_words

from .judged_rows import is_judged, of_feedback
from .kept_calls import NO_CONSENT, NO_WORDS, row_of

SUFFIXES = (".jsonl", ".ndjson")
_SETTING_OFF = (
    "the words of calls are not kept, so nothing of them can be learnt: set "
    "usage_prompt_text = true in workbench.toml and start the gateway anew"
)
_ASK = 'judge with {"consent": true} where the answer may be learnt from'
_NONE_JUDGED = "nobody judged an answer: POST /v1/feedback with its id"


@dataclass(frozen=True)
class LearntRow:
    """One row, and the judgement that it came from."""

    request_id: str
    judged_s: float
    line: str = field(repr=False)
    is_preference: bool = False


@dataclass(frozen=True)
class Collected:
    """What may be learnt of judged calls, in the order of the calls; ``left_out`` is the rest, by
    reason."""

    rows: tuple[LearntRow, ...]
    judged: int
    left_out: dict[str, int]


@dataclass(frozen=True)
class FeedbackExport(Viewable):
    """What was written: ``rows`` of ``judged`` calls, ``preferences`` of which are both.

    ``left_out`` counts the other calls by reason, ``hint`` says what would leave out fewer.
    """

    path: Path
    rows: int
    preferences: int
    judged: int
    left_out: dict[str, int]
    hint: str = ""


def collect_feedback(
    *,
    since_s: float = 0.0,
    key_id: str | None = None,
    models: Collection[str] = (),
) -> Collected:
    """Judged calls as rows to learn from.

    Args:
        since_s: Only what was judged from this Unix time on.
        key_id: Only of this key.
        models: Only what one of these answered, or a version of one; every model's if there are
            none.
    """
    rows, left_out, judged = list[LearntRow](), Counter[str](), 0
    for call in judged_words(since_s=since_s, key_id=key_id):
        check_cancelled()
        if models and not any(_is_of(call, model) for model in models):
            continue
        judged += 1
        found = row_of(call)
        if isinstance(found, str):
            left_out[found] += 1
        else:
            rows.append(_learnt(call, found))
    return Collected(tuple(rows), judged, dict(sorted(left_out.items())))


def export_feedback(
    out: Path, *, since_s: float = 0.0, key: str | None = None, model: str | None = None
) -> FeedbackExport:
    """Write judged calls as a file of rows, whole or not at all; equal calls give equal bytes.

    Args:
        out: A .jsonl file; an earlier export there is replaced.
        since_s: Only what was judged from this Unix time on.
        key: Only of this key, by its id or name.
        model: Only what this model, or a version of it, answered.

    Raises:
        InputError: ``out`` is no name of a file of rows.
        NotFoundError: There is no such key.
        ConflictError: Another file is there.
        StorageError: The disk is full; the file that was there is as it was.
    """
    from workbench.identity.keys import Keys

    out = out.expanduser()
    _check_out(out)
    key_id = None if key is None else Keys().get(key).id
    found = collect_feedback(since_s=since_s, key_id=key_id, models=[model] if model else ())
    preferences = sum(each.is_preference for each in found.rows)
    with files.drafting(out.parent, out.name, text=True) as draft:
        os.fchmod(draft.file.fileno(), 0o600)  # as the store's: words are the user's alone
        draft.file.writelines(each.line for each in found.rows)
        note_reading("release", f"feedback, {out.name}", found, key=key_id, model=model)
        draft.publish(out)
    return FeedbackExport(
        out, len(found.rows), preferences, found.judged, found.left_out, _hint(found)
    )


def note_reading(
    action: Literal["release", "access"], subject: str, found: Collected, **more: Any
) -> None:
    """Say in the ledger that words were given out or read: of how many calls, never which."""
    from workbench.privacy import record

    given = {name: value for name, value in more.items() if value is not None}
    counts = {"rows": len(found.rows), "judged": found.judged, "left_out": found.left_out}
    record(action, subject, data=counts | given)


def _is_of(call: JudgedWords, model: str) -> bool:
    served = call.model.removeprefix("local/")
    return served == model or served.startswith(f"{model}@")


def _learnt(call: JudgedWords, row: dict[str, Any]) -> LearntRow:
    preference = of_feedback(row, call.request_id)[1]
    line = json.dumps(row, ensure_ascii=False) + "\n"
    return LearntRow(call.request_id, call.judged_s, line, preference is not None)


def _check_out(out: Path) -> None:
    """Raise unless a file may be written there that is no other's."""
    if out.is_dir():
        raise InputError(f"{out} is a folder", hint=f"--out {out / 'feedback.jsonl'}")
    if out.suffix not in SUFFIXES:
        raise InputError(
            f"{out.name} would hold a JSON object a line, and is not called so",
            hint=f"--out {out.stem or 'feedback'}{SUFFIXES[0]}",
        )
    with files.saying_why(out):
        there = out.read_bytes().splitlines() if out.is_file() else []
    if there and not _is_export(there[0]):
        raise ConflictError(
            f"{out} is there, and is no export of feedback", hint="name another file with --out"
        )


def _is_export(line: bytes) -> bool:
    try:
        row = json.loads(line)
    except ValueError:
        return False
    return isinstance(row, dict) and is_judged(row) and "request_id" in row and "consent" in row


def _hint(found: Collected) -> str:
    if not settings.get("usage_prompt_text") and (not found.judged or NO_WORDS in found.left_out):
        return _SETTING_OFF
    if not found.judged:
        return _NONE_JUDGED
    return _ASK if not found.rows and NO_CONSENT in found.left_out else ""
