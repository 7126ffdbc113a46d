"""What the Python engines check of a request before they work on it."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.errors import ContextLengthError, InputError
from workbench.models.protocol import ModelInfo


def check_ids(ids: Sequence[int], info: ModelInfo, *, room_tokens: int = 0) -> None:
    """See that the model can read these ids and has room for more.

    Args:
        ids: The prompt, or prompt and continuation.
        info: The model's.
        room_tokens: How many more positions are needed.

    Raises:
        InputError: There is no id, or one lies outside the vocabulary.
        ContextLengthError: They do not fit.
    """
    if not ids:
        raise InputError("the prompt is empty", hint="write a question or a text to go on from")
    if min(ids) < 0 or max(ids) >= info.vocabulary_size:
        wrong = next(one for one in ids if not 0 <= one < info.vocabulary_size)
        raise InputError(
            f"token id {wrong} lies outside the vocabulary of {info.vocabulary_size}",
            hint="use ids that the same model's tokenize gave",
        )
    if len(ids) + room_tokens > info.context_tokens:
        raise ContextLengthError(
            f"the prompt has {len(ids)} tokens; the context holds {info.context_tokens}",
            hint="shorten the prompt, or load the model with more context_tokens",
            prompt_tokens=len(ids),
            context_tokens=info.context_tokens,
        )
