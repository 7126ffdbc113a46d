"""Chat templates, rendered in Jinja's sandbox: a template is code that came with a download."""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.errors import CapabilityError, InputError

ROLES = ("system", "user", "assistant", "tool")
# What a control token of any model family looks like: <|im_end|>, <s>, </s>, [INST], <bos>.
_CONTROL = re.compile(r"<\|?/?[\w\-.: ]+\|?>|\[/?[A-Z_]+\]")


def check_messages(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The messages as plain ``{"role", "content"}``, or InputError that says which one is wrong."""
    if isinstance(messages, (str, Mapping)) or not messages:
        raise InputError(
            "a chat needs a list of messages, at least one",
            hint='[{"role": "user", "content": "Hello"}]',
        )
    checked = []
    for number, message in enumerate(messages, start=1):
        role, content = message.get("role"), message.get("content")
        if role not in ROLES:
            raise InputError(
                f"message {number} has the role {role!r}; allowed are {', '.join(ROLES)}",
                hint='{"role": "user", "content": "..."}',
            )
        if not isinstance(content, str):
            raise InputError(f"message {number} has {type(content).__name__} as content, not text")
        if role == "user" and not content.strip():
            raise InputError("the prompt is empty", hint="write a question or a text to go on from")
        checked.append({"role": str(role), "content": content})
    return checked


def render(
    template: str | None,
    messages: Sequence[Mapping[str, str]],
    *,
    special_tokens: Mapping[str, str],
    add_generation_prompt: bool = True,
) -> list[str]:
    """Render a chat as the model was trained to read it.

    Args:
        template: The model's Jinja template.
        messages: Checked messages.
        special_tokens: ``bos_token``, ``eos_token``: what the template may refer to.
        add_generation_prompt: End with the head of the assistant's answer.

    Returns:
        Pieces to be tokenised one by one, with control tokens, and joined. It is one piece unless
        a message contains what looks like a control token: there the text is cut inside the
        look-alike, so that it stays text and a user cannot close his own turn.

    Raises:
        CapabilityError: The model has no template.
        InputError: The template refused the messages, in its own words.
    """
    if not template:
        raise CapabilityError(
            "the model has no chat template",
            hint="use generate() with a prompt, or set a template for it in workbench.toml",
        )
    mark = f"\ue000{secrets.token_hex(8)}\ue001"
    marked = [{**m, "content": _cut_lookalikes(m["content"], mark)} for m in messages]
    import jinja2

    try:
        text = _compile(template).render(
            messages=marked,
            add_generation_prompt=add_generation_prompt,
            tools=None,
            documents=None,
            **special_tokens,
        )
    except jinja2.TemplateError as error:
        raise InputError(f"the chat template refused the messages: {error}") from None
    return [piece for piece in text.split(mark) if piece]


def _cut_lookalikes(content: str, mark: str) -> str:
    return _CONTROL.sub(lambda found: found[0][0] + mark + found[0][1:], content)


@functools.lru_cache(maxsize=32)
def _compile(template: str) -> Any:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = lambda value, **options: json.dumps(
        value, ensure_ascii=False, **options
    )
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda form: dt.datetime.now().strftime(form)
    return environment.from_string(template)


def _refuse(message: str) -> None:
    import jinja2

    raise jinja2.TemplateError(message)
