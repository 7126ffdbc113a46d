"""The models with what they can do, cost and take: reckoned, and measured on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.models import catalogue, estimates, footprints
from workbench.models.catalogue import CatalogueEntry
from workbench.models.footprints import Footprint
from workbench.models.protocol import default_context_tokens


@dataclass(frozen=True)
class Price:
    """What a model's tokens cost, in US dollars a million: ``[models.NAME]``, else nothing."""

    prompt_usd_per_million_tokens: float = 0.0
    completion_usd_per_million_tokens: float = 0.0


@dataclass(frozen=True)
class RegisteredModel:
    """One model. ``engine`` is the one that it gets here, None if none that runs it is installed.

    ``estimated_bytes`` is what it is reckoned to take there, for at most 4096 tokens of context and
    one job at a time; ``measured`` holds what it took, a row for each engine, context and number
    of jobs that it was loaded with.
    """

    name: str
    title: str
    kind: str
    capabilities: tuple[str, ...]
    license: str
    present: bool
    engine: str | None
    engines: tuple[str, ...]
    price: Price
    size_bytes: int | None
    estimated_bytes: int | None
    measured: tuple[Footprint, ...]


def list_registered() -> list[RegisteredModel]:
    """Every model of the catalogue and the user's own."""
    taken = footprints.list_footprints()
    return [_registered(entry, taken) for entry in catalogue.entries().values()]


def find_registered(name: str) -> RegisteredModel:
    """One model. Raises NotFoundError with near matches."""
    return _registered(catalogue.find(name), footprints.list_footprints())


def find_price(name: str) -> Price:
    """What a model's tokens cost; an adapter's cost what its base's do.

    ``[prices]`` of ``workbench.toml``, which the gateway reads, has the last word.
    """
    from workbench.models.model_settings import read_settings

    tables = _prices()
    for known in (name, name.partition("@")[0], name.partition(":")[0]):
        if isinstance(table := tables.get(known), dict):
            return Price(*(_number(table.get(one)) for one in Price.__dataclass_fields__))
    chosen = read_settings(name if "/" in name else name.partition(":")[0])
    return Price(
        chosen.prompt_usd_per_million_tokens or 0.0,
        chosen.completion_usd_per_million_tokens or 0.0,
    )


def _number(value: Any) -> float:
    """A price; of what is none, and refused where the gateway reads it, nothing."""
    return float(value) if isinstance(value, (int, float)) else 0.0


def _prices() -> dict[str, Any]:
    from workbench.core import settings

    path = settings.find_file()
    found = settings.read_file(path).get("prices", {}) if path else {}
    return found if isinstance(found, dict) else {}


def list_prices() -> dict[str, Price]:
    """The prices of the models that ``workbench.toml`` says one of."""
    from workbench.core import settings

    path = settings.find_file()
    tables = settings.read_file(path).get("models", {}) if path else {}
    prices = {name: find_price(name) for name, table in tables.items() if isinstance(table, dict)}
    return {name: price for name, price in prices.items() if price != Price()}


def _registered(entry: CatalogueEntry, taken: list[Footprint]) -> RegisteredModel:
    from workbench.models.presence import is_present

    engine = _engine(entry)
    return RegisteredModel(
        name=entry.name,
        title=entry.title,
        kind=entry.kind,
        capabilities=_capabilities(entry, engine),
        license=entry.license,
        present=is_present(entry),
        engine=engine,
        engines=entry.engines,
        price=find_price(entry.name),
        size_bytes=entry.size_bytes,
        estimated_bytes=_estimate(entry, engine) if engine else None,
        measured=tuple(one for one in taken if one.name == entry.name),
    )


def _engine(entry: CatalogueEntry) -> str | None:
    from workbench.core.errors import CapabilityError
    from workbench.models.loading import choose_engine
    from workbench.models.model_settings import read_settings

    try:
        return choose_engine(entry, read_settings(entry.name).engine)
    except CapabilityError:  # it stays listed: the machine that it is copied to may run it
        return None


def _capabilities(entry: CatalogueEntry, engine: str | None) -> tuple[str, ...]:
    from workbench.models.loading import find_engine_class
    from workbench.models.protocol import EMBED

    if entry.kind == "embedding":
        return (EMBED,)
    return tuple(sorted(find_engine_class(engine).capabilities)) if engine else ()


def _estimate(entry: CatalogueEntry, engine: str) -> int:
    from workbench.models.model_settings import read_settings

    chosen = read_settings(entry.name)
    return estimates.estimate_bytes(
        entry,
        engine,
        context_tokens=chosen.context_tokens or default_context_tokens(entry.context_tokens),
        parallel=chosen.parallel or 1,
        dtype=chosen.engine_settings().dtype,
    )
