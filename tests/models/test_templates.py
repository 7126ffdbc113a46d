"""Chat templates: what they may do, and that a message cannot leave its turn."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.cancellation import cancellable
from workbench.core.errors import CancelledError, CapabilityError, InputError
from workbench.models.templates import ROLES, check_messages, render

CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
HELLO = [{"role": "user", "content": "Hello"}]


def text_of(template: str, messages: list[dict[str, str]] = HELLO, **options: Any) -> str:
    options = {"special_tokens": {}, "control_texts": (), **options}
    return "".join(render(template, messages, **options))


def test_a_chat_of_several_turns() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "content": "Bye"},
    ]
    assert text_of(CHATML, messages) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n"
        "<|im_start|>assistant\nHi.<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert text_of(CHATML, add_generation_prompt=False).endswith("Hello<|im_end|>\n")


any_text = st.text(st.characters(codec="utf-8"), max_size=60)
controls = st.sampled_from(
    ["<|im_end|>", "<|im_start|>", "</s>", "[INST]", "<｜end▁of▁sentence｜>"]
)


@settings(deadline=None)
@given(
    contents=st.lists(st.tuples(st.sampled_from(ROLES), any_text, controls, any_text), min_size=1)
)
def test_any_text_survives_and_is_cut_in_every_control_text(
    contents: list[tuple[str, str, str, str]],
) -> None:
    messages = [
        {"role": role, "content": before + control + after}
        for role, before, control, after in contents
    ]
    cut = {control for _, _, control, _ in contents}
    template = "{% for m in messages %}{{ m.content }}\x1f{% endfor %}"
    pieces = render(template, messages, special_tokens={}, control_texts=cut)
    assert "".join(pieces) == "".join(m["content"] + "\x1f" for m in messages)
    assert not any(control in piece for control in cut for piece in pieces)


def test_without_the_cut_the_control_text_is_whole() -> None:
    """The broken variant that the test above must catch."""
    messages = [{"role": "user", "content": "a<|im_end|>b"}]
    pieces = render("{{ messages[0].content }}", messages, special_tokens={}, control_texts=())
    assert pieces == ["a<|im_end|>b"]


def test_a_template_sees_its_special_tokens_and_no_tools() -> None:
    template = "{{ bos_token }}{% if tools %}tools{% endif %}{{ nothing_like_it }}|{{ eos_token }}"
    tokens = {"bos_token": "<s>", "eos_token": "</s>"}
    assert text_of(template, special_tokens=tokens) == "<s>|</s>"


def test_no_template_is_a_missing_capability() -> None:
    for template in (None, ""):
        with pytest.raises(CapabilityError, match="no chat template") as error:
            render(template, HELLO, special_tokens={}, control_texts=())
        assert "workbench.toml" in str(error.value.hint)


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.__class__.__base__ }}",
        "{{ ''|attr('__class__') }}{{ (''|attr('__class__')).__mro__ }}",
        "{{ raise_exception.__globals__['__builtins__'] }}",
        "{{ strftime_now.__code__.co_consts }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ '{0.__class__.__init__.__globals__}'.format(cycler) }}",
        "{{ messages.append(1) }}",
        "{{ messages[0].update({'role': 'system'}) }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
    ],
)
def test_the_sandbox_lets_nothing_out(template: str) -> None:
    with pytest.raises(InputError, match="the chat template"):
        text_of(template)
    assert HELLO == [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ raise_exception('roles must alternate') }}", "roles must alternate"),
        ("{% for %}", "no valid Jinja"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ messages[0].content + 1 }}", "str"),
        ("{{ undefined_thing.attribute }}", "undefined_thing"),
        ("{{ 'a' * 10 ** 9 }}", "too long"),
        ("{{ ['a'] * 999999999 }}", "too long"),
        ("{{ 999999999 * 'ab' }}", "too long"),
        ("{{ 10 ** 100 }}", "too large"),
        ("{% for i in range(10 ** 9) %}{% endfor %}", "[Rr]ange too big"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "recursion"),
        (
            "{% set a = 'a' * 100000 %}{% for i in range(9999) %}{{ a }}{% endfor %}",
            "more than 16777216",
        ),
    ],
)
def test_a_fault_of_the_template_is_told_in_its_words(template: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        text_of(template)


def test_a_template_that_writes_on_and_on_can_be_cancelled() -> None:
    with pytest.raises(CancelledError), cancellable() as token:
        token.cancel()
        text_of("{% for i in range(99999) %}{{ i }}{% endfor %}")


def test_the_helpers_that_templates_of_the_hub_expect() -> None:
    assert text_of("{{ strftime_now('%Y') }}") == str(dt.datetime.now().year)
    value = [{"role": "user", "content": 'naïve "日本"'}]
    plain = json.loads(text_of("{{ messages[0] | tojson }}", value))
    assert plain == value[0]
    assert "日本" in text_of("{{ messages[0].content | tojson }}", value)
    assert "\\u65e5" in text_of("{{ messages[0].content | tojson(ensure_ascii=True) }}", value)
    assert text_of("{{ {'a': 1} | tojson(indent=2) }}") == '{\n  "a": 1\n}'
    loop = "{% for i in range(9) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}"
    assert text_of(loop) == "01"
    assert text_of("  {% if true %}\nx\n  {% endif %}\n") == "x\n"


def test_reasoning_is_taken_out_of_earlier_answers_as_qwen3_does() -> None:
    template = "{% for m in messages %}{{ m.content.split('</think>')[-1] }}|{% endfor %}"
    messages = [{"role": "assistant", "content": "<think>hm</think>Yes"}]
    assert text_of(template, messages) == "Yes|"


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([], "at least one"),
        ("Hello", "list of messages"),
        (b"Hello", "list of messages"),
        ({"role": "user", "content": "Hello"}, "list of messages"),
        (5, "list of messages"),
        (None, "list of messages"),
        (["Hello"], "message 1 is str"),
        ([{"role": "robot", "content": "a"}], "'robot'"),
        ([{"content": "a"}], "the role None"),
        ([{"role": ["user"], "content": "a"}], "role"),
        ([{"role": "user"}], "NoneType as content"),
        ([{"role": "user", "content": [{"type": "text", "text": "a"}]}], "list as content"),
        ([{"role": "user", "content": ""}], "prompt is empty"),
        ([{"role": "user", "content": " \n\t "}], "prompt is empty"),
        ([*HELLO, {"role": "user", "content": b"a"}], "message 2 has bytes"),
        ([{"role": "user", "content": "a\ud800"}], r"lone surrogate \(U\+D800\) at 1"),
    ],
)
def test_wrong_messages_are_told_apart(messages: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        check_messages(messages)
    assert error.value.hint or "content" in error.value.message


def test_right_messages_are_copied() -> None:
    given = ({"role": "assistant", "content": "", "name": "x"}, {"role": "user", "content": "a"})
    checked = check_messages(given)
    assert checked == [{"role": "assistant", "content": ""}, {"role": "user", "content": "a"}]


@pytest.mark.model
def test_the_default_models_template_renders(smollm2_gguf: Path) -> None:
    from workbench.models.formats.gguf_reader import read_gguf

    template = read_gguf(smollm2_gguf).metadata["tokenizer.chat_template"]
    assert text_of(template, [{"role": "system", "content": "S"}, *HELLO]) == text_of(
        CHATML, [{"role": "system", "content": "S"}, *HELLO]
    )
