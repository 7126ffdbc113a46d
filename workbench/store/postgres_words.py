"""What Postgres says of a fault, in a line that can be shown."""

from __future__ import annotations

# By these a server tells that it does not take a user, and not that it is not there.
REFUSED = ("authentication failed", "no password supplied", "pg_hba.conf", "is not permitted")


def last_words(error: Exception) -> str:
    """The last part of a fault's first line: before it libpq repeats where it connected to."""
    line = (str(error).splitlines() or [""])[0]
    for word in ("FATAL:  ", "failed: "):
        if word in line:
            line = line.rsplit(word, 1)[1]
    return line.strip() or type(error).__name__
