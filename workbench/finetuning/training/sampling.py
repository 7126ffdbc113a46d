"""Answers of a model that is being trained: a few for the eye, or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core import events
from workbench.core.cancellation import check_cancelled
from workbench.finetuning.training.encoding import Encoded
from workbench.finetuning.training.objective import casting, judging

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.training.adapting import Learner

_MOST_TOKENS = 48
_ASKED_AT_ONCE = 40


def tell_samples(
    module: torch.nn.Module, learner: Learner, examples: Sequence[Encoded]
) -> list[dict[str, str]]:
    """Answer examples greedily and tell them as the event ``finetuning.samples``."""
    told = []
    with judging(module):
        for example in examples:
            answer = _answer(module, learner, list(example.ids[: example.start]))
            told.append(
                {
                    "row": example.identity,
                    "asked": learner.tokenizer.detokenize(example.ids[: example.start]),
                    "wanted": learner.tokenizer.detokenize(example.answer[:-1]),
                    "answer": answer,
                }
            )
    events.emit("finetuning.samples", samples=told)
    return told


def _answer(module: torch.nn.Module, learner: Learner, ids: list[int]) -> str:
    import torch

    cache, given, said = None, ids, []
    for _ in range(_MOST_TOKENS):
        check_cancelled()
        output = module(
            input_ids=torch.tensor([given]), past_key_values=cache, use_cache=True, logits_to_keep=1
        )
        cache, token = output.past_key_values, int(output.logits[0, -1].argmax())
        if token in learner.tokenizer.end_ids:
            break
        said.append(token)
        given = [token]
    return learner.tokenizer.detokenize(said)


def write_answers(
    module: torch.nn.Module,
    learner: Learner,
    prompts: Sequence[list[int]],
    *,
    max_tokens: int,
    sample: bool = False,
) -> list[tuple[str, bool]]:
    """What a model goes on with, forty prompts at once, and whether it ended by itself.

    Args:
        module: In the mode in which it is to answer.
        learner: Its tokenizer.
        prompts: Tokens.
        max_tokens: Of each answer.
        sample: Draw by torch's generator in place of the likeliest token.
    """
    import torch

    asked: Any = module
    ends, said = sorted(learner.tokenizer.end_ids), []
    for start in range(0, len(prompts), _ASKED_AT_ONCE):
        check_cancelled()
        some = prompts[start : start + _ASKED_AT_ONCE]
        width = max(map(len, some))
        ids = torch.tensor([[learner.pad_id] * (width - len(each)) + each for each in some])
        mask = torch.tensor([[0] * (width - len(each)) + [1] * len(each) for each in some])
        with torch.no_grad(), casting(module):
            out = asked.generate(
                input_ids=ids,
                attention_mask=mask,
                max_new_tokens=max_tokens,
                do_sample=sample,
                **({"top_k": 0, "temperature": 1.0} if sample else {}),
                eos_token_id=ends,
                pad_token_id=ends[0],
            )
        said += [_read(learner, row.tolist(), set(ends)) for row in out[:, width:]]
    return said


def _read(learner: Learner, ids: list[int], ends: set[int]) -> tuple[str, bool]:
    length = next((place for place, token in enumerate(ids) if token in ends), len(ids))
    return learner.tokenizer.detokenize(ids[:length]), length < len(ids)
