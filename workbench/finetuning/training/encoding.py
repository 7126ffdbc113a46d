"""Examples as the model reads them, and which of their tokens are the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, ContextLengthError
from workbench.finetuning.examples import Example
from workbench.models.prompts import Prompts
from workbench.models.tokenizer import TextTokenizer

_NAMED = 8


@dataclass(frozen=True)
class Encoded:
    """An example in tokens. Those from ``start`` on are the answer, and alone are learnt."""

    ids: tuple[int, ...]
    start: int
    identity: str = ""
    task: str = ""
    weight: float = 1.0

    @property
    def answer(self) -> tuple[int, ...]:
        """The tokens that are learnt, the one that ends an answer with them."""
        return self.ids[self.start :]


class Encodes(Protocol):
    """Whatever turns an example into tokens."""

    def encode(self, example: Example) -> Encoded:
        """The tokens of an example, and where its answer begins."""
        ...


class ChatEncoder:
    """Encodes by a model's own chat template, exactly as the model will be asked.

    The prompt's tokens are those that a chat gives the engine. The answer's are those of what the
    template adds when the answer is there, tokenised for themselves: tokenised with the prompt,
    the last of its letters and the first of the answer could merge into a token that the model
    will never see at that place.
    """

    def __init__(
        self, name: str, tokenizer: TextTokenizer, *, template: str | None, system: str | None
    ) -> None:
        self._name, self._tokenizer = name, tokenizer
        self.template = template or tokenizer.chat_template
        self._prompts = Prompts(name, tokenizer, template=template, system=system)

    def encode(self, example: Example) -> Encoded:
        """The tokens of an example, and where its answer begins.

        Raises:
            CapabilityError: The template writes the question in another way once it is answered.
            InputError: The model has no template, or it refused the messages.
        """
        prompt_ids = self._prompts.chat_ids(example.question)
        answer_ids = self._answer_ids(example)
        return Encoded(
            (*prompt_ids, *answer_ids),
            len(prompt_ids),
            identity=example.identity,
            task=example.task,
            weight=example.weight,
        )

    def _answer_ids(self, example: Example) -> list[int]:
        asked = "".join(self._prompts.pieces(example.question, add_generation_prompt=True))
        messages = [*example.question, {"role": "assistant", "content": example.answer}]
        pieces = self._prompts.pieces(messages, add_generation_prompt=False)
        if not "".join(pieces).startswith(asked):
            raise CapabilityError(
                f"the chat template of {self._name} writes a question in another way once it is "
                "answered, so where the answer begins cannot be told",
                hint="set `template` for the model in workbench.toml",
            )
        ids: list[int] = []
        skipped = len(asked)
        for piece in pieces:
            rest, skipped = piece[skipped:], max(0, skipped - len(piece))
            ids += self._tokenizer.tokenize(rest, special=True) if rest else []
        return self._ended(ids)

    def _ended(self, ids: list[int]) -> list[int]:
        """Up to the token that ends an answer: what a template writes after it is never asked."""
        ends = self._tokenizer.end_ids
        for place, token in enumerate(ids):
            if token in ends:
                return ids[: place + 1]
        return [*ids, min(ends)] if ends else ids


def encode_all(
    encoder: Encodes, examples: Iterable[Example], *, max_tokens: int
) -> tuple[Encoded, ...]:
    """Encode examples, all or none.

    Raises:
        ContextLengthError: Some are longer than ``max_tokens``; they are named.
    """
    encoded = []
    for example in examples:
        check_cancelled()
        encoded.append(encoder.encode(example))
    check_lengths(encoded, max_tokens=max_tokens)
    return tuple(encoded)


def check_lengths(encoded: Sequence[Encoded], *, max_tokens: int) -> None:
    """Raise ContextLengthError if examples are longer than ``max_tokens``, and name them."""
    long = [
        (each.identity or f"row {number}", len(each.ids))
        for number, each in enumerate(encoded, start=1)
        if len(each.ids) > max_tokens
    ]
    if long:
        named = ", ".join(f"{name} ({tokens})" for name, tokens in long[:_NAMED])
        more = f" and {len(long) - _NAMED} more" if len(long) > _NAMED else ""
        raise ContextLengthError(
            f"{len(long)} of {len(encoded)} examples have more than {max_tokens} tokens: "
            f"{named}{more}",
            hint="shorten them or take them out, or raise max_tokens up to the model's context",
            rows=[name for name, _ in long],
        )


def fingerprint(encoded: Iterable[Encoded]) -> str:
    """The sha256 of examples in tokens, in their order: what a run was trained on."""
    digest = hashlib.sha256()
    for each in encoded:
        digest.update(repr((each.ids, each.start, each.task, each.weight)).encode())
    return digest.hexdigest()
