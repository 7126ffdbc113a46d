"""Made tampering: ways to falsify an exported ledger, for tests, the benchmark and the notebook.

Each gives the lines that a forger would leave, and the number of the entry from which on the ledger
does not hold. What a forger can reckon again (an entry's own hash, or all after it) he does, where
it is said.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

import rfc8785


@dataclass(frozen=True)
class Forgery:
    """Falsified lines ``changed_from`` on; before it all is as it was."""

    way: str
    first: int
    changed_from: int
    lines: tuple[bytes, ...]


WAYS = ("bit", "dropped", "swapped", "rewritten", "resealed", "inserted")


def forge(lines: Sequence[bytes], way: str, rng: random.Random, *, window: int = 4) -> Forgery:
    """Falsify one place of a ledger.

    Args:
        lines: All of its lines.
        way: ``bit`` turns one bit of a line; ``dropped`` leaves an entry out; ``swapped`` lets two
            change places; ``rewritten`` changes an entry's actor; ``resealed`` does, and reckons
            its hash anew; ``inserted`` puts one in that follows the one before as it should, and
            counts those after it anew: the chain holds up to it, and not from the next one on.
        rng: Where the place comes from.
        window: How many lines after the place are given back; the rest is as it was.
    """
    last = len(lines) - 1
    at = rng.randrange(last - 1 if way in ("dropped", "swapped", "resealed", "inserted") else last)
    rest = list(lines[at : at + window])
    if way == "bit":
        bit = rng.randrange(8 * len(rest[0]))
        turned = bytearray(rest[0])
        turned[bit >> 3] ^= 1 << (bit & 7)
        rest[0] = bytes(turned)
    elif way == "dropped":
        del rest[0]
    elif way == "swapped":
        other = rng.randrange(at + 1, last + 1)
        rest[0] = lines[other]
    elif way == "inserted":
        rest.insert(0, _changed(rest[0], seal=True))
        rest[1:] = [_changed(line, shift=1) for line in rest[1:]]
    else:
        rest[0] = _changed(rest[0], seal=way == "resealed")
    first = at + 2 if way == "inserted" else at + 1
    return Forgery(way, first, at, tuple(_split_again(rest)))


def rewrite_from(lines: Sequence[bytes], number: int) -> list[bytes]:
    """A whole new chain from an entry on: every hash and every link is right."""
    kept = list(lines[: number - 1])
    previous = json.loads(kept[-1])["hash"] if kept else "0" * 64
    for line in lines[number - 1 :]:
        entry = json.loads(line)
        entry["previous"] = previous
        if entry["number"] == number:
            entry["actor"] = "eve"
        kept.append(_sealed(entry))
        previous = json.loads(kept[-1])["hash"]
    return kept


def _changed(line: bytes, *, seal: bool = False, shift: int = 0) -> bytes:
    entry = json.loads(line)
    entry["number"] += shift
    if not shift:
        entry["actor"] = "eve"
    return _sealed(entry) if seal else rfc8785.dumps(entry) + b"\n"


def _sealed(entry: dict[str, object]) -> bytes:
    hashed = {name: value for name, value in entry.items() if name != "hash"}
    digest = hashlib.sha256(rfc8785.dumps(hashed)).hexdigest()  # type: ignore[arg-type]
    return rfc8785.dumps({**hashed, "hash": digest}) + b"\n"  # type: ignore[dict-item]


def _split_again(lines: list[bytes]) -> list[bytes]:
    """The lines as a reader of the file would see them: a bit may make or unmake a line feed."""
    *whole, rest = b"".join(lines).split(b"\n")
    return [part + b"\n" for part in whole] + ([rest] if rest else [])
