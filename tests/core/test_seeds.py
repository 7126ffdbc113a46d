"""Seeds: the same on every machine, independent by name."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.seeds import derive_seed, seed_everything


def test_a_derived_seed_never_changes() -> None:
    # SHA-256 of "0\x1ftrain", its first four bytes: made with coreutils' sha256sum.
    assert derive_seed(0, "train") == SHA256_OF_0_TRAIN
    assert derive_seed(0) != derive_seed(0, "") != derive_seed(0, "train")


SHA256_OF_0_TRAIN = 0x3E649F0F


@given(st.integers(), st.lists(st.text(), max_size=3))
def test_a_derived_seed_fits_every_library(seed: int, names: list[str]) -> None:
    found = derive_seed(seed, *names)
    assert 0 <= found < 2**32
    assert found == derive_seed(seed, *names)


def test_names_do_not_run_together() -> None:
    assert derive_seed(1, "a", "b") != derive_seed(1, "ab") != derive_seed(1, "b", "a")
    assert derive_seed(1, 2) != derive_seed(12)


def test_thousand_names_give_thousand_seeds() -> None:
    assert len({derive_seed(0, i) for i in range(1000)}) == 1000


def test_what_is_loaded_is_seeded() -> None:
    seeded = seed_everything(5)
    first = (random.random(), np.random.random())
    assert seeded[:2] == ["random", "numpy"]
    seed_everything(5)
    assert (random.random(), np.random.random()) == first
    seed_everything(6)
    assert (random.random(), np.random.random()) != first


def test_a_seed_may_be_larger_than_numpy_takes() -> None:
    seed_everything(2**40)


def test_what_is_not_loaded_stays_so() -> None:
    source = (
        "import sys\n"
        "from workbench.core.seeds import seed_everything\n"
        "print(seed_everything(1), 'numpy' in sys.modules, 'torch' in sys.modules)"
    )
    out = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    ).stdout
    assert out.strip() == "['random'] False False"
