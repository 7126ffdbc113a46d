"""The log of events after Art. 12 of the AI Act (Regulation (EU) 2024/1689).

Art. 12(2) asks for the events that matter for (a) situations of risk (Art. 79(1)) and substantial
modifications, (b) monitoring after the system is on the market (Art. 72), (c) monitoring of its
operation (Art. 26(5)). Which entry matters for which is a rule by its action, told with each; it is
ours, and no authority's. Art. 12(3) asks more of remote biometric identification; what of it cannot
be known here is listed.
"""

from __future__ import annotations

from typing import Any

from workbench.store.ledger import StoredEntry

RISK, MARKET, OPERATION = "12(2)(a)", "12(2)(b)", "12(2)(c)"
# By the longest beginning of the action that fits.
RULES: dict[str, tuple[tuple[str, ...], str]] = {
    "": ((OPERATION,), "an act of operation"),
    "adapter.": ((OPERATION,), "what is known of a model's version changed"),
    "adapter.promoted": ((RISK, OPERATION), "the model in use changed"),
    "adapter.rolled_back": ((RISK, OPERATION), "the model in use was taken back"),
    "canary.": ((MARKET, OPERATION), "a model was compared with another in use"),
    "canary.won": ((RISK, MARKET), "the model in use changed, after a comparison"),
    "key.": ((OPERATION,), "who may use the system changed"),
    "learning.": ((), "a learner's work: no event of a system in use"),
    "privacy.attack": ((RISK, MARKET), "a claim of privacy was tested"),
    "privacy.budget_set": ((RISK, OPERATION), "how much may be learnt from a data set is said"),
    "privacy.budget_spend": ((RISK, OPERATION), "less privacy is left to a data set"),
    "privacy.training": ((RISK,), "a model was made or changed"),
    "user.": ((OPERATION,), "who may use the system changed"),
}
NOT_KNOWN = (
    {
        "article": "12(3)(a)",
        "asks_for": "start and end of each use (of remote biometric identification)",
        "why": "an entry has one moment; calls and their duration are in the usage log",
    },
    {
        "article": "12(3)(b)",
        "asks_for": "the reference database that input was compared with",
        "why": "no part here identifies people by their bodies",
    },
    {
        "article": "12(3)(c)",
        "asks_for": "the input for which a search led to a match",
        "why": "inputs are not kept, unless usage_prompt_text is set",
    },
    {
        "article": "12(3)(d)",
        "asks_for": "the natural persons who verified a result (Art. 14(5))",
        "why": "an actor is a user's name; who sat at the machine is not known",
    },
    {
        "article": "19(1), 26(6)",
        "asks_for": "that logs are kept for at least six months",
        "why": "nothing is ever deleted here; what became of copies and backups is not known",
    },
    {
        "article": "6, 16",
        "asks_for": "whether this system is of high risk, and who its provider is",
        "why": "that depends on what it is used for",
    },
)


def relevance(action: str) -> tuple[tuple[str, ...], str]:
    """The paragraphs that an action matters for, and why."""
    best = max((name for name in RULES if action.startswith(name)), key=len)
    return RULES[best]


def event_of(entry: StoredEntry, data: Any) -> dict[str, Any]:
    """One event of the log."""
    number, time, actor, action, subject, _, _, written = entry
    paragraphs, why = relevance(action)
    return {
        "number": number,
        "time": time,
        "actor": actor,
        "action": action,
        "subject": subject,
        "data": data,
        "relevant_for": list(paragraphs),
        "why": why,
        "hash": written,
    }
