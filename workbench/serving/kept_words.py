"""The words of a call as they are kept, where the setting ``usage_prompt_text`` is on.

What is kept beside them lets a reader tell later what the words were: one answer or several,
whether it was cut off, whether it was an answer or a call of a tool.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from workbench.serving.call import Call, Piece
from workbench.serving.dialects.folding import Choice, fold
from workbench.serving.tools.compiling import has_tools
from workbench.store.usage_rows import UsageText


def words_of(call: Call, pieces: Sequence[Piece]) -> UsageText:
    """The words of a call and of what was answered until it ended."""
    prompt = call.messages if call.kind == "chat" else call.prompts
    choices = [] if call.kind == "embedding" else fold(pieces)[0]
    return UsageText(
        json.dumps(prompt, ensure_ascii=False),
        "".join(choice.text for choice in choices),
        json.dumps(_form(call, choices), ensure_ascii=False),
    )


def _form(call: Call, choices: Sequence[Choice]) -> dict[str, Any]:
    form: dict[str, Any] = {"kind": call.kind, "answers": len(choices)}
    if choices:
        form["finish"] = choices[0].finish_reason
    if call.options.get("answer_begun"):
        form["begun"] = True
    if "json_schema" in call.sampling:
        form["schema"] = True
    if has_tools(call):
        form["tools"] = [
            {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
            for tool in call.tools
        ]
        form["tool_choice"], form["parallel"] = call.tool_choice, call.parallel_tool_calls
    if calls := [each for choice in choices for each in choice.tool_calls]:
        form["tool_calls"] = [{"name": call.name, "arguments": call.arguments} for call in calls]
    return form
