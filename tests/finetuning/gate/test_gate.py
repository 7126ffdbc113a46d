"""The gate with real models: a tiny base, random adapters, questions made of their own answers."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from workbench import models
from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.evaluation import model_checks as checks_room
from workbench.evaluation.checks import check
from workbench.finetuning.gate import running
from workbench.finetuning.gate.evidence import find_report, load_report
from workbench.finetuning.gate.operations import promote
from workbench.finetuning.gate.promoting import promote_passed
from workbench.finetuning.gate.questions import read_general, read_questions
from workbench.finetuning.gate.running import run_gate
from workbench.finetuning.versions.operations import list_versions
from workbench.store.ledger import Ledger

from ..conftest import Make

pytestmark = pytest.mark.model
ASKED = [f"Count the birds on roof {number}." for number in range(44)]


def said(model: str) -> dict[str, str]:
    """What a model answers to each question, as the gate asks."""
    with models.load(model, isolated=True) as loaded:
        return {
            asked: loaded.chat(
                [{"role": "user", "content": asked}], temperature=0, max_tokens=48
            ).text
            for asked in ASKED
        }


def write(path: Path, *right: dict[str, str]) -> Path:
    """Questions of which these answers are right."""
    rows = [{"question": a, "accept": [each[a] for each in right]} for a in right[0]]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def fails(model: str, *, against: str) -> object:
    return check(f"{model} against {against}", 2.0, high=1.0)


@pytest.mark.slow
def test_candidates_pass_are_refused_and_promoted_by_evidence(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = make(seed=1).full_name, make(seed=2).full_name
    of = {name: said(name) for name in ("tiny", one, two)}
    usable = [a for a in ASKED if all(each[a].strip() for each in of.values())]
    of = {name: {asked: each[asked] for asked in usable} for name, each in of.items()}
    learnt = write(tmp_path / "learnt.jsonl", of[one])
    anything = read_questions(write(tmp_path / "general.jsonl", *of.values()))
    of_base = read_questions(write(tmp_path / "base.jsonl", of["tiny"]))

    with pytest.raises(ConflictError, match="has not held"):
        promote(one)
    passed = run_gate(one, learnt, general=anything, checks=["perplexity"])
    assert passed.champion == "tiny"
    assert [each.name for each in passed.checks] == ["perplexity ratio"]
    assert passed.ok, passed.reasons
    assert load_report(str(passed.artifact)) == passed
    moved = promote(one)
    assert moved.evidence == passed.artifact
    assert Ledger().entries(action="adapter.promoted")[0].data["evidence"] == passed.artifact
    assert not promote_passed(one).is_new

    # The planted regression: it does not know what the champion knows.
    worse = run_gate(two, learnt, general=anything, checks=[])
    assert (worse.champion, worse.verdict) == (one, "refuse")
    assert worse.gain.high < 0
    assert find_report(two, one) == worse
    assert find_report(two, "tiny") is None
    # It knows its own target better, and has forgotten all that the base knew.
    own = write(tmp_path / "own.jsonl", of[two])
    forgot = run_gate(two, own, general=of_base, checks=[])
    assert forgot.gain.low > 0
    assert [each.against for each in forgot.forgetting] == [one, "tiny"]
    assert forgot.forgetting[1].change < -0.9
    assert forgot.verdict == "refuse"
    with pytest.raises(ConflictError, match="did not let"):
        promote(two)
    # A check that a room offers by name counts, and one that cannot be run has not held.
    offered = {
        "mine": EntryPoint("mine", f"{__name__}:fails", checks_room.GROUP),
        "lost": EntryPoint("lost", "workbench.nowhere:lost", checks_room.GROUP),
    }
    monkeypatch.setattr(
        EntryPoint, "load", lambda self: fails if self.name == "mine" else nothing()
    )
    monkeypatch.setattr(checks_room, "_offered", lambda: offered)
    checked = run_gate(two, own, general=anything)
    assert (checked.gain.low > 0, checked.verdict) == (True, "refuse")
    assert [each.ok for each in checked.checks] == [False, False]
    with pytest.raises(InputError, match="needs a reason"):
        promote(two, force=True)
    assert promote(two, force=True, reason="I know better").after == 2
    assert [row.verdict for row in list_versions("tiny:a")] == ["promote", "refuse"]


def test_the_champion_is_not_held_against_itself(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused before a model is asked anything: that took minutes, and could only refuse."""
    champion = make(seed=1).full_name
    promote(champion, force=True, reason="the first")
    target = write(tmp_path / "target.jsonl", dict.fromkeys(ASKED, "two"))
    monkeypatch.setattr(running, "answer_all", lambda *_: pytest.fail("the models were asked"))
    for name in (champion, "a@champion", "a@1"):
        with pytest.raises(ConflictError, match=r"tiny:a@1 is the champion: there is nothing else"):
            run_gate(name, target)
    with pytest.raises(NotFoundError, match="check of a model named 'moon'"):
        run_gate(make(seed=2).full_name, target, checks=["moon"])


def nothing() -> object:
    raise ImportError("no module named workbench.nowhere")


def test_the_rooms_offer_their_checks() -> None:
    assert {"fairness", "perplexity", "refusals"} <= set(checks_room.model_checks())
    for entry in checks_room._offered().values():
        assert callable(entry.load())
    with pytest.raises(NotFoundError):
        checks_room.run_model_checks("tiny", against="tiny", names=["moon"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"question": "a", "accept": ["b"]}\n{broken', "line 2"),
        ('{"question": "a", "accept": ["b"]}\n', "1 questions"),
        ("", "0 questions"),
        ('{"question": " ", "accept": ["b"]}', "line 1: it asks nothing"),
        ('{"question": "a", "accept": [""]}', "no answer that counts"),
        ('{"messages": [{"role": "user", "content": "a"}]}', "no answer"),
        ('{"messages": "hello"}', "role and a content"),
        ("[1]", "line 1"),
    ],
)
def test_bad_questions_are_named(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(content)
    with pytest.raises(InputError, match=words):
        read_questions(path)
    with pytest.raises(NotFoundError):
        read_questions(tmp_path / "none.jsonl")


def test_what_is_right(tmp_path: Path) -> None:
    rows = [
        {"question": "Capital of France?", "accept": ["Paris"]},
        {"prompt": "Code E4?", "response": "The belt is worn."},
        {"messages": [{"role": "user", "content": "E5?"}, {"role": "assistant", "content": "Oil"}]},
    ]
    path = tmp_path / "q.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    france, belt, oil = read_questions(path).questions
    assert len(read_general().questions) == 80
    assert france.is_right("PARIS/France")
    assert france.is_right("It is Paris, of course.")
    assert not france.is_right("Parisian.")
    assert belt.is_right("the belt is worn")
    assert not belt.is_right("The belt is worn. Or so they say.")
    assert oil.is_right("Oil.")
