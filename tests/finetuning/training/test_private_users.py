"""A person with all their rows is what a private run protects: bounded, drawn, spent as one."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.core import operations
from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.finetuning.examples import Example, of_prompt
from workbench.finetuning.snapshots.rows import rows_of
from workbench.finetuning.snapshots.snapshot import find_snapshot, list_snapshots
from workbench.finetuning.snapshots.splitting import split_rows
from workbench.finetuning.training.adapting import Learner, adapt
from workbench.finetuning.training.encoding import encode_all
from workbench.finetuning.training.private_learning import Privacy, PrivateLearning
from workbench.finetuning.training.private_units import bound_rows, hold_out_units
from workbench.finetuning.training.recipe import Recipe
from workbench.finetuning.training.run import _part
from workbench.models.adapters import list_adapters
from workbench.privacy import Budgets
from workbench.privacy.dp.private_optimizer import PrivateOptimizer
from workbench.store.files import hash_file
from workbench.store.ledger import Ledger

from .made import made_examples

NORM, EACH = 0.05, 5
RECIPE = Recipe(
    rank=2, learning_rate=3e-3, steps=1, batch=2, epochs=None, pack_tokens=0, clip_norm=NORM,
)  # fmt: skip
USER_PRIVACY = Privacy(3.0, 1e-5, 1, "person", EACH)


def _owned(users: Sequence[str]) -> list[Example]:
    """Rows of the made machines, so many as users are named."""
    return [
        dataclasses.replace(row, user=user)
        for row, user in zip(made_examples(len(users)), users, strict=True)
    ]


def _learning(learner: Learner, rows: Sequence[Example]) -> PrivateLearning:
    encoded = encode_all(learner.encoder, rows, max_tokens=256)
    return PrivateLearning(
        [(row,) for row in encoded], RECIPE, USER_PRIVACY, steps=1,
        users=[row.user for row in rows],
    )  # fmt: skip


def _clipped_sum(make: Callable[..., Learner], rows: Sequence[Example]) -> torch.Tensor:
    """What a step on everybody sums up, before the noise."""
    learner = make()
    private, module = _learning(learner, rows), adapt(learner.module, RECIPE).train()
    trained = [each for each in module.parameters() if each.requires_grad]
    private.begin(module, torch.optim.SGD(trained, lr=1.0))
    assert private.optimizer is not None
    private.optimizer.gradient_noise, private.draws.rate = 0.0, 1.0
    before = [each.detach().clone() for each in trained]
    private.step(module)
    private.end()
    moved = [(old - new.detach()).reshape(-1) for old, new in zip(before, trained, strict=True)]
    return torch.cat(moved) * private.optimizer.expected_units


def _moved_by_a_user(make: Callable[..., Learner]) -> float:
    """How far the sum moves when somebody comes whose rows all teach the same."""
    others = _owned(["ada", "ada", "ada", "bo", "cy"])
    row = of_prompt("What is the word?", "It is bird and bird and bird.")
    theirs = [dataclasses.replace(row, user="dee")] * EACH
    return float((_clipped_sum(make, [*others, *theirs]) - _clipped_sum(make, others)).norm())


def _by_row(self: PrivateOptimizer, units: Sequence[int] | None = None) -> None:
    """The fault: rows are clipped each by itself, and the account says that a user was."""
    _ACCUMULATE(self, None)


_ACCUMULATE = PrivateOptimizer.accumulate


def test_a_user_moves_a_step_by_the_clipping_norm_at_most(
    tiny: Callable[..., Learner], monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = _moved_by_a_user(tiny)
    assert 0.99 * NORM < moved <= NORM * (1 + 1e-3)
    monkeypatch.setattr(PrivateOptimizer, "accumulate", _by_row)
    assert _moved_by_a_user(tiny) > 4.9 * NORM


def test_a_user_is_not_parted_into_parts_of_a_step(
    tiny: Callable[..., Learner], monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = tiny()
    private = _learning(learner, _owned(["ada"] * 3 + ["bo", "cy", "dee"]))
    private.draws.rate = 1.0
    parts = [(len(part.examples), owners) for part, owners in private._parts(private.draws.draw())]
    assert parts == [(3, [0, 0, 0]), (2, [0, 1]), (1, [0])]
    assert parts[0][0] > RECIPE.batch  # more than fit is still one part


def test_users_come_with_all_their_rows_by_coins_of_their_own(
    tiny: Callable[..., Learner],
) -> None:
    users = [f"p{row % 8}" for row in range(40)]
    private = _learning(tiny(), _owned(users))
    assert len(private.draws.members) == 8
    assert private.mechanism.sampling_rate == pytest.approx(RECIPE.batch / 40)
    private.draws.rate, came = 0.3, 0
    for _ in range(2000):
        rows = private.draws.draw()
        found = [users[row] for row in rows]
        assert all(found.count(user) == 5 for user in set(found))
        came += len(set(found))
    assert came / 2000 == pytest.approx(2.4, abs=0.15)  # 5 standard deviations of the mean


def test_whose_rows_they_are_must_be_said_where_users_are_protected(
    tiny: Callable[..., Learner],
) -> None:
    units = [(row,) for row in encode_all(tiny().encoder, made_examples(4), max_tokens=256)]
    with pytest.raises(InputError, match="whose each row is"):
        PrivateLearning(units, RECIPE, USER_PRIVACY, steps=1)
    with pytest.raises(InputError, match="whose each row is"):
        PrivateLearning(units, RECIPE, Privacy(3.0), steps=1, users=["a", "b", "c", "d"])


def test_who_comes_moves_nobody_else() -> None:
    users = [f"p{row % 40}" for row in range(240)]
    rows = _owned(users)
    new = [dataclasses.replace(row, user="new") for row in made_examples(6)]
    for by_user in (True, False):
        way: dict[str, Any] = {"share": 0.1, "seed": 3, "by_user": by_user}
        learnt, held = hold_out_units(rows, **way)
        more = hold_out_units([*new, *rows], **way)
        assert [row for row in more[0] if row.user != "new"] == learnt
        assert [row for row in more[1] if row.user != "new"] == held
        assert 0 < len(held) < 0.25 * len(rows)
        if by_user:
            assert not {row.user for row in learnt} & {row.user for row in held}
    kept = bound_rows(rows, most=2, seed=3)
    assert all([row.user for row in kept].count(user) == 2 for user in set(users))
    assert [row for row in bound_rows([*new, *rows], most=2, seed=3) if row.user != "new"] == kept


def test_a_private_run_parts_its_rows_so() -> None:
    rows = _owned([f"p{row % 40}" for row in range(240)])
    new = dataclasses.replace(made_examples(1)[0], user="new", identity="new")

    def held(privacy: Privacy | None, given: list[Example]) -> set[str]:
        return {row.identity for row in _part(given, None, RECIPE, privacy)[1]} - {"new"}

    for privacy in (Privacy(3.0), USER_PRIVACY):
        assert held(privacy, rows) and held(privacy, [new, *rows]) == held(privacy, rows)
    # The way of a run that is not private draws so many of all, and would not do.
    assert held(None, [new, *rows]) != held(None, rows)
    learnt = _part(rows, None, RECIPE, USER_PRIVACY)[0]
    assert {[row.user for row in learnt].count(user) for user in {r.user for r in learnt}} == {EACH}


def test_a_users_rows_are_held_out_together() -> None:
    rows = _owned([f"p{row % 6}" for row in range(24)])
    parts = split_rows(rows_of(rows), share=0.2, near=1.0)
    own = [{part for row, part in zip(rows, parts, strict=True) if row.user == f"p{n}"}
           for n in range(6)]  # fmt: skip
    assert all(len(each) == 1 for each in own) and len(set(parts)) == 2
    nobodys = [dataclasses.replace(row, user="") for row in rows]
    assert split_rows(rows_of(nobodys), share=0.2, near=1.0) != parts


@pytest.fixture
def peoples(data: Path) -> Path:
    """The made rows with persons who are made up too: three rows each."""
    rows = [json.loads(line) for line in data.read_text().splitlines()]
    path = data.with_name("people.jsonl")
    _write(path, [{**row, "person": f"p{place // 3}", "land": "Norway"}
                  for place, row in enumerate(rows)])  # fmt: skip
    return path


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _run(data: Path | str, **options: Any) -> Any:
    given = {"model": "tiny", "data": str(data), "precision": "fp32", "steps": 2, "batch": 4}
    return operations.find("finetuning.run").run({**given, **options})


def test_the_command_spends_by_user_and_says_so(peoples: Path) -> None:
    done = _run(peoples, epsilon=2.0, user_column="person", rows_per_user=2)
    assert (done.measures["users"], done.measures["rows_per_user"], done.examples) == (4, 2, 8)
    assert 1.999 <= done.measures["epsilon_pld"] <= 2.0
    states = Budgets().all()
    assert {state.dataset_sha256 for state in states} == {done.snapshot, hash_file(peoples)}
    assert {state.unit for state in states} == {"user"}
    (adapter,) = list_adapters("tiny")
    spent, _ = Ledger().entries(action="privacy.budget_spend")
    (made,) = Ledger().entries(action="privacy.training")
    told = made.data["privacy"]
    assert spent.data["unit"] == told["unit"] == adapter.record.notes["privacy"]["unit"] == "user"
    assert (told["users"], told["rows_per_user"]) == (4, 2)
    # The snapshot knows whose its rows are; by row it is refused, for it is spent by user.
    snapshot = find_snapshot(done.snapshot)
    assert snapshot.user_column == "person"
    assert {row.user for row in snapshot.examples()} == {"p0", "p1", "p2", "p3"}
    assert _run(snapshot.id, name="people", epsilon=2.0, user_column="person",
                rows_per_user=2).reused  # fmt: skip
    for by_row in (snapshot.id, peoples):
        with pytest.raises(ConflictError, match="spent by user"):
            _run(by_row, epsilon=2.0)
    with pytest.raises(NotFoundError, match="land"):
        _run(snapshot.id, epsilon=2.0, user_column="land")


def test_by_row_nothing_is_read_of_persons(peoples: Path) -> None:
    done = _run(peoples, epsilon=2.0)
    assert Budgets().all()[0].unit == "example" and done.examples == 12
    assert "users" not in done.measures
    assert Ledger().entries(action="privacy.training")[0].data["privacy"]["unit"] == "example"
    assert not any(row.user for row in find_snapshot(done.snapshot).examples())
    with pytest.raises(InputError, match="does not say whose its rows are") as caught:
        _run(done.snapshot, epsilon=2.0, user_column="person")
    assert "snapshot FILE NAME --user-column person" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"user_column": "persn"}, NotFoundError, "persn"),
        ({"user_column": "land"}, InputError, "one user cannot hide"),
        ({"user_column": "sometimes"}, InputError, "3 rows have nothing in 'sometimes'"),
        ({"rows_per_user": 2}, InputError, "without user_column"),
        ({"user_column": "person", "epsilon": None}, InputError, "no epsilon was given"),
    ],
)
def test_rows_that_are_nobodys_are_refused_before_anything_is_spent_or_kept(
    peoples: Path, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    rows = [json.loads(line) for line in peoples.read_text().splitlines()]
    for place, row in enumerate(rows):
        row["sometimes"] = row["person"] if place > 2 else (None, "", "  ")[place]
    _write(peoples, rows)
    with pytest.raises(error, match=said):
        _run(peoples, **{"epsilon": 2.0, **options})
    assert not Budgets().all() and not list_snapshots() and not list_adapters("tiny")
    assert not Ledger().entries(action="privacy.budget_spend")
