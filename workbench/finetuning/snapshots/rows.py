"""Examples as the checks see them: a question, an answer, and what each is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.finetuning.examples import Example

from .similarity import identifiers, plain


@dataclass(frozen=True)
class Row:
    """One example. ``question`` is all that is said before the answer but the system's part;
    ``asked`` and ``said`` are both without case and punctuation."""

    place: int
    name: str
    group: str
    system: str
    question: str
    answer: str
    asked: str
    said: str
    codes: frozenset[str]
    user: str = ""

    @property
    def text(self) -> str:
        """Everything that stands in the row."""
        return "\n".join(part for part in (self.system, self.question, self.answer) if part)


def rows_of(examples: Sequence[Example], *, prefix: str = "") -> list[Row]:
    """The examples as rows; ``prefix`` goes before their names."""
    made = []
    for place, example in enumerate(examples):
        before = example.messages[:-1]
        question = "\n".join(content for role, content in before if role != "system")
        made.append(
            Row(
                place,
                f"{prefix}{example.identity or f'row {place + 1}'}",
                example.group,
                "\n".join(content for role, content in before if role == "system"),
                question,
                example.answer,
                plain(question),
                plain(example.answer),
                identifiers(question),
                example.user,
            )
        )
    return made
