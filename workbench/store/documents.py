"""JSON in the one form that hashes and comparisons can rely on."""

from __future__ import annotations

import json
from typing import Any

from workbench.core.errors import InputError
from workbench.core.plain import to_plain

# One for all: `json.dumps` with these words would make a new one for each document.
_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def dump_document(value: Any, *, what: str) -> str:
    """``value`` as canonical JSON: sorted keys, no spaces, UTF-8 that can be stored.

    Args:
        value: Plain data, or what ``core.plain.to_plain`` turns into it.
        what: What it is, for the error.

    Raises:
        InputError: It has no plain form.
    """
    try:
        text = _CANONICAL.encode(to_plain(value))
        text.encode()  # a lone surrogate has no UTF-8
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"{what} cannot be stored as JSON: {error}", hint="give it plain data"
        ) from None
    return text


def load_document(text: str | None) -> Any:
    """The value of a stored document; None for none."""
    return None if text is None else json.loads(text)


def check_text(value: str, *, what: str) -> str:
    """A name as it is, if it can be stored.

    Raises:
        InputError: It is empty, or has characters that are no text.
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InputError(f"{what} {value!r} is no valid text", hint="use letters") from None
    if not value.strip() or "\0" in value:
        raise InputError(f"{what} {value!r} is empty or has a null in it", hint="use letters")
    return value
