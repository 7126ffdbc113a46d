"""Weights brought together from all processes, and what one process had dealt out to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import ConflictError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Trained:
    """What is trained, by name, in the order that one process has it in.

    Attributes:
        shapes: Of the whole parameters; each has the dtype that ``dtypes`` says.
        dtypes: By the same names.
        are_apart: Whether a process has some of the names only, as in a pipeline.
    """

    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, torch.dtype]
    are_apart: bool = False

    @staticmethod
    def of(module: torch.nn.Module, *, are_apart: bool = False) -> Trained:
        """Of a module that no strategy has touched yet."""
        own = find_trained(module)
        return Trained(
            {name: tuple(each.shape) for name, each in own.items()},
            {name: each.dtype for name, each in own.items()},
            are_apart,
        )


def find_trained(module: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """The parameters of this process that are trained, by name."""
    return {name: each for name, each in module.named_parameters() if each.requires_grad}


def bring_together(
    values: Mapping[str, torch.Tensor], trained: Trained, *, is_first: bool
) -> dict[str, torch.Tensor]:
    """Whole tensors by name, in the first process; in the others nothing.

    Args:
        values: What this process has of each name that it has; shards are ``DTensor``.
        trained: All names.
        is_first: Whether this is the first process.
    """
    import torch.distributed as dist

    own = {}
    for name, value in values.items():
        whole = _whole(value)
        if is_first or trained.are_apart:
            own[name] = whole
    if trained.are_apart:
        found: list[Any] | None = [None] * dist.get_world_size() if is_first else None
        dist.gather_object(own, found)
        # What two have, the first of them tells.
        own = {name: each for part in reversed(found or []) for name, each in part.items()}
    return {name: own[name] for name in trained.shapes if name in own}


def deal_out(
    weights: Mapping[str, torch.Tensor],
    own: Mapping[str, torch.Tensor],
    trained: Trained,
    *,
    is_first: bool,
) -> None:
    """Set a process's tensors from the whole ones that the first process has.

    Raises:
        ConflictError: Those are not of the same names.
    """
    import torch
    import torch.distributed as dist

    if is_first and set(weights) != set(trained.shapes):
        raise ConflictError("the checkpoint holds other weights than those that are trained")
    for name, shape in trained.shapes.items():
        whole = (
            weights[name].detach().to(trained.dtypes[name]).contiguous()
            if is_first
            else torch.empty(shape, dtype=trained.dtypes[name])
        )
        dist.broadcast(whole, src=0)
        if name in own:
            with torch.no_grad():
                own[name].copy_(_like(whole, own[name]))


def _whole(value: torch.Tensor) -> torch.Tensor:
    from torch.distributed.tensor import DTensor

    value = value.detach()
    return value.full_tensor() if isinstance(value, DTensor) else value.clone()


def _like(whole: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """A whole tensor that every process has, cut as another one is."""
    from torch.distributed.tensor import DTensor, Replicate

    if not isinstance(own, DTensor):
        return whole
    mesh = own.device_mesh
    everywhere = DTensor.from_local(whole, mesh, [Replicate()] * mesh.ndim, run_check=False)
    return everywhere.redistribute(mesh, own.placements)


def put_optimizer(
    optimizer: torch.optim.Optimizer,
    names: Sequence[str],
    trained: Trained,
    state: Mapping[str, Any],
    *,
    is_first: bool,
) -> None:
    """Set AdamW from the state that the first process has; as one process has it."""
    import torch
    import torch.distributed as dist

    plain: list[Any] = [None]
    if is_first:
        (group,) = state["param_groups"]
        plain = [
            {"group": group, "steps": {n: float(e["step"]) for n, e in state["state"].items()}}
        ]
    dist.broadcast_object_list(plain, src=0)
    if not plain[0]["steps"]:  # nothing was learnt yet
        return
    order = {name: number for number, name in enumerate(trained.shapes)}
    (parameters,) = (group["params"] for group in optimizer.param_groups)
    for kind in ("exp_avg", "exp_avg_sq"):
        own = {}
        for name, parameter in zip(names, parameters, strict=True):
            place = optimizer.state[parameter]
            place[kind] = torch.zeros_like(parameter, memory_format=torch.preserve_format)
            place["step"] = torch.tensor(plain[0]["steps"][order[name]], dtype=torch.float32)
            own[name] = place[kind].detach()
        values = {name: state["state"][n][kind] for name, n in order.items()} if is_first else {}
        deal_out(values, own, trained, is_first=is_first)
    kept = {name: value for name, value in plain[0]["group"].items() if name != "params"}
    optimizer.param_groups[0].update(kept)
