"""Extraction by a language model that may only answer in a JSON grammar, with its words grounded.

The grammar makes the answer JSON, not true: what a small model writes into the fields often stands
nowhere in the sentence. So the arguments are sought in it, and a fact with one that does not stand
there is dropped. This is not a setting.
"""

from __future__ import annotations

import functools
import json
import re
import threading
from collections.abc import Iterator
from typing import Any

from workbench.core.errors import InputError
from workbench.evaluation.knowledge_sets import RELATIONS

from .protocol import Assertion, Extraction, Passage, Span

_INSTRUCTION = (
    "List the facts that the sentence states, as JSON. Copy subject and object from the sentence."
)
_EXAMPLES = (
    ("Paris is the capital of France.", (("Paris", "capital_of", "France"),)),
    (
        "Marie Curie was a Polish physicist, born in Warsaw.",
        (
            ("Marie Curie", "nationality", "Polish"),
            ("Marie Curie", "is_a", "physicist"),
            ("Marie Curie", "born_in", "Warsaw"),
        ),
    ),
)
_SENTENCE = re.compile(r"[^\n]+?(?:[.!?][\"”')\]]*(?=\s+[^\sa-z])|$|(?=\n))")
_MOST_FACTS = 4
_MOST_CHARACTERS = 60
_MOST_TOKENS = 200
_CONFIDENCE = 0.1  # smollm2-135m: 1 of 9 facts that it was left with was right, docs/lab-log.md


class LanguageModelExtractor:
    """Facts as a chat model of the catalogue writes them.

    Args:
        model: A name of the catalogue; the setting ``model`` if None.

    Raises:
        NotFoundError: There is no such model.
    """

    name = "language-model"
    names_from_list = False

    def __init__(self, model: str | None = None) -> None:
        from workbench.core import settings
        from workbench.models.catalogue import find

        self._entry = find(model or settings.get("model"))
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        """Its own and the model."""
        return f"1 {self._entry.name}"

    @property
    def settings(self) -> dict[str, Any]:
        """The model, for the graph to keep."""
        return {"model": self._entry.name}

    def extract(self, chunk: Passage) -> Extraction:
        """What the model says of each sentence and stands there.

        Raises:
            FetchError, EngineError: The model could not be brought or loaded.
        """
        if chunk.kind != "text":
            return Extraction()
        found = [
            each
            for sentence in _SENTENCE.finditer(chunk.text)
            for each in self._facts(chunk.text, sentence.span())
        ]
        return Extraction(assertions=tuple(dict.fromkeys(found)))

    def _facts(self, text: str, sentence: Span) -> Iterator[Assertion]:
        words = text[slice(*sentence)]
        if not words.strip():
            return
        with self._lock:
            reply = self._model.chat(
                _conversation(words), json_schema=SCHEMA, temperature=0, max_tokens=_MOST_TOKENS
            )
        yield from grounded_facts(reply.text, text, sentence)

    @functools.cached_property
    def _model(self) -> Any:
        from workbench.models.loading import load

        return load(self._entry.name, needs="chat")

    def close(self) -> None:
        """Give the model's memory back."""
        if "_model" in self.__dict__:
            self._model.close()
            del self.__dict__["_model"]


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "facts": {
            "type": "array",
            "maxItems": _MOST_FACTS,
            "items": {
                "type": "object",
                "properties": {
                    "subject": {"type": "string", "minLength": 1, "maxLength": _MOST_CHARACTERS},
                    "relation": {"enum": list(RELATIONS)},
                    "object": {"type": "string", "minLength": 1, "maxLength": _MOST_CHARACTERS},
                },
                "required": ["subject", "relation", "object"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["facts"],
    "additionalProperties": False,
}
"""What an answer must match."""


def _conversation(sentence: str) -> list[dict[str, str]]:
    """The instruction, two examples as turns (told in the instruction, they were repeated), it."""
    keys = ("subject", "relation", "object")
    turns = [{"role": "system", "content": _INSTRUCTION}]
    for words, facts in _EXAMPLES:
        answer = {"facts": [dict(zip(keys, fact, strict=True)) for fact in facts]}
        turns.append({"role": "user", "content": words})
        turns.append({"role": "assistant", "content": json.dumps(answer)})
    return [*turns, {"role": "user", "content": sentence}]


def grounded_facts(answer: str, text: str, sentence: Span) -> Iterator[Assertion]:
    """The facts of an answer whose subject and object stand in the sentence, as whole words.

    An answer that was cut short is no JSON; it then has no facts.

    Raises:
        InputError: The answer is JSON of another form than ``SCHEMA``.
    """
    try:
        said = json.loads(answer)
    except json.JSONDecodeError:
        return
    try:
        rows = [(each["subject"], each["relation"], each["object"]) for each in said["facts"]]
    except (KeyError, TypeError):
        raise InputError("an answer has no list of facts", hint="give the model SCHEMA") from None
    for subject, relation, thing in rows:
        spans = _stands(subject, text, sentence), _stands(thing, text, sentence)
        if spans[0] and spans[1] and spans[0] != spans[1] and relation in RELATIONS:
            yield Assertion(spans[0], relation, spans[1], sentence, _CONFIDENCE)


def _stands(words: str, text: str, sentence: Span) -> Span | None:
    """Where words stand in the sentence, in whatever case; None if they do not."""
    pattern = re.compile(rf"(?<!\w){re.escape(words.strip())}(?!\w)", re.IGNORECASE)
    found = pattern.search(text, *sentence) if words.strip() else None
    return found.span() if found else None
