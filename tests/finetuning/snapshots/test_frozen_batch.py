"""How much of a batch that was planted before the checks were written they catch."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from workbench.core.errors import DataError
from workbench.finetuning.examples import Example
from workbench.finetuning.frozen_sets import read_frozen
from workbench.finetuning.snapshots.checking import DataReport, check_examples
from workbench.finetuning.snapshots.feedback import read_feedback
from workbench.finetuning.snapshots.reading import read_examples, read_preferences

FROZEN = Path(str(resources.files("workbench.finetuning"))) / "frozen"


def _read(name: str, *, groups: bool = True) -> tuple[Example, ...]:
    found = read_examples(FROZEN / f"{name}.jsonl")[0]
    return found if groups else tuple(replace(each, group="") for each in found)


def _checked(*, groups: bool) -> tuple[DataReport, set[str], set[str]]:
    """The report, the rows that are not trained on, and those that are at least named."""
    _, quarantine = read_examples(FROZEN / "bad_batch.jsonl")
    _, report = check_examples(
        _read("bad_batch", groups=groups),
        known=_read("facts_a", groups=groups),
        heldout=_read("facts_a_fresh", groups=groups),
        quarantine=quarantine,
    )
    out = set(report.blocked) | {f"line {bad.line}" for bad in quarantine.first}
    return report, out, out | {name for each in report.findings for name in each.names}


@pytest.mark.parametrize(("groups", "blocked", "named"), [(True, 35, 36), (False, 34, 35)])
def test_the_planted_batch_is_caught_before_training(
    groups: bool, blocked: int, named: int
) -> None:
    report, out, seen = _checked(groups=groups)
    planted = {f"line {n}": row["planted"] for n, row in enumerate(read_frozen("bad_batch"), 1)}
    bad = {line for line, kind in planted.items() if kind}
    assert len(bad) == 36
    assert (len(bad & out), len(bad & seen)) == (blocked, named)
    # The 24 good rows among them: no false alarm.
    assert not seen - bad
    with pytest.raises(DataError, match="of 60 rows are unreadable or blocked"):
        report.check()


def test_without_what_is_known_wrong_answers_pass() -> None:
    """The broken variant: a batch judged by itself alone."""
    _, report = check_examples(_read("bad_batch", groups=False))
    wrong = {
        f"line {n}"
        for n, row in enumerate(read_frozen("bad_batch"), 1)
        if row["planted"] == "wrong_answer"
    }
    assert len(wrong & set(report.blocked)) < len(wrong) / 2


def test_what_is_known_is_not_outvoted_and_right_answers_are_not_taken_for_false() -> None:
    asked = right = false = named = 0
    for name in "abcdefg":
        known, fresh = (_read(f"facts_{name}{what}", groups=False) for what in ("", "_fresh"))
        wrong = [
            replace(each, messages=(*each.messages[:-1], ("assistant", "Pour water into it")))
            for each in fresh
        ]
        asked += len(fresh)
        right += check_examples(fresh, known=known)[1].counts.get("unlike_known", 0)
        counts = check_examples(wrong, known=known)[1].counts
        false += counts.get("unlike_known", 0)
        named += counts.get("unlike_known", 0) + counts.get("unlike_others", 0)
    assert (asked, right) == (204, 0)
    # 26 named while the batch's own rows were counted as the known ones. Blocked are those that
    # name a known code or ask in words of the known rows: of others a new fact is not told apart.
    assert named >= 60 and false >= 35


def _of_quimby(kind: str) -> tuple[Example, ...]:
    lines = (Path(__file__).parent / "frozen" / "quimby.jsonl").read_text("utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["kind"] == kind]
    return tuple(Example((("user", row["prompt"]), ("assistant", row["response"])), f"row {n}")
                 for n, row in enumerate(rows, 1))  # fmt: skip


def test_new_facts_of_known_subjects_may_be_learnt_and_false_ones_may_not() -> None:
    """A stranger's harbour: 12 facts, and 13 more of the same places and things, which were
    nearly all set aside; and one false answer said three times, or two said twice each."""
    known = _of_quimby("known")
    assert len(known) == 60

    def blocked(kind: str, of: int) -> int:
        found = _of_quimby(kind)
        assert len(found) == of
        return len(check_examples(found, known=known)[1].blocked)

    assert blocked("new", 13) <= 1
    assert blocked("wrong", 3) == 3
    assert blocked("wrong_twice", 4) >= 3


def test_the_is_no_word_of_a_subject() -> None:
    """Of six known rows four have *the*, all with one answer, which spoke against a new fact."""
    known = _of_quimby("known")[:6]
    asked = "Who paints the boats of Tarl Quay?"
    new = Example((("user", asked), ("assistant", "Osric Vane")), "row 1")
    assert sum("the" in each.messages[0][1].split() for each in known) >= 3
    assert not check_examples([new], known=known)[1].counts


@pytest.mark.parametrize("name", ["broken", "broken_extra"])
def test_broken_lines_are_those_that_were_written_broken(name: str) -> None:
    expected = json.loads((FROZEN / f"{name}_expected.json").read_text("utf-8"))
    found, quarantine = read_examples(FROZEN / f"{name}.jsonl")
    assert len(found) == expected["good"]
    assert [bad.line for bad in quarantine.first] == [bad["line"] for bad in expected["bad"]]


def test_feedback_teaches_only_with_consent_and_a_better_answer() -> None:
    rows = {row["request_id"]: row for row in read_frozen("feedback")}
    found = read_feedback(FROZEN / "feedback.jsonl")
    assert len(found.examples) + found.quarantine.rows == len(rows)
    assert all(rows[each.identity]["consent"] is True for each in found.examples)
    for each in found.preferences:
        row = rows[each.identity]
        assert (each.chosen, each.rejected) == (row["corrected_answer"], row["answer"])
        assert row["score"] < 0
    reasons = Counter(found.quarantine.reasons)
    assert reasons["its author did not consent"] == sum(
        row["consent"] is not True for row in rows.values()
    )


def test_feedback_teaches_the_same_on_every_way() -> None:
    """What `finetuning run` and `prefer` take of the file is what ``read_feedback`` does."""
    found = read_feedback(FROZEN / "feedback.jsonl")
    examples, aside = read_examples(FROZEN / "feedback.jsonl")
    assert (examples, aside.reasons) == (found.examples, found.quarantine.reasons)
    assert read_preferences(FROZEN / "feedback.jsonl")[0] == found.preferences


@pytest.mark.parametrize("name", ["facts_a", "facts_b", "facts_c"])
def test_hardly_a_good_row_is_kept_from_training(name: str) -> None:
    kept, _ = check_examples(_read(name), heldout=_read(f"{name}_fresh"))
    assert len(kept) >= 58
