"""From a prompt and a target to ids, groups and players; and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from workbench.core.errors import ContextLengthError, InputError, NotFoundError
from workbench.interpretability.attribution.baselines import find_baseline
from workbench.interpretability.attribution.case import open_case
from workbench.interpretability.attribution.groups import GroupKind
from workbench.interpretability.attribution.scorer import Scorer
from workbench.models.model import Model

Tiny = Callable[..., Model]


def test_raw_text_is_what_it_is(tiny: Tiny) -> None:
    case = open_case(tiny(), "The quick brown fox", " jumps")
    assert "".join(case.tokens) == "The quick brown fox" and "".join(case.targets) == " jumps"
    assert case.players == tuple(range(len(case.groups)))


def test_position_0_is_held_when_asked(tiny: Tiny) -> None:
    text = "The quick brown fox. It jumps."
    case = open_case(tiny(), text, " The", groups="sentence", hold_first=True)
    assert case.groups[0] == (0, 1) and case.held[0] and case.players == (1, 2)
    scorer = Scorer(case, find_baseline(case.model, "space"))
    assert scorer.write_row([False, False])[0] == case.prompt_ids[0]


@pytest.mark.parametrize("hold_first", [False, True])
@pytest.mark.parametrize(
    ("prompt", "kind", "advised"),
    [
        ("The quick brown fox", "sentence", "groups='word' ("),
        ("Unseeable", "word", "groups='token' ("),
        ("Unseeable", "sentence", "groups='token' ("),
    ],
)
def test_one_group_alone_is_refused_with_groups_that_are_several(
    tiny: Tiny, prompt: str, kind: GroupKind, advised: str, hold_first: bool
) -> None:
    with pytest.raises(InputError, match=f"the prompt is one {kind}") as refused:
        open_case(tiny(), prompt, " jumps", groups=kind, hold_first=hold_first)
    hint = str(refused.value.hint)
    assert advised in hint
    for finer in re.findall("groups='(.*?)'", hint):
        assert len(open_case(tiny(), prompt, " jumps", groups=finer).players) > 1


def test_a_chat_template_is_held_and_the_message_is_not(tiny: Tiny) -> None:
    for message in ("Where does the river go?", "0", "Zoo 0 Z"):
        if len(tiny().tokenize(message)) < 2:
            continue
        case = open_case(tiny(), message, " The", chat=True)
        free = "".join("".join(case.tokens[a:b]) for a, b in (case.groups[p] for p in case.players))
        assert free.strip("\n") == message
        assert case.tokens[0] == "<|im_start|>" and case.held[0]


def test_without_a_target_the_greedy_answer_is_explained(tiny: Tiny) -> None:
    case = open_case(tiny(), "The quick brown fox", max_target_tokens=5)
    reply = tiny().generate("The quick brown fox", temperature=0.0, max_tokens=5, logprobs=0)
    assert list(case.target_ids) == [entry.id for entry in reply.logprobs]


def test_deletion_leaves_a_shorter_prompt_but_never_none(tiny: Tiny) -> None:
    case = open_case(tiny(), "The quick brown fox", " jumps", groups="word")
    scorer = Scorer(case, find_baseline(case.model, "deletion"))
    start, end = case.groups[1]
    kept = [token for place, token in enumerate(case.prompt_ids) if not start <= place < end]
    assert scorer.write_row([True, False, True, True]) == kept
    assert scorer.write_row([False] * 4) == tiny().tokenize("<|im_start|>", special=True)


def test_the_scorer_remembers_what_was_asked(tiny: Tiny) -> None:
    case = open_case(tiny(), "The quick brown fox", " jumps", groups="word")
    scorer = Scorer(case, find_baseline(case.model, "space"))
    first = scorer.score([[True, False, True, True], [True, False, True, True]])  # type: ignore[arg-type]
    assert scorer.evaluations == 1 and (first[0] == first[1]).all()
    _ = scorer.whole, scorer.whole
    assert scorer.evaluations == 2


@pytest.mark.parametrize(
    ("prompt", "target", "said"),
    [
        ("", " jumps", "the prompt is empty"),
        ("T", " jumps", "one token, 'T'"),
        ("The quick", "", "target is empty"),
    ],
)
def test_bad_input_is_told(tiny: Tiny, prompt: str, target: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        open_case(tiny(), prompt, target)
    assert caught.value.hint


@pytest.mark.model
def test_a_target_that_cannot_be_written_in_tokens_is_told(smollm2: Model) -> None:
    with pytest.raises(InputError, match="cannot be written in the tokens of smollm2-135m") as told:
        open_case(smollm2, "The capital of France is", " Par\x04is")
    assert told.value.hint


def test_prompt_and_target_over_the_context_are_told(tiny: Tiny) -> None:
    limit = tiny().info.context_tokens
    with pytest.raises(ContextLengthError, match=f"context of {limit}"):
        open_case(tiny(), "The quick " * limit, " jumps")
    with pytest.raises(ContextLengthError):
        open_case(tiny(), "The quick " * limit)


@pytest.mark.parametrize(
    ("name", "text"), [("space", " "), ("padding", None), ("deletion", "<|im_start|>")]
)
def test_baselines_are_the_models_own_tokens(tiny: Tiny, name: str, text: str | None) -> None:
    found = find_baseline(tiny(), name)
    expected = text or tiny().special_tokens["pad_token"]
    assert tiny().detokenize([found.token_id]) == expected  # type: ignore[list-item]


def test_an_unknown_baseline_names_the_near_ones(tiny: Tiny) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'padding'"):
        find_baseline(tiny(), "pading")
