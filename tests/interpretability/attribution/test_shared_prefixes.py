"""The plan of what is read once: whole, right, and worth it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.interpretability.attribution.shared_prefixes import Segment, plan_segments


def read_back(rows: np.ndarray, segments: list[Segment]) -> np.ndarray:
    """The rows as the model reads them: each segment after what its parent read."""
    read = np.empty((1, 0), int)
    for segment in segments:
        before = read[segment.parents] if segment.start else np.empty((len(segment.firsts), 0), int)
        read = np.concatenate([before, rows[segment.firsts, segment.start : segment.end]], axis=1)
    return read


@given(
    arrays(int, st.tuples(st.integers(1, 12), st.integers(1, 60)), elements=st.integers(0, 2)),
    st.integers(1, 5),
)
def test_every_row_is_read_whole(rows: np.ndarray, forced: int) -> None:
    rows = np.unique(rows, axis=0)
    forced = min(forced, rows.shape[1])
    segments = plan_segments(rows, forced=forced)
    np.testing.assert_array_equal(read_back(rows, segments), rows)
    assert len(segments[-1].firsts) == len(rows)
    assert segments[-1].start <= rows.shape[1] - forced
    assert sum(segment.tokens for segment in segments) <= rows.size


def test_ablation_of_many_tokens_reads_much_less_than_all() -> None:
    prompt = np.arange(64)
    rows = np.tile(prompt, (64, 1))
    rows[np.arange(64), np.arange(64)] = 99
    rows = np.unique(rows, axis=0)
    segments = plan_segments(rows, forced=1)
    assert sum(segment.tokens for segment in segments) < 0.75 * rows.size


def test_a_wrong_parent_would_be_seen() -> None:
    """The broken variant: every prefix goes on from the first one."""
    rows = np.array([[1] * 30 + [4] * 30, [2] * 30 + [4] * 30, [2] * 30 + [5] * 30])
    first = Segment(0, 30, np.array([0, 1]), np.array([0, 0]))
    right = [first, Segment(30, 60, np.arange(3), np.array([0, 1, 1]))]
    broken = [first, Segment(30, 60, np.arange(3), np.array([0, 0, 0]))]
    assert (read_back(rows, right) == rows).all()
    assert not (read_back(rows, broken) == rows).all()
