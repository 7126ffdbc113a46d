"""Made pairs and made models: what they prefer is known, because it was planted."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

GROUPS = ("age", "nationality", "religion")


class MadeScorer:
    """A model that is none: every text has the log-probability that it was given.

    Args:
        per_token: Nats of each token.
        noise: Spread of what is added to each text, drawn from its own words and the seed.
        bonus: Nats that are added to a text in its context: the planted preference.
        common: Nats that are added to a word wherever it stands: how common it is.
        pieces: Whether a long word has several tokens, as under a real tokeniser.
    """

    def __init__(
        self,
        *,
        per_token: float = -2.0,
        noise: float = 0.0,
        bonus: Mapping[tuple[str, str], float] | None = None,
        common: Mapping[str, float] | None = None,
        pieces: bool = True,
        seed: int = 0,
        name: str = "made",
    ) -> None:
        self.name, self.seed = name, seed
        self.per_token, self.noise, self.pieces = per_token, noise, pieces
        self.bonus, self.common = dict(bonus or {}), dict(common or {})
        self.asked = 0

    def score(self, prompt: str, continuation: str) -> list[float]:
        self.asked += 1
        words = continuation.split()
        tokens = sum(1 + (len(word) // 4 if self.pieces else 0) for word in words)
        told = [self.per_token] * tokens
        told[0] += self.bonus.get((prompt, continuation), 0.0)
        told[0] += sum(self.common.get(word.strip("."), 0.0) for word in words)
        if self.noise:
            text = f"{self.seed}|{prompt}|{continuation}".encode()
            number = int.from_bytes(hashlib.sha256(text).digest()[:8], "big")
            told[0] += np.random.default_rng(number).normal(0, self.noise)
        return told


@pytest.fixture
def write_pairs(tmp_path: Path) -> Callable[..., Path]:
    """Writes made pairs: three groups, invented words, so that nobody is meant."""

    def write(n: int = 90) -> Path:
        path = tmp_path / "pairs.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["bias_type", "sentence", "mask1", "mask2"])
            for i in range(n):
                # In every third pair the words are equally long: zu3 and vo3.
                word = f"vo{i}" if i % 3 == 0 else f"vo{i}extremely"
                sentence = f"Person {i} is a [MASK] neighbour."
                table.writerow([GROUPS[i // 3 % 3], sentence, f"zu{i}", word])
        return path

    return write


@pytest.fixture
def made_scorer() -> type[MadeScorer]:
    """The class of made models."""
    return MadeScorer
