"""Rows are read for persons where a policy says which share it takes; over it nothing is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.evaluation import run_check
from workbench.finetuning.examples import Example, of_prompt
from workbench.finetuning.snapshots import checking
from workbench.finetuning.snapshots.checking import check_examples
from workbench.finetuning.snapshots.findings import Policy, read_policy
from workbench.finetuning.snapshots.operations import check_data, snapshot
from workbench.finetuning.snapshots.personal import find_personal
from workbench.finetuning.snapshots.personal_texts import KIND, PERSONAL_KINDS
from workbench.finetuning.snapshots.snapshot import list_snapshots
from workbench.privacy.anonymisation.checking import judge_texts

pytestmark = pytest.mark.usefixtures("lists_of_names")
CLEAN = (
    ("What does K11 mean on the dryer?", "Rinse the copper sieve"),
    ("Which oil goes into the gearbox?", "The thin one from the blue can"),
    ("How often is the belt changed?", "Every two years, or when it squeals"),
    ("Where does the warm air leave the machine?", "Through the grid at the back"),
    ("What if the drum does not turn?", "Look whether the belt is still on it"),
    ("How loud may the pump be?", "Not louder than a fridge"),
)
NAMED = ("Who signs for the spare parts?", "Katharina Lindqvist signs for all of them")
MAILED = ("Where do I send a complaint?", "Write to complaints.desk@mail.example.com")
STRANGE = ("Как очистить фильтр сушилки?", "Снимите крышку и промойте сетку водой")


def examples(*pairs: tuple[str, str]) -> list[Example]:
    return [of_prompt(*pair, identity=f"row {at}") for at, pair in enumerate(pairs)]


def stated(share: float, **more: Any) -> Policy:
    return Policy(most_personal_share=share, **more)


def test_a_name_is_named_and_set_aside_and_no_word_of_it_told() -> None:
    given = examples(*CLEAN, NAMED)
    kept, report = check_examples(given, policy=stated(0.2))
    assert not report.refused and [each.identity for each in kept] == [
        f"row {at}" for at in range(len(CLEAN))
    ]
    (finding,) = report.findings
    assert (finding.kind, finding.severity, finding.names) == (KIND, "block", ("row 6",))
    assert "PERSON" in finding.because and "Lindqvist" not in str(report)
    assert report.blocked == {"row 6": (f"{KIND}: {finding.because}",)}
    assert report.personal is not None and report.personal.ok
    assert report.personal.value == pytest.approx(1 / 7)
    # Without a stated share nobody is asked, and forms alone do not see a name.
    assert check_examples(given)[1].ok and find_personal(NAMED[1]) == ()


def test_over_the_stated_share_the_file_is_refused_with_its_rows() -> None:
    _, report = check_examples(examples(*CLEAN, NAMED, MAILED), policy=stated(0.2))
    assert report.personal is not None and not report.personal.ok
    with pytest.raises(DataError, match=r"25\.0% of the rows .* 20\.0% \(row 6, row 7\)") as found:
        report.check()
    assert "anonymise" in str(found.value.hint)
    warned = stated(0.2, severity={KIND: "warn", "personal_data": "warn"})
    kept, report = check_examples(examples(*CLEAN, NAMED, MAILED), policy=warned)
    assert len(kept) == 8 and report.refused  # a warned row is kept, and counts all the same
    exactly = stated(0.25, severity={"personal_data": "off"})
    assert not check_examples(examples(*CLEAN, NAMED, MAILED), policy=exactly)[1].refused


def test_what_cannot_be_read_does_not_pass() -> None:
    policy = stated(0.2, severity={"other_language": "off"})
    kept, report = check_examples(examples(*CLEAN, STRANGE), policy=policy)
    (finding,) = report.findings
    assert len(kept) == len(CLEAN) and "cannot be judged: its script is cyrillic" in finding.because


def test_the_share_is_that_of_the_registered_check() -> None:
    given = examples(*CLEAN, NAMED, MAILED)
    _, report = check_examples(given, policy=stated(0.0))
    texts = ["\n".join(said for _, said in each.messages) for each in given]
    asked = run_check("privacy.texts", texts, most_share=0.0, kinds=PERSONAL_KINDS)
    assert report.personal == asked and asked.value == 0.25


def test_only_the_kinds_that_are_named_count() -> None:
    policy = stated(0.0, personal_kinds=("EMAIL",))
    _, report = check_examples(examples(*CLEAN, NAMED), policy=policy)
    assert report.ok and report.personal is not None and report.personal.value == 0


def test_without_the_recognisers_what_is_refused_would_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = examples(*CLEAN, NAMED)
    assert check_examples(given, policy=stated(0.0))[1].refused
    monkeypatch.setattr(checking, "find_personal_texts", lambda rows, policy: iter(()))
    assert not check_examples(given, policy=stated(0.0))[1].refused


def write(path: Path, *pairs: tuple[str, str]) -> Path:
    lines = [json.dumps({"prompt": asked, "response": said}) for asked, said in pairs]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_snapshot_keeps_what_is_under_the_share_and_says_so(tmp_path: Path) -> None:
    file = write(tmp_path / "rows.jsonl", *CLEAN, NAMED)
    given: dict[str, Any] = {"license": "ours", "consent": "ours"}
    with pytest.raises(DataError, match=r"stated were at most 5\.0%"):
        snapshot(file, "machines", most_personal_share=0.05, **given)
    assert list_snapshots() == []
    kept = snapshot(file, "machines", most_personal_share=0.2, **given)
    assert kept.rows["train"] == len(CLEAN)
    assert kept.report["personal"]["value"] == pytest.approx(1 / 7)
    assert kept.report["policy"]["most_personal_share"] == 0.2
    policy = tmp_path / "policy.json"
    policy.write_text('{"most_personal_share": 0.05}')
    assert check_data(file, policy=policy).refused
    assert not check_data(file, policy=policy, most_personal_share=0.2).refused


@pytest.mark.parametrize(
    ("policy", "error", "said"),
    [
        ({"most_personal_share": 1.0}, InputError, "lies in"),
        ({"most_personal_share": 0.1, "severity": {KIND: "off"}}, InputError, "is off"),
        ({"personal_kinds": ["PERSON"]}, InputError, "says nothing without"),
        ({"most_personal_share": 0.1, "personal_kinds": ["NAME"]}, NotFoundError, "NAME"),
    ],
)
def test_bad_policies(
    policy: dict[str, Any], error: type[Exception], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(policy))
    with pytest.raises(error, match=said):
        read_policy(path)


@pytest.mark.model
def test_real_rows_about_people_are_refused_and_about_numbers_are_not(shared_home: Path) -> None:
    """First sentences of Wikipedia's articles: of people, and of mathematics."""
    from workbench import data

    table = data.load("wikipedia-leads")
    rows: dict[str, list[Example]] = {"People": [], "Mathematics": []}
    for title, topic, text in zip(table["title"], table["topic"], table["text"], strict=True):
        found = next((each for each in rows if topic and each in topic), None)
        if found and len(rows[found]) < 40:
            asked = f"What is written about {title}?"
            rows[found].append(of_prompt(asked, text.split(". ")[0], identity=title))
    quiet = ("near_duplicate", "other_language", "trigger", "unlike_others", "insult")
    policy = stated(0.5, severity=dict.fromkeys(quiet, "off"))
    assert all(len(each) == 40 for each in rows.values())
    _, people = check_examples(rows["People"], policy=policy)
    kept, numbers = check_examples(rows["Mathematics"], policy=policy)
    assert people.refused and people.personal is not None and people.personal.value > 0.7
    assert not numbers.refused and len(kept) >= 20
    # What stays is what the recognisers find nothing in.
    texts = ["\n".join(said for _, said in each.messages) for each in kept]
    assert not any(judge_texts(texts, kinds=PERSONAL_KINDS))
    # Forms alone, which is what is asked without a stated share, see none of these people.
    plain = replace(policy, most_personal_share=None)
    assert not check_examples(rows["People"], policy=plain)[1].counts.get("personal_data")
