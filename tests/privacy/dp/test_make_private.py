"""A private step is Opacus' step; what would break the promise is refused."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch.utils.data import DataLoader, IterableDataset, TensorDataset, WeightedRandomSampler

from workbench.core.errors import CapabilityError, InputError, LimitError
from workbench.privacy import make_private
from workbench.privacy.dp.accounting import epsilon_by_pld
from workbench.privacy.dp.clipping import FixedClipping, QuantileClipping
from workbench.privacy.dp.gradients import MODES, SampleGradients, choose_mode, quiet_hooks
from workbench.privacy.dp.make_private import PrivateTraining
from workbench.privacy.dp.mechanisms import GaussianSteps
from workbench.privacy.dp.noise import SeededNoise, SystemNoise
from workbench.privacy.dp.private_optimizer import PrivateOptimizer
from workbench.privacy.dp.sampling import PoissonBatches

ROWS, WIDTH, CLASSES = 60, 6, 3


def make_rows(seed: int = 0) -> TensorDataset:
    drawn = torch.Generator().manual_seed(seed)
    features = torch.randn(ROWS, WIDTH, generator=drawn)
    return TensorDataset(features, torch.randint(0, CLASSES, (ROWS,), generator=drawn))


def make_model() -> torch.nn.Module:
    torch.manual_seed(1)
    return torch.nn.Sequential(
        torch.nn.Linear(WIDTH, 8), torch.nn.Tanh(), torch.nn.Linear(8, CLASSES)
    )


def losses(model: torch.nn.Module, batch: Any) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(model(batch[0]), batch[1], reduction="none")


def make(model: torch.nn.Module, **given: Any) -> PrivateTraining:
    chosen = {"delta": 1e-5, "noise_multiplier": 1.0, "steps": 4, "losses": losses, "seed": 3}
    rows = DataLoader(make_rows(), batch_size=20)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    return make_private(model, optimizer, rows, **(chosen | given))


def weights(model: torch.nn.Module) -> torch.Tensor:
    return torch.cat([each.detach().reshape(-1) for each in model.parameters()])


def by_hand(
    model: torch.nn.Module, rows: Any, norm: float, groups: list[list[int]]
) -> torch.Tensor:
    """The sum of clipped gradients, one backward pass a group."""
    total = torch.zeros_like(weights(model))
    for group in groups:
        model.zero_grad()
        losses(model, (rows[0][group], rows[1][group])).sum().backward()
        found = torch.cat([each.grad.reshape(-1) for each in model.parameters()])
        total += found * min(1.0, norm / float(found.norm()))
    return total


@pytest.mark.parametrize("mode", MODES)
def test_a_step_sums_clipped_gradients_whichever_way(mode: Any) -> None:
    model, norm = make_model(), 0.3
    reference = copy.deepcopy(model)
    private = make(model, noise_multiplier=1e-9, clipping=norm, mode=mode)
    batch = make_rows()[:20]
    private.learn(batch)
    private.close()
    wanted = by_hand(reference, batch, norm, [[row] for row in range(20)])
    moved = (weights(reference) - weights(model)) / 0.5 * private.optimizer.expected_units
    torch.testing.assert_close(moved, wanted, rtol=1e-4, atol=1e-4)
    # A variant that clips the sum and not each gradient moves it elsewhere.
    whole = by_hand(reference, batch, norm, [list(range(20))])
    assert not torch.allclose(moved, whole, atol=1e-2)


@pytest.mark.parametrize("mode", ["linear", "hooks"])
def test_a_step_is_that_of_opacus_with_the_same_noise(mode: Any) -> None:
    from opacus.grad_sample import GradSampleModule
    from opacus.optimizers import DPOptimizer

    model = make_model()
    theirs = GradSampleModule(copy.deepcopy(model))
    make(model, noise_multiplier=0.7, clipping=0.4, mode=mode).learn(make_rows()[:17])
    opacus = DPOptimizer(
        torch.optim.SGD(theirs.parameters(), lr=0.5), noise_multiplier=0.0, max_grad_norm=0.4,
        expected_batch_size=20,
    )  # fmt: skip
    with quiet_hooks():
        losses(theirs, make_rows()[:17]).mean().backward()
    opacus.step()
    without = weights(theirs)
    drawn = SeededNoise(3).normal((len(without),), 0.7 * 0.4)
    torch.testing.assert_close(weights(model), without - 0.5 * drawn / 20, rtol=1e-4, atol=1e-5)


def test_a_loop_of_ones_own_gives_the_same_as_run() -> None:
    ours, theirs = make_model(), make_model()
    for _ in make(ours).run():
        pass
    private = make(theirs, losses=None)
    with quiet_hooks():
        for features, labels in private.loader:
            private.optimizer.zero_grad()
            torch.nn.functional.cross_entropy(private.model(features), labels).backward()
            private.optimizer.step()
    torch.testing.assert_close(weights(ours), weights(theirs), rtol=1e-4, atol=1e-5)


def test_a_step_in_parts_is_the_step() -> None:
    whole, cut = make_model(), make_model()
    list(make(whole).run())
    list(make(cut).run(max_rows=7))
    torch.testing.assert_close(weights(whole), weights(cut), rtol=1e-4, atol=1e-5)


def test_users_are_clipped_with_all_their_examples() -> None:
    model, norm = make_model(), 0.5
    reference = copy.deepcopy(model)
    units = [row // 5 for row in range(ROWS)]
    private = make(model, noise_multiplier=1e-9, clipping=norm, units=units, steps=1, mode="hooks")
    assert private.unit == "user" and len(private.batches.members) == ROWS // 5
    (rows,) = list(copy.deepcopy(private.batches))
    (batch,) = list(private.loader)
    private.learn(batch)
    groups = [list(range(at, at + 5)) for at in range(0, len(rows), 5)]
    wanted = by_hand(reference, batch, norm, groups)
    moved = (weights(reference) - weights(model)) / 0.5 * private.optimizer.expected_units
    torch.testing.assert_close(moved, wanted, rtol=1e-4, atol=1e-4)
    # Clipped example by example a user could add up to five times as much.
    alone = by_hand(reference, batch, norm, [[row] for row in range(len(rows))])
    assert not torch.allclose(moved, alone, atol=1e-2)


def test_steps_on_nobody_are_noise_and_count() -> None:
    model = make_model()
    before = weights(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    private = make_private(
        model, optimizer, DataLoader(make_rows(), batch_size=1), delta=1e-5, noise_multiplier=2.0,
        steps=60, losses=losses, seed=0,
    )  # fmt: skip
    sizes = [len(batch[0]) for batch in copy.deepcopy(private.loader)]
    assert 0 in sizes
    assert list(private.run()) and private.optimizer.taken == 60
    assert bool((weights(model) != before).all())


def test_poisson_batches_have_binomial_sizes_and_independent_members() -> None:
    batches = PoissonBatches(200, rate=0.1, steps=2000, noise=SeededNoise(5))
    drawn = np.zeros((2000, 200), dtype=bool)
    for step, rows in enumerate(batches):
        drawn[step, rows] = True
    sizes = drawn.sum(axis=1)
    assert abs(sizes.mean() - 20) < 0.5 and abs(sizes.var() / 18 - 1) < 0.15
    assert stats.chisquare(drawn.sum(axis=0)).pvalue > 1e-3
    # Batches of a shuffled epoch all have the same size; the look at the variance sees it.
    assert np.var(np.full(2000, 20)) / 18 < 0.85


@pytest.mark.parametrize("source", [SeededNoise(0), SystemNoise()])
def test_noise_is_gaussian(source: Any) -> None:
    drawn = source.normal((200, 101), 2.0).double().numpy().reshape(-1)
    assert stats.kstest(drawn, "norm", args=(0, 2.0)).pvalue > 1e-6
    assert stats.kstest(drawn * 1.1, "norm", args=(0, 2.0)).pvalue < 1e-6
    share = source.coins(20_000, 0.3).double().mean()
    assert abs(float(share) - 0.3) < 0.02


def test_seeded_runs_repeat_and_system_runs_do_not() -> None:
    first, again, other = make_model(), make_model(), make_model()
    for model, seed in ((first, 7), (again, 7), (other, None)):
        list(make(model, seed=seed, mode="hooks").run())
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))
    assert "seed" in make(make_model(), seed=7).noise.told
    assert "cryptographic" in make(make_model(), seed=None).noise.told


def test_epsilon_is_of_the_steps_taken_and_there_are_no_more() -> None:
    private = make(make_model(), steps=3)
    assert private.spent(1e-5).epsilon_pld == 0.0
    list(private.run())
    wanted = epsilon_by_pld([GaussianSteps(1.0, 20 / ROWS, 3)], delta=1e-5)
    assert private.spent(1e-5).epsilon_pld == wanted
    assert list(private.run()) == []
    with pytest.raises(LimitError, match="3 steps"):
        private.learn(make_rows()[:5])


def test_the_noise_is_found_for_an_epsilon() -> None:
    private = make(make_model(), noise_multiplier=None, epsilon=3.0, steps=5)
    cost = epsilon_by_pld([private.mechanism], delta=1e-5)
    assert 2.999 <= cost <= 3.0


def test_quantile_clipping_finds_the_median_and_pays_for_it() -> None:
    clipping = QuantileClipping(norm=10.0, quantile=0.5, rate=0.3)
    gradient = clipping.gradient_noise(1.0, 200)
    assert gradient > 1.0
    assert clipping.count_noise is not None
    # Both together cost what was accounted: Andrew and others, theorem 1.
    assert math.isclose(gradient**-2 + (2 * clipping.count_noise) ** -2, 1.0)
    noise, norms = SeededNoise(1), torch.linspace(0.1, 2.1, 200)
    for _ in range(60):
        clipping.learn(norms, expected_units=200, noise=noise)
    assert abs(clipping.norm - 1.1) < 0.25
    clipping.learn(torch.zeros(0), expected_units=200, noise=noise)  # nobody came
    with pytest.raises(InputError, match="count_noise"):
        QuantileClipping(count_noise=0.4).gradient_noise(1.0, 200)


def test_the_cheapest_way_is_measured_and_the_model_is_left_alone() -> None:
    model = make_model()
    before = weights(model)
    mode, costs = choose_mode(model, make_rows()[:20], losses)
    assert set(costs) == set(MODES) and mode == min(costs, key=lambda each: costs[each])
    assert torch.equal(weights(model), before)
    assert not any(hasattr(each, "grad_sample") for each in model.parameters())
    assert make(model, mode="auto").mode in MODES


def test_linear_layers_used_twice_are_one_examples_and_others_are_refused() -> None:
    class Twice(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = torch.nn.Linear(WIDTH, WIDTH)

        def forward(self, given: torch.Tensor) -> torch.Tensor:
            return self.inner(self.inner(given).tanh())[:, :CLASSES]

    model, norm = Twice(), 0.2
    reference = copy.deepcopy(model)
    private = make(model, noise_multiplier=1e-9, clipping=norm, mode="linear")
    batch = make_rows()[:20]
    private.learn(batch)
    private.close()
    wanted = by_hand(reference, batch, norm, [[row] for row in range(20)])
    moved = (weights(reference) - weights(model)) / 0.5 * private.optimizer.expected_units
    torch.testing.assert_close(moved, wanted, rtol=1e-4, atol=1e-4)
    mixed = torch.nn.Sequential(torch.nn.Linear(WIDTH, CLASSES), torch.nn.LayerNorm(CLASSES))
    with pytest.raises(CapabilityError, match="LayerNorm"):
        make(mixed, mode="linear")
    with pytest.raises(CapabilityError, match="losses of single"):
        make(make_model(), mode="linear", losses=None)


def test_layers_that_mix_examples_are_refused() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(WIDTH, 4), torch.nn.BatchNorm1d(4))
    with pytest.raises(CapabilityError, match="batch normalisation"):
        make(model)


class Mixed(torch.nn.Module):
    """A made fault: each example's output is moved by the whole batch, behind a plain layer."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = torch.nn.Linear(WIDTH, CLASSES)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        flat = torch.nn.functional.linear(given.flip(0), self.inner.weight)
        return self.inner(given) + flat


def test_gradients_that_do_not_add_up_are_seen() -> None:
    model = Mixed()
    private = make(model, mode="hooks")
    with pytest.raises(CapabilityError, match="do not add up"):
        private.learn(make_rows()[:20])


def test_a_gradient_without_those_of_examples_is_seen() -> None:
    model = make_model()
    private = make(model, mode="hooks")
    private.gradients.hooks.disable_hooks()
    with pytest.raises(CapabilityError, match="without any privacy"):
        private.learn(make_rows()[:20])


def test_what_is_no_number_is_refused() -> None:
    model = make_model()
    rows = make_rows()[:4]
    with pytest.raises(InputError, match="no number"):
        make(model).learn((rows[0] * math.nan, rows[1]))


class Stream(IterableDataset[int]):
    def __iter__(self) -> Any:
        return iter(range(3))


def test_loaders_whose_drawing_would_be_lost_are_refused() -> None:
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    weighted = WeightedRandomSampler([1.0] * ROWS, ROWS)
    given: dict[str, Any] = {"delta": 1e-5, "noise_multiplier": 1.0, "steps": 2}
    with pytest.raises(CapabilityError, match="WeightedRandomSampler"):
        make_private(
            model, optimizer, DataLoader(make_rows(), batch_size=4, sampler=weighted), **given
        )
    with pytest.raises(CapabilityError, match="stream"):
        make_private(model, optimizer, DataLoader(Stream(), batch_size=4), **given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"epochs": 1.0}, "steps and epochs"),
        ({"epsilon": 1.0}, "epsilon and noise_multiplier"),
        ({"clipping": -1.0}, "clipping norm"),
        ({"units": [1, 2]}, "units names 2"),
    ],
)
def test_bad_input(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        make(make_model(), **given)


def test_hooks_come_off_and_on_again() -> None:
    model = make_model()
    SampleGradients(model, mode="hooks").close()
    private = make(model, mode="hooks")
    with pytest.raises(CapabilityError, match="single gradients"):
        make(model, mode=private.mode)
    private.close()
    assert isinstance(make(model).optimizer, PrivateOptimizer)
    assert FixedClipping(0.5).gradient_noise(2.0, 10) == 2.0
