"""What users thought of answers, beside the usage of the requests that they came from."""

from __future__ import annotations

import math
import time

from workbench.core.errors import InputError, NotFoundError

from .database import Database, open_database
from .documents import check_text

MOST_COMMENT_CHARS = 10_000


def add_feedback(
    request_id: str,
    score: float,
    *,
    key_id: str,
    comment: str | None = None,
    database: Database | None = None,
) -> None:
    """Note what a user thought of an answer. When this returns it is on the disk.

    A second word on the same request takes the place of the first.

    Args:
        request_id: Whose answer.
        score: From -1 (bad) to 1 (good).
        key_id: Who says so. It must be who asked.
        comment: In words.
        database: The store, by default that of WORKBENCH_HOME.

    Raises:
        InputError: The score or the comment is out of bounds.
        NotFoundError: The key has made no such request, or its usage is not settled yet.
    """
    if not -1 <= score <= 1 or math.isnan(score):
        raise InputError(f"the score is {score}; it must lie between -1 and 1")
    if comment is not None:
        comment = comment.strip() or None
    if comment is not None:
        check_text(comment, what="comment")
        if len(comment) > MOST_COMMENT_CHARS:
            raise InputError(
                f"the comment has {len(comment)} characters; it may have {MOST_COMMENT_CHARS}"
            )
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
            "INSERT INTO feedback (request_id, time_s, key_id, score, comment) "
            "VALUES (?, ?, ?, ?, ?)",
            (request_id, time.time(), key_id, score, comment),
        )
