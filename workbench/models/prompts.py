"""From a conversation or a raw text to the token ids that a model reads."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.errors import InputError
from workbench.models.lost_characters import find_lost, name_characters
from workbench.models.protocol import Engine
from workbench.models.templates import check_messages, check_text, render
from workbench.models.tokenizer import TextTokenizer

log = logging.getLogger(__name__)

Messages = Sequence[Mapping[str, Any]]


class Prompts:
    """Writes prompts for one model.

    Args:
        name: The model's, for messages.
        engine: What it runs on, or its tokenizer alone.
        template: A Jinja template in place of the model's own.
        system: What the model is told first when a conversation brings no system message.
    """

    def __init__(
        self,
        name: str,
        engine: Engine | TextTokenizer,
        *,
        template: str | None,
        system: str | None,
    ) -> None:
        self._name, self._engine = name, engine
        self._template, self._system = template, system
        self._lost: tuple[re.Pattern[str] | None] | None = None

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """The token ids of a text, checked."""
        if not isinstance(text, str):
            raise InputError(f"the text is {type(text).__name__}, not text")
        check_text(text, "the text")
        return self._engine.tokenize(text, special=special)

    def _tell_lost(self, text: str) -> None:
        """Warn of characters that the model will not see; no engine says so itself."""
        if self._lost is None:
            self._lost = (find_lost(self._engine.tokenize, self._engine.detokenize),)
        if self._lost[0] is not None and (named := name_characters(text, self._lost[0])):
            log.warning("%s cannot read %s: its vocabulary has no token for it", self._name, named)

    def pieces(self, messages: Messages, *, add_generation_prompt: bool) -> list[str]:
        """A conversation by the model's template, in pieces that are tokenised one by one."""
        checked = check_messages(messages)
        self._tell_lost("".join(message["content"] for message in checked))
        if self._system and checked[0]["role"] != "system":
            checked.insert(0, {"role": "system", "content": self._system})
        return render(
            self._template or self._engine.chat_template,
            checked,
            special_tokens=self._engine.special_tokens,
            control_texts=self._control_texts("\n".join(m["content"] for m in checked)),
            add_generation_prompt=add_generation_prompt,
        )

    def _control_texts(self, text: str) -> set[str]:
        """The control tokens that would be read in ``text``, where nobody is to write them."""
        found: set[str] = set()
        while (read := self.tokenize(text, special=True)) != (plain := self.tokenize(text)):
            suspects = {self._engine.detokenize([token]) for token in set(read) - set(plain)}
            fresh = {
                suspect
                for suspect in suspects
                if suspect in text
                and self.tokenize(suspect) != self.tokenize(suspect, special=True)
            }
            if not fresh:
                break
            found |= fresh
            for control in fresh:  # cut it as `render` does, and look whether more is read then
                text = text.replace(control, f"{control[:1]}\n{control[1:]}")
        return found

    def chat_ids(self, messages: Messages) -> list[int]:
        """The token ids of a conversation, up to where the answer begins."""
        pieces = self.pieces(messages, add_generation_prompt=True)
        ids = [token for piece in pieces for token in self.tokenize(piece, special=True)]
        # A template that writes the beginning itself must not get it twice.
        if self._engine.bos_id is not None and ids[:1] != [self._engine.bos_id]:
            ids.insert(0, self._engine.bos_id)
        return ids

    def prompt_ids(self, prompt: str) -> list[int]:
        """The token ids of a raw text."""
        if not isinstance(prompt, str):
            raise InputError(f"the prompt is {type(prompt).__name__}, not text")
        ids = self.tokenize(prompt)
        self._tell_lost(prompt)
        if self._engine.bos_id is not None:
            ids.insert(0, self._engine.bos_id)
        if not ids:
            raise InputError("the prompt is empty", hint="write a question or a text to go on from")
        return ids
