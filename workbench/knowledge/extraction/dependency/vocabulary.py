"""Lists of words as they are written in the rules: in one string, parted by spaces."""

from __future__ import annotations


def words(listed: str) -> frozenset[str]:
    """The words of a list.

    >>> sorted(words("city town"))
    ['city', 'town']
    """
    return frozenset(listed.split())
