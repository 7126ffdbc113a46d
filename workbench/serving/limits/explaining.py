"""A refusal for what a call may need, told by what the need is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.errors import LimitError

from .rules import duration, wait_or

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


@dataclass(frozen=True)
class Need:
    """What a call may need, by what the need is made of.

    ``prompt`` are its prompt's tokens, ``around`` those of them that no shorter prompt is without:
    the model's own words around the caller's, its template and tools. ``answers`` are those of all
    answers at most, a multiple of ``most``, which is ``max_tokens``. ``counted`` says whether the
    prompt was counted; else it is reckoned as if each byte were a token.
    """

    prompt: int
    answers: int
    most: int
    counted: bool
    around: int = 0

    @property
    def times(self) -> int:
        """How often ``max_tokens`` may be written: choices, or the members of an ensemble."""
        return self.answers // self.most if self.most else 1


def longest_answer(error: LimitError, need: Need, *, usd: Cost, room: float) -> int:
    """The ``max_tokens`` with which the same prompt fits into some room; 0 if none does."""
    one_answer = need_of(error, 0, 1, usd=usd)
    left_over = room - need_of(error, need.prompt, 0, usd=usd)
    if not need.answers or not one_answer:
        return 0
    # A little more than what is left, as money is in binary fractions.
    return max(0, int(left_over / one_answer + 1e-9) * need.most // need.answers)


def explain(error: LimitError, need: Need, *, usd: Cost) -> LimitError:
    """A refusal that says what the need is made of, and what would be let through.

    Args:
        error: As the rule told it, of a limit of tokens or of money.
        need: What the call may need.
        usd: What tokens of a prompt and of answers cost, in US dollars.
    """
    needed = need_of(error, need.prompt, need.answers, usd=usd)
    said = "counted" if need.counted else "at most, a token a byte, as it was not counted"
    message = error.message.rpartition(" may need ")[0]
    tokens = " tokens" if error.context["limit"] in MONEY_LIMITS else ""
    own = f", {need.around} of them the model's own" if need.around else ""
    made_of = f"{need.prompt}{tokens} of the prompt ({said}{own}) and {need.answers} of the answer"
    times = f", {need.times} x max_tokens {need.most}" if need.times > 1 else ""
    return LimitError(
        f"{message} may need {needed:g}: {made_of}{times or ' (max_tokens)'}",
        hint=wait_or(error.context["retry_after_s"], _smaller(error, need, usd=usd)),
        **{**error.context, "asked": float(needed)},
    )


def _smaller(error: LimitError, need: Need, *, usd: Cost) -> str:
    """What would be let through: a shorter answer, now or once the limit is free again, or a
    shorter prompt. Empty where nothing would."""
    room, allowed = room_of(error), float(error.context["allowed"])
    times = [(room, "")]
    if error.context["retry_after_s"] is None and room < allowed:  # to wait alone would not do
        times.append((allowed, f" in {duration(error.context['free_in_s'])}"))
    for have, when in times:
        most = longest_answer(error, need, usd=usd, room=have)
        if most:
            return f"ask with max_tokens of at most {most}{when}"
    for have, when in times:
        if have >= need_of(error, need.around + need.times, need.answers and need.times, usd=usd):
            return f"{_shorter(error, need, have)}{when}"
    return ""


def _shorter(error: LimitError, need: Need, room: float) -> str:
    """How much shorter a prompt must be; its model's own words cannot be made so."""
    if error.context["limit"] in MONEY_LIMITS:
        return f"ask for less: {room:g} US dollars are left"
    together = " and max_tokens together" if need.answers else ""
    unit = "tokens" if need.counted else "bytes"
    left_over = (int(room) - need.around) // need.times
    return f"have at most {left_over} {unit} of your own words{together}"
