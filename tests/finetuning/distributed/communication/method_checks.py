"""What two processes find out about each method on gradients that are made up."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from broken_methods import break_it
from shared_runs import Case, make_module
from torch.distributed.algorithms.ddp_comm_hooks import powerSGD_hook as theirs
from torch.nn.parallel import DistributedDataParallel

from workbench.core.errors import IntegrityError
from workbench.finetuning.distributed.communication.beginning import check_alike
from workbench.finetuning.distributed.communication.choice import read_choice
from workbench.finetuning.distributed.communication.diloco import DiLoCo
from workbench.finetuning.distributed.communication.local_sgd import LocalSGD
from workbench.finetuning.distributed.communication.powersgd import PowerSGD
from workbench.finetuning.distributed.communication.spreading import make_exchange
from workbench.finetuning.distributed.communication.wire import Wire
from workbench.finetuning.distributed.plan import Plan
from workbench.finetuning.distributed.strategies import spread

SHAPES = {"wide": (40, 60), "tall": (80, 24), "bias": (60,), "cube": (12, 5, 7)}
FAULTS = ("", "no error feedback")
OUTER_FAULTS = ("", "no averaging", "outer step of the wrong sign", "no outer momentum", "summed")


def draw(step: int) -> dict[str, torch.Tensor]:
    """This process's gradients of a step."""
    chance = torch.Generator().manual_seed(100 * step + dist.get_rank())
    return {name: torch.randn(shape, generator=chance) for name, shape in SHAPES.items()}


def mean(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Over the processes, by torch's own sum."""
    found = {name: each.clone() for name, each in tensors.items()}
    for each in found.values():
        dist.all_reduce(each)
        each /= dist.get_world_size()
    return found


def far(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> float:
    """The largest difference."""
    return max(float((a[name] - b[name]).abs().max()) for name in b)


def apart(module: torch.nn.Module) -> float:
    """How far the processes' weights are from each other."""
    flat = torch.cat([each.detach().flatten() for each in module.parameters()])
    return float((flat - mean({"": flat})[""]).abs().max())


def exchanged(said: str, gradients: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What one exchange makes of gradients."""
    method: Any = make_exchange(read_choice(said), Wire())
    given = {name: each.clone() for name, each in gradients.items()}
    method.exchange(given)
    return given


def check_exact() -> dict[str, float]:
    """All entries, and matrices of low rank, come through whole."""
    any_gradients = draw(0)
    chance = torch.Generator().manual_seed(1)
    left = torch.randn(40, 2, generator=chance)  # the processes' columns lie in one plane
    own = torch.Generator().manual_seed(2 + dist.get_rank())
    low = {"low": left @ torch.randn(2, 60, generator=own)}
    return {
        "topk:1": far(exchanged("topk:1", any_gradients), mean(any_gradients)),
        "powersgd:2": far(exchanged("powersgd:2", low), mean(low)),
        "powersgd:1 of rank 2": far(exchanged("powersgd:1", low), mean(low)),
    }


def check_nothing_is_lost() -> dict[str, float]:
    """What was learnt and what is left out are together what there was to learn."""
    found = {}
    for said in ("powersgd:2", "topk:0.05"):
        for fault in FAULTS:
            method: Any = break_it(fault, make_exchange(read_choice(said), Wire()))
            learnt = {name: torch.zeros(shape) for name, shape in SHAPES.items()}
            given = {name: torch.zeros(shape) for name, shape in SHAPES.items()}
            for step in range(6):
                gradients = draw(step)
                for name, each in mean(gradients).items():
                    given[name] += each
                method.exchange(gradients)
                for name, each in gradients.items():
                    learnt[name] += each
            left = mean({name: each.clone() for name, each in method.errors.items()})
            together = {n: e + left[n].view_as(e) if n in left else e for n, e in learnt.items()}
            found[f"{said} {fault}".strip()] = far(together, given)
    return found


def check_against_torch() -> dict[str, float]:
    """torch's own PowerSGD, in one bucket, from the same first factor."""
    found = {}
    for rank in (1, 4):
        curves = []
        for is_ours in (True, False):
            torch.manual_seed(5)
            module = torch.nn.Sequential(torch.nn.Linear(60, 40), torch.nn.Linear(40, 50))
            wrapped = DistributedDataParallel(module, bucket_cap_mb=100)
            if is_ours:
                _ours(wrapped, rank)
            else:
                state = theirs.PowerSGDState(None, rank, start_powerSGD_iter=2, random_seed=9)
                wrapped.register_comm_hook(state, theirs.powerSGD_hook)
            curves.append(_descend(wrapped, steps=8))
        found[f"rank {rank}"] = max(abs(a - b) for a, b in zip(*curves, strict=True))
        found[f"rank {rank} moved"] = abs(curves[0][0] - curves[0][-1])
    return found


def _ours(wrapped: DistributedDataParallel, rank: int) -> None:
    """Ours begins at the third step with the factors that torch draws then."""
    method = PowerSGD(Wire(), rank)
    right, steps = method.exchange, iter(range(100))
    torch.manual_seed(int(np.random.RandomState(9).randint(1_000_000_000)))
    method.factors = {name: torch.randn(size, rank) for name, size in _torchs_order()}

    def exchange(gradients: Any) -> None:
        if next(steps) < 2:
            for name, each in mean(dict(gradients)).items():
                gradients[name].copy_(each)
        else:
            right(gradients)

    method.exchange = exchange  # type: ignore[method-assign]
    method.attach(wrapped)


def _torchs_order() -> list[tuple[str, int]]:
    """In its bucket the last layer's matrix is first."""
    return [("1.weight", 40), ("0.weight", 60)]


def _descend(wrapped: Any, *, steps: int) -> list[float]:
    chance = torch.Generator().manual_seed(7 + dist.get_rank())
    optimizer = torch.optim.SGD(wrapped.parameters(), lr=0.05)
    losses = []
    for _ in range(steps):
        given = torch.randn(16, 60, generator=chance)
        loss = (wrapped(given) - given[:, :50]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def check_outer() -> dict[str, float]:
    """Rounds of DiLoCo against torch's SGD with Nesterov's momentum on the mean way."""
    found = {}
    for fault in OUTER_FAULTS:
        module = make_module(Case("", method="full"))
        plan = Plan(2, communication="diloco:1")
        parallel: Any = spread(module, plan, Case("", method="full").recipe())
        twin = [each.detach().clone().requires_grad_() for each in module.parameters()]
        oracle = torch.optim.SGD(twin, lr=0.7, momentum=0.9, nesterov=True)
        break_it(fault, parallel)
        for step in range(4):
            chance = torch.Generator().manual_seed(31 * step + dist.get_rank())
            for each, own in zip(twin, module.parameters(), strict=True):
                way = 0.01 * torch.randn(own.shape, generator=chance)
                own.data += way
                each.grad = mean({"": -way})[""]
            oracle.step()
            parallel.end_step(module, is_last=False)
        pairs = zip(twin, module.parameters(), strict=True)
        found[fault or "right"] = max(float((a - b).abs().max()) for a, b in pairs)
        found[f"apart {fault}".strip()] = apart(module)
    return found


def check_one_step_rounds() -> dict[str, float]:
    """Rounds of one step of plain descent, taken as means, are steps on the mean gradient."""
    outer = LocalSGD()
    weights = {"": torch.ones(5)}
    own = torch.arange(5.0) * (1 + dist.get_rank())
    moved = weights[""] - 0.1 * own
    wanted = weights[""] - 0.1 * mean({"": own})[""]
    back = mean({"": weights[""] - moved})
    outer.move(weights, back)
    first = DiLoCo(rate=1.0, momentum=0.0)
    again = {"": torch.ones(5)}
    first.move(again, back)
    return {
        "local": float((weights[""] - wanted).abs().max()),
        "diloco": float((again[""] - wanted).abs().max()),
    }


def check_overlap() -> dict[str, Any]:
    """Whether the first sum begins before the last gradient is there, by a trace of one step."""
    found = {}
    for bucket_mb in (0.05, 100):
        torch.manual_seed(5)
        module = torch.nn.Sequential(*(torch.nn.Linear(200, 200) for _ in range(6)))
        wrapped = DistributedDataParallel(module, bucket_cap_mb=bucket_mb)
        make_exchange(read_choice("none"), Wire()).attach(wrapped)
        for _ in range(2):
            wrapped(torch.randn(64, 200)).sum().backward()
        loss = wrapped(torch.randn(64, 200)).sum()
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as trace:
            loss.backward()
        events = trace.events() or []
        sums = [each.time_range for each in events if each.name == "gloo:all_reduce"]
        computed = [each.time_range for each in events if each.name == "AddmmBackward0"]
        found[str(bucket_mb)] = {
            "sums": len(sums),
            "computed": len(computed),
            "ahead": max(each.end for each in computed) - min(each.start for each in sums),
        }
    return found


def check_beginning() -> dict[str, Any]:
    """Processes that begin at other weights are told."""
    module = torch.nn.Linear(3, 3)
    with torch.no_grad():
        module.weight.fill_(0.5)
        module.bias.fill_(dist.get_rank())
    told = ""
    try:
        check_alike(module, Wire())
    except IntegrityError as error:
        told = error.message
    return {"told": told}
