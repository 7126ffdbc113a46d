"""How a bundle's model is to answer: a small JSON file, a part like any other."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from pathlib import Path

from .faults import Fault

NAME = "policy.json"


@dataclass(frozen=True)
class Policy:
    """How to answer.

    ``passages`` is how many of the index are put before a question; ``records`` says whether what
    an answer used is noted for later, and ``texts`` whether its words are, too.
    """

    system: str = ""
    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    passages: int = 3
    threads: int = 0
    records: bool = True
    texts: bool = False


def read_policy(path: Path) -> Policy:
    """A policy from its file; what it does not say is as it is by default.

    Raises:
        Fault: ``input``: it says what is not known, or in another form.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Policy()
    except (OSError, ValueError) as error:
        raise Fault("input", f"the policy {path.name} cannot be read: {error}") from None
    return policy_of(value)


def policy_of(value: object) -> Policy:
    """A policy from plain data; see ``read_policy``."""
    if not isinstance(value, dict):
        raise Fault(
            "input", "a policy is a JSON object", hint='{"system": "...", "max_tokens": 64}'
        )
    known = {each.name: each for each in fields(Policy)}
    for name, given in value.items():
        if name not in known:
            raise Fault("input", f"a policy says no {name!r}; it may say {', '.join(known)}")
        wanted = type(known[name].default)
        allowed = (int, float) if wanted is float else (wanted,)
        if type(given) not in allowed or (wanted in (int, float) and given < 0):
            raise Fault("input", f"{name} of a policy is {wanted.__name__}, found {given!r}")
        if wanted is float and not math.isfinite(given):
            raise Fault("input", f"{name} of a policy is {given!r}, which is no number")
    if value.get("top_p", 1) > 1:
        raise Fault("input", f"top_p of a policy is {value['top_p']!r}; it lies between 0 and 1")
    return Policy(**value)
