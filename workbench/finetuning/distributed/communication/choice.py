"""What a user says of communication: ``powersgd:4`` is a method and its number."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import InputError

# Method, what its number is, from, to; whether it must be whole.
_METHODS: dict[str, tuple[str, float, float, bool] | None] = {
    "none": None,
    "fp16": None,
    "powersgd": ("the rank", 1, 512, True),
    "topk": ("the share of a gradient that is sent", 1e-6, 1.0, False),
    "local": ("steps a round", 1, 1_000_000, True),
    "diloco": ("steps a round", 1, 1_000_000, True),
}
FORMS = "none, fp16, powersgd:RANK, topk:SHARE, local:STEPS, diloco:STEPS"
IN_ROUNDS = ("local", "diloco")


@dataclass(frozen=True)
class Choice:
    """A method of communication and its number, 0 where it has none."""

    method: str
    number: float = 0.0

    @property
    def is_in_rounds(self) -> bool:
        """Whether processes go on for themselves for many steps."""
        return self.method in IN_ROUNDS

    @property
    def is_exact(self) -> bool:
        """Whether what is learnt is what one process learns, but for rounding."""
        return self.method == "none"


def read_choice(said: str) -> Choice:
    """What ``--communication`` says.

    Raises:
        InputError: There is no such method, or its number is missing or out of bounds.
    """
    method, colon, number = said.partition(":")
    if method not in _METHODS:
        raise InputError(f"communication {said!r} is not known; allowed are {FORMS}", hint=_HINT)
    wanted = _METHODS[method]
    if wanted is None:
        if colon:
            raise InputError(
                f"{method} takes no number, and {said!r} has one", hint=f"--communication {method}"
            )
        return Choice(method)
    what, least, most, is_whole = wanted
    bounds = f"{what}, {'a whole number ' if is_whole else ''}from {least:g} to {most:g}"
    try:
        value = float(int(number) if is_whole else float(number))
    except ValueError:
        raise InputError(f"{said!r}: after {method}: comes {bounds}", hint=_HINT) from None
    if not least <= value <= most:
        raise InputError(f"{said!r}: after {method}: comes {bounds}", hint=_HINT)
    return Choice(method, value)


_HINT = "--communication powersgd:4"
