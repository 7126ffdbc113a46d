"""How a check of the ledger is drawn: its word, the strip, and what is said to readers of text."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.core.viewers import mime_bundle
from workbench.privacy.ledger.checking import EvidenceCheck
from workbench.privacy.ledger.checkpoints import KeptCheckpoint
from workbench.privacy.ledger.erasing import Erasure
from workbench.studio.viewers import draw_list

HERE = Path("home")
SOUND = EvidenceCheck(True, HERE, 1000, 2, 900, "a" * 64, "workbench-ledger:b", notes=("a <b>",))
BROKEN = EvidenceCheck(
    False, HERE, 499, 1, 400, "a" * 64, "workbench-ledger:b", 500, 501, "entry <i> was rewritten"
)


def html(result: object) -> str:
    found: str = mime_bundle(result)["text/html"]
    return found


def strip(drawn: str) -> str:
    found = re.search(r'aria-label="([^"]*)"', drawn)
    assert found is not None
    return found[1]


def test_a_sound_ledger_shows_how_far_it_is_signed() -> None:
    drawn = html(SOUND)
    assert "✓ sound" in drawn and "2 good checkpoints" in drawn
    assert strip(drawn) == "signed: 1 to 900; chained: 901 to 1,000"
    assert "A &lt;b&gt;." in drawn


def test_a_broken_one_shows_where() -> None:
    drawn = html(BROKEN)
    assert "✗ broken in entries 500 to 501" in drawn
    assert strip(drawn) == "signed: 1 to 400; chained: 401 to 499; broken: 500 to 501"
    assert "Entry &lt;i&gt; was rewritten." in drawn
    narrow = [float(width) for width in re.findall(r'width="([\d.]+)" height="16"', drawn)]
    assert min(narrow) >= 3  # one entry can be seen, of however many


def test_a_fault_in_no_entry_has_no_place() -> None:
    empty = EvidenceCheck(False, HERE, 0, 0, 0, "a" * 64, "", reason="the ledger is empty")
    drawn = html(empty)
    assert "✗ broken<" in drawn and "<svg" not in drawn


def test_checkpoints_are_a_table() -> None:
    kept = KeptCheckpoint(
        41, "2026-11-26T10:00:00+00:00", "c" * 64, "o", "key1", HERE / "a", HERE / "b"
    )
    assert "✓ signed" in html(kept) and "41 entries" in html(kept)
    drawn = draw_list((kept, kept))
    assert drawn is not None
    assert "Signed checkpoints" in drawn["text/html"]
    assert "26\u00a0Nov\u00a02026,\u00a010:00:00" in drawn["text/html"]  # in one line anywhere


def test_an_erasure_says_what_it_does_not_reach() -> None:
    drawn = html(Erasure("person:ab", 3, 44))
    assert "3 entries told of them" in drawn and "Not reached" in drawn and "backups" in drawn
