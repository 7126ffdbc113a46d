"""What a model may be taught from."""

from __future__ import annotations

import pytest

from workbench.core.errors import InputError
from workbench.finetuning import Example
from workbench.finetuning.examples import of_prompt


def test_an_example_is_a_question_and_the_answer_to_learn() -> None:
    example = of_prompt("Which lamp?", "The red one.", task="devices")
    assert example.question == ({"role": "user", "content": "Which lamp?"},)
    assert example.answer == "The red one."


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ((("user", "Which lamp?"),), "needs a question"),
        ((("assistant", "The red one."),), "needs a question"),
        ((("user", "Which lamp?"), ("user", "Which?")), "needs a question"),
        ((("user", "Which lamp?"), ("assistant", "  ")), "is empty"),
        ((("narrator", "Night."), ("assistant", "Yes.")), "no role"),
    ],
)
def test_what_teaches_nothing_is_refused(messages: tuple[tuple[str, str], ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Example(messages)
