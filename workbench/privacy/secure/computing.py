"""A party's part of a program: plan it, get the material for it, run it, and count.

What a program uses follows from public shapes, so each party runs it once on nothing: the dealer
then knows what to deal, and the servers how many bytes are due.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core.errors import CapacityError

from .fixed_point import decode, encode
from .material import Dealing, PlannedSupply, Supply
from .mesh import Mesh, PlannedMesh
from .programs import DATA_OWNER, PROGRAMS, Program
from .replicated import Replicated
from .results import PartyCost
from .scheme import Scheme
from .two_servers import TwoServers, deal

if TYPE_CHECKING:
    from .party import Party

DEALER = 2
# Planning holds all material in memory.
_MOST_BYTES = 1 << 30
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Outcome:
    """What a party gives back: the result if it was opened to it, its cost, its view if asked."""

    values: np.ndarray | None
    cost: PartyCost
    seen: list[bytes] | None


def compute(
    party: Party,
    *,
    program: str,
    scheme: str,
    shapes: Shapes,
    values: Mapping[str, Any],
    keep_view: bool = False,
) -> Outcome:
    """Do this party's part; ``values`` are its own inputs."""
    started_s = time.perf_counter()
    chosen = PROGRAMS[program]
    own = {name: encode(each, name=name) for name, each in values.items()}
    if scheme == "replicated":
        mesh: Mesh = party.mesh.only((party.me + 1) % 3, (party.me + 2) % 3)
        end: Scheme = Replicated(
            mesh, party.stream_with((party.me + 1) % 3), party.stream_with((party.me + 2) % 3)
        )
        offline_bytes = 0
    else:
        planned = plan(chosen, shapes)
        offline = _get_material(party, planned)
        offline_bytes = offline.wire_bytes
        if party.me == DEALER:
            spent_s = time.perf_counter() - started_s
            return Outcome(None, PartyCost(party.name, 0, 0, offline_bytes, 0.0, spent_s), None)
        mesh = party.mesh.only(1 - party.me)
        end = TwoServers(mesh, offline.supply, party.stream_with(1 - party.me))
    ready_s = time.perf_counter()
    mesh.seen = [] if keep_view else None
    opened = run(chosen, end, own, shapes)
    ended_s = time.perf_counter()
    cost = PartyCost(
        party.name, mesh.rounds, mesh.wire_bytes, offline_bytes,
        ended_s - ready_s, ready_s - started_s,
    )  # fmt: skip
    result = None if opened is None else decode(opened, bits=chosen.bits)
    return Outcome(result, cost, mesh.seen)


def run(
    program: Program, scheme: Scheme, own: Mapping[str, np.ndarray], shapes: Shapes
) -> np.ndarray | None:
    """Share, compute, open: a program from its inputs to its result, as words."""
    shared = {
        name: scheme.share(own.get(name), owner=owner, shape=shapes[name])
        for name, owner in program.owners.items()
    }
    return scheme.open(program.run(scheme, shared), to=DATA_OWNER)


def plan(program: Program, shapes: Shapes) -> PlannedSupply:
    """What the two servers will ask of the dealer.

    Raises:
        CapacityError: The material would not fit in the memory that is allowed for it.
    """
    supply = PlannedSupply()
    run(program, TwoServers(PlannedMesh(0, 2), supply, None), {}, shapes)
    if supply.correction_bytes > _MOST_BYTES:
        raise CapacityError(
            f"the dealer would have to send {supply.correction_bytes / 1e9:.1f} GB; at most "
            f"{_MOST_BYTES / 1e9:.1f} GB are allowed",
            hint="fewer values at a time, or --scheme replicated, which needs no dealer",
            needed_bytes=supply.correction_bytes, budget_bytes=_MOST_BYTES, held_bytes=0,
        )  # fmt: skip
    return supply


@dataclass(frozen=True)
class _Material:
    supply: Supply
    wire_bytes: int


def _get_material(party: Party, planned: PlannedSupply) -> _Material:
    """Deal it, or take what was dealt."""
    if party.me == DEALER:
        dealing = Dealing(party.stream_with(0), party.stream_with(1))
        deal(dealing, planned.requests)
        mesh = party.mesh.only(1)
        mesh.exchange({1: dealing.corrections()}, {})
        return _Material(planned, mesh.wire_bytes)
    stream, corrections = party.stream_with(DEALER), b""
    if party.me == 1:
        mesh = party.mesh.only(DEALER)
        corrections = mesh.exchange({}, {DEALER: planned.correction_bytes})[DEALER]
    return _Material(Supply(party.me, stream, corrections), 0)
