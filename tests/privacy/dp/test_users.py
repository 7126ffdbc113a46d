"""A user with all their rows is what is protected: in training and in made tables, and checked."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from workbench import data
from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.privacy.auditing.canaries import GradientCanaries
from workbench.privacy.auditing.one_run import audit_run
from workbench.privacy.dp import synthesis
from workbench.privacy.dp.budget import Budgets
from workbench.privacy.dp.clipping import FixedClipping
from workbench.privacy.dp.domain import Column
from workbench.privacy.dp.mechanisms import GaussianSteps
from workbench.privacy.dp.noise import SeededNoise
from workbench.privacy.dp.operations import synthesise, train
from workbench.privacy.dp.private_optimizer import PrivateOptimizer, _clip
from workbench.privacy.dp.synthesis import measure_tree
from workbench.privacy.dp.table_task import load_task
from workbench.store.ledger import Ledger

WRITERS, NORM, EACH = 150, 0.5, 5
CLAIMED = GaussianSteps(5.0, 0.5, 30)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, Any]:
    """The real digits as a file, with writers that are made up: the source does not name them."""
    table = data.load("digits")
    path, domain = tmp_path / "pages.csv", tmp_path / "domain.json"
    names = [f"p{place:02}" for place in range(64)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "digit", "writer", "country"])
        for row, (pixels, label) in enumerate(zip(table["pixels"], table["label"], strict=True)):
            writer.writerow([*map(int, pixels), label, f"w{row % WRITERS}", "Norway"])
    said: dict[str, Any] = {name: {"low": 0, "high": 16, "bins": 4} for name in names}
    said["digit"] = {"values": [str(each) for each in range(10)]}
    domain.write_text(json.dumps(said))
    return {"dataset": str(path), "target": "digit", "domain": domain}


def test_training_protects_writers_and_says_so(pages: dict[str, Any]) -> None:
    run = train(**pages, epsilon=8.0, user_column="writer", rows_per_user=6, seed=0)
    assert (run.unit, run.rows_per_user) == ("user", 6)
    assert run.users is not None and 95 <= run.users <= 130 and run.rows == 6 * run.users
    assert run.epsilon_pld <= 8.0 and run.accuracy > 0.6
    assert run.audit is not None and not run.audit.flagged
    (state,) = Budgets().all()
    assert state.unit == "user" and state.spent == pytest.approx(run.epsilon_pld)
    (spent,) = Ledger().entries(action="privacy.budget_spend")
    (made,) = Ledger().entries(action="privacy.training")
    assert spent.data["unit"] == made.data["unit"] == "user"
    assert (made.data["users"], made.data["rows_per_user"]) == (run.users, 6)
    with pytest.raises(ConflictError, match="spent by user"):
        train(**pages, epsilon=1.0, seed=0)


def test_a_table_without_users_is_learnt_by_rows(pages: dict[str, Any]) -> None:
    run = train(**pages, epsilon=8.0, canaries=0, seed=0)
    assert (run.unit, run.users, run.audit) == ("example", None, None)
    assert run.accuracy > 0.8 and run.dataset == "pages.csv"
    assert Ledger().entries(action="privacy.training")[0].data["unit"] == "example"


def test_nobody_is_learnt_from_and_tested_on(pages: dict[str, Any]) -> None:
    task = load_task(**pages, user_column="writer", rows_per_user=4, seed=1)
    assert task.users is not None
    learnt = set(task.users)
    assert max(task.users.count(each) for each in learnt) == 4
    assert 95 <= len(learnt) <= 130  # three in four of them, by coins
    rows = sum(row % WRITERS == int(w[1:]) for w in learnt for row in range(1797))
    assert len(task.test_y) == 1797 - rows
    np.testing.assert_allclose(np.linalg.norm(task.train_x, axis=1), 1, rtol=1e-6)


def test_who_comes_moves_nobody_else_into_the_test(pages: dict[str, Any], tmp_path: Path) -> None:
    first = load_task(**pages, user_column="writer", seed=2)
    lines = Path(pages["dataset"]).read_text().splitlines()
    more = tmp_path / "more.csv"
    others = [line.replace(",w0,", ",aaa,") for line in lines[1:] if ",w0," in line]
    more.write_text("\n".join([lines[0], *others, *lines[1:]]) + "\n")
    second = load_task(**{**pages, "dataset": str(more)}, user_column="writer", seed=2)
    assert set(second.users or ()) - {"aaa"} == set(first.users or ())


def example_by_example(
    self: PrivateOptimizer, samples: list[torch.Tensor], units: Sequence[int] | None
) -> Any:
    """The fault: examples are clipped each by itself, and users are said to be protected."""
    return _clip(samples, self.clipping.norm)


def optimizer(*, seed: int = 0, canaries: GradientCanaries | None = None) -> PrivateOptimizer:
    """One over 800 numbers, with the noise that is claimed."""
    weights = torch.nn.Parameter(torch.zeros(20, 40))
    return PrivateOptimizer(
        torch.optim.SGD([weights], lr=0.1), noise_multiplier=CLAIMED.noise_multiplier,
        clipping=FixedClipping(NORM), expected_units=100.0, steps=CLAIMED.steps,
        noise=SeededNoise(seed), canaries=canaries, per_user="mean",
    )  # fmt: skip


def moved_by_a_user(rows: int) -> float:
    """How far the clipped sum moves when a user of so many rows, all alike, comes."""
    made = torch.Generator().manual_seed(0)
    others = torch.randn(12, 20, 40, generator=made)
    one = 3 * torch.randn(1, 20, 40, generator=made).expand(rows, -1, -1)
    private = optimizer()
    units = [row // 3 for row in range(12)]
    without = private._clip_units([others], units)[0][0]
    with_user = private._clip_units([torch.cat([others, one])], [*units, *[4] * rows])[0][0]
    return float((with_user - without).norm())


def test_a_user_moves_a_step_by_the_clipping_norm_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(moved_by_a_user(rows) <= NORM * (1 + 1e-5) for rows in (1, EACH, 200))
    assert moved_by_a_user(EACH) > 0.99 * NORM
    monkeypatch.setattr(PrivateOptimizer, "_clip_units", example_by_example)
    assert moved_by_a_user(EACH) > 4.9 * NORM


def test_the_mean_of_a_user_is_clipped() -> None:
    private = optimizer()
    rows = torch.tensor([[3.0, 0.0], [0.0, 1.0], [0.1, 0.2]])
    sums, norms = private._clip_units([rows], [0, 0, 1])
    torch.testing.assert_close(norms, torch.tensor([math.hypot(1.5, 0.5), math.hypot(0.1, 0.2)]))
    wanted = torch.tensor([1.5, 0.5]) * NORM / math.hypot(1.5, 0.5) + torch.tensor([0.1, 0.2])
    torch.testing.assert_close(sums[0], wanted, rtol=1e-5, atol=1e-5)


def audit_of_users() -> Any:
    planted = GradientCanaries(400, rate=CLAIMED.sampling_rate, rows_each=EACH, seed=0)
    private = optimizer(canaries=planted)
    for _ in range(CLAIMED.steps):
        private.step()
    return audit_run(planted, CLAIMED, delta=1e-5)


def test_an_audit_flags_example_level_noise_that_is_called_user_level(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = audit_of_users()
    assert not honest.flagged and honest.lower < honest.upper
    monkeypatch.setattr(PrivateOptimizer, "_clip_units", example_by_example)
    broken = audit_of_users()
    assert broken.upper == honest.upper and broken.flagged and broken.lower > broken.upper


COLUMNS = (
    Column("job", values=("a", "b", "c")),
    Column("sex", values=("f", "m")),
    Column("age", low=0, high=100, bins=5),
)


class NoNoise:
    """None, and how much was asked for."""

    told = "none"

    def __init__(self) -> None:
        self.stds: list[float] = []

    def coins(self, count: int, rate: float) -> Any:
        raise AssertionError("no coins are thrown")

    def normal(self, shape: Any, std: float) -> Any:
        self.stds.append(std)
        return torch.zeros(tuple(shape))


def cost_of_a_user(rows_of_user: int, *, rows_per_unit: int) -> float:
    """What all releases of a made table move when a user comes, over their noise, in all:
    the square of the Gaussian mechanism's mu."""
    drawn = np.random.default_rng(0)
    rows: dict[str, list[Any]] = {
        "job": [*["abc"[n] for n in drawn.integers(0, 3, 200)], *["a"] * rows_of_user],
        "sex": [*["fm"[n] for n in drawn.integers(0, 2, 200)], *["m"] * rows_of_user],
        "age": [*drawn.integers(0, 101, 200).tolist(), *[40] * rows_of_user],
    }
    told: list[list[Any]] = []
    noise = NoNoise()
    for count in (200, 200 + rows_of_user):
        kept: list[Any] = []
        real = synthesis._counts

        def counts(cells: Any, shape: list[int], kept: list[Any] = kept, real: Any = real) -> Any:
            kept.append(real(cells, shape).copy())
            return real(cells, shape)

        noise = NoNoise()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(synthesis, "_counts", counts)
            measure_tree(
                {name: values[:count] for name, values in rows.items()}, COLUMNS,
                mechanism=GaussianSteps(2.0, 1.0, 1), noise=noise, rows_per_unit=rows_per_unit,
            )  # fmt: skip
        told.append(kept)
    moved = [float(abs(a - b).sum()) for a, b in zip(*told, strict=True)]
    # Three columns, three scores (by at most as much as their pair's cells), two pairs of the tree.
    singles, pairs, tree = moved[:3], moved[3:6], moved[6:]
    stds = [*noise.stds[:3], *[noise.stds[3]] * 3, *noise.stds[4:]]
    return sum((each / std) ** 2 for each, std in zip([*singles, *pairs, *tree], stds, strict=True))


def test_a_made_table_hides_a_user_of_so_many_rows() -> None:
    allowed = 1 / 2.0**2
    assert cost_of_a_user(1, rows_per_unit=1) == pytest.approx(allowed)
    assert cost_of_a_user(4, rows_per_unit=4) == pytest.approx(allowed)
    # The fault: the noise of a row, said of a user with four.
    assert cost_of_a_user(4, rows_per_unit=1) == pytest.approx(16 * allowed)


def test_a_made_table_of_users_is_spent_by_user_and_names_nobody(
    pages: dict[str, Any], tmp_path: Path
) -> None:
    domain, out = tmp_path / "few.json", tmp_path / "made.csv"
    domain.write_text(json.dumps({
        "digit": {"values": [str(each) for each in range(10)]},
        "p20": {"low": 0, "high": 16, "bins": 4}, "p43": {"low": 0, "high": 16, "bins": 4},
    }))  # fmt: skip
    given: dict[str, Any] = {"out": out, "epsilon": 20.0, "user_column": "writer", "seed": 0}
    made = synthesise(pages["dataset"], domain=domain, rows_per_user=3, **given)
    assert (made.unit, made.rows_per_user) == ("user", 3)
    assert made.rows == pytest.approx(3 * WRITERS, rel=0.1)
    assert out.read_text().splitlines()[0] == "digit,p20,p43"
    assert Budgets().all()[0].unit == "user"
    (told,) = Ledger().entries(action="privacy.release")
    assert told.data["unit"] == "user"
    again: dict[str, Any] = {"public_domain": True, "columns": ["digit", "p20"], "rows_per_user": 1}
    with pytest.raises(InputError, match="is not overwritten"):
        synthesise(pages["dataset"], **again, **given)
    assert Budgets().all()[0].spends == 1  # nothing was spent for it
    public = synthesise(pages["dataset"], overwrite=True, **again, **given)
    assert public.columns == ("digit", "p20")
    assert public.rows == pytest.approx(WRITERS, rel=0.3)


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"user_column": "wrter"}, NotFoundError, "writer"),
        ({"user_column": "country"}, InputError, "one user cannot hide"),
        ({"rows_per_user": 3}, InputError, "without user_column"),
        ({"user_column": "digit"}, InputError, "whose a row is"),
        ({"target": None}, InputError, "which column"),
        ({"target": "p00"}, InputError, "two values"),
        ({"target": "digits"}, NotFoundError, "digit"),
        ({"domain": None}, InputError, "must not come from the rows"),
        ({"dataset": "digits", "domain": None}, InputError, "is for a table"),
    ],
)
def test_what_is_refused_spends_nothing(
    pages: dict[str, Any], more: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        train(**{**pages, **more}, seed=0)
    assert not Budgets().all() and not Ledger().entries()


def test_a_made_table_refuses_users_that_are_none(pages: dict[str, Any], tmp_path: Path) -> None:
    given: dict[str, Any] = {"out": tmp_path / "m.csv", "epsilon": 1.0, "public_domain": True}
    for column, said in (("country", "one user"), ("wrter", "writer")):
        with pytest.raises((InputError, NotFoundError), match=said):
            synthesise(pages["dataset"], columns=["digit", "p20"], user_column=column, **given)
    with pytest.raises(InputError, match="without user_column"):
        synthesise(pages["dataset"], columns=["digit", "p20"], rows_per_user=2, **given)
    assert Budgets().all() == []
    with pytest.raises(NotFoundError, match="no column named 'writer'"):
        load_task("digits", user_column="writer")
