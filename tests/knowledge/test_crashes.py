"""``kill -9`` leaves a graph that opens clean, as before or as after: in an ingest, in a merge, and
where what a space agreed on is brought over."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from .kills import kill

SCRIPT = Path(__file__).with_name("crash_ingest.py")
KILLS = 50


@pytest.mark.slow
@pytest.mark.soak
def test_fifty_kills_leave_the_graph_before_or_after(tmp_path: Path, scale: int) -> None:
    seen = kill(SCRIPT, tmp_path, KILLS * scale)
    assert [each for each in seen if each["faults"]] == []
    assert len(seen) == KILLS * scale // 2 * 3
    # It is a test only if kills came at work, and left graphs that were on their way.
    ways = Counter((each["what"], each["done"]) for each in seen if each["killed"])
    print(ways)
    assert ways.total() >= KILLS * scale // 2
    assert len({done for what, done in ways if what == "ingest"}) >= 4
    agreements = {done for what, done in ways if what == "agree"}
    assert {"bare to bare", "agreed to agreed"} & agreements
    assert {"apart to apart"} < {done for what, done in ways if what == "merge"}


def test_the_look_sees_a_document_that_is_written_in_parts(tmp_path: Path) -> None:
    seen = kill(SCRIPT, tmp_path, 12, "torn")
    assert any("what was left is no graph of whole documents" in each["faults"] for each in seen)
