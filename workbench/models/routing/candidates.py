"""The models that ``auto`` chooses among where no gateway runs: those that one would have.

They are told apart by ``RoutingSettings.considers``, as in the gateway, so that both decide alike.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.core import settings
from workbench.models.routing.requests import Candidate
from workbench.models.routing.settings import RoutingSettings
from workbench.models.virtual import find_virtual, is_virtual, virtual_names

CHAT = frozenset({"chat", "stream", "tools", "json", "logprobs"})


def find_candidates(chosen: RoutingSettings) -> Iterator[Candidate]:
    """All that may be chosen, in the order of their names: here, at upstreams, made of others."""
    path = settings.find_file()
    tables = settings.read_file(path) if path else {}
    prices = _prices(tables)
    elsewhere = _elsewhere(tables)
    found = dict.fromkeys(elsewhere, Candidate("")) | {each.name: each for each in _here(chosen)}
    found |= {name: Candidate("", capabilities=CHAT - {"tools"}) for name in virtual_names()}
    for name in sorted(found):
        each = found[name]
        if each.name or chosen.considers(name, made=is_virtual(name)):
            members = find_virtual(name).members if is_virtual(name) else (name,)
            usd = max((max(prices.get(m, 0.0), elsewhere.get(m, 0.0)) for m in members), default=0)
            yield dataclasses.replace(each, name=name, price_usd=usd)


def _here(chosen: RoutingSettings) -> Iterator[Candidate]:
    from workbench.models import adapters, catalogue
    from workbench.models.footprints import fastest_by_name
    from workbench.models.model_settings import read_settings
    from workbench.models.presence import is_present
    from workbench.models.protocol import default_context_tokens

    speeds, offline = fastest_by_name(), settings.get("offline")
    bases = {}
    for name, entry in catalogue.entries().items():
        fetched = is_present(entry)
        if not fetched and (offline or not entry.verified):
            continue
        tokens = read_settings(name).context_tokens
        bases[name] = Candidate(
            name,
            context_tokens=tokens or default_context_tokens(entry.context_tokens),
            parameters=entry.parameters,
            tokens_per_s=speeds.get(name),
            capabilities=CHAT if entry.kind == "chat" else frozenset({"embed"}),
        )
        if chosen.considers(name, fetched=fetched):
            yield bases[name]
    for adapter in adapters.list_adapters():
        base = bases.get(adapter.base)
        if base is not None and chosen.considers(adapter.full_name):
            yield dataclasses.replace(base, name=adapter.full_name)


def _prices(tables: Mapping[str, Any]) -> dict[str, float]:
    """What a million answer tokens of a model cost, by ``[models.NAME]`` and ``[prices]``."""
    from workbench.models.registry import list_prices

    known = {name: p.completion_usd_per_million_tokens for name, p in list_prices().items()}
    return known | {name: _usd(table) for name, table in tables.get("prices", {}).items()}


def _elsewhere(tables: Mapping[str, Any]) -> dict[str, float]:
    """The models that ``[upstreams.NAME]`` name, each with its price."""
    found: dict[str, float] = {}
    for upstream in tables.get("upstreams", {}).values():
        if isinstance(upstream, dict):  # the gateway says what is wrong with one
            for name in upstream.get("models", ()):
                found[name] = max(found.get(name, 0.0), _usd(upstream))
    return found


def _usd(table: Any) -> float:
    return float(table.get("completion_usd_per_million_tokens", 0.0)) if table else 0.0
