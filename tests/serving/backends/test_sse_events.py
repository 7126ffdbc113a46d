"""Events come out whole, however their bytes were cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import EngineError
from workbench.serving.backends.sse_events import EventReader


def read(stream: bytes, cuts: list[int]) -> list[bytes]:
    reader, places = EventReader(), sorted(cut % (len(stream) + 1) for cut in cuts)
    parts = [
        stream[start:end] for start, end in zip([0, *places], [*places, len(stream)], strict=True)
    ]
    return [data for part in parts for data in reader.feed(part)]


@given(
    texts=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1), max_size=6
    ),
    cuts=st.lists(st.integers(0, 10_000), max_size=8),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_cuts_change_nothing(texts: list[str], cuts: list[int], ending: str) -> None:
    stream = "".join(f"data: {text}{ending}{ending}" for text in texts).encode()
    assert read(stream, cuts) == [text.encode() for text in texts]


def test_comments_names_and_several_lines() -> None:
    stream = b": ping\n\nevent: x\ndata:{1\ndata: 2}\nid: 5\n\ndata: [DONE]\n\ndata: half"
    assert read(stream, []) == [b"{1\n2}", b"[DONE]"]


def test_an_event_without_end_is_refused() -> None:
    reader = EventReader()
    with pytest.raises(EngineError, match="8 MiB"):
        for _ in range(10):
            list(reader.feed(b"x" * (1 << 20)))
