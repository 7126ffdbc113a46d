"""JSON schemas for llama.cpp, checked before it sees them.

This build of llama.cpp hands a schema to llguidance, and where llguidance refuses it llama.cpp
answers without any constraint and says nothing. So llguidance is asked here first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import InputError
from workbench.core.optional import require

# Fixed separators, as the other engines write them (constraint.py): left free, a small model may
# write white space until its tokens run out.
_SEPARATORS = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


def prepare_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema as llama.cpp is given it.

    Raises:
        InputError: It is not valid, or has a part that cannot be enforced.
    """
    matcher = require("llguidance", extra="models").LLMatcher
    try:
        plain = json.loads(json.dumps(schema))
        fault = matcher.validate_grammar(matcher.grammar_from_json_schema(json.dumps(plain)))
    except (TypeError, ValueError) as error:
        fault = str(error)
    if fault:
        raise InputError(
            f"the JSON schema cannot be enforced: {fault}",
            hint="remove or replace the part that is named",
        )
    return {**plain, "x-guidance": {**_SEPARATORS, **plain.get("x-guidance", {})}}
