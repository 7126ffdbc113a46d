"""The closed classes of English words: each has one job, and a rule that looks after it.

What is in none of these lists is a content word. Words that may be dropped are few, and named.
"""

from __future__ import annotations

import functools

from .words import classes, groups, words

DROPPED = words("dropped")
NEGATORS = words("negators")
QUANTIFIERS = classes("quantifiers")
MODALS = classes("modals")
TENSES = classes("tenses")
TIMES = words("times")
SCOPES = words("scopes")
PERSONS = classes("persons")
LINKS = words("links")
JOINED = words("joined")


@functools.cache
def opposites() -> frozenset[frozenset[str]]:
    """Pairs that stand for opposites, each as a set."""
    return frozenset(frozenset(pair) for pair in groups("opposites"))
