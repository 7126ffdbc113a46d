"""From tokens to an answer's chunks: text, stop texts, the model's end and the schema's."""

from __future__ import annotations

from workbench.models.protocol import Chunk, Sampling, TokenLogprob
from workbench.models.tokenizer import StopMatcher, TextTokenizer


class Answer:
    """One answer as it grows. Each token that was chosen goes in, a chunk comes out.

    The token with which a model ends its answer is counted by neither ``ids`` nor ``logprobs``.
    """

    def __init__(self, tokenizer: TextTokenizer, sampling: Sampling) -> None:
        self._ends = tokenizer.end_ids
        self._stream = tokenizer.stream_text()
        self._stops = StopMatcher(sampling.stop)
        self._left = sampling.max_tokens

    def add(
        self,
        token_id: int,
        logprob: TokenLogprob | None = None,
        *,
        full: bool = False,
        complete: bool = False,
    ) -> Chunk:
        """The chunk of one token; it has a ``finish_reason`` if the answer ends with it.

        Args:
            token_id: What was chosen.
            logprob: What is told of it, if that was asked for.
            full: The context has no room for another.
            complete: The answer's schema is fulfilled and lets nothing follow.
        """
        if token_id in self._ends:
            return Chunk(self._rest(), finish_reason="stop", stop_text=self._stops.found)
        self._left -= 1
        text = self._stops.feed(self._stream.feed(token_id))
        reason = "length" if self._left <= 0 or full else None
        if complete:
            reason = "stop"
        if reason is not None and not self._stops.stopped:
            text += self._rest()
        if self._stops.stopped:
            reason = "stop"
        told = (logprob,) if logprob is not None else ()
        return Chunk(text, (token_id,), told, reason, stop_text=self._stops.found)

    def _rest(self) -> str:
        return self._stops.feed(self._stream.finish()) + self._stops.finish()
