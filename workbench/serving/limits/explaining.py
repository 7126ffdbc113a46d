"""A refusal for what a call may need, told by what the need is made of."""

from __future__ import annotations

from collections.abc import Callable

from workbench.core.errors import LimitError

from .rules import wait_or

TOKEN_LIMITS = frozenset({"tokens_per_minute", "budget_tokens_day", "budget_tokens_month"})
MONEY_LIMITS = frozenset({"budget_usd_day", "budget_usd_month"})
Cost = Callable[[int, int], float]


def room_of(error: LimitError) -> float:
    """What the limit that was passed would still have let through: tokens, or US dollars."""
    return max(0.0, float(error.context["allowed"] - error.context["used"]))


def need_of(error: LimitError, prompt: int, answers: int, *, usd: Cost) -> float:
    """What so many tokens need of the limit that was passed: tokens, or US dollars."""
    if error.context["limit"] in MONEY_LIMITS:
        return usd(prompt, answers)
    return prompt + answers


def explain(
    error: LimitError, *, prompt: int, answers: int, most: int, counted: bool, usd: Cost
) -> LimitError:
    """A refusal that says what the need is made of, and what would be let through.

    Args:
        error: As the rule told it, of a limit of tokens or of money.
        prompt: Tokens of the prompt.
        answers: Tokens of all answers at most.
        most: ``max_tokens``, of which ``answers`` is a multiple.
        counted: Whether the prompt was counted; else it is reckoned as if each byte were a token.
        usd: What tokens of a prompt and of answers cost, in US dollars.
    """
    needed = need_of(error, prompt, answers, usd=usd)
    said = "counted" if counted else "at most, a token a byte, as it was not counted"
    message = error.message.rpartition(" may need ")[0]
    tokens = " tokens" if error.context["limit"] in MONEY_LIMITS else ""
    made_of = f"{prompt}{tokens} of the prompt ({said}) and {answers} of the answer"
    times = f", {answers // most} x max_tokens {most}" if most and answers != most else ""
    smaller = _smaller(error, prompt=prompt, answers=answers, most=most, counted=counted, usd=usd)
    return LimitError(
        f"{message} may need {needed:g}: {made_of}{times or ' (max_tokens)'}",
        hint=wait_or(error.context["retry_after_s"], smaller),
        **{**error.context, "asked": float(needed)},
    )


def _smaller(
    error: LimitError, *, prompt: int, answers: int, most: int, counted: bool, usd: Cost
) -> str:
    """What would fit into what is left."""
    room, money = room_of(error), error.context["limit"] in MONEY_LIMITS
    one_answer = need_of(error, 0, 1, usd=usd)
    left_over = room - need_of(error, prompt, 0, usd=usd)
    # A little more than what is left, as money is in binary fractions.
    fitting = int(left_over / one_answer + 1e-9) * most // answers if answers and one_answer else 0
    if fitting > 0:
        return f"ask with max_tokens of at most {fitting}"
    if not room:
        return ""
    if money:
        return f"ask for less: {room:g} US dollars are left"
    if not counted:
        return f"have prompt and max_tokens together need at most {room:g} tokens"
    return f"shorten the prompt to less than {room:g} tokens"
