"""Answers in a few words: what a cell of a table says of a node, an edge, a path."""

from __future__ import annotations

import json
from typing import Any

from .paths import Step


def shown(value: Any) -> str:
    """A value in a table: texts as they are, nodes by their names, all else as JSON.

    >>> shown({"_label": "Entity", "key": "ada", "name": "Ada"}), shown([1, "a"]), shown(None)
    ('(:Entity Ada)', '[1, "a"]', '')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and "_label" in value:
        return f"(:{value['_label']} {value.get('name') or value.get('key', '')})"
    if isinstance(value, dict) and "_relation" in value:
        return f"[:{value['_relation']}]"
    if isinstance(value, dict) and "_nodes" in value:
        said = [shown(node) for node in value["_nodes"][:1]]
        for edge, node in zip(value["_edges"], value["_nodes"][1:], strict=False):
            said += [f"-{shown(edge)}-", shown(node)]
        return "".join(said)
    return json.dumps(value, ensure_ascii=False)


def said_time(fact: Step) -> str:
    """When a fact held, in brackets; empty for what is not dated."""
    if fact.valid_from is None and fact.valid_to is None:
        return ""
    if fact.valid_from == fact.valid_to:
        return f" ({fact.valid_from})"
    return f" ({fact.valid_from or '...'} to {fact.valid_to or '...'})"
