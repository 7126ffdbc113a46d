"""What a model writes to questions of which two answers were compared.

A loss can turn for every pair while the model goes on writing what it wrote before: margins are of
answers that were given to it. So it is asked, greedily, by the engine that will answer later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.cancellation import check_cancelled
from workbench.core.progress import track
from workbench.evaluation.exact_match import token_f1
from workbench.finetuning.examples import Preference

MOST_ASKED = 32
_MAX_TOKENS = 64


@dataclass(frozen=True)
class Written:
    """Answers in the order of their pairs.

    ``ended`` says which the model ended of itself, ``nearer`` which of those are nearer to the
    wanted answer: one that goes on and on shares its words, and is not what was wanted.
    """

    model: str
    answers: tuple[str, ...]
    ended: tuple[bool, ...]
    nearer: tuple[bool, ...]

    @property
    def share(self) -> float:
        """The share that is nearer to the wanted answer."""
        return sum(self.nearer) / len(self.nearer)


def ask_pairs(model: str, pairs: Sequence[Preference], *, max_tokens: int = _MAX_TOKENS) -> Written:
    """Answer the questions of pairs greedily.

    Args:
        model: Its name, with or without an adapter.
        pairs: At least one.
        max_tokens: Of an answer.

    Raises:
        WorkbenchError: As ``models.load``.
    """
    from workbench import models

    replies = []
    with models.load(model, isolated=True) as loaded:
        for pair in track(pairs, f"asking {model}", unit="questions"):
            check_cancelled()
            said = loaded.chat(list(pair.question), temperature=0, max_tokens=max_tokens)
            replies.append((said.text, said.finish_reason != "length"))
    nearer = [
        ended and is_nearer(text, of) for (text, ended), of in zip(replies, pairs, strict=True)
    ]
    answers, ended = zip(*replies, strict=True)
    return Written(model, answers, ended, tuple(nearer))


def is_nearer(answer: str, pair: Preference) -> bool:
    """Whether an answer shares more of its words with the wanted answer than with the other.

    By token F1, so that an answer of which each shares nothing, or as much, is not.
    """
    return token_f1(answer, pair.chosen) > token_f1(answer, pair.rejected)
