"""A question as it is put plainly: *Tell me who the mayor is.* asks *Who is the mayor?*"""

from __future__ import annotations

import re

_ASKING = re.compile(
    r"^(?:(?:please|and|so|well|ok|okay|hi|hello|hey)[,!]?\s+)*"
    r"(?:(?:(?:can|could|would|will)\s+you\s+)?(?:please\s+)?(?:kindly\s+)?"
    r"(?:tell|show|explain\s+to)\s+(?:me|us)|"
    r"(?:can|could|would)\s+you\s+(?:please\s+)?say|"
    r"do\s+you\s+(?:happen\s+to\s+)?know|"
    r"(?:i|we)(?:\s+would|\s*['’]d)?\s+(?:like|want|need)\s+to\s+know|i\s+wonder)[,:]?\s+(?:please\s+)?"
    r"(?P<rest>(?:in|on|at|by|for|from|to|of|with)?\s*(?:who|whom|whose|what|which|when|where|why|how)\b.+)$",
    re.I | re.S,
)
# *who the mayor of Rome is*, *what the report is about*: the verb comes forward.
_LATE = re.compile(
    r"^(?P<word>who|where|when|"
    r"what(?=\s+(?:the|an?|his|her|its|their|my|our|your|this|that|these|those|all)\b))\s+"
    r"(?P<what>.+?)\s+(?P<verb>is|are|was|were)(?P<about>(?:\s+all)?\s+about)?\s*$",
    re.I | re.S,
)
_KNOWN = re.compile(r"^what\s+you\s+(?=(?:know|have)\b)", re.I)
_VERB_FIRST = re.compile(
    r"^(?:who|what|where|when)\s+(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|"
    r"should|must|may|might)\b",
    re.I,
)


def put_plainly(question: str) -> str:
    """The question within a request to be told; any other text as it is."""
    match = _ASKING.match(question.strip())
    if match is None:
        return question
    rest = match["rest"].strip().rstrip("?.! ")
    late = None if _VERB_FIRST.match(rest) else _LATE.match(rest)
    if late is not None:
        rest = f"{late['word']} {late['verb']} {late['what']}{late['about'] or ''}"
    rest = _KNOWN.sub("what do you ", rest)
    return f"{rest[:1].upper()}{rest[1:]}?"
