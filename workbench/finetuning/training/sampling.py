"""A few answers of the model while it learns, for the eye."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.core import events
from workbench.core.cancellation import check_cancelled
from workbench.finetuning.training.encoding import Encoded
from workbench.finetuning.training.objective import judging

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.training.adapting import Learner

_MOST_TOKENS = 48


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
