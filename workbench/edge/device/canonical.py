"""JSON of which each byte is laid down (RFC 8785), for values without fractions.

What is signed has texts, whole numbers, truth values, lists and objects with ASCII names. For these
RFC 8785's form is what ``json`` writes with sorted keys and no spaces; a test compares it with the
package ``rfc8785``.
"""

from __future__ import annotations

import json
from typing import Any

from .faults import Fault

_MOST = 2**53 - 1  # whole numbers that every reader of JSON takes for the same


def dump(value: Any) -> bytes:
    """The bytes of a value.

    Raises:
        Fault: ``input``: it has a fraction, a number that is too large, or no JSON form.
    """
    _check(value)
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode()
    except (TypeError, ValueError) as error:
        raise Fault("input", f"this cannot be written as JSON: {error}") from None


def load(data: bytes, what: str) -> Any:
    """The value of bytes that are in that form, and in no other.

    Raises:
        Fault: ``integrity``: they are not; ``what`` names them.
    """
    try:
        value = json.loads(data.decode())
        if dump(value) == data:
            return value
        said = "it is not in the form of RFC 8785"
    except (ValueError, RecursionError, Fault) as error:
        said = str(error)
    raise Fault("integrity", f"{what} is damaged: {said}", hint="get it again")


def _check(value: Any) -> None:
    if isinstance(value, dict):
        for name, each in value.items():
            if not (isinstance(name, str) and name.isascii()):
                raise Fault("input", f"the name {name!r} is not plain ASCII")
            _check(each)
    elif isinstance(value, list):
        for each in value:
            _check(each)
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) > _MOST):
        raise Fault("input", f"the number {value} cannot be signed: whole numbers below 2^53 can")
