"""A causal model as a function from prompts to the log-probabilities of one target after each.

The target is forced: all its tokens are read in one pass, and the head of the language model, a
third of the work of a small model, is applied where they are foretold and nowhere else.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError
from workbench.models.batching import batch_by_length

if TYPE_CHECKING:
    import numpy as np
    import torch

    from workbench.models.model import Model

BATCH_TOKENS = 2048
_LOGITS_BYTES = 256 * 2**20  # logits of one batch, of which the softmax makes one more copy
BLANK = -1  # in a row of ids: the mean embedding stands here


class TargetForward:
    """Log-probabilities of a target after any prompt, in nats, float32 inside.

    Args:
        model: On the transformers engine. Its module is used from this thread.
        target_ids: At least one.
        batch_tokens: Most tokens of one pass of the model, padding included.
    """

    def __init__(
        self, model: Model, target_ids: Sequence[int], *, batch_tokens: int = BATCH_TOKENS
    ) -> None:
        import torch

        self.module: Any = model.module
        self.target_ids = tuple(target_ids)
        self._target = torch.tensor(self.target_ids)
        self._batch_tokens = batch_tokens
        if torch.get_num_threads() != model.settings.threads:
            torch.set_num_threads(model.settings.threads)
        self._table = self.module.get_input_embeddings()
        if self.module.get_output_embeddings() is None:
            raise CapabilityError(
                f"{model.name} is no causal language model: it foretells no token",
                hint="workbench models list",
            )
        self._keeps_logits = "logits_to_keep" in inspect.signature(self.module.forward).parameters
        self._vocabulary = self.module.get_output_embeddings().weight.shape[0]

    def score(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        """The log-probability of each target token after each prompt, float64 ``[rows, targets]``.

        Args:
            rows: Prompts of at least one token id each, of any lengths; ``BLANK`` in the place of
                an id is the mean embedding.
        """
        import numpy as np
        import torch

        scores = np.empty((len(rows), len(self.target_ids)))
        for places in self._batches([len(row) for row in rows]):
            check_cancelled()
            with torch.inference_mode():
                scored = self._score_batch([rows[place] for place in places])
            scores[places] = scored.double().numpy()
        return scores

    def score_embeddings(self, prompts: torch.Tensor) -> torch.Tensor:
        """The same from embeddings of prompts of one length, with the gradient if it is asked for.

        Args:
            prompts: ``[rows, tokens, d]``, as ``embed`` gives them.

        Returns:
            ``[rows, targets]``, in the model's precision.
        """
        import torch

        after = self._table(self._target[:-1]).detach().expand(len(prompts), -1, -1)
        return self._pass(
            {"inputs_embeds": torch.cat([prompts, after], dim=1)},
            torch.full((len(prompts),), prompts.shape[1]),
        )

    def embed(self, ids: Sequence[int]) -> torch.Tensor:
        """The embeddings of token ids: ``[tokens, d]``, detached; ``BLANK`` is the mean of all."""
        import torch

        return self._embed(torch.tensor(list(ids)))

    @functools.cached_property
    def mean_embedding(self) -> torch.Tensor:
        """The mean of all rows of the embedding table: ``[d]``."""
        import torch

        with torch.no_grad():
            # Through the module, which in some models scales what the table holds.
            mean: torch.Tensor = self._table(torch.arange(self._table.weight.shape[0])).mean(dim=0)
        return mean

    def _embed(self, ids: torch.Tensor) -> torch.Tensor:
        import torch

        with torch.no_grad():
            embedded: torch.Tensor = self._table(ids.clamp(min=0))
            if (ids == BLANK).any():
                embedded = torch.where((ids == BLANK)[..., None], self.mean_embedding, embedded)
        return embedded

    def _batches(self, lengths: Sequence[int]) -> Iterator[list[int]]:
        """Places of prompts of like length, so many that ids and logits stay in their budgets."""
        forced = len(self.target_ids) - 1
        most = _LOGITS_BYTES // (4 * self._vocabulary * len(self.target_ids))
        return batch_by_length(
            [length + forced for length in lengths],
            batch_tokens=self._batch_tokens,
            batch_size=max(1, most),
        )

    def _score_batch(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        import torch

        lengths = torch.tensor([len(row) for row in rows])
        width = int(lengths.max()) + len(self.target_ids) - 1
        # Padding stands on the right, where no token of a causal model looks: it needs no mask and
        # no positions of its own, and a model that reads from left to right by a state may have it.
        ids = torch.zeros((len(rows), width), dtype=torch.long)
        for place, row in enumerate(rows):
            whole = [*row, *self.target_ids[:-1]]
            ids[place, : len(whole)] = torch.tensor(whole)
        if not (ids == BLANK).any():
            return self._pass({"input_ids": ids}, lengths)
        return self._pass({"inputs_embeds": self._embed(ids)}, lengths)

    def _pass(self, given: dict[str, torch.Tensor], lengths: torch.Tensor) -> torch.Tensor:
        """One pass; the target of each row is foretold from its prompt's last token on."""
        import torch

        first, last = int(lengths.min()) - 1, int(lengths.max()) + len(self.target_ids) - 1
        if self._keeps_logits:
            kept = torch.arange(first, last)
            logits = self.module(**given, use_cache=False, logits_to_keep=kept).logits
        else:
            logits = self.module(**given, use_cache=False).logits[:, first:last]
        places = (lengths - 1 - first)[:, None] + torch.arange(len(self.target_ids))
        rows = torch.arange(len(lengths))[:, None]
        if last - first > len(self.target_ids):  # of several lengths
            logits = logits[rows, places]
        chosen = logits.gather(2, self._target.expand(len(lengths), -1)[:, :, None])[:, :, 0]
        return chosen.float() - torch.logsumexp(logits.float(), dim=-1)
