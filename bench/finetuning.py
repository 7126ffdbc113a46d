"""Teaching SmolLM2: the preset ``fast-cpu`` against plain PEFT, and facts of a user's own.

The peer is what a user of PEFT writes: fp32, all linear maps, padded batches, labels of -100 on
the question, transformers' own loss. Both see the same rows in the same order at the same learning
rates, on one thread; what is counted is CPU time. That both have the same loss before the first
step is asserted. The facts are the frozen sets a, b and c, taught by the command of the manual.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shape import REPO, Benchmark, Figure, take_turns
from sides import MODEL

STEPS, SEEDS = 24, 3
LIMIT_S, LEAST_EXACT, SETS = 180.0, 22, ("facts_a", "facts_b", "facts_c")
REWORDED = ("--preset", "facts")
FROZEN = REPO / "workbench" / "finetuning" / "frozen"


@dataclasses.dataclass(frozen=True)
class Taught:
    """Steps a CPU second, and the loss on fresh phrasings afterwards."""

    steps_per_cpu_s: float
    eval_loss_nats: float


class Lesson:
    """The rows of set a and its fresh phrasings, in tokens, and both ways to learn them."""

    def __init__(self) -> None:
        from workbench.finetuning.training.recipe import find_preset

        self.recipe = find_preset("fast-cpu", steps=STEPS)
        self.plain = dataclasses.replace(self.recipe, precision="fp32", layers=None, pack_tokens=0)

    def _start(self, recipe: Any) -> tuple[Any, Any, list[Any], list[Any]]:
        import torch

        from workbench.finetuning.snapshots.reading import read_examples
        from workbench.finetuning.training.adapting import adapt, load_learner
        from workbench.finetuning.training.encoding import encode_all

        learner = load_learner(MODEL, recipe)
        torch.set_num_threads(1)
        sets = [
            encode_all(learner.encoder, read_examples(FROZEN / f"{name}.jsonl")[0], max_tokens=512)
            for name in ("facts_a", "facts_a_fresh")
        ]
        return learner, adapt(learner.module, recipe), list(sets[0]), list(sets[1])

    def ours(self) -> Taught:
        """The loop with the preset."""
        import torch

        from workbench.finetuning.training.batches import Batches
        from workbench.finetuning.training.loop import train

        recipe = self.recipe
        learner, module, rows, fresh = self._start(recipe)
        source = Batches(
            [(row,) for row in rows],
            batch=recipe.batch,
            seed=recipe.seed,
            pack_tokens=recipe.pack_tokens,
        )
        started_s = time.process_time()
        train(module, source, recipe, steps=STEPS)
        spent_s = time.process_time() - started_s
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=learner.precision == "bf16"):
            loss = _evaluate(module, fresh)
        return Taught(STEPS / spent_s, loss)

    def theirs(self) -> Taught:
        """PEFT as its manual says."""
        import torch

        from workbench.finetuning.training.batches import Batches

        recipe = self.plain
        _, module, rows, fresh = self._start(recipe)
        source = Batches([(row,) for row in rows], batch=recipe.batch, seed=recipe.seed)
        trained = [each for each in module.parameters() if each.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=recipe.learning_rate, weight_decay=0.0)
        module.train()
        started_s = time.process_time()
        for step in range(STEPS):
            batch = [example for unit in source.draw() for example in unit]
            module(**_padded(batch)).loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, recipe.clip_norm)
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate_at(step, STEPS)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return Taught(STEPS / (time.process_time() - started_s), _evaluate(module, fresh))

    def check_same_loss(self) -> None:
        """Both reckon the same loss of the same rows before anything is learnt."""
        import torch

        from workbench.finetuning.training.batches import collate
        from workbench.finetuning.training.objective import AnswerLoss

        _, module, rows, _ = self._start(self.plain)
        module.eval()
        with torch.no_grad():
            theirs = float(module(**_padded(rows[:12])).loss)
            batch = collate(rows[:12], pack_tokens=self.recipe.pack_tokens)
            ours = float(AnswerLoss()(module, batch)[0] / batch.weights.sum())
        assert abs(ours - theirs) < 1e-3, (ours, theirs)


def _padded(rows: Sequence[Any]) -> dict[str, Any]:
    import torch

    length = max(len(row.ids) for row in rows)
    ids, labels, mask = (torch.zeros((len(rows), length), dtype=torch.long) for _ in range(3))
    labels -= 100
    for number, row in enumerate(rows):
        size = len(row.ids)
        ids[number, :size] = torch.tensor(row.ids)
        labels[number, row.start : size] = torch.tensor(row.answer)
        mask[number, :size] = 1
    return {"input_ids": ids, "attention_mask": mask, "labels": labels, "use_cache": False}


def _evaluate(module: Any, rows: Sequence[Any]) -> float:
    from workbench.finetuning.training.batches import batches_in_order
    from workbench.finetuning.training.objective import evaluate_loss

    return evaluate_loss(module, batches_in_order(rows, batch=12))


def training(rounds: int) -> list[Figure]:
    """Steps a CPU second and the loss on fresh phrasings; at most two rounds, each is minutes."""
    lesson = Lesson()
    lesson.check_same_loss()
    ours, theirs = take_turns(lesson.ours, lesson.theirs, rounds=min(rounds, 2))
    details = {"steps": STEPS, "threads": 1, "recipe": dataclasses.asdict(lesson.recipe)}
    return [
        Figure(
            "teaching SmolLM2, fast-cpu",
            "PEFT in fp32, all linear maps",
            "steps per CPU second",
            tuple(each.steps_per_cpu_s for each in ours),
            tuple(each.steps_per_cpu_s for each in theirs),
            bound=2.0,
            details=details,
        ),
        Figure(
            f"loss on fresh phrasings after {STEPS} steps, fast-cpu",
            "PEFT in fp32, all linear maps",
            "nats",
            tuple(each.eval_loss_nats for each in ours),
            tuple(each.eval_loss_nats for each in theirs),
            better="lower",
            bound=1 / 1.05,
            details=details,
        ),
    ]


def facts(rounds: int) -> list[Figure]:
    """12 facts in 60 rows by the command: exact answers of 24, and seconds from start to end."""
    del rounds  # three seeds a set, whatever was asked: nine runs
    return _measure_facts(("--preset", "fast-cpu"), "")


def facts_reworded(rounds: int) -> list[Figure]:
    """As ``facts``, with the preset of that name: rows in other words; the embedder's time, too."""
    del rounds
    return _measure_facts(REWORDED, ", preset facts")


def _measure_facts(options: Sequence[str], told: str) -> list[Figure]:
    found = []
    for name in SETS:
        runs = [teach_facts(name, seed=seed, options=options) for seed in range(SEEDS)]
        details = {"runs": [run for run, _, _ in runs], "seeds": SEEDS, "options": list(options)}
        exact = tuple(float(right) for _, right, _ in runs)
        seconds = tuple(spent_s for _, _, spent_s in runs)
        found.append(
            Figure(
                f"exact answers to 24 fresh phrasings, {name}{told}",
                f"the {LEAST_EXACT} that were promised",
                "answers",
                exact,
                (float(LEAST_EXACT),) * SEEDS,
                bound=1.0,
                details=details,
            )
        )
        found.append(
            Figure(
                f"the whole command, {name}{told}",
                f"the {LIMIT_S:.0f} s that were promised",
                "s",
                seconds,
                (LIMIT_S,) * SEEDS,
                better="lower",
                bound=1.0,
                details=details,
            )
        )
    return found


def teach_facts(
    name: str, *, seed: int, options: Sequence[str]
) -> tuple[dict[str, Any], int, float]:
    """The command's result, how many of 24 fresh phrasings are exact in llama.cpp, and seconds."""
    from workbench import models
    from workbench.evaluation.exact_match import is_exact_match
    from workbench.finetuning.frozen_sets import read_frozen
    from workbench.models.adapter_store import remove_adapter

    program = str(Path(sys.executable).with_name("workbench"))
    command = [program, "finetuning", "run", "--json", "--again"]
    command += ["--model", MODEL, "--data", str(FROZEN / f"{name}.jsonl"), *options]
    command += ["--name", f"bench-{name}", "--seed", str(seed)]
    started_s = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    spent_s = time.perf_counter() - started_s
    told: dict[str, Any] = json.loads(done.stdout)
    right = 0
    with models.load(told["model"], engine="llamacpp") as model:
        for row in read_frozen(f"{name}_fresh"):
            asked = [{"role": "user", "content": row["prompt"]}]
            answer = model.chat(asked, temperature=0, max_tokens=48).text
            right += is_exact_match(answer, row["response"])
    remove_adapter(told["model"])
    return told, right, spent_s


BENCHMARKS = (
    Benchmark("finetuning", training),
    Benchmark("facts", facts),
    Benchmark("facts-reworded", facts_reworded),
)
