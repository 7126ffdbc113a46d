"""A conversation with a version: its system prompt, its passages, and what it notes for later."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from .engine import Answer
from .faults import Fault
from .outbox import Outbox
from .passages import find_passages, put_before
from .starting import Started


class Talk:
    """One conversation, or the questions of many who each bring their own.

    Args:
        started: The version.
        root: The device's folder, where records wait.
    """

    def __init__(self, started: Started, root: Path) -> None:
        self.started, self.root = started, root
        self.messages: list[dict[str, str]] = []

    def ask(self, question: str, told: Callable[[str], object] = lambda piece: None) -> Answer:
        """Ask, with what was said before. Raises Fault as ``Engine.answer``."""
        asked = [*self.messages, {"role": "user", "content": question}]
        answer = self.answer(asked, told=told)
        self.messages = [*asked, {"role": "assistant", "content": answer.text}]
        return answer

    def answer(
        self,
        messages: list[dict[str, str]],
        *,
        max_tokens: int | None = None,
        temperature: float | None = None,
        told: Callable[[str], object] = lambda piece: None,
    ) -> Answer:
        """Answer a conversation as the policy says, and note what it used."""
        policy = self.started.policy
        answer = self.started.engine.answer(
            self._prepare(messages), max_tokens=max_tokens, temperature=temperature, told=told
        )
        if policy.records:
            self._note(messages, answer)
        return answer

    def _prepare(self, messages: list[dict[str, str]]) -> list[dict[str, str]]:
        policy, manifest = self.started.policy, self.started.manifest
        found: list[str] = []
        question = messages[-1]["content"]
        for part in manifest.of_kind("index"):
            found += find_passages(self.started.folder / part.name, question, policy.passages)
        put = [*messages[:-1], {**messages[-1], "content": put_before(question, found)}]
        if policy.system and messages[0]["role"] != "system":
            put.insert(0, {"role": "system", "content": policy.system})
        return put

    def _note(self, messages: list[dict[str, str]], answer: Answer) -> None:
        manifest = self.started.manifest
        body = {
            "bundle": manifest.name,
            "version": manifest.version,
            "time_s": round(time.time(), 3),
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": answer.completion_tokens,
            "finish": answer.finish,
            "duration_s": round(answer.duration_s, 4),
            "first_s": round(answer.first_s, 4),
        }
        if self.started.policy.texts:
            body |= {"messages": messages, "answer": answer.text}
        try:
            with Outbox(self.root) as outbox:
                outbox.put("usage", json.dumps(body, sort_keys=True).encode())
        except Fault as fault:  # who asked has his answer all the same
            if fault.message not in self.started.notes:
                self.started.notes.append(fault.message)
