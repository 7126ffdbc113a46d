"""Made examples for the tests of training."""

from __future__ import annotations

from workbench.finetuning.examples import Example, of_prompt

COLOURS = ("red", "blue", "old", "dog", "fox", "bird")


def made_examples(count: int = 12) -> list[Example]:
    """Questions of several lengths, whose answers have one token or several."""
    return [
        of_prompt(
            f"Which colour has the {'very ' * (number % 4)}small machine {number}?",
            f"It is {COLOURS[number % len(COLOURS)]}" + " and quick" * (number % 3) + ".",
            identity=f"row {number}",
        )
        for number in range(count)
    ]
