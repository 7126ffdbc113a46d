"""What users thought of answers, beside the usage of the requests that they came from."""

from __future__ import annotations

import math
import time

from workbench.core.errors import InputError, NotFoundError

from .database import Database, open_database

MOST_COMMENT_CHARS = 10_000
MOST_ANSWER_CHARS = 10_000


def add_feedback(
    request_id: str,
    score: float,
    *,
    key_id: str,
    comment: str | None = None,
    corrected_answer: str | None = None,
    consent: bool = False,
    database: Database | None = None,
) -> None:
    """Note what a user thought of an answer. When this returns it is on the disk.

    A second word on the same request takes the place of the first, with all that was said in it:
    who leaves out a consent that was given takes it back.

    Args:
        request_id: Whose answer.
        score: From -1 (bad) to 1 (good).
        key_id: Who says so. It must be who asked.
        comment: In words.
        corrected_answer: What the answer should have been.
        consent: Whether question and answer may be learnt from.
        database: The store, by default that of WORKBENCH_HOME.

    Raises:
        InputError: The score, the comment or the corrected answer is out of bounds.
        NotFoundError: The key has made no such request, or its usage is not settled yet.
    """
    if not -1 <= score <= 1 or math.isnan(score):
        raise InputError(f"the score is {score}; it must lie between -1 and 1")
    if comment is not None:
        comment = comment.strip() or None
    if comment is not None:
        _check_words(comment, "comment", MOST_COMMENT_CHARS)
    if corrected_answer is not None:
        if not corrected_answer.strip():
            raise InputError(
                "corrected_answer is empty", hint="leave it out where there is none to give"
            )
        _check_words(corrected_answer, "corrected_answer", MOST_ANSWER_CHARS)
    with (database or open_database()).transaction() as connection:
        asked = connection.execute(
            "SELECT 1 FROM usage WHERE request_id = ? AND key_id = ?", (request_id, key_id)
        ).fetchone()
        if asked is None:  # another key's request is as good as none: its id tells nothing
            raise NotFoundError(
                "this key has made no such request", hint="give the id of an answer", noun="request"
            )
        connection.execute(
            "DELETE FROM feedback WHERE request_id = ? AND key_id = ?", (request_id, key_id)
        )
        connection.execute(
            "INSERT INTO feedback (request_id, time_s, key_id, score, comment, corrected_answer, "
            "consent) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (request_id, time.time(), key_id, score, comment, corrected_answer, int(consent)),
        )


def _check_words(text: str, what: str, most_chars: int) -> None:
    if len(text) > most_chars:
        raise InputError(f"the {what} has {len(text)} characters; it may have {most_chars}")
    if "\0" in text:
        raise InputError(f"the {what} has a NUL character in it", hint="take it out")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(
            f"the {what} is no valid text: it holds half of a surrogate pair", hint="send UTF-8"
        ) from None
