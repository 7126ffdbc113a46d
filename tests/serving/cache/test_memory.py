"""Answers in memory: the bound in bytes, and what goes first."""

from __future__ import annotations

import random
from collections import OrderedDict

from hypothesis import given
from hypothesis import strategies as st

from workbench.models.virtual import Citation
from workbench.serving.cache.entries import Entry, decode_answer, encode_answer
from workbench.serving.cache.memory import MemoryTier
from workbench.serving.call import Facts, Piece, Usage


def entry(name: str, *, size: int = 1000, cost_s: float = 1.0, expires_s: float = 9e9) -> Entry:
    return Entry(name.encode(), "ann", "m", 0.0, expires_s, cost_s, b"x" * (size - 404))


def test_the_dear_and_small_stays_and_the_cheap_and_large_goes() -> None:
    tier = MemoryTier(10_000)
    tier.put(entry("dear", size=1000, cost_s=30.0))
    for place in range(50):
        tier.put(entry(f"cheap{place}", size=1200, cost_s=0.01))
    assert tier.get(b"dear", 0.0) is not None
    assert tier.size_bytes <= 10_000
    assert tier.evictions > 40


def test_what_is_not_used_any_more_ages() -> None:
    tier = MemoryTier(10_000)
    tier.put(entry("old", cost_s=5.0))
    for turn in range(200):
        for place in range(12):
            name = f"new{turn % 20}-{place}"
            if tier.get(name.encode(), 0.0) is None:
                tier.put(entry(name, cost_s=1.0))
    assert tier.get(b"old", 0.0) is None


def test_what_is_larger_than_an_eighth_is_not_taken() -> None:
    tier = MemoryTier(8000)
    tier.put(entry("a"))
    assert not tier.put(entry("a", size=1001))
    assert tier.get(b"a", 0.0) is None  # what it was before is not the answer any more
    assert (len(tier), tier.size_bytes) == (0, 0)


def test_what_an_answer_cites_is_kept_with_it() -> None:
    cited = Citation(2, 5, "a.md", 0, 9)
    pieces = [
        Piece("a"),
        Piece(" [1]", finish_reason="stop", citations=(cited,), abstained=False, usage=Usage(1, 2)),
    ]
    body = encode_answer(pieces, Facts(served_by="m"))
    assert body is not None
    found = decode_answer(body)
    assert found is not None
    (kept,) = found[1]
    assert (kept.text, kept.citations, kept.abstained) == ("a [1]", (cited,), False)


def test_what_has_expired_is_gone() -> None:
    tier = MemoryTier(10_000)
    tier.put(entry("a", expires_s=5.0))
    assert tier.get(b"a", 4.9) is not None
    assert tier.get(b"a", 5.0) is None
    assert tier.size_bytes == 0


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdefgh"), st.integers(500, 1200), st.floats(0, 9), st.booleans()
        ),
        max_size=80,
    )
)
def test_the_bytes_are_those_of_what_is_there(steps: list[tuple[str, int, float, bool]]) -> None:
    tier, there = MemoryTier(8000), {}
    for name, size, cost_s, put in steps:
        if put:
            there[name] = size
            tier.put(entry(name, size=size, cost_s=cost_s))
        else:
            tier.get(name.encode(), 0.0)
        found = [each for each in there if tier._kept.get(each.encode())]
        assert tier.size_bytes == sum(there[each] for each in found) <= 8000
        assert len(tier._heap) <= 64 + 3 * len(tier) + 1


def test_it_saves_more_seconds_than_lru() -> None:
    """Skewed answers of unlike cost, with vectors that pass by once."""
    draw = random.Random(3)
    trace: list[Entry] = []
    for place in range(20_000):
        if draw.random() < 0.4:
            trace.append(entry(f"vector{place}", size=4000, cost_s=0.01))
        else:
            rank = min(int(draw.paretovariate(0.6)), 3000)
            made = random.Random(rank)
            trace.append(
                entry(f"answer{rank}", size=made.randint(600, 6000), cost_s=made.expovariate(0.5))
            )
    tier = MemoryTier(400_000)
    saved = lost = 0.0
    lru: OrderedDict[bytes, Entry] = OrderedDict()
    lru_bytes = 0
    for each in trace:
        lost += each.cost_s
        if tier.get(each.key, 0.0) is not None:
            saved += each.cost_s
        else:
            tier.put(each)
        if each.key in lru:
            lru.move_to_end(each.key)
            lost -= 2 * each.cost_s
        else:
            lru[each.key] = each
            lru_bytes += each.size_bytes
            while lru_bytes > 400_000:
                lru_bytes -= lru.popitem(last=False)[1].size_bytes
    total = sum(each.cost_s for each in trace)
    by_lru = (total - lost) / 2
    assert saved > 1.1 * by_lru > 0
