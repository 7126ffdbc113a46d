"""What a model says about a target, as a function of the embeddings of the prompt.

Two such functions: the log-probabilities of target tokens after a prompt (a causal model), and the
logit of a label (a classifier). Gradient methods see nothing else of a model.

Notation: s points at a time, n prompt tokens, m outputs, d the width of an embedding.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, EngineError, InputError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

BATCH_TOKENS = 512
_SAME = 1e-2


class Differentiable(ABC):
    """m numbers that a torch module makes of one prompt, and their gradients by its embeddings.

    Args:
        module: A transformers model in evaluation mode, which takes ``inputs_embeds``.
        ids: The prompt's token ids, as the model reads them.
    """

    unit = "nats"
    outputs: int

    def __init__(self, module: torch.nn.Module, ids: Sequence[int]) -> None:
        if not ids:
            raise InputError("the prompt is empty: there is nothing to attribute to")
        self.module: Any = module
        self.ids = tuple(ids)
        if "inputs_embeds" not in inspect.signature(self.module.forward).parameters:
            raise CapabilityError(
                f"{type(module).__name__} does not take embeddings in place of tokens, so it has "
                "no gradients by token",
                hint="method='ablation' needs none",
            )

    def embed(self, ids: Sequence[int]) -> Tensor:
        """The embeddings of token ids, as the first layer gets them: ``[len(ids), d]``."""
        import torch

        table = self.module.get_input_embeddings()
        highest = table.weight.shape[0]
        if any(not 0 <= each < highest for each in ids):
            raise InputError(f"a token id is outside the vocabulary of {highest}")
        with torch.no_grad():
            found: Tensor = table(torch.tensor(list(ids), device=table.weight.device))
        return found

    def values(self, points: Tensor) -> Tensor:
        """The outputs at points ``[s, n, d]``, without gradients: ``[s, m]``."""
        import torch

        check_cancelled()
        with torch.no_grad():
            return self._checked(self._run(points)[0])

    def gradients(self, points: Tensor, *, per_output: bool) -> tuple[Tensor, Iterator[Tensor]]:
        """The outputs at points ``[s, n, d]``, and gradients by the points, ``[s, n, d]`` each.

        Args:
            points: Embeddings of the prompt.
            per_output: Give m gradients, one an output and in order; else one, of their sum.

        Returns:
            The outputs ``[s, m]``, and the gradients, which cost a pass backwards each when they
            are asked for. Go through them before the next call.
        """
        import torch

        check_cancelled()
        points = points.detach().requires_grad_()
        with torch.enable_grad():
            values, last = self._run(points)
            # An output is a function of its own row of `last` alone, so one pass through what
            # follows (the vocabulary's matrix, a fifth of a small model) serves all outputs.
            (slopes,) = torch.autograd.grad(values.sum(), last)
        return self._checked(values.detach()), self._backward(points, last, slopes, per_output)

    def _backward(
        self, points: Tensor, last: Tensor, slopes: Tensor, per_output: bool
    ) -> Iterator[Tensor]:
        import torch

        if not per_output or self.outputs == 1:
            yield from torch.autograd.grad(last, points, slopes)
            return
        for output in range(self.outputs):
            check_cancelled()
            own, row = torch.zeros_like(slopes), output - self.outputs
            own[:, row] = slopes[:, row]
            yield from torch.autograd.grad(
                last, points, own, retain_graph=output + 1 < self.outputs
            )

    @abstractmethod
    def _run(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """The outputs ``[s, m]``, and the states ``[s, k, ...]`` that they are made of: each of
        its own row among the last m, unless there is but one output."""

    def check_embeddings_suffice(self, expected: Sequence[float]) -> None:
        """Raise CapabilityError if the model reads more of a token than its embedding.

        Some add embeddings of their own in each layer: what is then moved is not the whole input.

        Args:
            expected: The outputs for the prompt as token ids ``[m]``.
        """
        import torch

        found = self.values(self.embed(self.ids)[None])[0].double().cpu()
        difference = float((found - torch.tensor(list(expected), dtype=found.dtype)).abs().max())
        if difference > _SAME:
            raise CapabilityError(
                f"{type(self.module).__name__} answers otherwise to embeddings than to the tokens "
                f"they are of ({difference:.3g} {self.unit}), so gradients by them say nothing",
                hint="method='ablation' needs none",
            )

    def _checked(self, values: Tensor) -> Tensor:
        if not bool(values.isfinite().all()):
            raise EngineError(
                f"{type(self.module).__name__} gave numbers that are not finite",
                hint="load it with dtype='float32'",
            )
        return values


class TargetLogprobs(Differentiable):
    """Natural log-probabilities of each target token after a prompt and the targets before it.

    All come from one teacher-forced pass, with the vocabulary's matrix at the targets alone.
    """

    def __init__(
        self, module: torch.nn.Module, prompt_ids: Sequence[int], target_ids: Sequence[int]
    ) -> None:
        super().__init__(module, prompt_ids)
        if not target_ids:
            raise InputError("the target is empty: there is nothing to explain")
        causal = self.module.can_generate() and not self.module.config.is_encoder_decoder
        if not causal or self.module.get_output_embeddings() is None:
            raise CapabilityError(
                f"{type(module).__name__} is not a causal language model",
                hint="a classifier has labels for targets: LabelLogit",
            )
        self.target_ids = tuple(target_ids)
        self.outputs = len(self.target_ids)
        self._given = self.embed(self.target_ids)[:-1]  # the last is not read, only predicted
        known = inspect.signature(self.module.forward).parameters
        self._options = {"logits_to_keep": self.outputs} if "logits_to_keep" in known else {}

    def _run(self, points: Tensor) -> tuple[Tensor, Tensor]:
        import torch

        read = torch.cat([points, self._given.expand(len(points), -1, -1)], dim=1)
        with self._last_states() as seen:
            output = self.module(inputs_embeds=read, use_cache=False, **self._options)
        (last,) = seen
        return self._logprobs(output.logits), last

    def _logprobs(self, logits: Tensor) -> Tensor:
        import torch

        wanted = torch.tensor(self.target_ids, device=logits.device).expand(len(logits), -1)
        logits = logits[:, -self.outputs :].float()
        chosen = logits.gather(2, wanted[:, :, None])[:, :, 0]
        return chosen - torch.logsumexp(logits, dim=2)

    @contextmanager
    def _last_states(self) -> Iterator[list[Tensor]]:
        """What the vocabulary's matrix is given while the block runs."""
        seen: list[Tensor] = []
        head = self.module.get_output_embeddings()
        handle = head.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        try:
            yield seen
        finally:
            handle.remove()


class LabelLogit(Differentiable):
    """The logit of one label of a sequence classifier."""

    unit = "logits"
    outputs = 1

    def __init__(self, module: torch.nn.Module, ids: Sequence[int], label: int) -> None:
        super().__init__(module, ids)
        labels = getattr(self.module.config, "num_labels", 0)
        if not 0 <= label < labels:
            raise InputError(
                f"label {label}; {type(module).__name__} has labels 0 to {labels - 1}",
                hint=f"label={labels - 1}",
            )
        self.label = label

    def _run(self, points: Tensor) -> tuple[Tensor, Tensor]:
        import torch

        mask = torch.ones(points.shape[:2], dtype=torch.long, device=points.device)
        logits = self.module(inputs_embeds=points, attention_mask=mask).logits
        return logits[:, self.label, None], logits

    def value_of_ids(self) -> float:
        """The logit for the token ids themselves."""
        import torch

        ids = torch.tensor([list(self.ids)], device=self.embed(self.ids).device)
        with torch.no_grad():
            logits = self.module(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        return float(logits[0, self.label])
