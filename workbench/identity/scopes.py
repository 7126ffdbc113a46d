"""What a personal token may be used for: a verb or a role, and the space that it holds in.

``read:/knowledge`` lets it read there, ``contributor:/knowledge/leads`` do what a contributor may.
A scope gives nothing by itself: what a token may do is what its scopes *and* its user's roles
allow at the moment of use.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.core.errors import InputError, NotFoundError

from .spaces import check_space, is_inside
from .verbs import SPACE_ROLES, VERBS


@dataclass(frozen=True, order=True)
class Scope:
    """``word`` is a verb, or a role for all of its verbs."""

    word: str
    space: str

    @classmethod
    def of(cls, text: str) -> Scope:
        """A scope from ``word:space``.

        Raises:
            InputError: It has no such form, or its space is none.
            NotFoundError: There is no such verb or role.
        """
        word, colon, space = text.partition(":")
        if not colon:
            raise InputError(f"the scope {text!r:.200} names no space", hint="read:/knowledge")
        known = {*VERBS, *SPACE_ROLES} - {"none"}
        if word not in known:
            raise NotFoundError.among("verb or role", word, known)
        return cls(word, check_space(space))

    @property
    def verbs(self) -> frozenset[str]:
        """What may be done."""
        return SPACE_ROLES.get(self.word, frozenset({self.word}))

    def covers(self, verb: str, space: str) -> bool:
        """Whether it speaks of this verb in this space."""
        return verb in self.verbs and is_inside(space, self.space)

    def __str__(self) -> str:
        return f"{self.word}:{self.space}"


def check_token_scopes(texts: Iterable[str]) -> tuple[Scope, ...]:
    """The scopes of a token, sorted, each once. Raises InputError if there is none."""
    found = tuple(sorted({Scope.of(text) for text in texts}))
    if not found:
        raise InputError("a token without a scope could do nothing", hint="read:/knowledge")
    return found


@dataclass(frozen=True)
class SignedIn:
    """Who asks, by a session or by a personal token; ``scopes`` None is all that the user may."""

    id: str
    kind: str
    user: str
    expires_s: float
    scopes: tuple[Scope, ...] | None = None
