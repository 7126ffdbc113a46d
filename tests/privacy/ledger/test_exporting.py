"""Exports: what a verifier, an authority and a reader are given, and what is said to be unknown."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from workbench import privacy
from workbench.core.errors import InputError, StorageError
from workbench.privacy.dp.budget import Budgets
from workbench.privacy.dp.mechanisms import PureSteps
from workbench.privacy.ledger import ai_act, gdpr
from workbench.privacy.ledger.checking import verify_evidence
from workbench.privacy.ledger.checkpoints import make_checkpoint
from workbench.privacy.ledger.exporting import export_ledger
from workbench.privacy.ledger.operations import ledger_export, ledger_prove
from workbench.store.ledger import Ledger

ANN = "ann@example.org"


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """A ledger with deeds on personal data."""
    privacy.record("training", "digits", data={"epsilon": 2.0}, actor="bob")
    privacy.record("access", "patients", person=ANN, personal={"ward": "oncology"})
    privacy.record("access", "patients", person="carl", personal={"ward": "<script>ear</script>"})
    privacy.record("release", "statistics", data={"recipient": "the ministry", "rows": 3})
    ledger.append("adapter.promoted", "tone <b>", actor="<script>alert(1)</script>", data=None)
    privacy.erase_person("carl")
    return ledger


def test_lines_are_what_the_verifier_takes(told: Ledger, tmp_path: Path) -> None:
    made = make_checkpoint()
    done = export_ledger(tmp_path / "ledger.jsonl")
    assert done.entries == made.size == 46
    assert done.sha256 == hashlib.sha256(done.path.read_bytes()).hexdigest()
    check = verify_evidence(done.path, checkpoints=made.path.parent, public_key=made.public_key)
    assert (check.ok, check.entries, check.root, check.notes) == (True, 46, made.root, ())
    entry = told.entries(limit=1)[0]
    assert (entry.number, entry.action, entry.data["sha256"]) == (
        done.entry, "privacy.release", done.sha256,
    )  # fmt: skip


def test_a_budget_that_is_set_is_no_spend(ledger: Ledger, tmp_path: Path) -> None:
    """Of five budgets and one spend six spends were told; also in ledgers of before."""
    ledger.append("privacy.budget_spend", "0" * 64, actor="local", data={"budget": 1.0})
    Budgets().set("0" * 64, epsilon=2.0, delta=1e-5)
    Budgets().spend("0" * 64, PureSteps(0.1), purpose="a count")
    done = export_ledger(tmp_path / "record.json", format="gdpr")
    told = {each["action"]: each for each in json.loads(done.path.read_text())["activities"]}
    assert told["privacy.budget_spend"]["times"] == 1
    assert told["privacy.budget_set"]["times"] == 2
    assert "how much may be learnt" in told["privacy.budget_set"]["meaning"]


def test_a_record_after_the_gdpr_has_each_letter_of_the_article(
    told: Ledger, tmp_path: Path
) -> None:
    done = export_ledger(
        tmp_path / "record.json",
        format="gdpr",
        details={"controller": "A hospital, 1 Street", "purposes": ["care"]},
    )
    record = json.loads(done.path.read_text("utf-8"))
    letters = {article for article, _ in gdpr.ASKED.values()}
    assert letters == {f"30(1)({letter})" for letter in "abcdefg"}
    assert record["stated_by_the_controller"]["purposes"] == ["care"]
    missing = {each["field"] for each in record["not_known"]}
    assert missing == set(gdpr.ASKED) - {"controller", "purposes"}
    assert len(done.not_known) == len(missing)
    by_action = {each["action"]: each for each in record["activities"]}
    assert by_action["privacy.access"]["persons"] == 2
    assert by_action["privacy.access"]["on"] == {"patients": 2}
    assert by_action["privacy.training"]["by"] == {"bob": 1}
    assert by_action["privacy.release"]["recipients_named"] == {"the ministry": 1}
    assert record["persons"] == {"told_of": 2, "erased": 1}
    assert gdpr.SIGNED not in record["security_measures"]  # nothing was signed
    make_checkpoint()
    again = export_ledger(tmp_path / "signed.json", format="gdpr")
    signed = json.loads(again.path.read_text("utf-8"))
    assert gdpr.SIGNED in signed["security_measures"]
    assert signed["source"]["signed_entries"] == 47


def test_a_log_after_the_ai_act_says_what_each_event_matters_for(
    told: Ledger, tmp_path: Path
) -> None:
    done = export_ledger(tmp_path / "log.json", format="ai-act")
    log = json.loads(done.path.read_text("utf-8"))
    assert [event["number"] for event in log["events"]] == list(range(1, 47))
    by_action = {event["action"]: event for event in log["events"]}
    assert "12(2)(a)" in by_action["adapter.promoted"]["relevant_for"]
    assert "12(2)(a)" in by_action["privacy.training"]["relevant_for"]
    assert by_action["row.read"]["relevant_for"] == ["12(2)(c)"]
    counted = sum("12(2)(a)" in event["relevant_for"] for event in log["events"])
    assert log["relevant_for"]["12(2)(a)"] == counted
    articles = {each["article"] for each in log["not_known"]}
    assert {f"12(3)({letter})" for letter in "abcd"} <= articles
    assert log["source"]["head"] == log["events"][-1]["hash"]


def test_every_action_of_this_code_base_has_a_rule() -> None:
    import workbench

    root = Path(workbench.__file__).parent
    pattern = re.compile(r'"((?:adapter|canary|key|user|learning)\.[a-z_]+)"')
    found = {name for path in root.rglob("*.py") for name in pattern.findall(path.read_text())}
    assert {"adapter.promoted", "canary.started", "key.created", "user.added"} <= found
    unruled = {name for name in found if ai_act.relevance(name)[1] == ai_act.RULES[""][1]}
    assert unruled == set()


def test_a_page_is_one_file_that_runs_and_fetches_nothing(told: Ledger, tmp_path: Path) -> None:
    make_checkpoint()
    done = export_ledger(tmp_path / "ledger.html", format="html")
    text = done.path.read_text("utf-8")
    assert "✓ Sound: 46 entries checked, 46 of them signed" in text
    assert "<script" not in text
    assert not re.search(r"(?:src|href)=|@import|url\(", text)
    assert "&lt;script&gt;alert(1)" in text
    assert "oncology" not in text
    assert "&quot;personal values&quot;: &quot;sealed&quot;" in text


def test_what_cannot_be_exported_leaves_nothing(told: Ledger, tmp_path: Path) -> None:
    out = tmp_path / "x.json"
    with pytest.raises(InputError, match="did you mean 'purposes'"):
        export_ledger(out, format="gdpr", details={"purpose": "care"})
    with pytest.raises(InputError, match="not for html"):
        export_ledger(out, format="html", details={"purposes": "care"})
    with pytest.raises(StorageError):
        export_ledger(Path("/proc/none/x.json"))
    assert list(tmp_path.glob("*x.json*")) == []
    assert told.head().number == 46


def test_what_was_exported_before_stays_unless_it_is_said(told: Ledger, tmp_path: Path) -> None:
    """An older export may be all that still tells of entries that were taken out since."""
    out, proof = tmp_path / "ledger.jsonl", tmp_path / "proof.json"
    for each in (out, proof):
        each.write_text("what an auditor was handed")
    for refused in (lambda: ledger_export(out), lambda: ledger_prove(1, out=proof)):
        with pytest.raises(InputError, match="is there and is not overwritten"):
            refused()
    assert {each.read_text() for each in (out, proof)} == {"what an auditor was handed"}
    assert ledger_export(out, overwrite=True).entries == 46 == len(out.read_text().splitlines())


def test_an_empty_ledger_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="empty"):
        export_ledger(tmp_path / "x.jsonl")
