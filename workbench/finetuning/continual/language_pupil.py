"""A language model as a pupil: its base frozen, an adapter that learns, answers asked greedily."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, InputError
from workbench.finetuning.continual.classifier import stack_adapter
from workbench.finetuning.continual.olora import lora_layers
from workbench.finetuning.continual.pupil import Weights
from workbench.finetuning.continual.question_vectors import QuestionVectors
from workbench.finetuning.continual.svd_merge import factor
from workbench.finetuning.examples import Example, of_prompt
from workbench.finetuning.training.adapting import Learner, adapt
from workbench.finetuning.training.batches import Batch, Batches, collate
from workbench.finetuning.training.encoding import Encoded, encode_all
from workbench.finetuning.training.loop import train
from workbench.finetuning.training.objective import (
    AnswerLoss,
    Objective,
    Outputs,
    casting,
    compute,
)
from workbench.finetuning.training.recipe import Recipe
from workbench.finetuning.training.sampling import write_answers

if TYPE_CHECKING:
    import numpy as np
    import torch

_QUESTION_TOKENS = 32
_TRIES = 6


class LanguagePupil:
    """See ``Pupil``. Its examples are ``Example``; answers count if they are exactly right."""

    classes: int | None = None

    def __init__(self, learner: Learner, recipe: Recipe, *, answer_tokens: int = 24) -> None:
        if recipe.method == "full":
            raise CapabilityError(
                "methods against forgetting work on an adapter here", hint="method='lora'"
            )
        self.learner, self.recipe, self.answer_tokens = learner, recipe, answer_tokens
        self.module: torch.nn.Module = adapt(learner.module, recipe)
        self.objective: Objective = AnswerLoss()
        self.vectors = QuestionVectors()

    def close(self) -> None:
        """Take the adapter off: the learner's module is the base again."""
        self.vectors.close()
        module: Any = self.module
        self.learner.module = module.unload()

    def collate(self, examples: Sequence[Any]) -> Batch:
        """See ``Pupil``."""
        return collate(
            self._encode(examples), pack_tokens=self.recipe.pack_tokens, pad_id=self.learner.pad_id
        )

    def compute(self, module: Any, batch: Batch) -> Outputs:
        """See ``Pupil``."""
        with casting(self.module):
            return compute(module, batch)

    def train(self, examples: Sequence[Example], *, seed: int, extra_loss: Any) -> None:
        """See ``Pupil``."""
        from dataclasses import replace

        encoded = self._encode(examples)
        batches = Batches(
            [(each,) for each in encoded],
            batch=self.recipe.batch,
            seed=seed,
            pack_tokens=self.recipe.pack_tokens,
            pad_id=self.learner.pad_id,
        )
        steps = self.recipe.count_steps(len(encoded))
        recipe = replace(self.recipe, seed=seed)
        train(self.module, batches, recipe, steps=steps, extra_loss=extra_loss)

    def measure(self, tests: Sequence[Example]) -> float:
        """See ``Pupil``."""
        from workbench.evaluation.exact_match import is_exact_match

        said = self.answer(tests)
        right = [is_exact_match(a, [each.answer]) for a, each in zip(said, tests, strict=True)]
        return sum(right) / len(right)

    def answer(self, asked: Sequence[Example], *, max_tokens: int | None = None) -> list[str]:
        """The greedy answers to the questions of examples."""
        prompts = [list(each.ids[: each.start]) for each in self._encode(asked)]
        return [text for text, _ in self._write(prompts, max_tokens or self.answer_tokens)]

    def describe(self, examples: Sequence[Example]) -> np.ndarray:
        """See ``Pupil``: the embedder's vectors of the questions."""
        return self.vectors.describe(
            ["\n".join(each["content"] for each in example.question) for example in examples]
        )

    def describe_everyday(self) -> np.ndarray:
        """See ``Pupil``: the questions of the dialogues that hold a model to its base."""
        from workbench.finetuning.frozen_sets import read_frozen

        return self.vectors.describe([row["prompt"] for row in read_frozen("anchors")])

    def imagine(self, count: int, *, seed: int) -> list[Encoded]:
        """Questions that the model makes up where a user's would stand, with its answers.

        Args:
            count: How many different ones.
            seed: Of the draw.

        Raises:
            InputError: It made up too few in ``6 x count`` tries.
        """
        import torch

        head = self._head()
        questions: dict[str, None] = {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for _ in range(_TRIES):
                for text, ended in self._write([head] * count, _QUESTION_TOKENS, sample=True):
                    if ended and text.strip():
                        questions.setdefault(text.strip())
                if len(questions) >= count:
                    break
        if len(questions) < count:
            raise InputError(
                f"the model made up {len(questions)} questions, not {count}", hint="a lower memory"
            )
        asked = [of_prompt(text, "-") for text in list(questions)[:count]]
        said = self.answer(asked, max_tokens=_QUESTION_TOKENS)
        return self._encode(
            [
                of_prompt(question.messages[0][1], answer)
                for question, answer in zip(asked, said, strict=True)
                if answer.strip()
            ]
        )

    def add_adapter(self, name: str) -> None:
        """See ``Pupil``."""
        module: Any = self.module
        stack_adapter(self.module, name, module.peft_config["default"])

    def read_deltas(self) -> Weights:
        """See ``Pupil``: ``[out, in]`` for each map that has an adapter."""
        return {
            name: layer.get_delta_weight("default").detach().float().clone()
            for name, layer in self._layers()
        }

    def write_deltas(self, deltas: Mapping[str, torch.Tensor]) -> None:
        """See ``Pupil``. What has more directions than the adapter's rank loses the smallest."""
        import torch

        with torch.no_grad():
            for name, layer in self._layers():
                up, down = factor(deltas[name] / layer.scaling["default"], layer.r["default"])
                layer.lora_B["default"].weight.copy_(up)
                layer.lora_A["default"].weight.copy_(down)

    def _layers(self) -> Iterable[tuple[str, Any]]:
        return ((f"map{number}", each) for number, each in enumerate(lora_layers(self.module)))

    def _encode(self, examples: Sequence[Any]) -> list[Encoded]:
        """Examples in tokens; those that are already stay as they are."""
        plain = [each for each in examples if isinstance(each, Example)]
        limit = min(self.recipe.max_tokens, self.learner.context_tokens)
        encoded = iter(encode_all(self.learner.encoder, plain, max_tokens=limit))
        return [next(encoded) if isinstance(each, Example) else each for each in examples]

    def _head(self) -> list[int]:
        """What stands before the user's first word."""
        first, second = self._encode([of_prompt("7", "-"), of_prompt("What", "-")])
        pairs = enumerate(zip(first.ids, second.ids, strict=False))
        shared = next(place for place, (one, other) in pairs if one != other)
        return list(first.ids[:shared])

    def _write(
        self, prompts: Sequence[list[int]], max_tokens: int, *, sample: bool = False
    ) -> list[tuple[str, bool]]:
        """See ``write_answers``."""
        self.module.eval()
        return write_answers(
            self.module, self.learner, prompts, max_tokens=max_tokens, sample=sample
        )
