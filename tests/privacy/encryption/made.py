"""Made networks and rows, and what stands between them and a ciphertext."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from workbench.core import settings
from workbench.privacy.encryption.compiling import Compiled
from workbench.privacy.encryption.evaluating import CircuitRunner
from workbench.privacy.encryption.keys import (
    KeyFolder,
    ServerKeys,
    load_server_keys,
    make_encryption_keys,
    read_given,
)
from workbench.privacy.encryption.networks import Dense, Network
from workbench.store.database import close_all


def made_network(shape: tuple[int, ...], activation: str, seed: int = 0) -> Network:
    """A network of random weights whose units stay within a few units of 0."""
    rng = np.random.default_rng(seed)
    layers = tuple(
        Dense(rng.normal(size=(m, n)) / np.sqrt(n), rng.normal(size=m) / 4)
        for n, m in itertools.pairwise(shape)
    )
    return Network(layers, (activation,) * (len(layers) - 1), tuple(range(shape[-1])))


def made_rows(count: int, features: int, seed: int = 1) -> np.ndarray:
    """Rows from -1 to 1."""
    return np.random.default_rng(seed).uniform(-1, 1, size=(count, features))


def keys_for(compiled: Compiled, base: Path) -> KeyFolder:
    """Keys in a folder of their own, their ledger in a home of its own."""
    with settings.override(home=base / "home"):
        made = make_encryption_keys(compiled.plan, base / "client")
    close_all()
    return made


def runner_of(compiled: Compiled, keys: KeyFolder) -> tuple[CircuitRunner, ServerKeys]:
    """What a server has, in this process."""
    contents = read_given(keys.for_server)
    return CircuitRunner(compiled.circuit, compiled.plan), load_server_keys(contents, compiled.plan)
