"""Methods of communication with one fault each, which the checks must find."""

from __future__ import annotations

from typing import Any

from workbench.finetuning.distributed.communication.diloco import DiLoCo


def break_it(what: str, method: Any) -> Any:
    """The method with a fault; ``method`` is an exchange, a ``ByRounds`` or an outer step."""
    if what:
        _FAULTS[what](method)
    return method


def _forget_errors(method: Any) -> None:
    """What was left out is not added to the next gradient."""
    right = method.exchange

    def exchange(gradients: Any) -> None:
        method.errors.clear()
        right(gradients)

    method.exchange = exchange


def _keep_to_itself(method: Any) -> None:
    """Nothing goes between the processes: each moves along its own way."""
    method.wire.sum = lambda tensor: tensor.mul_(method.wire.count)


def _move_away(method: Any) -> None:
    """The outer step goes the wrong way."""
    outer = getattr(method, "outer", method)
    outer.rate = -outer.rate


def _drop_momentum(method: Any) -> None:
    """The outer step forgets the rounds before."""
    outer = getattr(method, "outer", method)
    assert isinstance(outer, DiLoCo)
    outer.momentum = 0.0


def _sum_only(method: Any) -> None:
    """What comes together is a sum, not a mean."""
    method.wire.count = 1


def _send_gradients_too(method: Any) -> None:
    """Rounds, whose steps bring their gradients together nevertheless."""
    import torch.distributed as dist

    right = method.learn

    def learn(module: Any, *args: Any, **options: Any) -> Any:
        told = right(module, *args, **options)
        for each in module.parameters():
            dist.all_reduce(each.grad)
            each.grad /= method.wire.count
        return told

    method.learn = learn


_FAULTS = {
    "no error feedback": _forget_errors,
    "no averaging": _keep_to_itself,
    "outer step of the wrong sign": _move_away,
    "no outer momentum": _drop_momentum,
    "summed": _sum_only,
    "gradients sent as well": _send_gradients_too,
}
