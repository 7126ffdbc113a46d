"""From the name in a request to what is loaded for it and what that takes."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.models.pool.lines import TRUSTED_LOANS, Key, Needs

if TYPE_CHECKING:
    from workbench.models.catalogue import CatalogueEntry
    from workbench.models.model import Model

_DEFAULT_CONTEXT_TOKENS = 4096
_WITH_EMBEDDER = 1.6


@dataclass(frozen=True)
class Description:
    """A model as the pool would load it.

    ``embedder_bytes`` is what it takes more once it is asked for embeddings.
    """

    key: Key
    entry: CatalogueEntry
    needs: Needs
    context_tokens: int
    weights: str
    embedder_bytes: int = 0

    def check(self, capability: str | None) -> None:
        """Raise CapabilityError for what a model of this kind cannot do at all."""
        from workbench.models.loading import check_kind

        check_kind(self.entry, capability)


def base_name(name: str) -> str:
    """The model that is loaded for a name: that of the base, if it names an adapter."""
    return name if "/" in name else name.partition(":")[0]


def lent_as(model: Model, name: str) -> Model:
    """The model that a loan for ``name`` gets: with the adapter that the name asks for, if any."""
    adapter = "" if "/" in name else name.partition(":")[2]
    if not adapter:
        return model
    lent = copy.copy(model)  # the same engine and the same turns
    lent.adapter = adapter
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
    from workbench.models import catalogue, estimates, footprints
    from workbench.models.loading import choose_engine
    from workbench.models.model_settings import read_settings

    entry = estimates.with_shape(catalogue.find(base_name(name)))
    chosen = read_settings(entry.name)
    engine_name = choose_engine(entry, engine or chosen.engine, has_adapter=base_name(name) != name)
    parallel = chosen.parallel or (slots if engine_name == "llamacpp" else 1)
    limit = entry.context_tokens or _DEFAULT_CONTEXT_TOKENS
    context = chosen.context_tokens or min(limit, _DEFAULT_CONTEXT_TOKENS)
    dtype = chosen.engine_settings().dtype
    estimate = estimates.estimate_bytes(
        entry, engine_name, context_tokens=context, parallel=parallel, dtype=dtype
    )
    needs = Needs(estimate, estimates.estimate_load_s(estimate), parallel)
    # A path stays a path: only the catalogue knows a name.
    loaded_name = base_name(name) if "/" in name or name.endswith(".gguf") else entry.name
    weights = "" if engine_name == "llamacpp" else chosen.variant or dtype
    known = footprints.find_footprint(
        loaded_name, engine_name, context_tokens=context, parallel=parallel, weights=weights
    )
    if known is not None:
        trusted = known.loans >= TRUSTED_LOANS
        peak_bytes = known.peak_bytes if trusted else max(estimate, known.peak_bytes)
        needs = replace(needs, bytes=peak_bytes, load_s=known.load_s, measured=trusted)
    # llama.cpp embeds in a second process; what was seen to grow so far has one.
    has_embedder = known is not None and known.peak_bytes > _WITH_EMBEDDER * known.resident_bytes
    more = 0 if engine_name != "llamacpp" or has_embedder else needs.bytes
    return Description(Key(loaded_name, engine_name), entry, needs, context, weights, more)
