"""Answers that match a JSON schema: at each step, which tokens may come next.

The grammar is llguidance's, on the model's own tokens; both Python engines use it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.core.errors import EngineError, InputError
from workbench.core.optional import require
from workbench.models.tokenizer import TextTokenizer

if TYPE_CHECKING:
    import numpy as np

# Fixed separators, as json.dumps writes them: a small model that is free to write white space may
# write nothing else until its tokens run out.
_OPTIONS: Any = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


class ConstraintCompiler:
    """Makes constraints for one model; building its table of tokens once takes about a second.

    Args:
        tokenizer: The model's.
        vocabulary_size: Length of the model's logits, which may exceed the tokenizer's tokens.
    """

    def __init__(self, tokenizer: TextTokenizer, vocabulary_size: int) -> None:
        llguidance = require("llguidance", extra="models")
        self._size = vocabulary_size
        self._tokens = llguidance.LLTokenizer(
            tokenizer.json_text, n_vocab=vocabulary_size, eos_token=sorted(tokenizer.end_ids)
        )

    def compile(self, schema: Mapping[str, Any]) -> Constraint:
        """A constraint for one answer.

        Raises:
            InputError: The schema is not valid, or has a part that cannot be enforced.
        """
        from llguidance import LLMatcher

        try:
            text = json.dumps(schema)
            grammar = LLMatcher.grammar_from_json_schema(text, defaults=_OPTIONS)
        except (TypeError, ValueError) as error:
            raise _refused(error) from None
        failed, said = LLMatcher.validate_grammar_with_warnings(grammar, self._tokens)
        if failed:
            raise _refused(said[0])
        return Constraint(LLMatcher(self._tokens, grammar, log_level=0), self._size)


class Constraint:
    """What may follow in one answer. Ask ``allowed``, then tell it what came with ``accept``."""

    def __init__(self, matcher: Any, vocabulary_size: int) -> None:
        self._matcher = matcher
        self._size = vocabulary_size

    @property
    def complete(self) -> bool:
        """Whether the answer matches and nothing more may follow."""
        return bool(self._matcher.is_stopped()) and not self._matcher.is_error()

    def allowed(self) -> np.ndarray:
        """Which tokens may come next: bool ``[vocabulary]``.

        Raises:
            EngineError: The grammar is too hard to go on with.
        """
        import numpy as np

        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        self._check()
        allowed = np.zeros(self._size, bool)
        known = np.unpackbits(bits, bitorder="little")[: self._size].astype(bool)
        allowed[: len(known)] = known
        return allowed

    def mask(self, logits: np.ndarray) -> np.ndarray:
        """The logits with minus infinity for each token that may not come: ``[vocabulary]``."""
        import numpy as np

        return np.where(self.allowed(), logits, np.float32(-np.inf))

    def accept(self, token_id: int) -> None:
        """Go on with a token that was allowed.

        Raises:
            EngineError: It was not.
        """
        self._matcher.consume_token(token_id)
        self._check()

    def _check(self) -> None:
        if self._matcher.is_error():
            raise EngineError(
                f"the schema could not be followed: {self._matcher.get_error()}",
                hint="make the schema simpler",
            )


def _refused(why: object) -> InputError:
    return InputError(
        f"the JSON schema cannot be enforced: {why}",
        hint="remove or replace the part that is named",
    )
