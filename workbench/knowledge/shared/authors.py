"""How who wrote something stands now: what he wrote is his, also after he was removed."""

from __future__ import annotations

from workbench.identity.users import LOCAL, Users

_GONE = {"removed": "removed", "disabled": "disabled", "unknown": "not known here"}


def state_of(name: str) -> str:
    """How an author stands: ``in force``, ``disabled``, ``removed``, or ``unknown`` here."""
    known = Users().find(name)
    if known is None:
        return "in force" if name == LOCAL else "unknown"
    return known.state


def named(name: str, state: str) -> str:
    """An author's name, with how he stands where that is not as it was.

    >>> named("anna", "removed"), named("anna", "in force")
    ('(removed) anna', 'anna')
    """
    return f"({_GONE[state]}) {name}" if state in _GONE else name


def what_it_means(name: str, state: str) -> str:
    """What it means for an open proposal that its author is gone; empty where he is not."""
    if state not in _GONE:
        return ""
    return (
        f"{named(name, state)} cannot revise it; who may merge can settle its conflicts, merge or "
        "decline it, and what is merged stays under that name"
    )
