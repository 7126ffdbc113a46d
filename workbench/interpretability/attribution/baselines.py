"""What stands in the place of a token that is taken away. Every result names the one it used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from workbench.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from workbench.models.model import Model

BaselineName = Literal["space", "first_token", "padding", "mean_embedding", "deletion"]


@dataclass(frozen=True)
class Baseline:
    """What replaces a token.

    ``space`` is the token of a single space; ``first_token`` is id 0 of the vocabulary, captum's
    default; ``padding`` is what the model's tokenizer pads with; ``mean_embedding`` is the mean of
    all rows of the embedding table, which is no token, so ``token_id`` is None; ``deletion`` puts
    nothing there: what follows moves up, and a prompt of which nothing is left becomes the token
    ``token_id``, with which the model's texts begin.
    """

    name: BaselineName
    token_id: int | None

    @property
    def deletes(self) -> bool:
        """Whether a replaced token leaves a shorter prompt."""
        return self.name == "deletion"


def find_baseline(model: Model, name: str) -> Baseline:
    """The baseline of that name for a model.

    Raises:
        NotFoundError: There is none of that name; near matches are named.
        InputError: The model has no such token.
    """
    if name == "space":
        ids = model.tokenize(" ")
        if len(ids) != 1:
            raise InputError(
                f"{model.name} writes a space as {len(ids)} tokens, so it is no baseline",
                hint="take the baseline padding or mean_embedding",
            )
        return Baseline("space", ids[0])
    if name == "first_token":
        return Baseline("first_token", 0)
    if name == "mean_embedding":
        return Baseline("mean_embedding", None)
    if name == "padding":
        return Baseline("padding", _special(model, ("pad_token",), name))
    if name == "deletion":
        return Baseline("deletion", _special(model, ("bos_token", "eos_token"), name))
    raise NotFoundError.among("baseline", name, get_args(BaselineName))


def _special(model: Model, names: tuple[str, ...], baseline: str) -> int:
    for name in names:
        text = model.special_tokens.get(name)
        ids = model.tokenize(text, special=True) if text else []
        if len(ids) == 1:
            return ids[0]
    raise InputError(
        f"{model.name} has no {' or '.join(names)}, which the baseline {baseline!r} needs",
        hint="take the baseline space or mean_embedding",
    )
