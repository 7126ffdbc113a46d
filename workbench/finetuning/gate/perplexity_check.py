"""Whether a model still foretells ordinary texts as well as the one in use."""

from __future__ import annotations

import math

from workbench.evaluation.checks import Check, check

# Teaching a few facts moves it by some percent; a model that begins to babble, by a multiple.
MOST_RATIO = 1.25


def check_perplexity(model: str, *, against: str) -> Check:
    """The ratio of two models' perplexities on frozen continuations, at most 1.25.

    Args:
        model: The candidate's name.
        against: The name of the model in use.
    """
    from workbench.evaluation.frozen_texts import read_frozen

    rows = read_frozen("continuations").rows
    pairs = [(str(row["prompt"]), str(row["continuation"])) for row in rows]
    nats = [_nats_per_token(name, pairs) for name in (model, against)]
    return check("perplexity ratio", math.exp(nats[0] - nats[1]), high=MOST_RATIO)


def _nats_per_token(name: str, pairs: list[tuple[str, str]]) -> float:
    from workbench import models

    with models.load(name, isolated=True) as loaded:
        scores = [score for prompt, said in pairs for score in loaded.score(prompt, said)]
    return -math.fsum(scores) / len(scores)
