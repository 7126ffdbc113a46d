"""Texts as a model reads them here: checked, with a name for each token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import ContextLengthError, InputError
from workbench.interpretability.inside.anatomy import is_encoder

if TYPE_CHECKING:
    import torch

    from workbench.models.model import Model


@dataclass(frozen=True)
class ReadText:
    """One text as token ids, with the text of each token (U+FFFD for parts of characters)."""

    ids: tuple[int, ...]
    tokens: tuple[str, ...]

    def tensor(self) -> torch.Tensor:
        """``[1, tokens]``."""
        import torch

        return torch.tensor([self.ids])


def read_text(
    model: Model, text: str, *, what: str = "the text", cut_tokens: int | None = None
) -> ReadText:
    """Tokens of a raw text, with what the model expects around it, and no chat template.

    Args:
        model: Which reads it.
        text: Not empty.
        what: What to call it in an error.
        cut_tokens: Cut a longer one at its end instead of refusing it.

    Raises:
        InputError: It is empty.
        ContextLengthError: It does not fit in the context.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{what} is empty: there is nothing to look at")
    ids = _with_marks(model, model.tokenize(text)) if is_encoder(model) else model.prompt_ids(text)
    if cut_tokens is not None and len(ids) > cut_tokens:
        ids = ids[:cut_tokens]
    if len(ids) > model.info.context_tokens:
        raise ContextLengthError(
            f"{what} has {len(ids)} tokens; {model.name} was loaded with a context of "
            f"{model.info.context_tokens}",
            hint="shorten it",
            prompt_tokens=len(ids),
            context_tokens=model.info.context_tokens,
        )
    return ReadText(tuple(ids), tuple(model.detokenize([token]) for token in ids))


def _with_marks(model: Model, ids: list[int]) -> list[int]:
    marks = [model.special_tokens.get(name, "") for name in ("cls_token", "sep_token")]
    first, last = (model.tokenize(mark, special=True) if mark else [] for mark in marks)
    return [*first, *ids, *last]


def first_token(model: Model, text: str, *, what: str) -> int:
    """The id of the first token of an answer such as ``" Paris"``.

    Raises:
        InputError: It is empty.
    """
    ids = model.tokenize(text) if isinstance(text, str) else []
    if not ids:
        raise InputError(f"{what} is empty", hint='an answer begins with its space: " Paris"')
    return ids[0]


def two_answers(model: Model, answer: str, wrong: str) -> tuple[int, int]:
    """The first tokens of two answers, which must differ.

    Raises:
        InputError: One is empty, or both begin with the same token.
    """
    right_id = first_token(model, answer, what="the answer")
    wrong_id = first_token(model, wrong, what="the wrong answer")
    if right_id == wrong_id:
        raise InputError(
            f"{answer!r} and {wrong!r} begin with the same token, {model.detokenize([right_id])!r}",
            hint="choose answers that differ from their first token on",
        )
    return right_id, wrong_id


def find_position(read: ReadText, wanted: int | str) -> int:
    """The place of a token: its number, or its text (the last token with that text).

    Raises:
        InputError: There is none.
    """
    if isinstance(wanted, str):
        places = [place for place, token in enumerate(read.tokens) if token == wanted]
        if not places:
            raise InputError(
                f"no token is {wanted!r}",
                hint="the tokens are " + ", ".join(map(repr, read.tokens)),
            )
        return places[-1]
    if not -len(read.ids) <= wanted < len(read.ids):
        raise InputError(
            f"position {wanted} is not one of the {len(read.ids)} tokens",
            hint=f"0 to {len(read.ids) - 1}; -1 is the last",
        )
    return wanted % len(read.ids)


def prepare_threads(model: Model) -> None:
    """Set torch's threads to what the model was loaded with, as its engine does."""
    import torch

    if torch.get_num_threads() != model.settings.threads:
        torch.set_num_threads(model.settings.threads)
