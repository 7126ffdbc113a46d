"""Chat templates, rendered in Jinja's sandbox: a template is code that came with a download."""

from __future__ import annotations

import datetime as dt
import functools
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CancelledError, CapabilityError, InputError

ROLES = ("system", "user", "assistant", "tool")
_MAX_CHARACTERS = 1 << 24  # of a rendered chat, and of any text that a template repeats


def check_messages(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The messages as plain ``{"role", "content"}``, or InputError that says which one is wrong."""
    if not isinstance(messages, Sequence) or isinstance(messages, (str, bytes)) or not messages:
        raise InputError(
            "a chat needs a list of messages, at least one",
            hint='[{"role": "user", "content": "Hello"}]',
        )
    checked = []
    for number, message in enumerate(messages, start=1):
        if not isinstance(message, Mapping):
            raise InputError(
                f"message {number} is {type(message).__name__}, not a role with its content",
                hint='{"role": "user", "content": "..."}',
            )
        role, content = message.get("role"), message.get("content")
        if role not in ROLES:
            raise InputError(
                f"message {number} has the role {role!r}; allowed are {', '.join(ROLES)}",
                hint='{"role": "user", "content": "..."}',
            )
        if not isinstance(content, str):
            raise InputError(f"message {number} has {type(content).__name__} as content, not text")
        check_text(content, f"message {number}")
        if role == "user" and not content.strip():
            raise InputError("the prompt is empty", hint="write a question or a text to go on from")
        checked.append({"role": str(role), "content": content})
    return checked


def check_text(text: str, what: str) -> None:
    """Raise InputError if a text has half of a surrogate pair: it is no Unicode, and no bytes."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{what} has a lone surrogate (U+{ord(text[error.start]):04X}) at {error.start}",
            hint="decode its source as UTF-8: open(path, encoding='utf-8')",
        ) from None


def render(
    template: str | None,
    messages: Sequence[Mapping[str, str]],
    *,
    special_tokens: Mapping[str, str],
    control_texts: Collection[str],
    add_generation_prompt: bool = True,
) -> list[str]:
    """Render a chat as the model was trained to read it.

    Args:
        template: The model's Jinja template.
        messages: Checked messages.
        special_tokens: ``bos_token``, ``eos_token``: what the template may refer to.
        control_texts: Texts of control tokens that stand in the messages. They are cut after
            their first letter, so that they stay text and a user cannot close his own turn.
        add_generation_prompt: End with the head of the assistant's answer.

    Returns:
        Pieces to be tokenised one by one, with control tokens, and joined: one piece more than
        there were cuts.

    Raises:
        CapabilityError: The model has no template.
        InputError: The template refused the messages, in its own words, or has a fault itself.
    """
    if not template:
        raise CapabilityError(
            "the model has no chat template",
            hint="use generate() with a prompt, or set a template for it in workbench.toml",
        )
    mark = f"\ue000{secrets.token_hex(8)}\ue001"
    marked = [{**m, "content": _cut(m["content"], control_texts, mark)} for m in messages]
    text = _fill_in(
        template,
        {
            **special_tokens,
            "messages": marked,
            "add_generation_prompt": add_generation_prompt,
            "tools": None,
            "documents": None,
        },
    )
    return [piece for piece in text.split(mark) if piece]


def _cut(content: str, control_texts: Collection[str], mark: str) -> str:
    for control in sorted(control_texts, key=len, reverse=True):
        content = content.replace(control, control[:1] + mark + control[1:])
    return content


def _fill_in(template: str, variables: Mapping[str, Any]) -> str:
    import jinja2

    pieces, characters = [], 0
    try:
        for piece in _compile(template).generate(**variables):
            check_cancelled()
            characters += len(piece)
            if characters > _MAX_CHARACTERS:
                raise OverflowError(f"it wrote more than {_MAX_CHARACTERS} characters")
            pieces.append(piece)
    except CancelledError:
        raise
    except jinja2.TemplateSyntaxError as error:
        raise InputError(
            f"the chat template is no valid Jinja: {error}", hint="mend or remove `template`"
        ) from None
    except Exception as error:  # noqa: BLE001 - a template is code of others, with any fault
        said = str(error) or type(error).__name__
        raise InputError(f"the chat template refused the messages: {said}") from None
    return "".join(pieces)


@functools.lru_cache(maxsize=32)
def _compile(template: str) -> Any:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Sandbox(ImmutableSandboxedEnvironment):
        """Refuses the two operators with which a short template fills the memory."""

        intercepted_binops = frozenset(("*", "**"))

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if operator == "**" and abs(right) > 64:
                raise OverflowError(f"{left} ** {right} is too large")
            for text, times in ((left, right), (right, left)):
                if isinstance(text, (str, list, tuple)) and len(text) * times > _MAX_CHARACTERS:
                    raise OverflowError(f"a text repeated {times} times is too long")
            return super().call_binop(context, operator, left, right)

    environment = Sandbox(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda form: dt.datetime.now().strftime(form)
    return environment.from_string(template)


def _to_json(value: Any, ensure_ascii: bool = False, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, **options)


def _refuse(message: str) -> None:
    import jinja2

    raise jinja2.TemplateError(message)
