"""What these tests share: tables, parties that are up, and looking at a party's view."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats

from workbench.privacy.secure.parties import REPLICATED, TWO_SERVERS, Parties

SCHEMES = ("two-servers", "replicated")


@pytest.fixture(scope="session")
def up() -> Iterator[dict[str, Parties]]:
    """Three processes of each scheme, over TLS, for all tests that do not harm them."""
    with Parties(TWO_SERVERS) as two, Parties(REPLICATED) as three:
        yield {"two-servers": two, "replicated": three}


def view_faults(seen: list[bytes]) -> list[str]:
    """What tells a party's view from random bytes: their counts, and words that come again."""
    raw = b"".join(seen)
    counts = np.bincount(np.frombuffer(raw, dtype=np.uint8), minlength=256)
    faults = []
    if stats.chisquare(counts).pvalue < 1e-4:
        faults.append("its bytes are not uniform")
    whole = [message[: len(message) // 8 * 8] for message in seen]
    words = np.frombuffer(b"".join(whole), dtype="<u8")
    if len(np.unique(words)) < len(words):
        faults.append("a word comes twice")
    return faults
