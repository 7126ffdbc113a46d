"""Runs of a tiny model on several processes, each beside the same run on one, for the tests.

It loads the libraries once and forks the processes. ``shared_runs.py FOLDER PROCESSES CASES`` goes
through the cases, JSON objects of ``Case``'s fields, and writes FOLDER/results.json.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import peft  # noqa: F401 - before the fork
import torch
import torch.distributed as dist
import transformers
from broken_strategies import break_it

from workbench.core.errors import CancelledError
from workbench.finetuning.distributed.plan import Plan
from workbench.finetuning.distributed.strategies import spread
from workbench.finetuning.distributed.watching import follow_parent
from workbench.finetuning.training.adapting import adapt
from workbench.finetuning.training.anchoring import Anchors, ask_base
from workbench.finetuning.training.batches import Batches, batches_in_order
from workbench.finetuning.training.checkpoints import take_weights
from workbench.finetuning.training.encoding import Encoded
from workbench.finetuning.training.loop import Keeping, Training, train
from workbench.finetuning.training.objective import evaluate_loss
from workbench.finetuning.training.parallel import Alone
from workbench.finetuning.training.recipe import Recipe

STEPS = 4
PACK_TOKENS = 48
# Five rows a batch are no share alike, and the limit on the norm is always below it.
RECIPE = Recipe(
    rank=4,
    learning_rate=3e-3,
    batch=5,
    accumulation=2,
    steps=STEPS,
    epochs=None,
    pack_tokens=PACK_TOKENS,
    clip_norm=0.05,
    evaluate_every_steps=2,
    checkpoint_every_s=0,
    precision="fp32",
    seed=7,
)


@dataclasses.dataclass(frozen=True)
class Case:
    """One run. ``model`` is ``even`` (heads that two can share), ``odd`` or ``tied``."""

    name: str
    strategy: str = "ddp"
    tensor: int = 1
    method: str = "lora"
    model: str = "even"
    anchors: int = 0
    few: bool = False
    patience: int = 0
    broken: str = ""
    precision: str = "fp32"

    def recipe(self) -> Recipe:
        """With fewer rows a batch than processes, if ``few``."""
        changes: dict[str, Any] = {"method": self.method, "anchors": self.anchors}
        if self.few:
            changes |= {"batch": 1, "accumulation": 3}
        if self.patience:
            changes |= {"patience": self.patience, "evaluate_every_steps": 1}
        return dataclasses.replace(RECIPE, **changes)


def make_module(case: Case) -> torch.nn.Module:
    """A tiny Llama, always the same."""
    heads = {"even": (4, 2), "odd": (3, 3), "tied": (4, 2)}[case.model]
    torch.manual_seed(3)
    config = transformers.LlamaConfig(
        vocab_size=96,
        hidden_size=48,
        intermediate_size=64,
        num_hidden_layers=4,
        num_attention_heads=heads[0],
        num_key_value_heads=heads[1],
        head_dim=16,
        tie_word_embeddings=case.model == "tied",
    )
    module = transformers.LlamaForCausalLM(config)
    if case.precision == "bf16":
        module = module.to(torch.bfloat16)
    adapted = adapt(module, case.recipe())
    if case.method != "full":  # lora_B begins at 0, and what is 0 hides a fault
        torch.manual_seed(4)
        for parameter in take_weights(adapted):
            adapted.get_parameter(parameter).data.normal_(0, 0.05)
    return adapted


def make_rows(count: int, seed: int) -> list[Encoded]:
    """Examples that begin alike, of several lengths and weights."""
    chance = torch.Generator().manual_seed(seed)
    rows = []
    for number in range(count):
        ids = torch.randint(0, 96, (8 + number % 7,), generator=chance).tolist()
        weight = (1.0, 0.5, 2.0)[number % 3]
        rows.append(Encoded((1, 2, 3, *ids), 6, identity=f"{seed}-{number}", weight=weight))
    return rows


def run(
    case: Case, parallel: Any, module: torch.nn.Module, *, steps: int = STEPS, **options: Any
) -> Training:
    """The run of a case, in this process alone or with the others."""
    recipe = case.recipe()
    way = {"pack_tokens": recipe.pack_tokens}
    units = [(each,) for each in make_rows(13, 1)]
    asked = batches_in_order(make_rows(7, 2), batch=3, **way)
    extra = None
    if case.anchors:
        extra = Anchors(ask_base(make_module(case), make_rows(6, 5)), recipe)
    ask = getattr(parallel, "evaluate", evaluate_loss)
    told = iter([5.0, 4.0, 4.5, 4.6])  # best after one step, if it is to lose its patience

    def evaluate(trained: torch.nn.Module) -> float:
        found = ask(trained, asked)
        return next(told) if case.patience else found

    return train(
        module,
        Batches(units, batch=recipe.batch, seed=recipe.seed, **way),
        recipe,
        steps=steps,
        extra_loss=extra,
        evaluate=evaluate,
        parallel=parallel,
        **options,
    )


@functools.cache
def run_alone(case: Case) -> tuple[Training, dict[str, torch.Tensor]]:
    """The same on one process, and the weights that came of it."""
    module = make_module(case)
    return run(case, Alone(), module), take_weights(module)


def compare(case: Case, processes: int) -> dict[str, Any]:
    """How far a run on several processes is from the one on one."""
    plain = dataclasses.replace(case, name="", strategy="ddp", tensor=1, broken="")
    wanted, right = run_alone(plain)
    module = make_module(case)
    plan = Plan(processes, case.strategy, case.tensor)
    parallel = spread(module, plan, case.recipe())
    undo = break_it(case.broken, parallel)
    try:
        found = run(case, parallel, module)
        weights = parallel.take_weights(module)
    finally:
        undo()
    return {
        "loss": _far(found, wanted, "loss_nats"),
        "extra": _far(found, wanted, "extra_loss"),
        "norm": max(
            abs(a.gradient_norm / b.gradient_norm - 1)
            for a, b in zip(found.steps, wanted.steps, strict=True)
        ),
        "first norm": abs(found.steps[0].gradient_norm / wanted.steps[0].gradient_norm - 1),
        "evaluation": max(
            abs(a.loss_nats - b.loss_nats)
            for a, b in zip(found.evaluations, wanted.evaluations, strict=True)
        ),
        "weights": max(
            (float((each - right[name]).abs().max()) for name, each in weights.items()), default=0.0
        ),
        "whole": set(weights) == set(right),
        "stopped": [found.stopped, wanted.stopped],
        "clipped": min(step.gradient_norm for step in wanted.steps) > RECIPE.clip_norm,
        "changed": abs(wanted.steps[0].loss_nats - wanted.steps[-1].loss_nats),
    }


def _far(found: Training, wanted: Training, field: str) -> float:
    return max(
        abs(getattr(a, field) - getattr(b, field))
        for a, b in zip(found.steps, wanted.steps, strict=True)
    )


def hand_on(case: Case, folder: Path, processes: int) -> dict[str, Any]:
    """One run that is stopped after each step, and gone on with by another strategy."""
    strategies = ("alone", "ddp", "fsdp", "pp", "tp", "alone")
    steps, found = len(strategies), None
    wanted = run(case, Alone(), make_module(case), steps=steps)
    for strategy in strategies:
        if strategy == "alone" and dist.get_rank() > 0:
            dist.barrier()
            continue
        module = make_module(case)
        plan = Plan(processes, "ddp" if strategy == "alone" else strategy)
        parallel: Any = Alone() if strategy == "alone" else spread(module, plan, case.recipe())
        keeping = Keeping(folder / "kept", "key")
        with contextlib.suppress(CancelledError):
            found = run(
                case, parallel, module, steps=steps, keeping=keeping, between_steps=_leave_after(1)
            )
        if strategy == "alone":
            dist.barrier()
    if found is None:
        return {}
    return {
        "steps": len(found.steps),
        "loss": _far(found, wanted, "loss_nats"),
        "norm": _far(found, wanted, "gradient_norm"),
    }


def _leave_after(steps: int) -> Any:
    left = iter(range(steps))

    def leave() -> None:
        if next(left, None) is None:
            raise CancelledError("enough")

    return leave


def go_through(folder: Path, rank: int, processes: int, cases: list[Case]) -> None:
    """All cases, in one process of the group."""
    torch.set_num_threads(1)
    store = f"file://{folder / 'store'}"
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=processes)
    results = {}
    for case in cases:
        if case.name == "handed on":
            results[case.name] = hand_on(case, folder, processes)
        else:
            results[case.name] = compare(case, processes)
    if rank == 0:
        (folder / "results.json").write_text(json.dumps(results))
    dist.barrier()


def main() -> None:
    """Fork the processes and wait for them; the status of the first that failed."""
    folder, processes = Path(sys.argv[1]), int(sys.argv[2])
    cases = [Case(**each) for each in json.loads(sys.argv[3])]
    children, parent = [], os.getpid()
    for rank in range(processes):
        child = os.fork()
        if child == 0:
            follow_parent(parent, lambda: os._exit(1))
            try:
                go_through(folder, rank, processes, cases)
            except BaseException:  # noqa: BLE001 - a fork may not go back into the parent's code
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        children.append(child)
    failed = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    sys.exit(max(failed, key=abs))


if __name__ == "__main__":
    main()
