"""Names of versions: moved whole, one champion at a time, back as far as there are files."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.errors import ConflictError, InputError, IntegrityError, NotFoundError
from workbench.finetuning.versions.finding import CHAMPION, find_version
from workbench.finetuning.versions.names import (
    promote_version,
    roll_back,
    stood_on,
    tag_version,
)
from workbench.models.adapter_store import remove_adapter
from workbench.models.adapters import KIND, expand_name, folder_of, resolve
from workbench.models.routing.trials import Trial, find_trial, put_trial
from workbench.store.database import open_database
from workbench.store.ledger import Ledger
from workbench.store.versions import LabelMove, Versions

from ..conftest import Make


def champion(name: str = "tiny:a") -> int | None:
    return Versions().labels(KIND, name).get(CHAMPION)


def test_promoting_and_going_back(make: Make) -> None:
    for seed in range(3):
        make(seed=seed)
    for number in (1, 2, 3):
        moved = promote_version(f"tiny:a@{number}", actor="ann", reason="better", evidence="e" * 64)
        assert (moved.after, champion()) == (number, number)
    assert resolve("tiny:a@champion").version == 3
    assert roll_back("tiny:a", actor="bob", reason="it babbles").after == 2
    assert roll_back("a", reason="still").after == 1
    with pytest.raises(ConflictError, match="from tiny:a@1: no version was champion before it"):
        roll_back("tiny:a", reason="more")
    assert promote_version("tiny:a@3", reason="mended").before == 1
    assert roll_back("tiny:a", reason="no").after == 1
    told = Ledger().entries(subject="tiny:a")
    assert [(each.action, each.actor) for each in told][-1] == ("adapter.promoted", "ann")
    first = told[-1].data
    assert first == {"from": None, "to": 1, "reason": "better", "evidence": "e" * 64, "trial": None}
    backs = [each.data for each in told if each.action == "adapter.rolled_back"]
    assert [(each["from"], each["to"]) for each in backs] == [(3, 1), (2, 1), (3, 2)]
    assert backs[-1]["reason"] == "it babbles"
    assert Ledger().verify().ok


def test_a_version_that_was_never_champion_is_none_to_go_back_to(make: Make) -> None:
    make()
    make(seed=1)
    promote_version("tiny:a@2", reason="better")
    with pytest.raises(ConflictError, match="@2: no version was champion before it") as no:
        roll_back("tiny:a", reason="worse")
    assert "first" not in no.value.message and "promote tiny:a@N" in str(no.value.hint)


def test_promoting_again_changes_nothing_and_says_so(make: Make) -> None:
    make()
    assert promote_version("tiny:a@1", reason="x").is_new
    again = promote_version("tiny:a@champion", reason="x")
    assert not again.is_new
    assert len(Ledger().entries(subject="tiny:a")) == 1


def test_what_was_expected_must_stand(make: Make) -> None:
    make()
    make(seed=1)
    promote_version("tiny:a@1", reason="x", expected_champion=0)
    with pytest.raises(ConflictError, match="stands on 1"):
        promote_version("tiny:a@2", reason="x", expected_champion=0)
    assert champion() == 1
    assert len(Ledger().entries(subject="tiny:a")) == 1, "the ledger tells of a move that was none"


def test_a_version_without_files_is_no_champion(make: Make) -> None:
    for seed in range(4):
        make(seed=seed)
    for number in (1, 2, 3):
        promote_version(f"tiny:a@{number}", reason="x")
    with pytest.raises(ConflictError, match="is the champion"):
        remove_adapter("tiny:a@3")
    remove_adapter("tiny:a@2")
    remove_adapter("tiny:a@4")
    for refused in (promote_version, lambda name, reason: tag_version(name, "mine")):
        with pytest.raises(NotFoundError, match="were removed"):
            refused("tiny:a@4", reason="x")
    moved = roll_back("tiny:a", reason="x")
    assert (moved.after, moved.passed_over) == (1, (2,))
    promote_version("tiny:a@3", reason="x")
    shutil.rmtree(folder_of("tiny", "a", 1))
    with pytest.raises(ConflictError, match="champion before it the files were removed"):
        roll_back("tiny:a", reason="x")
    (folder_of("tiny", "a", 3) / "adapter_model.safetensors").write_bytes(b"other")
    roll = make(seed=7)
    (roll.folder / "adapter_model.safetensors").write_bytes(b"other")
    with pytest.raises(IntegrityError):
        promote_version(roll.full_name, reason="x")


def test_promotion_ends_being_challenger_and_the_trial(make: Make) -> None:
    make()
    make(seed=1)
    promote_version("tiny:a@1", reason="x")
    tag_version("tiny:a@2", "challenger", reason="looks good")
    put_trial(
        Trial("k", "tiny:a", CHAMPION, 1, 2, 0.1, "request", 0.0, 0.0), open_database(), new=True
    )
    promote_version("tiny:a@2", reason="won")
    assert Versions().labels(KIND, "tiny:a") == {CHAMPION: 2}
    assert find_trial("tiny:a", CHAMPION) is None
    assert Ledger().entries(action="adapter.promoted")[0].data["trial"] == "k"


def test_names_that_cannot_be(make: Make) -> None:
    make()
    make("b")
    for label in ("champion", "latest", "3", "a b", ""):
        with pytest.raises(InputError):
            tag_version("tiny:a@1", label)
    with pytest.raises(NotFoundError, match="stands nowhere"):
        roll_back("tiny:a", reason="x")
    with pytest.raises(InputError, match="names a version"):
        roll_back("tiny:a@1", reason="x")
    with pytest.raises(InputError, match="cannot begin"):
        promote_version("tiny:a@1", reason="[rollback] mine")
    with pytest.raises(NotFoundError):
        promote_version("tiny:c@1", reason="x")
    with pytest.raises(NotFoundError, match="no adapter named 'c'"):
        expand_name("c")
    assert expand_name("b@2") == "tiny:b@2"
    assert find_version("a").full_name == "tiny:a@1"


STEPS = st.lists(st.sampled_from([1, 2, 3, "back"]), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(STEPS)
def test_the_way_back_is_a_stack(steps: list[object]) -> None:
    """Whatever is promoted and taken back, the way back is what a stack of promotions holds."""
    moves, stack = [], []
    for step in steps:
        if step == "back":
            if len(stack) < 2:
                continue
            stack.pop()
            reason = "[rollback] x"
        else:
            if stack and stack[-1] == step:
                continue
            stack.append(step)
            reason = "x"
        moves.append(LabelMove("adapter", "t:a", CHAMPION, None, stack[-1], "t", reason, 0.0))
    assert stood_on(tuple(moves)) == stack[::-1]


def test_a_label_that_was_taken_off_has_nothing_before_it() -> None:
    moves = [
        LabelMove("adapter", "t:a", CHAMPION, None, to, "t", "x", 0.0) for to in (1, 2, None, 3)
    ]
    assert stood_on(tuple(moves)) == [3]
