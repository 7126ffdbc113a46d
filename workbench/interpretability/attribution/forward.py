"""A causal model as a function from prompts to the log-probabilities of one target after each.

The target is forced: all its tokens are read in one pass, and the head of the language model, a
third of the work of a small model, is applied where they are foretold and nowhere else.
"""

from __future__ import annotations

import functools
import inspect
import logging
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError
from workbench.models.batching import batch_by_length

from .prefix_tree import build_prefix_tree, can_read_trees, count_nodes, reading

if TYPE_CHECKING:
    import numpy as np
    import torch

    from workbench.models.model import Model

_log = logging.getLogger(__name__)

BATCH_TOKENS = 6144
_LOGITS_BYTES = 256 * 2**20  # logits of one batch, of which the softmax makes one more copy
_LAID_OUT = 4  # times a batch's tokens: where attention looks back, a tree is all its prompts
_LEAST_ALIKE = 8  # fewer prompts of a length go with those of other lengths, padded
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
        self._shares = can_read_trees(self.module)
        self._window = getattr(self.module.config, "sliding_window", None) or sys.maxsize
        self._vocabulary = self.module.get_output_embeddings().weight.shape[0]

    def score(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        """The log-probability of each target token after each prompt, float64 ``[rows, targets]``.

        Args:
            rows: Prompts of at least one token id each, of any lengths; ``BLANK`` in the place of
                an id is the mean embedding. What several begin with is read once.
        """
        import numpy as np

        scores = np.empty((len(rows), len(self.target_ids)))
        for places, scored in self.score_batches(rows):
            scores[places] = scored
        return scores

    def score_batches(
        self, rows: Sequence[Sequence[int]]
    ) -> Iterator[tuple[list[int], np.ndarray]]:
        """``score`` in pieces as they come: places in ``rows``, and their scores."""
        import torch

        for places, alike in self._batches(rows):
            check_cancelled()
            batch = [[*rows[place], *self.target_ids[:-1]] for place in places]
            with torch.inference_mode():
                shares = alike and self._shares
                scored = self._score_alike(batch) if shares else self._score_padded(batch)
            yield places, scored.double().numpy()

    def embed(self, ids: Sequence[int]) -> torch.Tensor:
        """The embeddings of token ids: ``[tokens, d]``, detached; ``BLANK`` is the mean of all."""
        import torch

        return self._embed(torch.tensor(list(ids)))

    @functools.cached_property
    def mean_embedding(self) -> torch.Tensor:
        """The mean of all rows of the embedding table: ``[d]``."""
        import torch

        # It is kept, and what is made in inference mode may have no part in a gradient later.
        with torch.inference_mode(False), torch.no_grad():
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

    def _batches(self, rows: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], bool]]:
        """Places of prompts, so many that ids and logits stay in their budgets; whether they are
        of one length and stand in order, so that they make a tree of prefixes."""
        forced = len(self.target_ids) - 1
        most = max(1, _LOGITS_BYTES // (4 * self._vocabulary * len(self.target_ids)))
        by_length: dict[int, list[int]] = {}
        for place, row in enumerate(rows):
            by_length.setdefault(len(row), []).append(place)
        few: list[int] = []
        for length, places in by_length.items():
            alone = len(places) < _LEAST_ALIKE and len(by_length) > 1
            if alone or not self._shares or length + forced > self._window:
                few += places
                continue
            places.sort(key=lambda place: tuple(rows[place]))
            yield from ((batch, True) for batch in self._fill(places, rows, most))
        lengths = [len(rows[place]) + forced for place in few]
        for batch in batch_by_length(lengths, batch_tokens=self._batch_tokens, batch_size=most):
            yield [few[place] for place in batch], False

    def _fill(
        self, places: list[int], rows: Sequence[Sequence[int]], most: int
    ) -> Iterator[list[int]]:
        """Prompts of one length, in order, by as many as make a tree of a batch's tokens."""
        import numpy as np

        forced = len(self.target_ids) - 1
        length = len(rows[places[0]]) + forced
        most = max(1, min(most, _LAID_OUT * self._batch_tokens // length))
        fresh = count_nodes(np.array([rows[place] for place in places]))
        added = np.where(fresh > 0, fresh + forced, 0)
        batch: list[int] = []
        nodes = 0
        for place, more in zip(places, added.tolist(), strict=True):
            if batch and (len(batch) == most or nodes + more > self._batch_tokens):
                yield batch
                batch, nodes = [], 0
            nodes += more if batch else length
            batch.append(place)
        yield batch

    def _score_alike(self, batch: Sequence[Sequence[int]]) -> torch.Tensor:
        """Rows of one length, in order: ``[rows, targets]``."""
        import numpy as np
        import torch

        tree = build_prefix_tree(np.array(batch))
        ends = torch.from_numpy(tree.nodes[:, -len(self.target_ids) :])
        foretold, row = ends.unique(return_inverse=True)
        given = self._given(torch.from_numpy(tree.ids)[None])
        given["position_ids"] = torch.from_numpy(tree.depths)[None]
        with reading(self.module, tree) as now:
            logits = self._logits(given, foretold)[0]
        if now.attended != self.module.config.num_hidden_layers:
            _log.warning("%s looks back in a way of its own", type(self.module).__name__)
            self._shares = False
            return self._score_padded(batch)
        chosen = logits[row, self._target.expand(ends.shape)]
        return chosen.float() - torch.logsumexp(logits.float(), dim=-1)[row]

    def _score_padded(self, batch: Sequence[Sequence[int]]) -> torch.Tensor:
        """Rows of several lengths: ``[rows, targets]``."""
        import torch

        # Padding stands on the right, where no token of a causal model looks: it needs no mask and
        # no positions of its own, and a model that reads from left to right by a state may have it.
        ids = torch.zeros((len(batch), max(len(row) for row in batch)), dtype=torch.long)
        for place, row in enumerate(batch):
            ids[place, : len(row)] = torch.tensor(row)
        lengths = torch.tensor([len(row) - len(self.target_ids) + 1 for row in batch])
        return self._pass(self._given(ids), lengths)

    def _given(self, ids: torch.Tensor) -> dict[str, Any]:
        """What the model reads for ids: themselves, or embeddings where one is blank."""
        if (ids == BLANK).any():
            return {"inputs_embeds": self._embed(ids)}
        return {"input_ids": ids}

    def _pass(self, given: dict[str, Any], lengths: torch.Tensor) -> torch.Tensor:
        """One pass; the target of each row is foretold from its prompt's last token on.

        Args:
            given: Ids or embeddings.
            lengths: The tokens of each row's prompt in ``given``.
        """
        import torch

        first, last = int(lengths.min()) - 1, int(lengths.max()) + len(self.target_ids) - 1
        logits = self._logits(given, torch.arange(first, last))
        if last - first > len(self.target_ids):  # of several lengths
            places = (lengths - 1 - first)[:, None] + torch.arange(len(self.target_ids))
            logits = logits[torch.arange(len(lengths))[:, None], places]
        chosen = logits.gather(2, self._target.expand(len(lengths), -1)[:, :, None])[:, :, 0]
        return chosen.float() - torch.logsumexp(logits.float(), dim=-1)

    def _logits(self, given: dict[str, Any], places: torch.Tensor) -> torch.Tensor:
        """What the model foretells at some of the places that it reads."""
        if self._keeps_logits:
            given = {**given, "logits_to_keep": places}
            logits: torch.Tensor = self.module(**given, use_cache=False).logits
            return logits
        logits = self.module(**given, use_cache=False).logits
        return logits[:, places]
