"""Batches in which a row stands in other words now and then, once the rows themselves are learnt.

Reworded from the first step on, rows whose answers are hard to tell apart are not learnt at all
(lab log, 27 November 2026); so the first passes read them as they are.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.core.seeds import derive_seed
from workbench.finetuning.training.batches import Batches, Unit

if TYPE_CHECKING:
    from workbench.finetuning.examples import Example
    from workbench.finetuning.training.adapting import Learner
    from workbench.finetuning.training.encoding import Encoded
    from workbench.finetuning.training.recipe import Recipe
    from workbench.finetuning.training.registering import Material

log = logging.getLogger(__name__)

AFTER = 0.4  # of a run's passes


class RewordedBatches(Batches):
    """As ``Batches``; which rewording a row has follows from the seed, the epoch and the row.

    Args:
        units: Rows, one example each.
        rewordings: Of each; none for a row that cannot be reworded.
        share: Of the rows that are drawn, those that are reworded.
        after_epochs: From how many passes on.
        batch: See ``Batches``, as the other three.
        seed: Decides the orders and the rewordings.
        pack_tokens: See ``collate``.
        pad_id: See ``collate``.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        rewordings: Sequence[Sequence[Encoded]],
        *,
        share: float,
        after_epochs: float,
        batch: int,
        seed: int = 0,
        pack_tokens: int = 0,
        pad_id: int = 0,
    ) -> None:
        super().__init__(units, batch=batch, seed=seed, pack_tokens=pack_tokens, pad_id=pad_id)
        self._rewordings, self._share, self._after = list(rewordings), share, after_epochs

    def _give(self, number: int) -> Unit:
        known = self._rewordings[number]
        passed = self._epoch + self._place / len(self._units)
        if not known or passed <= self._after:
            return self._units[number]
        chance = random.Random(derive_seed(self._seed, "reworded", self._epoch, number))
        if chance.random() >= self._share:
            return self._units[number]
        return (chance.choice(known),)


def make_rewordings(
    learner: Learner, examples: Sequence[Example], recipe: Recipe, *, max_tokens: int
) -> list[tuple[Encoded, ...]]:
    """Each example's rewordings in tokens, but for those that are too long; [] if none are asked.

    Raises:
        NotFoundError, FetchError, IntegrityError, StorageError: The embedder cannot be brought.
    """
    from workbench.finetuning.training.rewording import reword_all

    if not recipe.rewordings:
        return []
    found = [
        tuple(each for each in map(learner.encoder.encode, texts) if len(each.ids) <= max_tokens)
        for texts in reword_all(examples, learner.tokenizer, seed=recipe.seed)
    ]
    if not any(found):
        log.warning(
            "no row can be reworded: several questions with one answer, several answers and "
            "English words are what it takes; the rows are learnt as they stand"
        )
    return found


def make_batches(material: Material, recipe: Recipe, *, pad_id: int = 0) -> Batches:
    """The batches of a run, reworded where its recipe says so and anything can be."""
    way = {"seed": recipe.seed, "pack_tokens": recipe.pack_tokens, "pad_id": pad_id}
    if not any(material.rewordings):
        return Batches(material.units, batch=recipe.batch, **way)
    rows = len(material.units)
    passes = recipe.count_steps(rows) * recipe.examples_a_step / rows
    return RewordedBatches(
        material.units,
        material.rewordings,
        share=recipe.rewordings,
        after_epochs=AFTER * passes,
        batch=recipe.batch,
        **way,
    )
