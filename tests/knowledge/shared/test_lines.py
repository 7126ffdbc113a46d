"""Texts as lines: merges that lose no line end and take no text for a conflict's mark."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.knowledge.shared.lines import Clash, changed_spans, merge_texts, split_lines

LINES = st.lists(st.sampled_from(["a", "b", "c\r", "", "=======", "<<<<<<< x"]), max_size=12)
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n"]))


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_lines_are_the_text(text: str) -> None:
    assert "".join(split_lines(text)) == text
    assert all(line.find("\n") in (-1, len(line) - 1) for line in split_lines(text))


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS)
def test_spans_make_the_one_text_the_other(old: str, new: str) -> None:
    lines, others = split_lines(old), split_lines(new)
    for a, b, c, d in reversed(changed_spans(old, new)):
        lines[a:b] = others[c:d]
    assert "".join(lines) == new


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS)
def test_what_one_side_alone_changed_is_taken(base: str, changed: str) -> None:
    for pair in ((base, changed), (changed, base), (changed, changed)):
        assert merge_texts(base, *pair).text == changed


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_sides_can_be_exchanged(base: str, ours: str, theirs: str) -> None:
    one, other = merge_texts(base, ours, theirs), merge_texts(base, theirs, ours)
    assert bool(one.clashes) == bool(other.clashes)
    if not one.clashes:
        assert one == other


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_no_line_of_nobody_is_in_a_merge(base: str, ours: str, theirs: str) -> None:
    known = {*split_lines(base), *split_lines(ours), *split_lines(theirs)}
    merged = merge_texts(base, ours, theirs)
    assert {*split_lines(merged.text)} <= known | {""} or merged.text == ""
    for clash in merged.clashes:
        assert {*clash.ours} <= {*split_lines(ours)}
        assert {*clash.theirs} <= {*split_lines(theirs)}


def test_headings_underlined_by_marks_are_text() -> None:
    base = "Title\n=======\n\none\ntwo\nthree\n"
    ours, theirs = base.replace("one", "ONE"), base.replace("one", "Eins").replace("three", "3")
    merged = merge_texts(base, ours, theirs)
    assert merged.clashes == (Clash(4, ("ONE\n",), ("Eins\n",)),)
    assert merged.text == "Title\n=======\n\ntwo\n3\n"


def test_a_last_line_without_an_end_stays_so() -> None:
    assert merge_texts("a\nb\nc\nd", "A\nb\nc\nd", "a\nb\nc\nD").text == "A\nb\nc\nD"
    assert merge_texts("a\r\nb\nc\nd\n", "a\r\nb\nc\nd", "A\r\nb\nc\nd\n").text == "A\r\nb\nc\nd"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here: apt-get install git")
def test_git_merges_the_same(tmp_path: Path) -> None:
    import random

    chance = random.Random(7)
    words = [f"line {number}\n" for number in range(6)] + ["\n", "end\n"]
    conflicts = 0
    for _ in range(60):
        base = [chance.choice(words) for _ in range(chance.randint(0, 14))]
        texts = [base]
        for _ in range(2):
            side = list(base)
            for _ in range(chance.randint(1, 2)):
                at = chance.randint(0, len(side))
                side[at : at + chance.randint(0, 2)] = [f"new {chance.random()}\n"]
            texts.append(side)
        names = [tmp_path / name for name in ("base", "ours", "theirs")]
        for name, lines in zip(names, texts, strict=True):
            name.write_text("".join(lines))
        done = subprocess.run(
            ["git", "merge-file", "-p", names[1], names[0], names[2]],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        merged = merge_texts(*("".join(lines) for lines in texts))
        assert len(merged.clashes) == done.returncode
        conflicts += bool(merged.clashes)
        if not merged.clashes:
            assert merged.text == done.stdout
    assert 5 < conflicts < 55
