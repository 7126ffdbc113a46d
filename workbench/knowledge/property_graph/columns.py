"""What the columns of an answer are called."""

from __future__ import annotations

import re

# Ladybug counts nodes by a property that it adds to each, and says so.
_INNER = re.compile(r"\._ID\b")


def as_written(column: str, cypher: str) -> str:
    """A column as the statement has it: an engine may write it in other letters.

    >>> as_written("COUNT(n._ID)", "MATCH (n) RETURN count(n)")
    'count(n)'
    """
    said = _INNER.sub("", column)
    if said in cypher:
        return said
    letters = (re.escape(letter) for letter in said if not letter.isspace())
    found = re.search(r"\s*".join(letters), cypher, re.IGNORECASE)
    return found[0] if found else said
