"""How much a model may be made to read for one explanation: refused first where it is nothing, or
past a limit."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import CapacityError, InputError

MOST_TOKENS = 4_000_000  # ablation of 2,000 tokens, one by one


@dataclass(frozen=True)
class Cost:
    """What the model has to read at most: ``prompts`` of ``tokens`` in all.

    What prompts begin with alike is read once, so that it may be about half of it. A gradient
    counts as two readings more.
    """

    prompts: int
    tokens: int


def refuse_empty(hint: str, **texts: str | None) -> None:
    """Refuse texts without a letter by their names, before a model is loaded for nothing.

    Raises:
        InputError: One is empty; None is no text and passes.
    """
    for name, text in texts.items():
        if text == "":
            raise InputError(f"the {name} is empty", hint=hint)


def refuse_costly(
    cost: Cost, *, what: str, reads: str, instead: str, most_tokens: int = MOST_TOKENS
) -> Cost:
    """The cost, if it is within ``most_tokens``.

    Args:
        cost: What was counted.
        what: Whatever would have the model read so much, in words.
        reads: What it would read, in words: ``3 prompts of 20 tokens``.
        instead: What would cost less.
        most_tokens: The limit.

    Raises:
        CapacityError: It is not. The hint names what would be, and the limit that would do.
    """
    if cost.tokens <= most_tokens:
        return cost
    raise CapacityError(
        f"{what} has the model read {reads}, {cost.tokens:,} tokens in all; "
        f"{most_tokens:,} are allowed",
        hint=f"{instead}, or most_tokens={cost.tokens} if you have the time",
        prompts=cost.prompts,
        tokens=cost.tokens,
        most_tokens=most_tokens,
    )
