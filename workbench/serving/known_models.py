"""Whether the names of an allow-list stand for models: one that does not may be a slip."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable

from workbench.core.near_names import meant, near_names

log = logging.getLogger(__name__)


def warn_of_unknown(names: Iterable[str] | None) -> None:
    """Say which names no model has now. It is no error: a model may come later."""
    if not names:
        return
    known = known_models()
    for name in names:
        if not _is_known(name, known):
            near = near_names(name.rstrip("*"), known)
            log.warning(
                "no model is named %r now, so the key may use it only once there is one; %s",
                name,
                meant(near) if near else "workbench models list",
            )


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
