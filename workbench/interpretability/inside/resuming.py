"""Going on from the middle of a forward pass: any layer, any position, many rows at a time.

What a causal model computed for the tokens before a position does not depend on what comes at it.
So a run that differs from a known one only from layer ``l`` and position ``p`` on needs neither the
layers below ``l`` nor the tokens before ``p``: their keys and values are those of the known run.
"""

from __future__ import annotations

import inspect
import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError
from workbench.interpretability.inside.anatomy import Anatomy

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

_MOST_GAP = 1e-3  # of a logit, between a whole pass and one that was resumed


class PrefixCache:
    """The keys and values of one layer for the tokens before the first one that is computed."""

    def __init__(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        self._keys, self._values = keys, values

    def update(
        self, keys: torch.Tensor, values: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What transformers asks of a cache: all keys and values, with those just computed."""
        import torch

        rows = keys.shape[0]
        return (
            torch.cat([self._keys.expand(rows, -1, -1, -1), keys], dim=2),
            torch.cat([self._values.expand(rows, -1, -1, -1), values], dim=2),
        )

    def get_seq_length(self, *_: Any) -> int:
        """Tokens that it holds."""
        return int(self._keys.shape[2])


class KnownRun:
    """One forward pass of one text, from which others may go on.

    Attributes:
        inputs: What each layer was given, ``[1, tokens, d]``.
        output: What the last layer gave, before the final norm.
        last_logits: The model's own logits after the last token, ``[vocabulary]``.
        whole: Whether runs must take all tokens along, because this family's layers do not let
            the first ones be left out.
        gap: How far a resumed run in which nothing was changed is from this one, in logits.
    """

    def __init__(self, anatomy: Anatomy, ids: torch.Tensor) -> None:
        self.anatomy = anatomy
        self.tokens = int(ids.shape[1])
        self._given: list[dict[str, Any]] = []
        self._run(ids)
        self.whole = False
        self.gap = 0.0

    def _run(self, ids: torch.Tensor) -> None:
        import torch
        from transformers import DynamicCache

        given: list[tuple[Any, dict[str, Any]]] = []
        outputs: list[torch.Tensor] = []

        def before(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            bound = inspect.signature(layer.forward).bind(*args, **kwargs).arguments
            named = {**bound, **bound.pop("kwargs", {})}
            given.append((named.pop(next(iter(named))), named))

        def after(_: Any, __: Any, output: Any) -> None:
            outputs.append(output[0] if isinstance(output, tuple) else output)

        cache = DynamicCache()  # without a config: nothing slides out of it
        with ExitStack() as hooks:
            for block in self.anatomy.blocks:
                handle = block.layer.register_forward_pre_hook(before, with_kwargs=True)
                hooks.callback(handle.remove)
            hooks.callback(self.anatomy.blocks[-1].layer.register_forward_hook(after).remove)
            with torch.inference_mode():
                result = self.anatomy.module(
                    input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1
                )
        self.inputs = [states for states, _ in given]
        self._given = [named for _, named in given]
        self.output = outputs[-1]
        self.last_logits = result.logits[0, -1].float()
        self._cache_names = [
            [name for name, value in named.items() if value is cache] for named in self._given
        ]
        held: list[Any] = cache.layers
        self._kept = [(layer.keys, layer.values) for layer in held]

    def state_after(self, layer: int) -> torch.Tensor:
        """The stream after a layer, ``[1, tokens, d]``."""
        return self.inputs[layer + 1] if layer + 1 < len(self.inputs) else self.output

    def step(self, layer: int, states: torch.Tensor, *, start: int) -> torch.Tensor:
        """Take rows of states of the tokens from ``start`` on through one layer.

        Args:
            layer: Which.
            states: ``[rows, tokens - start, d]``, what the layer is given.
            start: The first token whose state is there.
        """
        options = {
            name: self._from(name, value, start) for name, value in self._given[layer].items()
        }
        prefix = None
        if start:
            keys, values = self._kept[layer]
            prefix = PrefixCache(keys[:, :, :start], values[:, :, :start])
            if options.get("attention_mask") is None:
                options["attention_mask"] = self._causal_mask(start, states)
        for name in self._cache_names[layer]:  # `past_key_values`; `layer_past` in GPT-NeoX
            options[name] = prefix
        if "use_cache" in options:
            options["use_cache"] = bool(start)
        output = self.anatomy.blocks[layer].layer(states, **options)
        found: torch.Tensor = output[0] if isinstance(output, tuple) else output
        return found

    def _from(self, name: str, value: Any, start: int) -> Any:
        """The part of a layer's argument that belongs to the tokens from ``start`` on."""
        import torch

        if isinstance(value, tuple):
            return tuple(self._from(name, part, start) for part in value)
        if not isinstance(value, torch.Tensor) or not start:
            return value
        if name == "attention_mask":
            return value[:, :, start:] if value.dim() == 4 else value
        if value.dim() == 1 and value.shape[0] == self.tokens:
            return value[start:]
        if value.dim() >= 2 and value.shape[1] == self.tokens:
            return value[:, start:]
        return value

    def _causal_mask(self, start: int, states: torch.Tensor) -> torch.Tensor:
        import torch

        ones = torch.ones((self.tokens, self.tokens), dtype=torch.bool, device=states.device)
        return ones.tril()[None, None, start:]

    def check(self, start: int) -> None:
        """Try that a run resumed at ``start`` is this run; fall back to all tokens if it is not.

        Raises:
            CapabilityError: It is not even then: the family does more between its layers.
        """
        for first in dict.fromkeys((start, 0)):
            try:
                self.gap = self._gap(first)
            except (AttributeError, TypeError, RuntimeError, ValueError) as error:
                log.info("%s cannot be resumed at token %d: %s", self.anatomy.name, first, error)
                continue
            if self.gap <= _MOST_GAP:
                self.whole = first != start
                return
            log.info("resumed at token %d the logits differ by %g", first, self.gap)
        raise CapabilityError(
            f"the layers of {self.anatomy.name} ({self.anatomy.architecture}) cannot be run one "
            "by one: what comes out is not what the model says",
            hint="use a plain decoder, such as Llama, Qwen, Gemma or Mistral",
        )

    def _gap(self, start: int) -> float:
        import torch

        with torch.inference_mode():
            states = self.inputs[0][:, start:]
            for layer in range(self.anatomy.layers):
                states = self.step(layer, states, start=start)
            logits = self.anatomy.readout(states[0, -1]).float()
        return float((logits - self.last_logits).abs().max())
