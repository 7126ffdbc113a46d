"""What else than meaning makes a text likely, taken away: its length, and how common its words are.

- ``none``: the log-probability as it is. A longer text, or a rare word, is less likely for that
  alone.
- ``per_token``: divided by the number of tokens.
- ``equal_length``: as it is, but only for items whose texts have the same number of tokens.
- ``frequency``: less the log-probability of the same words in a neutral context, as in the PMI of
  Holtzman et al., "Surface Form Competition", EMNLP 2021, section 3. What differs in length
  differs in both, so this controls length as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from .items import Item
from .scoring import Scores

NONE, PER_TOKEN, EQUAL_LENGTH, FREQUENCY = "none", "per_token", "equal_length", "frequency"
CONTROLS = {
    NONE: "the log-probability as it is",
    PER_TOKEN: "the log-probability, divided by the number of tokens",
    EQUAL_LENGTH: "as it is, only where the texts that are compared have equally many tokens",
    FREQUENCY: "less the log-probability of the same words in a neutral context",
}


def control_scores(
    item: Item, scores: Scores, *, control: str, roles: Sequence[str]
) -> dict[str, float] | None:
    """The controlled log-probability of an item's texts, by role, in nats (nats a token where it
    is divided); None if the control leaves the item out.

    Args:
        item: Whose texts were scored.
        scores: Of at least this item's requests.
        control: One of ``CONTROLS``.
        roles: The texts that will be compared.
    """
    told = {role: scores[item.texts[role]] for role in roles}
    if control == PER_TOKEN:
        return {role: scored.nats / scored.tokens for role, scored in told.items()}
    if control == EQUAL_LENGTH and len({scored.tokens for scored in told.values()}) > 1:
        return None
    if control == FREQUENCY:
        return {role: scored.nats - _neutral(item, scores, role) for role, scored in told.items()}
    return {role: scored.nats for role, scored in told.items()}


def _neutral(item: Item, scores: Scores, role: str) -> float:
    requests = item.neutral[role]
    return sum(scores[request].nats for request in requests) / len(requests)
