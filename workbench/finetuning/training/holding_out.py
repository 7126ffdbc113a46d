"""Which examples are kept from training, to see how the rest was learnt."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from workbench.core.seeds import derive_seed
from workbench.finetuning.examples import Example

# From so many on, what is held out takes nothing from what can be learnt.
MANY = 200
_LEAST = 10


def hold_out(
    examples: Sequence[Example], *, share: float, seed: int
) -> tuple[list[Example], list[Example]]:
    """Split examples into those to learn from and those that are held out.

    Of few examples only those are held out whose answer stands in another one too: the only row of
    a fact is for learning it. Where there is none such, nothing is held out.

    Args:
        examples: In any order.
        share: How many are held out, of all.
        seed: Decides which.

    Returns:
        Both parts in the order of ``examples``.
    """
    if len(examples) < _LEAST:
        return list(examples), []
    wanted = max(1, round(share * len(examples))) if share > 0 else 0
    left = Counter(example.answer for example in examples)
    order = list(range(len(examples)))
    random.Random(derive_seed(seed, "held-out")).shuffle(order)
    chosen: set[int] = set()
    taken: set[str] = set()
    for number in order:
        answer = examples[number].answer
        several = left[answer] > 1 and answer not in taken
        if len(chosen) < wanted and (several or len(examples) >= MANY):
            chosen.add(number)
            taken.add(answer)
            left[answer] -= 1
    kept = [example for number, example in enumerate(examples) if number not in chosen]
    return kept, [example for number, example in enumerate(examples) if number in chosen]
