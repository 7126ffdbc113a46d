"""A judged call as a row to learn from: its kept words, as the model read and wrote them.

A model whose template knows no tools is offered them in its system prompt and writes calls and
answers as JSON (``models/tool_words.py``). So does the row: what is taught is what will be asked.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.core.errors import InputError
from workbench.models import tool_words
from workbench.store.judged_words import JudgedWords

from .judged_rows import of_feedback

log = logging.getLogger(__name__)
NO_CONSENT = "no consent"
FAILED = "failed call"
NO_WORDS = "no words kept"
OLDER = "kept by an older version"
SEVERAL = "several answers or none"
CUT_OFF = "the answer was cut off"
NOTHING = "nothing to learn"
UNFIT = "no form of a row"
_FAILED_STATUS = 400


@dataclass(frozen=True)
class _Tool:
    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


def row_of(call: JudgedWords) -> dict[str, Any] | str:
    """The row of a judged call, which ``read_feedback`` takes, or the reason why there is none."""
    if not call.consent:
        return NO_CONSENT
    if call.status >= _FAILED_STATUS:
        return FAILED
    if call.prompt is None:
        return NO_WORDS
    if call.form is None:  # how many answers there were is not known
        return OLDER
    form, corrected = json.loads(call.form), call.corrected_answer
    if form["answers"] != 1:
        return SEVERAL
    if corrected is None and call.score <= 0:
        return NOTHING
    if corrected is None and form["finish"] == "length":
        return CUT_OFF  # learnt, it would teach to stop in mid-sentence
    try:
        row = _told(call, json.loads(call.prompt), form, corrected)
        unchanged = str(row["corrected_answer"] or "").strip() == row["answer"].strip()
        if unchanged and call.score <= 0:
            return NOTHING
        of_feedback(row, call.request_id)
    except InputError as error:
        log.info("%s is no row: %s", call.request_id, error.message)
        return UNFIT
    return row


def _told(
    call: JudgedWords, prompt: list[Any], form: Mapping[str, Any], corrected: str | None
) -> dict[str, Any]:
    answer = call.completion or ""
    messages: list[Mapping[str, Any]]
    if form["kind"] == "completion":
        messages, answer = [{"role": "user", "content": prompt[0]}], answer.strip()
    else:
        messages = _first_system(tool_words.plain_messages(prompt))
        if form.get("tools"):
            messages = list(tool_words.add_to_system(messages, _offered(form)))
            answer = _write_answer(answer, form)
            corrected = None if corrected is None else _write_correction(corrected, form)
    if form.get("begun"):
        begun = messages.pop()["content"]
        answer = begun + answer
        if corrected is not None and not corrected.startswith(begun.rstrip()):
            corrected = begun + corrected
    return {
        "request_id": call.request_id,
        "messages": [{"role": each["role"], "content": each["content"]} for each in messages],
        "answer": answer,
        "score": call.score,
        "corrected_answer": corrected,
        "consent": True,
    }


def _first_system(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The messages with what the system says at their beginning as one."""
    count = 0
    while count < len(messages) and messages[count]["role"] == "system":
        count += 1
    if count < 2:
        return list(messages)
    said = "\n\n".join(each["content"] for each in messages[:count])
    return [{"role": "system", "content": said}, *messages[count:]]


def _offered(form: Mapping[str, Any]) -> str:
    tools = [_Tool(**each) for each in form["tools"]]
    return tool_words.describe_tools(tools, choice=form["tool_choice"], parallel=form["parallel"])


def _write_answer(answer: str, form: Mapping[str, Any]) -> str:
    calls = form.get("tool_calls") or []
    if not calls:
        return _plain_answer(answer, form)
    if answer.strip():
        raise InputError("it holds both words and calls of tools")
    return tool_words.write_calls((each["name"], each["arguments"]) for each in calls)


def _plain_answer(text: str, form: Mapping[str, Any]) -> str:
    """An answer in words where tools were offered."""
    if form["tool_choice"] != "auto":
        raise InputError("a tool had to be called, and the answer is in words")
    content: Any = text
    if form.get("schema"):
        try:
            content = json.loads(text)
        except ValueError:
            raise InputError("the answer is not the JSON that was asked for") from None
    return json.dumps({tool_words.ANSWER: content}, ensure_ascii=False)


def _write_correction(corrected: str, form: Mapping[str, Any]) -> str:
    """A correction: calls of offered tools as the model writes them, or an answer in words."""
    names = {each["name"] for each in form["tools"]}
    try:
        found = json.loads(corrected)
    except ValueError:
        return _plain_answer(corrected, form)
    calls = found if isinstance(found, list) else [found]
    if not calls or not all(_is_call(each, names) for each in calls):
        return _plain_answer(corrected, form)
    return tool_words.write_calls(
        (
            each[tool_words.TOOL],
            json.dumps(each[tool_words.ARGUMENTS], ensure_ascii=False, separators=(",", ":")),
        )
        for each in calls
    )


def _is_call(value: Any, names: set[str]) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {tool_words.TOOL, tool_words.ARGUMENTS}
        and value[tool_words.TOOL] in names
        and isinstance(value[tool_words.ARGUMENTS], dict)
    )
