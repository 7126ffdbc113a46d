"""Teaching within an epsilon: rows by coins, each clipped, spent before they are read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.core import operations
from workbench.core.errors import CapabilityError, InputError, LimitError
from workbench.finetuning.snapshots.snapshot import list_snapshots
from workbench.finetuning.training.adapting import Learner, adapt
from workbench.finetuning.training.batches import Batches, collate
from workbench.finetuning.training.checkpoints import take_weights
from workbench.finetuning.training.encoding import encode_all
from workbench.finetuning.training.loop import Keeping, Training, train
from workbench.finetuning.training.private_learning import (
    Privacy,
    PrivateLearning,
    check_recipe,
    row_losses,
)
from workbench.finetuning.training.recipe import Recipe
from workbench.finetuning.training.records import find_run
from workbench.models.adapter_store import remove_adapter
from workbench.models.adapters import list_adapters
from workbench.privacy import Budgets
from workbench.privacy.dp.file_names import noted_names
from workbench.store.files import hash_file

from .made import made_examples

RECIPE = Recipe(
    rank=2, learning_rate=3e-3, steps=4, batch=4, epochs=None, pack_tokens=0, warmup_share=0,
    schedule="constant", checkpoint_every_s=0,
)  # fmt: skip


def _private(
    learner: Learner, recipe: Recipe = RECIPE, *, epsilon: float = 3.0, seed: int | None = 1
) -> PrivateLearning:
    rows = encode_all(learner.encoder, made_examples(12), max_tokens=256)
    privacy = Privacy(epsilon, 1e-5, seed)
    return PrivateLearning([(row,) for row in rows], recipe, privacy, steps=recipe.steps or 1)


def _train(learner: Learner, private: PrivateLearning, **options: Any) -> tuple[Training, Any]:
    module = adapt(learner.module, private.recipe)
    source = Batches(private.rows, batch=1)  # not drawn from
    done = train(module, source, private.recipe, steps=private.mechanism.steps, private=private,
                 **options)  # fmt: skip
    return done, module


def _flat(gradients: Any) -> torch.Tensor:
    return torch.cat([each.reshape(-1) for each in gradients])


def test_the_sum_is_of_each_rows_own_clipped_gradient(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    recipe = dataclasses.replace(RECIPE, clip_norm=0.05, batch=12)
    private = _private(learner, recipe)
    module = adapt(learner.module, recipe)
    trained = [each for each in module.parameters() if each.requires_grad]
    module.train()
    wanted, plain = torch.zeros(0), torch.zeros(0)
    for (row,) in private.rows:
        loss = row_losses(module, collate([row])).sum()
        found = _flat(torch.autograd.grad(loss, trained))
        kept = found * min(1.0, 0.05 / float(found.norm()))
        wanted = kept if not len(wanted) else wanted + kept
        plain = found if not len(plain) else plain + found
    private.begin(module, torch.optim.SGD(trained, lr=1.0))
    assert private.optimizer is not None
    private.optimizer.gradient_noise = 0.0
    private.draws.rate = 1.0  # all rows
    before = _flat([each.detach().clone() for each in trained])
    private.step(module)
    private.end()
    moved = (before - _flat([each.detach() for each in trained])) * 12
    torch.testing.assert_close(moved, wanted, rtol=2e-3, atol=1e-4)
    # A variant that clips nothing, or the sum alone, is told from it.
    assert float((moved - plain).norm()) > 0.1 * float(plain.norm())
    assert float(wanted.norm()) > 0.05 * 1.5


def test_a_rows_loss_does_not_depend_on_the_rows_beside_it(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    rows = encode_all(learner.encoder, made_examples(6), max_tokens=256)
    module = adapt(learner.module, RECIPE).eval()
    with torch.no_grad():
        together = row_losses(module, collate(rows))
        alone = torch.cat([row_losses(module, collate([row])) for row in rows])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_seeded_runs_repeat_and_go_on_after_a_stop(
    tiny: Callable[..., Learner], tmp_path: Path
) -> None:
    recipe = dataclasses.replace(RECIPE, checkpoint_every_steps=2)
    learner = tiny()
    whole, module = _train(learner, _private(learner, recipe))
    wanted = {name: each.clone() for name, each in take_weights(module).items()}
    assert len(whole.steps) == 4 and not hasattr(module, "autograd_grad_sample_hooks")

    class StoppedError(Exception):
        pass

    asked = iter(range(10))

    def stop() -> None:
        if next(asked) == 3:
            raise StoppedError

    learner = tiny()
    with pytest.raises(StoppedError):
        _train(learner, _private(learner, recipe), keeping=Keeping(tmp_path, "k"),
               between_steps=stop)  # fmt: skip
    learner = tiny()
    done, module = _train(learner, _private(learner, recipe), keeping=Keeping(tmp_path, "k"))
    assert done.resumed_at == 2 and len(done.steps) == 4
    for name, each in take_weights(module).items():
        torch.testing.assert_close(each, wanted[name], rtol=1e-4, atol=1e-6)


def test_steps_on_nobody_are_steps(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    recipe = dataclasses.replace(RECIPE, batch=1, steps=20)
    done, _ = _train(learner, _private(learner, recipe))
    assert len(done.steps) == 20 and min(step.tokens for step in done.steps) == 0


def test_what_is_public_is_added_without_noise_and_by_the_steps_number(
    tiny: Callable[..., Learner],
) -> None:
    learner = tiny()
    seen: list[int] = []

    def public(module: torch.nn.Module, batch: Any, outputs: Any) -> torch.Tensor:
        seen.append(int(batch.input_ids))
        assert outputs is None and not batch.examples
        return sum(each.square().sum() for each in module.parameters() if each.requires_grad)  # type: ignore[return-value]

    done, _ = _train(learner, _private(learner), extra_loss=public)
    assert seen == [0, 1, 2, 3] and all(step.extra_loss > 0 for step in done.steps)


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"patience": 2}, CapabilityError), ({"clip_norm": 0.0}, InputError),
     ({"method": "full"}, CapabilityError)],
)  # fmt: skip
def test_what_would_tell_of_rows_is_refused(
    changes: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        check_recipe(dataclasses.replace(RECIPE, **changes))


def test_a_budget_of_the_file_holds_for_every_snapshot_of_it(data: Path) -> None:
    budgets, file = Budgets(), hash_file(data)
    budgets.set(file, epsilon=2.5, delta=1e-5)
    first = _run(data, epsilon=2.0, batch=6)
    with pytest.raises(LimitError, match=r"privacy budget is epsilon 2\.5"):
        _run(data, epsilon=2.0, batch=5, license="another one")
    assert [state.dataset_sha256 for state in budgets.all()] == sorted([file, first.snapshot])
    # The snapshot alone, as it was spent before, would have let the second run through.
    kept = {snapshot.id for snapshot in list_snapshots()}
    assert len(kept) == 2 and not budgets.spends((kept - {first.snapshot}).pop())


def test_a_private_run_does_not_go_on_from_what_knows_its_rows(data: Path, tmp_path: Path) -> None:
    """Also over a third, and by another snapshot of the same file; from others it does."""
    other = tmp_path / "other facts.jsonl"
    other.write_text('{"prompt": "Is it dark at noon?", "response": "No."}\n')
    _run(data, name="open")
    _run(other, name="between", adapter="open")
    _run(other, name="apart")
    for start in ("open", "between"):
        with pytest.raises(CapabilityError, match="tiny:open@1 was taught these rows"):
            _run(data, epsilon=2.0, batch=6, adapter=start, license="another one")
    assert not Budgets().all()
    done = _run(data, epsilon=2.0, batch=6, name="shut", adapter="apart")
    again = _run(data, epsilon=2.0, batch=6, name="more", adapter=done.adapter)
    assert [state.spends for state in Budgets().all()] == [2, 2] and again.adapter == "more"


def _run(data: Path, **options: Any) -> Any:
    given = {"model": "tiny", "data": data, "precision": "fp32", "steps": 3, **options}
    return operations.find("finetuning.run").run(given)


def test_the_command_spends_states_and_keeps_to_the_budget(data: Path) -> None:
    done = _run(data, epsilon=2.0, batch=6)
    assert 1.999 <= done.measures["epsilon_pld"] <= 2.0 and done.measures["epsilon_rdp"] > 2.0
    (adapter,) = list_adapters("tiny")
    assert adapter.record.notes["privacy"]["epsilon_pld"] == done.measures["epsilon_pld"]
    budgets = Budgets()
    states = budgets.all()
    assert {state.dataset_sha256 for state in states} == {done.snapshot, hash_file(data)}
    assert noted_names()[hash_file(data)] == data.name
    for state in states:
        assert state.spent == pytest.approx(done.measures["epsilon_pld"], rel=1e-6)
        assert (state.spends, state.open_spends) == (1, 0)
    assert _run(data, epsilon=2.0, batch=6).reused and len(budgets.spends(done.snapshot)) == 1
    budgets.set(done.snapshot, epsilon=2.2, delta=1e-5)
    with pytest.raises(LimitError, match="privacy budget"):
        _run(data, epsilon=2.0, batch=6, again=True)
    remove_adapter(done.model)
    with pytest.raises(LimitError, match="privacy budget"):  # its cost is left
        _run(data, epsilon=2.0, batch=6)
    assert len(budgets.spends(hash_file(data))) == 1  # the file has more left, and is not spent
    with pytest.raises(CapabilityError, match="patience"):
        _run(data, epsilon=2.0, patience=1)


def test_what_is_taught_once_more_is_spent_once_more(data: Path) -> None:
    first = _run(data, epsilon=2.0, batch=6)
    remove_adapter(first.model)
    second = _run(data, epsilon=2.0, batch=6)
    assert (second.reused, second.version, second.run) == (False, 2, f"{first.run}-2")
    third = _run(data, epsilon=2.0, batch=6, again=True)
    runs = [first.run, second.run, third.run]
    assert [each.run for each in Budgets().spends(hash_file(data))] == runs
    assert [find_run(run)["result"]["version"] for run in runs] == [1, 2, 3]  # type: ignore[index]
    known = _run(data, epsilon=2.0, batch=6)  # the first of those that are here
    assert (known.reused, known.run) == (True, second.run)
    assert len(Budgets().spends(hash_file(data))) == 3
