"""Keys and their budgets over HTTP. The store is read and written in threads, not in the loop."""

from __future__ import annotations

import asyncio

from msgspec import UNSET

from workbench.identity.keys import Key, Keys
from workbench.identity.principals import KeyLimits
from workbench.serving.admin_types import Budget, BudgetList, KeyList, KeyMade
from workbench.serving.asked import Asked
from workbench.serving.key_warnings import key_warnings


async def list_keys(asked: Asked) -> KeyList:
    """The keys in force, or all that ever were."""
    return KeyList(list(await asyncio.to_thread(Keys().list, revoked=asked.query.revoked)))


async def show_key(asked: Asked) -> Key:
    """One key."""
    return await asyncio.to_thread(Keys().get, asked.path["key"])


async def add_key(asked: Asked) -> KeyMade:
    """Make a key; it is shown in this answer alone."""
    wish, limits = asked.body, asked.body.limits.given()
    budgets_usd = [value for name, value in limits.items() if name.startswith("budget_usd")]

    def make() -> KeyMade:
        # Before the key is made: a fault here would leave one that nobody has seen.
        said = key_warnings(wish.models, budgets_usd=budgets_usd)
        made = Keys().create(
            wish.name,
            user=wish.user,
            role=wish.role,
            scopes=wish.scopes,
            models=wish.models,
            expires_s=wish.expires_s,
            limits=KeyLimits.of(limits),
            actor=asked.actor,
        )
        return KeyMade(made.id, made.key, made.name, made.prefix, said)

    return await asyncio.to_thread(make)


async def change_key(asked: Asked) -> Key:
    """Change a key's limits or models."""
    change, name = asked.body, asked.path["key"]

    def write() -> Key:
        keys = Keys()
        key = keys.get(name)
        if given := change.limits.given():
            key = keys.update_limits(name, actor=asked.actor, **given)
        if change.models is not UNSET:
            key = keys.update_models(name, change.models, actor=asked.actor)
        return key

    return await _changed(asked, await asyncio.to_thread(write))


async def revoke_key(asked: Asked) -> Key:
    """Refuse a key from now on."""
    key = await asyncio.to_thread(Keys().revoke, asked.path["key"], actor=asked.actor)
    return await _changed(asked, key)


async def list_budgets(asked: Asked) -> BudgetList:
    """What each key may use and has used."""
    keys = await asyncio.to_thread(Keys().list)
    return BudgetList([await _budget(asked, key) for key in keys])


async def show_budget(asked: Asked) -> Budget:
    """What one key may use and has used."""
    return await _budget(asked, await show_key(asked))


async def change_budget(asked: Asked) -> Budget:
    """Change what a key may use."""
    given, name = asked.body.given(), asked.path["key"]
    update = Keys().update_limits
    key = await asyncio.to_thread(lambda: update(name, actor=asked.actor, **given))
    return await _budget(asked, await _changed(asked, key))


async def _budget(asked: Asked, key: Key) -> Budget:
    return Budget(key, await asked.gateway.limits.usage(key.id))


async def _changed(asked: Asked, key: Key) -> Key:
    """Let this gateway see a change at once."""
    asked.gateway.verifier.refresh()
    return key
