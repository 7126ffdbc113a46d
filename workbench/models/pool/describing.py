"""From the name in a request to what is loaded for it and what that takes."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.models.pool.lines import TRUSTED_LOANS, Key, Needs
from workbench.models.protocol import default_context_tokens

if TYPE_CHECKING:
    from workbench.models.catalogue import CatalogueEntry
    from workbench.models.model import Model
    from workbench.models.model_settings import ModelSettings
    from workbench.models.protocol import Engine

_WITH_EMBEDDER = 1.6


@dataclass(frozen=True)
class Description:
    """A model as the pool would load it.

    ``base`` is the model without its adapter, ``adapter`` the one that the name stands for now,
    ``mine@2``. An engine that changes adapters at each request (``is_hot``) loads ``adapters``
    with it. ``embedder_bytes`` is what it takes more once it is asked for embeddings.
    """

    key: Key
    entry: CatalogueEntry
    base: str
    needs: Needs
    context_tokens: int
    weights: str
    embedder_bytes: int = 0
    adapter: str | None = None
    is_hot: bool = False
    adapters: tuple[str, ...] = ()

    def check(self, capability: str | None) -> None:
        """Raise CapabilityError for what a model of this kind cannot do at all."""
        from workbench.models.loading import check_kind

        check_kind(self.entry, capability)

    def serves(self, other: Description, adapters: Sequence[str]) -> bool:
        """Whether this model, loaded with ``adapters``, can be lent to who asked for another."""
        if self.base != other.base:
            return False
        if not self.is_hot:
            return self.adapter == other.adapter
        return other.adapter is None or other.adapter in adapters


def base_name(name: str) -> str:
    """The model that is loaded for a name: that of the base, if it names an adapter."""
    return name if "/" in name else name.partition(":")[0]


def lent_as(model: Model, adapter: str | None, *, loaded_as: Description) -> Model:
    """The model that a loan gets: with the adapter that was asked for, or with none."""
    if not loaded_as.is_hot or not model.adapters:
        return model
    lent = copy.copy(model)  # the same engine and the same turns
    lent.adapter = adapter
    lent.name = model.base if adapter is None else f"{model.base}:{adapter}"
    return lent


def describe(name: str, engine: str | None, *, slots: int) -> Description:
    """What will be loaded for ``name``.

    Args:
        name: As in a request.
        engine: As in a request; None for what suits the model and the machine best.
        slots: Jobs at a time in an engine that can take several, unless the model's own settings
            say otherwise.

    Raises:
        NotFoundError, CapabilityError, ConfigError, InputError: As for ``models.load``.
    """
    from workbench.models import catalogue, estimates
    from workbench.models.adapters import parse_model_name
    from workbench.models.loading import choose_engine, find_engine_class
    from workbench.models.model_settings import read_settings
    from workbench.models.tuning.record import find_variant
    from workbench.models.virtual import is_virtual

    if is_virtual(name):
        raise InputError(
            f"{name} is made of other models: a pool lends those, and not it",
            hint=f"models.load({name!r}), or ask the gateway",
        )
    said = parse_model_name(name)
    entry = estimates.with_shape(catalogue.find(said.base))
    chosen = read_settings(entry.name)
    tuned = said.adapter is None and chosen.parallel in (None, 1)
    engine_name = choose_engine(entry, engine or chosen.engine, tuned=tuned)
    engine_class = find_engine_class(engine_name)
    adapter, beside, adapter_bytes = _adapters(entry.name, said.reference, engine_class)
    # A path stays a path: only the catalogue knows a name.
    base = name if "/" in name or name.endswith(".gguf") else entry.name
    loaded_name = base if adapter is None else f"{base}:{adapter}"
    parallel = (chosen.parallel or slots) if engine_class.takes_many else 1
    variant = chosen.variant or find_variant(entry.name, engine_name)
    context = chosen.context_tokens or default_context_tokens(entry.context_tokens)
    made = Description(
        key=Key(loaded_name, engine_name),
        entry=entry,
        base=base,
        needs=Needs(0, 0.0, parallel),
        context_tokens=context,
        weights=variant or ("" if engine_name == "llamacpp" else _dtype(chosen)),
        adapter=adapter,
        is_hot=engine_class.max_adapters > 1,
        adapters=beside,
    )
    return _with_needs(made, dtype=_dtype(chosen), more_bytes=adapter_bytes)


def _dtype(chosen: ModelSettings) -> str:
    return chosen.engine_settings().dtype


def _with_needs(made: Description, *, dtype: str, more_bytes: int) -> Description:
    """What it takes: as measured here, or by estimate until it was seen in use."""
    from workbench.models import estimates, footprints

    context, parallel, engine = made.context_tokens, made.needs.parallel, made.key.engine
    estimate = more_bytes + estimates.estimate_bytes(
        made.entry, engine, context_tokens=context, parallel=parallel, dtype=dtype
    )
    needs = Needs(estimate, estimates.estimate_load_s(estimate), parallel)
    known = footprints.find_footprint(
        made.base, engine, context_tokens=context, parallel=parallel, weights=made.weights
    )
    if known is not None:
        trusted = known.loans >= TRUSTED_LOANS
        peak_bytes = known.peak_bytes if trusted else max(estimate, known.peak_bytes)
        needs = replace(needs, bytes=peak_bytes, load_s=known.load_s, measured=trusted)
    # llama.cpp embeds in a second process; what was seen to grow so far has one.
    has_embedder = known is not None and known.peak_bytes > _WITH_EMBEDDER * known.resident_bytes
    more = 0 if engine != "llamacpp" or has_embedder else needs.bytes
    return replace(made, needs=needs, embedder_bytes=more)


def _adapters(
    base: str, reference: str | None, engine: type[Engine]
) -> tuple[str | None, tuple[str, ...], int]:
    """The adapter that a name stands for now, those that come with the base, and their bytes.

    Raises:
        NotFoundError: There is no such adapter; near matches are named.
        CapabilityError: The engine takes none.
    """
    from workbench.core import settings
    from workbench.core.errors import CapabilityError
    from workbench.models import adapters

    first = None
    if reference is not None:
        first = adapters.resolve(f"{base}:{reference}", verify=False)
        if not engine.max_adapters:
            raise CapabilityError(
                f"the {engine.name} engine does not load adapters",
                hint=f"models.load({first.full_name!r}, engine='llamacpp')",
                capability="adapters",
            )
    if engine.max_adapters > 1:
        limit = min(settings.get("adapters_per_model"), engine.max_adapters)
        beside = adapters.choose_for_loading(base, limit=max(limit, 1 if first else 0), first=first)
    else:
        beside = [first] if first is not None else []
    sizes = sum(one.size_bytes for one in beside)
    return first.reference if first else None, tuple(one.reference for one in beside), sizes
