"""Reading and replacing what passes through a model's parts, by hooks that never outlive a pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from workbench.interpretability.inside.anatomy import READ_BEFORE, Anatomy, Site

if TYPE_CHECKING:
    import torch

Recording = dict[tuple[Site, int], "torch.Tensor"]
Change = Callable[["torch.Tensor"], "torch.Tensor"]


@contextmanager
def recorded(
    anatomy: Anatomy, sites: Iterable[Site], *, layers: Sequence[int] | None = None
) -> Iterator[Recording]:
    """Keep what passes through sites of layers during the block.

    Yields:
        By site and layer: ``[batch, tokens, width]`` of the last forward pass.
    """
    kept: Recording = {}
    with ExitStack() as hooks:
        for site in sites:
            for layer in range(anatomy.layers) if layers is None else layers:
                hooks.enter_context(_watched(anatomy, site, layer, kept))
        yield kept


@contextmanager
def _watched(anatomy: Anatomy, site: Site, layer: int, kept: Recording) -> Iterator[None]:
    def keep(state: torch.Tensor) -> torch.Tensor:
        kept[site, layer] = state
        return state

    with changed(anatomy, site, layer, keep):
        yield


@contextmanager
def changed(anatomy: Anatomy, site: Site, layer: int, change: Change) -> Iterator[None]:
    """Let ``change`` stand between a site and what reads it, during the block.

    ``change`` is given ``[batch, tokens, width]`` and gives the same shape; what it returns itself
    is left alone where it is the same tensor.
    """
    module = anatomy.site(layer, site)

    def after(_: Any, __: Any, output: Any) -> Any:
        state = output[0] if isinstance(output, tuple) else output
        new = change(state)
        if new is state:
            return None
        return (new, *output[1:]) if isinstance(output, tuple) else new

    def before(_: Any, inputs: tuple[Any, ...]) -> Any:
        new = change(inputs[0])
        return None if new is inputs[0] else (new, *inputs[1:])

    if site in READ_BEFORE:
        handle = module.register_forward_pre_hook(before)
    else:
        handle = module.register_forward_hook(after)
    try:
        yield
    finally:
        handle.remove()
