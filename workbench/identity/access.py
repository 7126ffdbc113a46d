"""Keys of the home that is set, as plain functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .keys import Key, Keys, NewKey
from .principals import KeyLimits, Principal
from .users import LOCAL
from .verification import verifier


def create_key(
    name: str,
    *,
    user: str | None = None,
    role: str = "user",
    scopes: Iterable[str] | None = None,
    models: Iterable[str] | None = None,
    expires_s: float | None = None,
    limits: KeyLimits | None = None,
    actor: str = LOCAL,
) -> NewKey:
    """Make a key; see ``Keys.create``."""
    return Keys().create(
        name,
        user=user,
        role=role,
        scopes=scopes,
        models=models,
        expires_s=expires_s,
        limits=limits,
        actor=actor,
    )


def verify(key_text: str) -> Principal:
    """Who a request with this key comes from. Raises AccessError; see ``Verifier.verify``."""
    return verifier().verify(key_text)


def list_keys(*, revoked: bool = False) -> tuple[Key, ...]:
    """The keys in force, or all that ever were."""
    return Keys().list(revoked=revoked)


def revoke_key(id_or_name: str, *, actor: str = LOCAL, reason: str = "") -> Key:
    """Refuse a key from now on: at once in this process, in others within ``CHANGE_SEEN_S``."""
    key = Keys().revoke(id_or_name, actor=actor, reason=reason)
    verifier().refresh()
    return key


def update_limits(id_or_name: str, *, actor: str = LOCAL, **limits: Any) -> Key:
    """Change some limits of a key; see ``Keys.update_limits``."""
    key = Keys().update_limits(id_or_name, actor=actor, **limits)
    verifier().refresh()
    return key


def change_key(
    id_or_name: str,
    *,
    limits: Mapping[str, Any] | None = None,
    models: Iterable[str] | None = None,
    actor: str = LOCAL,
) -> Key:
    """Change limits of a key, and the models that it may use if any are named, together.

    Raises:
        ConflictError: The key was revoked.
        InputError: A limit or a model's name is wrong.
        NotFoundError: There is no such key.
    """
    keys = Keys()
    with keys.database.transaction():
        key = keys.get(id_or_name)
        if limits:
            key = keys.update_limits(key.id, actor=actor, **limits)
        if models is not None:
            key = keys.update_models(key.id, models, actor=actor)
    verifier().refresh()
    return key
