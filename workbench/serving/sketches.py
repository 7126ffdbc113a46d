"""What is kept of a prompt so that drift can be seen without its text.

The number of characters, the language, and a sketch: 64 small numbers of which each is fed by a
part of all words and pieces of words (signed feature hashing; Weinberger et al. 2009, "Feature
Hashing for Large Scale Multitask Learning", section 2). Texts with many words in common have
sketches that point the same way. Of a vector that is at hand a random projection can be made
instead, which also sees texts that mean the same in other words; the gateway does not: what it
settles holds no embedding, also where routing or the semantic cache made one.

A sketch is not the text and is not nothing: who has one can try out guesses, and with a prompt of a
few words a guess can be confirmed. The setting ``usage_sketches`` turns it off.
"""

from __future__ import annotations

import array
import functools
import hashlib
import math
import re
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.data.languages import detect_language
from workbench.serving.call import Call

HASHED = "hashed64-1"  # the kinds, with their version: what is made otherwise is another kind
PROJECTED = "projected32-1"
_SIZE, _PROJECTED_SIZE = 64, 32
_MOST_CHARS = 8000
_WORD = re.compile(r"\w+")
_LANE_BITS = 16
_ZERO = sum(1 << (_LANE_BITS * lane + _LANE_BITS - 1) for lane in range(_SIZE))
# What a feature adds: one up or one down in one of the numbers, all of which lie in one integer.
_STEPS = tuple(sign * (1 << (_LANE_BITS * lane)) for lane in range(_SIZE) for sign in (1, -1))
_MASK = len(_STEPS) - 1
_crc32 = zlib.crc32


@dataclass(frozen=True)
class Sketch:
    """What is kept of one prompt. ``data`` is int8, of which only the direction means anything."""

    language: str
    kind: str | None = None
    data: bytes | None = field(default=None, repr=False)

    def columns(self) -> dict[str, Any]:
        """The fields of a ``UsageRow``."""
        return {"language": self.language, "sketch_kind": self.kind, "sketch": self.data}


def sketch_call(
    call: Call, *, vector: Sequence[float] | None = None, sketches: bool = True
) -> Sketch:
    """What is kept of a call's prompt.

    Args:
        call: Of a chat the last words of the user count: what stands before them repeats.
        vector: The prompt's embedding, where it is at hand.
        sketches: The setting ``usage_sketches``.
    """
    text = prompt_text(call)
    language = detect_language(text)
    if not sketches:
        return Sketch(language)
    if vector is not None:
        return Sketch(language, PROJECTED, project(vector))
    data = hash_text(text)
    return Sketch(language, HASHED if data else None, data)


def prompt_text(call: Call) -> str:
    """The words of a call that its language and sketch are taken from."""
    if call.kind != "chat":
        return "\n".join(call.prompts)[:_MOST_CHARS]
    for message in reversed(call.messages):
        if message.get("role") == "user":
            return str(message.get("content") or "")[:_MOST_CHARS]
    return ""


def hash_text(text: str) -> bytes | None:
    """The 64 numbers of a text; None if there is no word in it."""
    words = _WORD.findall(text[:_MOST_CHARS].casefold())
    if not words:
        return None
    total = sum(map(_word_steps, words), _ZERO)
    lanes = array.array("H", total.to_bytes(_SIZE * _LANE_BITS // 8, "little"))
    if sys.byteorder == "big":
        lanes.byteswap()
    return _to_int8([lane - (1 << (_LANE_BITS - 1)) for lane in lanes])


def project(vector: Sequence[float]) -> bytes | None:
    """32 numbers of an embedding: its sums under random signs; None for a vector of zeros."""
    import numpy as np

    given = np.asarray(vector, dtype=np.float32)
    sums = _signs(len(given)) @ given
    return _to_int8(sums.tolist())


def cosine(a: bytes, b: bytes) -> float:
    """How alike two sketches of one kind are, from -1 to 1."""
    x, y = array.array("b", a), array.array("b", b)
    norms = math.sqrt(sum(v * v for v in x) * sum(v * v for v in y))
    return sum(v * w for v, w in zip(x, y, strict=True)) / norms if norms else 0.0


@functools.lru_cache(maxsize=8192)
def _word_steps(word: str) -> int:
    """What a word adds: itself, more the longer it is, and its beginning and end.

    Small words stand in every text and say little. Words that have no spaces between them
    (Chinese, Japanese) are taken apart by two characters.
    """
    # crc32 spreads its low bits well enough here, is the same everywhere, and costs 0.1 us.
    if word.isascii():
        text = word.encode()
        if len(text) < 4:
            return _STEPS[_crc32(text) & _MASK] * (len(text) > 2)
        whole = _STEPS[_crc32(text) & _MASK] * 3
        return whole + _STEPS[_crc32(text[:4], 1) & _MASK] + _STEPS[_crc32(text[-3:], 2) & _MASK]
    text = word[:200].encode("utf-16-le", "surrogatepass")
    return sum(_STEPS[_crc32(text[at : at + 4]) & _MASK] for at in range(0, len(text) - 1, 2))


def _to_int8(values: Sequence[float]) -> bytes | None:
    most = max(map(abs, values))
    if most == 0 or not math.isfinite(most):
        return None
    return array.array("b", [round(127 * value / most) for value in values]).tobytes()


@functools.lru_cache(maxsize=4)
def _signs(size: int) -> Any:
    """The random signs for embeddings of one size: the same on every machine, for good."""
    import numpy as np

    bits = hashlib.shake_256(f"{PROJECTED} {size}".encode()).digest(_PROJECTED_SIZE * size // 8 + 1)
    signs = np.unpackbits(np.frombuffer(bits, dtype=np.uint8))[: _PROJECTED_SIZE * size]
    return (signs.astype(np.float32) * 2 - 1).reshape(_PROJECTED_SIZE, size)
