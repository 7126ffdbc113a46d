"""An answer that was begun: what has come of it, and the call that asks for the rest."""

from __future__ import annotations

import dataclasses
from typing import Any

from workbench.serving.call import Call, Facts, Piece, Usage


class Begun:
    """What of an answer has come so far, from whichever backends."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget it: the answer begins anew."""
        self.texts: list[str] = []
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.bound = False
        self.finished = False

    def add(self, piece: Piece) -> None:
        """Take note of a piece that goes to the client."""
        if piece.text:
            self.texts.append(piece.text)
        if piece.tool_calls or piece.vector is not None:
            self.bound = True
        if piece.finish_reason is not None:
            self.finished = True

    def settle(self, attempt: Facts) -> None:
        """Count what one backend did, once it has ended, well or not."""
        if not self.prompt_tokens:
            # A later one also reads what was begun: that is no part of the client's prompt.
            self.prompt_tokens = max(0, attempt.prompt_tokens - self.completion_tokens)
        self.completion_tokens += attempt.completion_tokens

    def usage(self, cached_tokens: int = 0) -> Usage:
        """The whole answer's, as one backend would have told it."""
        return Usage(self.prompt_tokens, self.completion_tokens, cached_tokens)

    def may_go_on(self, call: Call, *, continues: bool) -> bool:
        """Whether a backend can take up the answer where it is."""
        if not self.texts and not self.bound:
            return not self.finished or call.n == 1
        free = not (self.bound or call.tools or call.sampling.get("json_schema"))
        single = call.n == 1 and len(call.prompts) <= 1 and call.kind != "embedding"
        return free and single and continues

    def left_tokens(self, call: Call) -> int | None:
        """How many tokens the rest may have; None for no limit."""
        limit = call.sampling.get("max_tokens")
        return None if limit is None else int(limit) - self.completion_tokens

    def rest_of(self, call: Call, model: str) -> Call:
        """The call that asks a model for what is missing."""
        changes: dict[str, Any] = {}
        if model != call.model:
            changes["model"] = model
        text = "".join(self.texts)
        if text and call.kind == "chat":
            before, begun = call.messages, ""
            if call.options.get("answer_begun"):
                before, begun = call.messages[:-1], str(call.messages[-1]["content"])
            changes["messages"] = (*before, {"role": "assistant", "content": begun + text})
            changes["options"] = {**call.options, "answer_begun": True}
        elif text:
            changes["prompts"] = (call.prompts[0] + text,)
        left = self.left_tokens(call)
        if self.completion_tokens and left is not None:
            changes["sampling"] = {**call.sampling, "max_tokens": left}
        return dataclasses.replace(call, **changes) if changes else call
