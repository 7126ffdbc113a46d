"""Guess the next tokens from what stood there before: LLMA, Yang et al., "Inference with
Reference" (arXiv:2304.04487), also known as prompt lookup decoding.

Where the last few tokens came before, in the prompt or in the answer, what followed them then is
guessed to follow again. The model reads the guess in one run, which costs less than a run for each
token, and says for each position what it would have chosen itself; the guess is kept up to the
first difference. So the answer is what it would be without: every token is still the model's own
choice from the same logits, but for their last digits, which depend on how many are computed at
once.
"""

from __future__ import annotations

from collections.abc import Sequence

MATCH_TOKENS = 3  # that must have come before; shorter ones match where nothing repeats
_FIRST_GUESS_TOKENS = 4


class PromptLookup:
    """Guesses for one answer, longer while they are right.

    Args:
        limit: The longest guess in tokens; 0 never guesses.

    >>> lookup = PromptLookup(8)
    >>> lookup.guess([5, 6, 7, 8, 9, 5, 6, 7], room=100)
    [8, 9, 5, 6]
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._length = min(limit, _FIRST_GUESS_TOKENS)
        self._followed_at: dict[tuple[int, ...], int] = {}
        self._seen = MATCH_TOKENS

    def guess(self, ids: Sequence[int], *, room: int) -> list[int]:
        """What may follow ``ids``, fewer than ``room`` tokens; empty where nothing repeats."""
        if not self._limit:
            return []
        for end in range(self._seen, len(ids)):  # the last few themselves must not be found
            self._followed_at[tuple(ids[end - MATCH_TOKENS : end])] = end
        self._seen = max(self._seen, len(ids))
        place = self._followed_at.get(tuple(ids[-MATCH_TOKENS:]))
        if place is None:
            return []
        return list(ids[place : place + min(self._length, max(0, room - 1))])

    def learn(self, guessed: int, *, right: int) -> None:
        """Say how many of the tokens that were guessed were right."""
        if guessed and right == guessed:
            self._length = min(self._limit, 2 * self._length)
        elif right < guessed / 2:
            self._length = max(1, self._length // 2)
