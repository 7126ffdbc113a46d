"""What a page has to know to write a decoder's prompts and read its tokens, worked out once."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError
from workbench.edge.device.policy import Policy

if TYPE_CHECKING:
    from workbench.models.tokenizer import TextTokenizer

_PROBES = ("What is a ferry?", "1. One\n\n2. Two?", "Ärger <b>&</b> 12 €")


def describe_decoder(
    folder: Path, policy: Policy, *, name: str, template: str | None, context_tokens: int
) -> dict[str, Any]:
    """A decoder's part of ``page.json``.

    A page writes no templates: a prompt is what stands before a question, its tokens, and what
    stands behind it. That is tried here on three questions.

    Args:
        folder: With the ONNX graph, its tokenizer and its config.
        policy: How to answer.
        name: The model's, for messages.
        template: A Jinja template in the place of its own.
        context_tokens: The longest conversation.

    Raises:
        CapabilityError: The model's template cannot be written so.
    """
    from workbench.models.prompts import Prompts
    from workbench.models.tokenizer import TextTokenizer

    tokenizer = TextTokenizer(folder)
    prompts = Prompts(name, tokenizer, template=template, system=policy.system or None)
    before, after = _around(prompts, tokenizer)
    for probe in _PROBES:
        asked = prompts.chat_ids([{"role": "user", "content": probe}])
        if asked != [*before, *tokenizer.tokenize(probe), *after]:
            raise CapabilityError(
                f"the template of {name} is not of the form that a page can write: what stands "
                "around a question changes with it",
                hint="workbench edge bundle: a device writes any template",
            )
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    heads = int(config["num_attention_heads"])
    return {
        "name": name,
        "before": before,
        "after": after,
        "ends": sorted(tokenizer.end_ids),
        "control": _control_ids(tokenizer),
        "heads": int(config.get("num_key_value_heads") or heads),
        "headSize": int(config.get("head_dim") or config["hidden_size"] // heads),
        "contextTokens": min(context_tokens, int(config["max_position_embeddings"])),
        "maxTokens": policy.max_tokens,
        "temperature": policy.temperature,
        "topP": policy.top_p,
        "passages": policy.passages,
    }


def plain_tokenizer(folder: Path) -> dict[str, Any]:
    """A folder's ``tokenizer.json`` without its control tokens: what is typed never becomes one."""
    content: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    added = [token for token in content.get("added_tokens", []) if not token["special"]]
    return {**content, "added_tokens": added, "truncation": None, "padding": None}


def _around(prompts: Any, tokenizer: TextTokenizer) -> tuple[list[int], list[int]]:
    mark = f"mark{secrets.token_hex(8)}"
    pieces = prompts.pieces([{"role": "user", "content": mark}], add_generation_prompt=True)
    before, _, after = "".join(pieces).partition(mark)
    ids = tokenizer.tokenize(before, special=True)
    if tokenizer.bos_id is not None and ids[:1] != [tokenizer.bos_id]:
        ids.insert(0, tokenizer.bos_id)
    return ids, tokenizer.tokenize(after, special=True)


def _control_ids(tokenizer: TextTokenizer) -> list[int]:
    content: Mapping[str, Any] = json.loads(tokenizer.json_text)
    return [token["id"] for token in content.get("added_tokens", []) if token["special"]]
