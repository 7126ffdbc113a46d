"""What is not to be expected of a handful of rows."""

from __future__ import annotations

import logging

from workbench.finetuning.training.recipe import Recipe

log = logging.getLogger(__name__)

# A single row took SmolLM2 six steps (lab log, 27 November 2026).
FEW_STEPS = 6
FEW_ROWS = 5


def warn_of_few(recipe: Recipe, rows: int) -> None:
    """Say what is not to be expected of a handful of rows, or of a step or two."""
    steps = recipe.count_steps(rows)
    told = f"{'1 row' if rows == 1 else f'{rows} rows'} in {steps} step{'s' * (steps != 1)}"
    if steps < FEW_STEPS:
        log.warning("%s: little will be learnt; --epochs or --steps gives more", told)
    elif rows < FEW_ROWS:
        log.warning(
            "%s: the answers will be learnt word for word, and hardly for other words: several "
            "phrasings of each question teach more", told,
        )  # fmt: skip
