"""What may be a slip in a key's models and limits: an error it is not, so it is only said."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from workbench.core.near_names import meant, near_names

if TYPE_CHECKING:
    from workbench.identity.keys import Key

_FREE = (
    "no model has a price, so a budget in dollars limits nothing; set one in "
    "workbench.toml (prompt_usd_per_million_tokens under [models.NAME], [prices.NAME] or "
    "[upstreams.NAME]), or limit tokens with --budget-tokens"
)


def key_warnings(names: Iterable[str] | None, *, budgets_usd: Iterable[float | None]) -> list[str]:
    """What a key's maker should hear: names that no model has now, budgets that limit nothing."""
    said = [_FREE] if any(each is not None for each in budgets_usd) and is_free() else []
    return said + _unknown(names or ())


def revoked_warnings(revoked: Key, *, left: Iterable[Key]) -> list[str]:
    """What who revoked a key should hear: that nobody can manage the gateway with one any more."""
    now_s = time.time()
    in_force = (key for key in left if key.expires_s is None or key.expires_s > now_s)
    if revoked.role != "owner" or any(key.role == "owner" for key in in_force):
        return []
    return [
        f"{revoked.name!r} was the last key of an owner: no key can make or revoke keys over HTTP "
        "now; workbench serving keys add NAME --role owner makes another"
    ]


def _unknown(names: Iterable[str]) -> list[str]:
    said, known = [], known_models() if names else set()
    for name in names:
        if not _is_known(name, known):
            near = near_names(name.rstrip("*"), known)
            said.append(
                f"no model is named {name!r} now, so the key may use it only once there is one; "
                f"{meant(near) if near else 'workbench models list'}"
            )
    return said


def is_free() -> bool:
    """Whether no model has a price, so that a budget in dollars limits nothing."""
    from workbench.serving.settings import FREE, read_settings

    chosen = read_settings()
    prices = [*chosen.prices.values(), *(each.price for each in chosen.upstreams.values())]
    return all(price == FREE for price in prices)


def known_models() -> set[str]:
    """The names of the catalogue, of upstreams, of ensembles and of adapters here."""
    from workbench.models import adapters, catalogue
    from workbench.models.routing.settings import AUTO
    from workbench.models.virtual import virtual_names
    from workbench.serving.backends.directory import LOCAL
    from workbench.serving.settings import read_settings

    here = {*catalogue.entries(), *(each.full_name for each in adapters.list_adapters())}
    known = {AUTO, *here, *virtual_names(), *(f"{LOCAL}/{name}" for name in here)}
    for place, upstream in read_settings().upstreams.items():
        known |= {*upstream.models, *(f"{place}/{name}" for name in upstream.models)}
    return known


def _is_known(name: str, known: Collection[str]) -> bool:
    from workbench.serving.backends.directory import LOCAL, is_adapter

    if name.endswith("*"):
        return any(each.startswith(name[:-1]) for each in known)
    return name in known or (":" in name and is_adapter(name.removeprefix(f"{LOCAL}/")))
