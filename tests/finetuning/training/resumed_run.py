"""Training runs in processes of their own, to be killed.

It loads the libraries once. For each line of its input, ``["FOLDER", "TINY MODEL", "BROKEN"]``, it
forks a process that teaches a tiny model with dropout, accumulation and early stopping, and says
its id; BROKEN is what that one forgets to restore. A step is a line in FOLDER/steps, and the
process's end one on the output.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import peft  # noqa: F401 - before the fork
import torch
from made import made_examples

from workbench.core import events
from workbench.finetuning.training import checkpoints, loop
from workbench.finetuning.training.adapting import adapt, make_learner
from workbench.finetuning.training.batches import Batches, batches_in_order
from workbench.finetuning.training.encoding import encode_all
from workbench.finetuning.training.objective import evaluate_loss
from workbench.finetuning.training.recipe import Recipe
from workbench.models.engines.torch_loading import load_module
from workbench.models.folder import read_folder

STEPS = 24
RECIPE = Recipe(
    rank=4,
    dropout=0.2,
    learning_rate=3e-3,
    schedule="cosine",
    batch=3,
    accumulation=2,
    steps=STEPS,
    epochs=None,
    evaluate_every_steps=4,
    patience=50,
    checkpoint_every_steps=2,
    checkpoint_every_s=0,
    seed=7,
)


def break_it(what: str) -> None:
    """Leave one thing out of what is restored."""
    if what == "sampler":
        Batches.load_state_dict = lambda self, state: None  # type: ignore[method-assign]
    if what == "chance":
        checkpoints.put_chance = lambda state: None  # type: ignore[assignment]
    if what == "optimizer":
        torch.optim.AdamW.load_state_dict = lambda self, state: None  # type: ignore[method-assign]


def run(folder: Path, tiny: Path, broken: str) -> None:
    """Teach the tiny model, from the last checkpoint in ``folder`` if there is one."""
    break_it(broken)
    model = read_folder(tiny)
    module = load_module(model, dtype="float32")
    learner = make_learner("tiny", model, precision="fp32", module=module)
    encoded = encode_all(learner.encoder, made_examples(14), max_tokens=256)
    batches = Batches([(each,) for each in encoded[:11]], batch=3, seed=7, pack_tokens=256)
    held_out = batches_in_order(encoded[11:], batch=3)

    def tell(event: events.Event) -> None:
        with (folder / "steps").open("a") as file:
            file.write(f"{event.data['number']}\n")

    with events.listening(tell, "finetuning.step"):
        done = loop.train(
            adapt(learner.module, RECIPE),
            batches,
            RECIPE,
            steps=STEPS,
            evaluate=lambda trained: evaluate_loss(trained, held_out),
            keeping=loop.Keeping(folder, "key"),
        )
    weights = checkpoints.take_weights(learner.module)
    (folder / "result.json").write_text(
        json.dumps(
            {
                "losses": [step.loss_nats for step in done.steps],
                "rates": [step.learning_rate for step in done.steps],
                "evaluations": [each.loss_nats for each in done.evaluations],
                "weights": float(sum(each.double().abs().sum() for each in weights.values())),
                "resumed_at": done.resumed_at,
            }
        )
    )


def main() -> None:
    """Fork a run for each line."""
    torch.set_num_threads(1)  # a fork does not take the other threads with it
    for line in sys.stdin:
        folder, tiny, broken = json.loads(line)
        child = os.fork()
        if child == 0:
            run(Path(folder), Path(tiny), broken)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
