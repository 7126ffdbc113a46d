"""The words of a state's documents that say its facts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from .queries import QUOTES
from .states import Fact, State, Support

Quotes = Mapping[tuple[str, str, int, int], str]


def quotes_of(state: State, facts: Iterable[Fact]) -> Quotes:
    """For each place that says one of some facts its words.

    The key is what is said, the document, and the span.
    """
    wanted = list(facts)
    paths = {each.document for fact in wanted for each in fact.support}
    keys = {key for fact in wanted for key in fact.assertions}
    numbers = [number for number, row in state.documents.items() if row["path"] in paths]
    return {
        (row["key"], state.documents[row["document"]]["path"], row["start"], row["stop"]): str(
            row["words"]
        )
        for row in state.read(QUOTES, json.dumps(numbers))
        if row["key"] in keys
    }


def quote(quotes: Quotes, fact: Fact, support: Support) -> str:
    """The words of one place that says a fact."""
    place = (support.document, support.start, support.end)
    return next(quotes[key, *place] for key in fact.assertions if (key, *place) in quotes)
