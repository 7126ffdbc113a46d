"""What every frozen set of made documents from the second on keeps to, whoever made it."""

from __future__ import annotations

import collections
import gzip
import hashlib
import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class FrozenSet:
    """One set as it was frozen.

    ``packed_sha256`` and ``plain_sha256`` are of the file as it lies there and of what is in it,
    ``types`` counts spans. No shape gives more documents than ``most_of_a_shape``, if that was
    promised. ``generator`` is the module beside the file that makes it; ``borrows`` are folders
    that it takes modules from.
    """

    file: Path
    packed_sha256: str
    plain_sha256: str
    types: dict[str, int]
    shapes: int
    kinds: int
    generator: str
    most_of_a_shape: int | None = None
    borrows: tuple[Path, ...] = ()

    def read(self) -> list[dict[str, Any]]:
        """The documents."""
        plain = gzip.decompress(self.file.read_bytes()).decode()
        return [json.loads(line) for line in plain.splitlines()]


def _is_the_frozen_file(given: FrozenSet) -> None:
    packed = given.file.read_bytes()
    assert hashlib.sha256(packed).hexdigest() == given.packed_sha256
    assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == given.plain_sha256


def _has_the_counts_that_were_told(given: FrozenSet) -> None:
    made = given.read()
    shapes = collections.Counter(d["id"].rpartition("-")[0] for d in made)
    assert len(made) == len({d["id"] for d in made}) == len({d["text"] for d in made}) == 1000
    assert sum(not d["spans"] for d in made) == 100
    assert len(shapes) == given.shapes
    if given.most_of_a_shape is not None:
        assert max(shapes.values()) <= given.most_of_a_shape
    assert len({d["kind"] for d in made}) == given.kinds
    assert dict(collections.Counter(s["type"] for d in made for s in d["spans"])) == given.types


def _has_spans_in_order_on_whole_words(given: FrozenSet) -> None:
    for d in given.read():
        assert list(d) == ["id", "kind", "text", "spans"]
        assert d["id"].startswith(d["kind"] + "-")
        text, end = d["text"], 0
        for s in d["spans"]:
            assert list(s) == ["start", "end", "type"]
            assert end <= s["start"] < s["end"] <= len(text), d["id"]
            part, after = text[s["start"] : s["end"]], text[s["end"] : s["end"] + 1]
            assert part == part.strip(), d["id"]
            # No letter or digit touches a span, but for the s of a genitive.
            assert not text[: s["start"]][-1:].isalnum(), (d["id"], part)
            assert not after.isalnum() or after in "sS", (d["id"], part)
            end = s["end"]


def _has_check_digits_that_hold(given: FrozenSet) -> None:
    for d in given.read():
        for s in d["spans"]:
            part = "".join(c for c in d["text"][s["start"] : s["end"]].upper() if c.isalnum())
            if s["type"] == "CREDIT_CARD":
                twice = [int(c) * (1 + at % 2) for at, c in enumerate(reversed(part))]
                assert sum(sum(divmod(x, 10)) for x in twice) % 10 == 0, (d["id"], part)
            elif s["type"] == "IBAN_CODE":
                moved = "".join(str(int(c, 36)) for c in part[4:] + part[:4])
                assert int(moved) % 97 == 1, (d["id"], part)


def _is_made_again_by_its_generator(given: FrozenSet) -> None:
    where = [str(given.file.parent), *map(str, given.borrows)]
    sys.path[:0] = where
    try:
        generator = importlib.import_module(given.generator)
    finally:
        del sys.path[: len(where)]
    plain, packed = generator.packed(generator.documents()[0])
    assert hashlib.sha256(plain).hexdigest() == given.plain_sha256
    assert gzip.decompress(packed) == plain


CHECKS: dict[str, Callable[[FrozenSet], None]] = {
    check.__name__.strip("_"): check
    for check in (
        _is_the_frozen_file,
        _has_the_counts_that_were_told,
        _has_spans_in_order_on_whole_words,
        _has_check_digits_that_hold,
        _is_made_again_by_its_generator,
    )
}
