"""What is asked of an attribution: a model, a prompt in groups, and a target that follows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import CapabilityError, ContextLengthError, InputError

from .groups import GroupKind, split_groups

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.model import Model


@dataclass(frozen=True)
class Case:
    """A prompt and a target under a model, as token ids.

    ``groups`` are runs of prompt tokens that are replaced together, in order and without gaps.
    ``held`` says of each whether it always stays: the first position where that is asked for, and
    what a chat template wrote. The others are the players, among which the credit is divided.
    """

    model: Model
    prompt_ids: tuple[int, ...]
    target_ids: tuple[int, ...]
    tokens: tuple[str, ...]
    targets: tuple[str, ...]
    groups: tuple[tuple[int, int], ...]
    held: tuple[bool, ...]

    @property
    def players(self) -> tuple[int, ...]:
        """The places in ``groups`` that may be replaced."""
        return tuple(place for place, held in enumerate(self.held) if not held)

    def held_tokens(self) -> np.ndarray:
        """Which prompt tokens always stay: bool ``[tokens]``."""
        return self.spread_over_tokens(self.held)

    def spread_over_tokens(self, by_group: Sequence[bool] | np.ndarray) -> np.ndarray:
        """A value for each group as one for each of its tokens: ``[..., groups]`` to
        ``[..., tokens]``."""
        import numpy as np

        sizes = [end - start for start, end in self.groups]
        return np.repeat(np.asarray(by_group), sizes, axis=-1)

    def sum_by_group(self, by_token: np.ndarray) -> np.ndarray:
        """Sum what the tokens of each group have: ``[..., tokens]`` to ``[..., groups]``."""
        import numpy as np

        return np.add.reduceat(by_token, [start for start, _ in self.groups], axis=-1)

    def place_players(self, by_player: np.ndarray) -> np.ndarray:
        """What each player has among all groups, 0 for the held ones: ``[..., players]`` to
        ``[..., groups]``."""
        import numpy as np

        placed = np.zeros((*by_player.shape[:-1], len(self.groups)), by_player.dtype)
        placed[..., list(self.players)] = by_player
        return placed


def open_case(
    model: Model,
    prompt: str,
    target: str | None = None,
    *,
    chat: bool = False,
    groups: GroupKind = "token",
    hold_first: bool = False,
    max_target_tokens: int = 16,
) -> Case:
    """Turn a prompt and a target into ids, checked.

    Args:
        model: Loaded with ``models.load(name, engine="transformers")``.
        prompt: Raw text, or the user's message if ``chat``.
        target: What is explained: text that follows the prompt at once, its own white space
            included. None takes the model's greedy answer.
        chat: Put the prompt into the model's chat template, whose own tokens are then held.
        groups: Which tokens are replaced together.
        hold_first: Never replace the token at position 0. Attention piles up there whatever it
            says (Xiao et al. 2023, "Efficient Streaming Language Models with Attention Sinks"),
            and a path that replaces it leaves the model's beaten track.
        max_target_tokens: Longest greedy answer.

    Raises:
        InputError: The prompt or the target is empty, loses characters, or the prompt is one token
            or one group alone.
        ContextLengthError: Prompt and target together do not fit.
        CapabilityError: The model has no torch module, or answers no prompt.
    """
    _check_model(model)
    prompt_ids, held = _prompt_ids(model, prompt, chat=chat)
    if len(held) - sum(held) < 2:
        raise InputError(
            f"the prompt is one token, {prompt!r}: there is nothing to compare it with",
            hint="give a text of two tokens or more",
        )
    if hold_first:
        held[0] = True
    if target is None:
        target_ids = _answer_ids(model, prompt_ids, max_tokens=max_target_tokens)
    else:
        target_ids = _target_ids(model, target)
    tokens = tuple(model.detokenize([token]) for token in prompt_ids)
    found = split_groups(tokens, groups, held=held)
    _refuse_one_group(tokens, held, groups)
    _check_length(model, len(prompt_ids) + len(target_ids))
    return Case(
        model,
        tuple(prompt_ids),
        tuple(target_ids),
        tokens,
        tuple(model.detokenize([token]) for token in target_ids),
        found,
        tuple(held[start] for start, _ in found),
    )


def count_players(tokens: Sequence[str], held: Sequence[bool], kind: GroupKind) -> int:
    """How many groups of a kind a prompt has that may be replaced."""
    return sum(not held[start] for start, _ in split_groups(tokens, kind, held=held))


def _refuse_one_group(tokens: Sequence[str], held: Sequence[bool], kind: GroupKind) -> None:
    """One group gets all the credit whatever the model does: that says nothing of the prompt."""
    if kind == "token" or count_players(tokens, held, kind) > 1:
        return
    finer = [
        f"groups={other!r} ({count} here)"
        for other in ("word", "token")
        if other != kind and (count := count_players(tokens, held, other)) > 1
    ]
    raise InputError(
        f"the prompt is one {kind}, so there is one group, and all the credit would be its own",
        hint=f"take it apart by {' or '.join(finer)}",
    )


def _check_model(model: Model) -> None:
    if not hasattr(type(model), "module"):  # several that make one answer: no weights of its own
        raise CapabilityError(
            f"{model.name} is made of other models and has no weights to look into",
            hint="name one of its members",
        )
    _ = model.module  # refuses an engine without


def _prompt_ids(model: Model, prompt: str, *, chat: bool) -> tuple[list[int], list[bool]]:
    """The prompt's ids, and which of them the user did not write."""
    if not isinstance(prompt, str) or not prompt:
        raise InputError("the prompt is empty", hint="give a text of two tokens or more")
    if not chat:
        ids = model.prompt_ids(prompt)
        begun = len(ids) - len(model.tokenize(prompt))  # a token that begins every text
        return ids, [place < begun for place in range(len(ids))]
    ids = _chat_ids(model, prompt)
    # What does not change with the message is the template's. Two others, as one may begin or end
    # as this one does.
    others = [_chat_ids(model, other) for other in ("0", "Z") if other != prompt]
    before = min(_shared(ids, other) for other in others)
    after = min(_shared(ids[::-1], other[::-1]) for other in others)
    return ids, [not before <= place < len(ids) - after for place in range(len(ids))]


def _chat_ids(model: Model, message: str) -> list[int]:
    return model.chat_ids([{"role": "user", "content": message}])


def _shared(first: Sequence[int], second: Sequence[int]) -> int:
    return next(_differing(first, second), min(len(first), len(second)))


def _differing(first: Sequence[int], second: Sequence[int]) -> Iterator[int]:
    pairs = zip(first, second, strict=False)
    return (place for place, (one, other) in enumerate(pairs) if one != other)


def _target_ids(model: Model, target: str) -> list[int]:
    if not target:
        raise InputError(
            "the target is empty: there is nothing to explain",
            hint="leave it out to explain the model's own answer",
        )
    ids = model.tokenize(target)
    if model.detokenize(ids) != target:
        raise InputError(
            f"the target {target!r:.80} cannot be written in the tokens of {model.name}: it would "
            f"read {model.detokenize(ids)!r:.80}",
            hint="leave out the characters that are missing there",
        )
    return ids


def _answer_ids(model: Model, prompt_ids: Sequence[int], *, max_tokens: int) -> list[int]:
    """The ids of the model's greedy answer, without the token that ends it."""
    _check_length(model, len(prompt_ids) + max_tokens)
    reply = model.answer_ids(
        prompt_ids, temperature=0.0, repeat_penalty=1.0, max_tokens=max_tokens, logprobs=0, stop=()
    )
    ids = [entry.id for entry in reply.logprobs]
    if not ids:
        raise InputError(
            f"{model.name} ends its answer at once: there is nothing to explain",
            hint="give a target",
        )
    return ids


def _check_length(model: Model, tokens: int) -> None:
    if tokens > model.info.context_tokens:
        raise ContextLengthError(
            f"prompt and target have {tokens} tokens; {model.name} was loaded with a context of "
            f"{model.info.context_tokens}",
            hint="shorten them",
            prompt_tokens=tokens,
            context_tokens=model.info.context_tokens,
        )
