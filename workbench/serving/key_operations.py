"""What a user can ask about the keys of the gateway."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Annotated

import annotated_types as bounds

from workbench.core.errors import InputError, NotFoundError
from workbench.core.operations import operation
from workbench.core.schema import Example
from workbench.core.viewers import Viewable
from workbench.identity import access
from workbench.identity.keys import Key, Keys, NewKey
from workbench.identity.principals import KeyLimits
from workbench.identity.roles import Role
from workbench.serving.key_warnings import key_warnings, revoked_warnings
from workbench.serving.limits.opening import make_limits
from workbench.serving.limits.protocol import LimitUse

_DAY_S = 86_400.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeyState(Viewable):
    """A key, and what it has used and holds now."""

    key: Key
    use: LimitUse


Requests = Annotated[int, bounds.Ge(0), Example(60)]
Tokens = Annotated[int, bounds.Ge(0), Example(20_000)]
Streams = Annotated[int, bounds.Ge(0), Example(4)]
Budget = Annotated[int, bounds.Ge(0), Example(1_000_000)]
Money = Annotated[float, bounds.Ge(0), Example(10)]


@operation("serving.keys_add", title="Make a key", produces="secret", group="keys")
def add_key(
    name: str,
    *,
    user: str | None = None,
    role: Role = "user",
    scopes: list[str] | None = None,
    models: list[str] | None = None,
    expires_days: Annotated[float, bounds.Gt(0)] | None = None,
    requests_per_minute: Requests | None = None,
    tokens_per_minute: Tokens | None = None,
    concurrent_streams: Streams | None = None,
    budget_tokens: Budget | None = None,
    budget_tokens_day: Budget | None = None,
    budget_usd: Money | None = None,
    budget_usd_day: Money | None = None,
) -> NewKey:
    """Make a key for the gateway. It is shown once: the store keeps only its sha256.

    Args:
        name: What it is called.
        user: Whose it is, by default this machine's own user; added if he is not there.
        role: user asks models, operator also loads and unloads them, owner also makes keys.
        scopes: What it may be used for, by commas; by default all that its role allows.
        models: The models that it may use, by commas, exact names or beginnings with a *.
        expires_days: After so many days it is refused.
        requests_per_minute: At most so many requests in any minute.
        tokens_per_minute: At most so many tokens, of prompts and answers, in any minute.
        concurrent_streams: At most so many answers at a time.
        budget_tokens: At most so many tokens a calendar month (UTC).
        budget_tokens_day: At most so many tokens a day (UTC).
        budget_usd: At most so many US dollars a calendar month (UTC).
        budget_usd_day: At most so many US dollars a day (UTC).
    """
    allowed = split_commas(models)
    _say(key_warnings(allowed, budgets_usd=(budget_usd, budget_usd_day)))
    return access.create_key(
        name,
        user=user,
        role=role,
        scopes=split_commas(scopes),
        models=allowed,
        expires_s=None if expires_days is None else time.time() + expires_days * _DAY_S,
        limits=KeyLimits(
            requests_per_minute=requests_per_minute,
            tokens_per_minute=tokens_per_minute,
            concurrent_streams=concurrent_streams,
            budget_tokens_day=budget_tokens_day,
            budget_tokens_month=budget_tokens,
            budget_usd_day=budget_usd_day,
            budget_usd_month=budget_usd,
        ),
    )


@operation("serving.keys_list", title="List the keys", produces="keys", group="keys")
def list_keys(*, revoked: bool = False) -> tuple[Key, ...]:
    """List the keys in force with their limits; the keys themselves are nowhere.

    Args:
        revoked: Also those that were revoked.
    """
    return access.list_keys(revoked=revoked)


@operation("serving.keys_revoke", title="Revoke a key", produces="key", group="keys")
def revoke_key(key: str, *, reason: str = "") -> Key:
    """Refuse a key from now on; a gateway that runs notices within a quarter of a second.

    It cannot be taken back. Where no key of an owner is left in force, that is said.

    Args:
        key: Its id or its name.
        reason: Why, for the ledger.
    """
    before = Keys().get(key)
    revoked = access.revoke_key(before.id, reason=reason)
    if before.revoked_s is None:
        _say(revoked_warnings(revoked, left=access.list_keys()))
    return revoked


@operation("serving.keys_limits", title="Change a key's limits", produces="key", group="keys")
def change_limits(
    key: str,
    *,
    models: list[str] | None = None,
    requests_per_minute: Requests | None = None,
    tokens_per_minute: Tokens | None = None,
    concurrent_streams: Streams | None = None,
    budget_tokens: Budget | None = None,
    budget_tokens_day: Budget | None = None,
    budget_usd: Money | None = None,
    budget_usd_day: Money | None = None,
    remove: list[str] | None = None,
) -> Key:
    """Change the limits that are named and leave the others; it holds for the next request.

    Args:
        key: Its id or its name.
        models: The models that it may use, by commas; * for all.
        requests_per_minute: At most so many requests in any minute.
        tokens_per_minute: At most so many tokens, of prompts and answers, in any minute.
        concurrent_streams: At most so many answers at a time.
        budget_tokens: At most so many tokens a calendar month (UTC).
        budget_tokens_day: At most so many tokens a day (UTC).
        budget_usd: At most so many US dollars a calendar month (UTC).
        budget_usd_day: At most so many US dollars a day (UTC).
        remove: Limits to take away, by commas, named as the options are.
    """
    given = {
        "requests_per_minute": requests_per_minute,
        "tokens_per_minute": tokens_per_minute,
        "concurrent_streams": concurrent_streams,
        "budget_tokens_day": budget_tokens_day,
        "budget_tokens_month": budget_tokens,
        "budget_usd_day": budget_usd_day,
        "budget_usd_month": budget_usd,
    }
    changes: dict[str, float | None] = {
        name: value for name, value in given.items() if value is not None
    }
    for name in split_commas(remove) or ():
        typed = name.replace("-", "_")
        full = f"{typed}_month" if typed in ("budget_tokens", "budget_usd") else typed
        if full not in given:
            raise NotFoundError.among("limit", name, given)
        changes[full] = None
    allowed = split_commas(models)
    if not changes and allowed is None:
        raise InputError("nothing was named to change", hint="workbench serving keys limits --help")
    _say(key_warnings(allowed, budgets_usd=(budget_usd, budget_usd_day)))
    return access.change_key(key, limits=changes, models=allowed)


@operation("serving.keys_show", title="Show a key", produces="key-state", group="keys")
def show_key(key: str) -> KeyState:
    """Show what a key may do, what it has used of its limits and what is reserved now.

    Args:
        key: Its id or its name.
    """
    found = Keys().get(key)
    money = (found.limits.budget_usd_month, found.limits.budget_usd_day)
    _say(key_warnings((), budgets_usd=money))
    return KeyState(found, asyncio.run(_use_of(found.id)))


@operation("serving.keys_recount", title="Count budgets anew", produces="nothing", group="keys")
def recount() -> None:
    """Count what keys have used of their budgets anew, from the settled usage."""
    asyncio.run(_recount())


def _say(warnings: list[str]) -> None:
    for each in warnings:
        log.warning("%s", each)


async def _use_of(key_id: str) -> LimitUse:
    store = make_limits()
    try:
        return await store.usage(key_id)
    finally:
        await store.close()


async def _recount() -> None:
    store = make_limits()
    try:
        await store.rebuild()
    finally:
        await store.close()


def split_commas(names: list[str] | None) -> list[str] | None:
    """Names that were given one by one or joined by commas; None if there are none."""
    if names is None:
        return None
    return [part.strip() for name in names for part in name.split(",") if part.strip()]
